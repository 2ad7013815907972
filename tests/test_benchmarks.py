"""What the benchmarks stand on: graphs in the shape of the release, and answers that are compared."""

import json
from collections import Counter

import pyoxigraph as ox
import pytest

from benchmarks import generate, workloads
from benchmarks.serving import rows
from benchmarks.shape import Shape
from evidensgraf.graph.build import violations
from evidensgraf.graph.derive import DERIVED
from evidensgraf.graph.stores import MEMORY, source
from evidensgraf.graph.worker import answer
from evidensgraf.queries import catalogue

SIZE = 130_000


@pytest.fixture(scope="module")
def shape(release):
    return Shape(release)


@pytest.fixture(scope="module")
def generated(shape, tmp_path_factory):
    return generate.generate(SIZE, tmp_path_factory.mktemp("generated"), shape)


@pytest.fixture(scope="module")
def stores(release, generated):
    return [source(MEMORY, r.quads).open() for r in (release, generated)]


def ask(store, query):
    request = {"query": query, "media_type": "application/sparql-results+json", "rows": 10**6, "size_mb": 100}
    header, body = answer(store, request | {"default_graphs": (), "named_graphs": (), "union": True})
    assert header["ok"], header
    return body


def test_a_generated_graph_has_the_size_asked_for_and_says_so(generated, stores):
    assert SIZE * 0.99 < generated.manifest["quads"] <= SIZE
    assert generated.manifest["quads"] == len(stores[1])
    assert generated.manifest["triples"] == len({(q.subject, q.predicate, q.object) for q in stores[1]})
    assert set(generated.graphs) == {g.value for g in stores[1].named_graphs()}
    assert len(generated.graphs) > 13


def test_a_generated_graph_has_the_proportions_of_the_release(stores):
    def share_of_classes(store):
        query = "SELECT ?class (COUNT(DISTINCT ?x) AS ?n) { ?x a ?class . ?x ?p ?o } GROUP BY ?class"
        counts = Counter({b["class"]["value"]: int(b["n"]["value"]) for b in bindings(ask(store, query))})
        return {name: n / counts.total() for name, n in counts.items()}

    def bindings(body):
        return json.loads(body)["results"]["bindings"]

    there, here = map(share_of_classes, stores)
    assert there.keys() == here.keys()
    assert max(abs(there[name] - here[name]) for name in there) < 0.01


def test_a_generated_graph_keeps_the_shapes(stores):
    stated = ox.Store()
    stated.extend(quad for quad in stores[1] if quad.graph_name != DERIVED)
    assert [v for v in violations(stated) if v.severity == "Violation"] == []


def test_a_chain_in_a_generated_graph_is_the_one_in_the_release_under_any_name(stores):
    text = catalogue.load()["evidence-chain"]
    claim = "https://w3id.org/evidensgraf/id/appraisal/offentligt-skyddad-anstallning-bedomning"
    expected = rows(ask(stores[0], text.bind({"claim": claim})))
    assert rows(ask(stores[1], text.bind({"claim": claim}))) == expected
    found = [workloads.resources(store).claims for store in stores]
    assert set(found[1]) > set(found[0])
    other = next(c for c in found[1] if c.endswith("-b1"))
    first, again = (ask(stores[1], text.bind({"claim": c})) for c in (other.removesuffix("-b1"), other))
    assert len(rows(again)) == len(rows(first)) > 0
    assert b"-b1" in again and b"-b1" not in first


def test_the_same_seed_gives_the_same_graph_and_another_seed_another(shape, generated, tmp_path):
    assert generate.generate(SIZE, tmp_path, shape, seed=1).digest == generated.digest
    assert generate.generate(SIZE, tmp_path, shape, seed=2).digest != generated.digest


def test_a_graph_that_is_too_small_is_refused(shape, tmp_path):
    with pytest.raises(ValueError, match="too few"):
        generate.generate(1000, tmp_path, shape)
    with pytest.raises(ValueError, match="not a size"):
        generate.quads("10x")


def test_answers_are_equal_whatever_the_order_and_the_spelling_of_types():
    def document(*values):
        return json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": [{"x": v} for v in values]}}).encode()

    plain, typed = ({"type": kind, "value": "1", "datatype": "d"} for kind in ("literal", "typed-literal"))
    other = {"type": "literal", "value": "1"}
    assert rows(document(plain, other)) == rows(document(other, typed))
    assert rows(document(plain)) != rows(document(other))
    assert rows(document(other, other)) != rows(document(other))
