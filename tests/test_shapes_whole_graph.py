"""The whole graph as it is kept in the files: both engines agree on it, and it conforms."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, RdfFormat, Triple, parse, serialize
from rdflib import RDF, Graph, URIRef

from evidensgraf.ontology.namespaces import BASE, EV, ontology_files
from evidensgraf.shapes.validate import Violation, explain, labels_of, validate_fast, validate_reference

DATA = sorted((Path(__file__).parents[1] / "graph" / "data").glob("*.trig"))


@cache
def triples() -> str:
    """Everything in the data files as N-Triples, whatever graph it is in."""
    quads = [quad for path in DATA for quad in parse(path=path, format=RdfFormat.TRIG, base_iri=BASE)]
    assert not any(quad.graph_name == DefaultGraph() for quad in quads), "a fact without a graph"
    merged = {Triple(quad.subject, quad.predicate, quad.object) for quad in quads}
    text = serialize(merged, format=RdfFormat.N_TRIPLES)
    assert text is not None
    return text.decode()


@cache
def fast() -> list[Violation]:
    return validate_fast(triples())


def spoken(violations: list[Violation]) -> str:
    labels = labels_of(Graph().parse(data=triples(), format="nt"))
    return "\n".join(f"{v.shape.rpartition('/')[2]} {v.focus}\n    {explain(v, labels, 'en')}" for v in violations)


pytestmark = pytest.mark.skipif(not DATA, reason="no data files")


def test_both_engines_agree_on_the_whole_graph() -> None:
    assert fast() == validate_reference(triples())


def test_the_whole_graph_conforms() -> None:
    wrong = [violation for violation in fast() if violation.severity == "Violation"]
    assert not wrong, "\n" + spoken(wrong)


def test_the_data_use_only_terms_of_the_ontology() -> None:
    ontology = Graph()
    for file in ontology_files():
        ontology.parse(data=file.read_text(encoding="utf-8"), format="turtle")
    data = Graph().parse(data=triples(), format="nt")
    used = {term for triple in data for term in triple if isinstance(term, URIRef) and term.startswith(EV)}
    assert sorted(term for term in used if (term, RDF.type, None) not in ontology) == []


def test_what_is_derived_conforms_too(release):
    quads = parse(path=release.quads, format=RdfFormat.N_QUADS)
    shapes = BASE + "graph/shapes"
    merged = {Triple(q.subject, q.predicate, q.object) for q in quads if getattr(q.graph_name, "value", "") != shapes}
    found = validate_fast(serialize(merged, format=RdfFormat.N_TRIPLES) or b"")
    assert [v for v in found if v.severity == "Violation"] == []
