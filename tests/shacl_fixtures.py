"""Fixtures of shapes and rules, in the form of the SHACL test suite: what a data graph is expected to be told."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import pytest
from rdflib import RDF, SH, BNode, Graph, Namespace
from rdflib.collection import Collection

from evidensgraf.ontology.namespaces import BASE, ontology_files
from evidensgraf.shapes.validate import Violation, path_text, validate_reference

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")

Found = tuple[str, str | None, str | None, str, str, str]
"""A result: source shape, focus node, path, value, severity, component."""


@cache
def ontology() -> Graph:
    """The ontology and its schemes."""
    graph = Graph()
    for file in ontology_files():
        graph.parse(data=file.read_text(encoding="utf-8"), format="turtle")
    return graph


def parsed(path: Path) -> Graph:
    """A fixture as a graph: its manifest and its data."""
    return Graph().parse(data=path.read_text(encoding="utf-8"), format="turtle", publicID=BASE)


def found(violation: Violation) -> Found:
    """A violation in the form that fixtures expect."""
    return (violation.shape, violation.focus, violation.path, violation.value, violation.severity, violation.component)


@cache
def fixture(path: Path) -> tuple[bool, list[Found]]:
    """What a fixture expects: whether the data conform, and the results."""
    graph = parsed(path)
    manifest = graph.value(None, RDF.type, MF.Manifest)
    (entry,) = Collection(graph, graph.value(manifest, MF.entries))  # type: ignore[arg-type]
    assert (entry, RDF.type, SHT.Validate) in graph
    report = graph.value(entry, MF.result)
    assert report is not None
    results = []
    for result in graph.objects(report, SH.result):
        term = {p: graph.value(result, p) for p in (SH.focusNode, SH.value, SH.resultPath)}
        plain = {p: None if t is None else "_:" if isinstance(t, BNode) else t.n3() for p, t in term.items()}
        route = term[SH.resultPath]
        results.append((
            str(graph.value(result, SH.sourceShape)),
            str(plain[SH.focusNode]),
            None if route is None else path_text(graph, route),
            plain[SH.value],
            str(graph.value(result, SH.resultSeverity)).rpartition("#")[2],
            str(graph.value(result, SH.sourceConstraintComponent)).rpartition("#")[2],
        ))  # fmt: skip
    return bool(graph.value(report, SH.conforms).toPython()), sorted(results, key=str)  # type: ignore[union-attr]


def asked_for(request: pytest.FixtureRequest) -> set[Path]:
    """The fixtures that the chosen tests of a module take, as their parameter ``path``."""
    asked = [getattr(item, "callspec", None) for item in request.session.items if item.path == request.path]
    return {call.params["path"] for call in asked if call is not None and "path" in call.params}


def reference_reports(paths: Iterable[Path], *suites: str) -> dict[Path, list[Violation]]:
    """What the reference engine says of fixtures; it is slow, so every processor helps."""
    chosen = sorted(set(paths))
    texts = [path.read_text(encoding="utf-8") for path in chosen]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        reports = pool.map(validate_reference, texts, *(repeat(suite) for suite in suites), chunksize=8)
        return dict(zip(chosen, reports, strict=True))
