"""JSON-LD 1.1 in compacted, flattened form with the project's own context, which is never fetched from anywhere."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import pyoxigraph as ox

from evidensgraf.ontology.context import context
from evidensgraf.ontology.namespaces import PREFIXES, curie

_RDF_TYPE = PREFIXES["rdf"] + "type"
_XSD = PREFIXES["xsd"]
_LANGUAGE = "@language"


@cache
def frames() -> dict[str, bytes]:
    """Return the frames, ``ontology/frames/*.jsonld``, by the class that each of them frames."""
    room = files("evidensgraf.ontology") / "frames"
    return {f.name.removesuffix(".jsonld"): f.read_bytes() for f in sorted(room.iterdir(), key=lambda f: f.name)}


@cache
def _terms() -> dict[tuple[str, str], str]:
    """Return (IRI, coercion) → term; the coercion is ``@id``, ``@language``, a datatype IRI or empty."""
    found: dict[tuple[str, str], str] = {}
    for term, definition in context().items():
        if term.startswith("@") or term in PREFIXES:
            continue
        if isinstance(definition, str):
            found[_expand(definition), ""] = term
        else:
            found[_expand(definition["@id"]), _expand(definition.get("@type") or definition["@container"])] = term
    return found


def _expand(name: str) -> str:
    prefix, colon, local = name.partition(":")
    return PREFIXES[prefix] + local if colon and prefix in PREFIXES else name


def compact(triples: Iterable[ox.Triple], context_iri: str, first: str) -> bytes:
    """Return triples as JSON-LD with ``context_iri`` as its context.

    Nodes stand in ``@graph``: the node ``first``, then its parts, then all others by IRI. Blank nodes keep their names.
    """
    nodes: dict[str, dict[str, Any]] = defaultdict(dict)
    for triple in sorted(triples, key=str):
        if isinstance(triple.subject, ox.Triple):
            continue  # RDF 1.2 triple terms have no JSON-LD 1.1 form; the graph has none
        node = nodes[_name(triple.subject)]
        _add(node, triple.predicate.value, triple.object)
    order = sorted(nodes, key=lambda n: (n != curie(first), not n.startswith(first + "#"), n))
    graph = [{"id": name, **{k: _single(v) for k, v in sorted(nodes[name].items())}} for name in order]
    return json.dumps({"@context": context_iri, "@graph": graph}, ensure_ascii=False, indent=1).encode() + b"\n"


def _name(node: ox.NamedNode | ox.BlankNode) -> str:
    return f"_:{node.value}" if isinstance(node, ox.BlankNode) else curie(node.value)


def _add(node: dict[str, Any], predicate: str, value: Any) -> None:
    if isinstance(value, ox.Literal):
        _add_literal(node, predicate, value)
    elif predicate == _RDF_TYPE:
        node.setdefault("type", []).append(_terms().get((value.value, ""), _name(value)))
    elif term := _terms().get((predicate, "@id")):
        node.setdefault(term, []).append(_name(value))
    else:
        node.setdefault(_key(predicate), []).append({"id": _name(value)})


def _add_literal(node: dict[str, Any], predicate: str, literal: ox.Literal) -> None:
    datatype = literal.datatype.value
    if literal.language and (term := _terms().get((predicate, _LANGUAGE))):
        node.setdefault(term, {}).setdefault(literal.language, []).append(literal.value)
    elif literal.language:
        node.setdefault(_key(predicate), []).append({"@value": literal.value, "@language": literal.language})
    elif term := _terms().get((predicate, datatype)):
        node.setdefault(term, []).append(_native(literal))
    elif datatype == _XSD + "string":
        node.setdefault(_key(predicate), []).append(literal.value)
    else:
        node.setdefault(_key(predicate), []).append({"@value": literal.value, "@type": curie(datatype)})


def _key(predicate: str) -> str:
    return _terms().get((predicate, "")) or curie(predicate)


def _native(literal: ox.Literal) -> str | int | bool:
    kind = literal.datatype.value.removeprefix(_XSD)
    if kind == "boolean" and literal.value in ("true", "false"):
        return literal.value == "true"
    if kind == "integer" and str(int(literal.value)) == literal.value:
        return int(literal.value)
    return literal.value


def _single(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _single(v) for k, v in value.items()}
    return value[0] if isinstance(value, list) and len(value) == 1 else value
