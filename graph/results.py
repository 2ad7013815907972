"""What the shapes and rules say of the released graph, in the release itself: a SHACL validation report (SHACL §3.6).

Why a result of our own graph stands is said, for each shape, in ``results.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

import pyoxigraph as ox
import yaml

from evidensgraf.graph.quality import QUALITY
from evidensgraf.ontology.namespaces import expand, kebab, resource
from evidensgraf.shapes.validate import SHAPE, Violation

REPORT = resource("validation-report", "evidensgraf")
"""The report; its results are fragments of it."""
TITLE = {"sv": "Vad formreglerna och reglerna säger om grafen", "en": "What the shapes and rules say of the graph"}
"""The title of the report by language."""


@cache
def explanations() -> dict[str, dict[str, str]]:
    """Return why results stand: local name of a shape → text by language."""
    found: dict[str, dict[str, str]] = yaml.safe_load((files("evidensgraf.graph") / "results.yaml").read_bytes())
    return found


def add_results(store: ox.Store, results: Iterable[Violation]) -> None:
    """Add the report on a graph to the quality graph of its store."""
    store.extend(_report(list(results)))


def _report(results: list[Violation]) -> Iterator[ox.Quad]:
    yield _quad(REPORT, "rdf:type", _iri("sh:ValidationReport"))
    yield _quad(REPORT, "sh:conforms", ox.Literal(not results))
    for lang, title in TITLE.items():
        yield _quad(REPORT, "dcterms:title", ox.Literal(title, language=lang))
    numbers: dict[str, int] = {}
    for found in results:
        name = kebab(found.shape.removeprefix(SHAPE)).replace("--", "-")
        numbers[name] = numbers.get(name, 0) + 1
        node = f"{REPORT}#{re.sub('[^a-z0-9]+', '-', name)}-{numbers[name]}"
        yield _quad(REPORT, "sh:result", ox.NamedNode(node))
        yield _quad(node, "rdf:type", _iri("sh:ValidationResult"))
        yield _quad(node, "sh:sourceShape", ox.NamedNode(found.shape))
        yield _quad(node, "sh:resultSeverity", _iri(f"sh:{found.severity}"))
        value_of = found.value if found.value != found.focus else None  # of a node shape, the value says nothing more
        for predicate, term in (("sh:focusNode", found.focus), ("sh:value", value_of)):
            if (value := _term(term)) is not None:
                yield _quad(node, predicate, value)


def _term(term: str | None) -> ox.NamedNode | ox.Literal | None:
    """Return a term in N-Triples syntax; None for a blank node, which has no name that lasts."""
    if term is None or term.startswith("_:"):
        return None
    (quad,) = ox.parse(f"<urn:s> <urn:p> {term} .", format=ox.RdfFormat.N_TRIPLES)
    assert isinstance(quad.object, ox.NamedNode | ox.Literal)
    return quad.object


def _quad(subject: str, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Quad:
    return ox.Quad(ox.NamedNode(subject), _iri(predicate), value, QUALITY)


def _iri(curie: str) -> ox.NamedNode:
    return ox.NamedNode(expand(curie))
