"""What changed between two releases: the quads added and removed, and the resources, each by its kind and its name."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from evidensgraf.graph.release import QUADS, Release
from evidensgraf.ontology.namespaces import EV, ID, PREFIXES, curie, expand, graph_iri

ADDED, REMOVED = "added.nq", "removed.nq"
"""N-Quads that were not in the release before, and that are no longer in this one; both sorted."""
KINDS = ("added", "removed", "changed")
"""What can have happened to a resource."""
LABELS = tuple(expand(name) for name in ("dcterms:title", "skos:prefLabel", "foaf:name", "rdfs:label"))
"""The properties that name a resource, the first that it has before the others."""
_OWNER = re.compile(rb"<((?:%s|%s)[^<>#]+)(#[^<>]*)?> " % (re.escape(ID.encode()), re.escape(EV.encode())))
_NAMING = tuple(f"<{iri}> ".encode() for iri in (PREFIXES["rdf"] + "type", *LABELS))
_MADE = tuple(f" <{graph_iri(slug)}> .\n".encode() for slug in ("derived", "quality"))
_BLANK = re.compile(rb"(?:^| )_:")
_ORDER = {iri: place for place, iri in enumerate(LABELS)}


def compare(before: Path, after: Path) -> Iterator[tuple[int, bytes]]:
    """Yield every line of two sorted files once: -1 for one of ``before`` only, 1 for ``after`` only, 0 for both.

    Raises ``OSError``.
    """
    with before.open("rb") as left, after.open("rb") as right:
        old, new = next(left, None), next(right, None)
        while old is not None or new is not None:
            if new is None or (old is not None and old < new):
                assert old is not None
                yield -1, old
                old = next(left, None)
            elif old is None or new < old:
                yield 1, new
                new = next(right, None)
            else:
                yield 0, new
                old, new = next(left, None), next(right, None)


def write_changes(directory: Path, release_id: str, digest: str, prior: Release) -> dict[str, Any]:
    """Write what changed since a prior release into the directory of a new one, and return it.

    ``added.nq`` and ``removed.nq`` are exact: the prior lines without the removed and with the added ones, sorted, are
    the new release. The returned document (``changes.json``) lists resources of the graph and terms of the ontology:
    those with statements only now (``added``), those with none any more (``removed``), and those about which or whose
    parts something else is stated (``changed``); what is derived or measured at build, and blank nodes, whose names
    may differ, do not make a resource changed. Raises ``OSError``.
    """
    found: dict[str, set[str]] = {"before": set(), "after": set()}
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    quads: Counter[int] = Counter()
    with (directory / ADDED).open("wb") as added, (directory / REMOVED).open("wb") as removed:
        for side, line in compare(prior.quads, directory / QUADS):
            owner = _owner(line)
            if owner and side <= 0:
                found["before"].add(owner)
            if owner and side >= 0:
                found["after"].add(owner)
            if side:
                quads[side] += 1
                (added if side > 0 else removed).write(line)
                if owner and not line.endswith(_MADE) and not _BLANK.search(line):
                    counts[owner][side] += 1
    touched = {iri: _kind(iri, found) for iri in counts}
    named = _named(directory / QUADS, {iri for iri, kind in touched.items() if kind != "removed"})
    named |= _named(prior.quads, {iri for iri, kind in touched.items() if kind == "removed"})
    resources = [
        {"id": iri, "change": kind, **named.get(iri, {}), "added": counts[iri][1], "removed": counts[iri][-1]}
        for iri, kind in sorted(touched.items(), key=lambda pair: (KINDS.index(pair[1]), pair[0]))
    ]
    return {
        "release": {"id": release_id, "sha256": digest},
        "prior": {"id": prior.id, "sha256": prior.digest},
        "quads": {"added": quads[1], "removed": quads[-1]},
        "resources": resources,
    }


def summary(changes: Mapping[str, Any]) -> dict[str, int]:
    """Return how many resources were added, removed and changed."""
    counted = Counter(entry["change"] for entry in changes["resources"])
    return {kind: counted[kind] for kind in KINDS}


def to_json(changes: Mapping[str, Any]) -> bytes:
    """Return a list of changes as UTF-8 JSON, a resource a line, so that it can be read and compared."""
    head = json.dumps({k: v for k, v in changes.items() if k != "resources"}, ensure_ascii=False, indent=1)
    lines = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in changes["resources"])
    return f'{head[:-2]},\n "resources": [\n{lines}\n ]\n}}\n'.encode()


def _owner(line: bytes) -> str | None:
    """Return the resource that a line is about, or whose part it is about."""
    match = _OWNER.match(line)
    return match[1].decode() if match else None


def _kind(iri: str, found: Mapping[str, set[str]]) -> str:
    if iri not in found["before"]:
        return "added"
    return "changed" if iri in found["after"] else "removed"


def _named(quads: Path, wanted: set[str]) -> dict[str, dict[str, Any]]:
    """Return the class (a CURIE) and the label by language of each wanted resource, as far as the quads have them."""
    lines: list[bytes] = []
    with quads.open("rb") as file:
        for line in file:
            match = _OWNER.match(line)
            if match and not match[2] and line.startswith(_NAMING, match.end()) and match[1].decode() in wanted:
                lines.append(line)
    types: dict[str, list[tuple[bool, bool, str]]] = defaultdict(list)
    labels: dict[str, dict[str, tuple[int, str]]] = defaultdict(dict)
    for quad in ox.parse(b"".join(lines), format=ox.RdfFormat.N_QUADS):
        iri, value = getattr(quad.subject, "value", ""), quad.object
        if isinstance(value, ox.NamedNode):
            stated = quad.graph_name.value not in (graph_iri("derived"), graph_iri("quality"))
            types[iri].append((not stated, not value.value.startswith(EV), curie(value.value)))
        elif isinstance(value, ox.Literal):
            rank = (_ORDER.get(quad.predicate.value, len(_ORDER)), value.value)
            tag = value.language or "und"
            labels[iri][tag] = min(labels[iri].get(tag, rank), rank)
    return {
        iri: {
            "type": min(types[iri])[2] if types[iri] else None,
            "label": {tag: text for tag, (_, text) in sorted(labels[iri].items())},
        }
        for iri in wanted
    }
