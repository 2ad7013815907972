"""What the benchmarks stand on: graphs in the shape of the release, and answers that are compared."""

import json
from collections import Counter
from itertools import islice
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from benchmarks import generate, report, validation, workloads
from benchmarks.peers import SERVERS
from benchmarks.serving import agree, rows
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


def test_a_chain_in_a_generated_graph_is_the_one_in_the_release_under_any_name(release, generated, stores):
    text = catalogue.load()["evidence-chain"]
    claim = "https://w3id.org/evidensgraf/id/appraisal/offentligt-skyddad-anstallning-bedomning"
    expected = rows(ask(stores[0], text.bind({"claim": claim})))
    assert rows(ask(stores[1], text.bind({"claim": claim}))) == expected
    found = [workloads.resources(r.quads).claims for r in (release, generated)]
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


@pytest.fixture(scope="module")
def server(release, tmp_path_factory):
    server = SERVERS["evidensgraf"](release.path, tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


def test_every_workload_is_answered_and_no_text_comes_twice(release, server):
    found = workloads.resources(release.quads)
    asked = [query for queries in workloads.distinct(found).values() for query in islice(queries, 40)]
    assert len(set(asked)) == len(asked)
    for queries in workloads.distinct(found).values():
        assert rows(server.ask(next(queries)))
    for target in workloads.chains(found)[:5]:
        assert json.loads(server.get(target, accept="application/json"))["lines"]
    assert server.memory()["rss"] >= server.memory()["pss"] > 20


def test_servers_that_answer_otherwise_are_found(server, generated, tmp_path):
    other = SERVERS["evidensgraf"](generated.path, tmp_path)
    other.start()
    try:
        count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
        assert agree([server, other], count) == ["evidensgraf"]
        assert agree([server, other], count, exactly=False) == []
        assert agree([server, other], "SELECT nonsense") == ["evidensgraf", "evidensgraf"]
    finally:
        other.stop()


def test_faults_are_put_in_and_found(stores):
    faulty = validation.faulty(stores[0])
    assert 0 < len(stores[0]) - len(faulty) < len(stores[0]) * 0.01
    assert len(violations(faulty)) > len(violations(stores[0]))


def run(workload, connections, rps, p50=1.0, p99=2.0):
    return {"workload": workload, "connections": connections, "rps": rps, "p50_ms": p50, "p99_ms": p99} | {
        "errors": 0,
        "timeouts": 0,
    }


def test_the_report_says_which_targets_are_missed(tmp_path):
    servers = {
        "evidensgraf": {"start_s": 1.2, "otherwise": [], "runs": [run("point", 16, 600.0), run("chain", 16, 300.0)]},
        "oxigraph serve": {
            "start_s": 0.1,
            "otherwise": ["x"],
            "runs": [run("point", 16, 1000), run("chain", 16, 1000)],
        },
    }
    serving = {"machine": {"cores": "2"}, "datasets": {"real": {"quads": 1, "compared": 9, "servers": servers}}}
    ratios = {"graphs": {"curated": {"quads": 1, "results": 2, "shacl_s": 1.0, "pyshacl_s": 60.0, "ratio": 60.0}}}
    report.write([serving, ratios], tmp_path)
    text = (tmp_path / "performance.md").read_text(encoding="utf-8")
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in text.splitlines() if line.startswith("| ")}
    reached = {name: line.rsplit("|", 2)[1].strip() for name, line in lines.items()}
    assert reached["point, distinct: at least 0.5 × oxigraph serve (1, 16, 64 connections, real)"] == "yes"
    assert reached["chain, distinct: at least 0.5 × oxigraph serve (1, 16, 64 connections, real)"] == "**no**"
    assert reached["first answer within 1.5 s of process start"] == "yes"
    assert reached["validation: at least 50 × pySHACL, same report"] == "yes"
    assert reached["10 M served in under 1 GB"] == "–"
    assert "oxigraph serve answers otherwise, or not in time, and is left out: x." in text
    svg = ElementTree.parse(tmp_path / "performance.svg").getroot()
    widths = [float(r.get("width")) for r in svg.iter("{http://www.w3.org/2000/svg}rect") if r.get("x") == "200"]
    assert widths == [288.0, 480.0, 144.0, 480.0]
