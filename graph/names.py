"""The names of things: the class and the label that quads give to resources of the graph and terms of the ontology."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from evidensgraf.graph.side import MADE, OWNER
from evidensgraf.ontology.namespaces import EV, PREFIXES, curie, expand

LABELS = tuple(expand(name) for name in ("dcterms:title", "skos:prefLabel", "foaf:name", "rdfs:label"))
"""The properties that name a resource, the first that it has before the others."""
_NAMING = tuple(f"<{iri}> ".encode() for iri in (PREFIXES["rdf"] + "type", *LABELS))
_TYPE = PREFIXES["rdf"] + "type"
_ORDER = {iri: place for place, iri in enumerate(LABELS)}


def named(quads: Path, wanted: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the class and the label of each wanted resource, as far as a file of N-Quads has them (see ``names_in``).

    Raises ``OSError``.
    """
    lines: list[bytes] = []
    with quads.open("rb") as file:
        for line in file:
            match = OWNER.match(line)
            if match and not match[2] and line.startswith(_NAMING, match.end()) and match[1].decode() in wanted:
                lines.append(line)
    return names_in(ox.parse(b"".join(lines), format=ox.RdfFormat.N_QUADS), wanted)


def names_in(quads: Iterable[ox.Quad], wanted: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return of each wanted IRI its ``type`` (the CURIE of its class, or None) and ``label`` by language.

    A class that is stated comes before one that is derived, one of the ontology before others.
    """
    types: dict[str, list[tuple[bool, bool, str]]] = defaultdict(list)
    labels: dict[str, dict[str, tuple[int, str]]] = defaultdict(dict)
    for quad in quads:
        iri, value, predicate = getattr(quad.subject, "value", ""), quad.object, quad.predicate.value
        if predicate == _TYPE and isinstance(value, ox.NamedNode):
            stated = getattr(quad.graph_name, "value", "") not in MADE
            types[iri].append((not stated, not value.value.startswith(EV), curie(value.value)))
        elif predicate in _ORDER and isinstance(value, ox.Literal):
            rank, tag = (_ORDER[predicate], value.value), value.language or "und"
            labels[iri][tag] = min(labels[iri].get(tag, rank), rank)
    return {
        iri: {
            "type": min(types[iri])[2] if types[iri] else None,
            "label": {tag: text for tag, (_, text) in sorted(labels[iri].items())},
        }
        for iri in wanted
    }
