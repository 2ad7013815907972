"""The report of a draft as a SHACL validation report (SHACL §3.6), with our messages in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from evidensgraf.graph.check_rules import Record
from evidensgraf.graph.draft_checks import CHECK
from evidensgraf.ontology.namespaces import PREFIXES, expand

_TYPE = ox.NamedNode(expand("rdf:type"))
_STRING = expand("xsd:string")


def shacl_report(report: Record) -> bytes:
    """Return a report as a ``sh:ValidationReport`` in Turtle.

    What no shape has found, but the check itself, has the IRI of that check as its constraint component.
    """
    return ox.serialize(_triples(report), format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b""


def _sh(name: str) -> ox.NamedNode:
    return ox.NamedNode(PREFIXES["sh"] + name)


def _triples(report: Record) -> Iterator[ox.Triple]:
    whole = ox.BlankNode("report")
    results = [result for group in report["groups"] for result in group["results"]]
    yield ox.Triple(whole, _TYPE, _sh("ValidationReport"))
    yield ox.Triple(whole, _sh("conforms"), ox.Literal(not results))
    for number, result in enumerate(results, start=1):
        node = ox.BlankNode(f"result{number}")
        yield ox.Triple(whole, _sh("result"), node)
        yield from _result(node, result, number)


def _result(node: ox.BlankNode, result: Record, number: int) -> Iterator[ox.Triple]:
    own = result["shape"].startswith(CHECK)
    component = ox.NamedNode(result["shape"]) if own else _sh(result["component"])
    yield ox.Triple(node, _TYPE, _sh("ValidationResult"))
    yield ox.Triple(node, _sh("focusNode"), ox.NamedNode(result["focus"]["id"]))
    yield ox.Triple(node, _sh("resultSeverity"), _sh(result["severity"]))
    yield ox.Triple(node, _sh("sourceConstraintComponent"), component)
    if not own:
        yield ox.Triple(node, _sh("sourceShape"), ox.NamedNode(result["shape"]))
    for lang, message in result["message"].items():
        yield ox.Triple(node, _sh("resultMessage"), ox.Literal(message, language=lang))
    path = result["path"] or ""
    if _property(path.removeprefix("^")):
        step = ox.NamedNode(expand(path.removeprefix("^")))
        inverse = ox.BlankNode(f"path{number}")
        yield ox.Triple(node, _sh("resultPath"), inverse if path.startswith("^") else step)
        if path.startswith("^"):
            yield ox.Triple(inverse, _sh("inversePath"), step)
    if (value := _term(result["value"])) is not None:
        yield ox.Triple(node, _sh("value"), value)


def _property(path: str) -> bool:
    prefix, _, local = path.partition(":")
    return prefix in PREFIXES and local.replace("-", "").isalnum()


def _term(value: Record | None) -> ox.NamedNode | ox.Literal | None:
    """Return a value as a term; none for a text that is not in the report as it was written."""
    if value is None:
        return None
    if "id" in value:
        return ox.NamedNode(value["id"])
    text = value["text"]
    if not value["whole"]:
        return None
    if value["language"]:
        return ox.Literal(text, language=value["language"])
    return ox.Literal(text, datatype=ox.NamedNode(value["datatype"] or _STRING))
