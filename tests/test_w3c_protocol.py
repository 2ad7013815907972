"""The W3C test suite of the SPARQL 1.1 Protocol, every entry of its manifest, over the application."""

import json
from urllib.parse import unquote_plus

import pytest

from evidensgraf.graph.pool import LocalEngine
from evidensgraf.service.app import create_app
from evidensgraf.service.settings import Settings
from tests.conftest import Client
from tests.w3c import CONFORMANCE, UT, entries, local, manifest, messages, release_of

GRAPH = manifest("protocol/manifest.ttl")
ENTRIES = entries(GRAPH)
DATA = "http://kasei.us/2009/09/sparql/data/"
FORMATS = {
    "boolean": {"application/sparql-results+json", "application/sparql-results+xml"},
    "tabular": {
        "application/sparql-results+json",
        "application/sparql-results+xml",
        "text/csv",
        "text/tab-separated-values",
    },
    "RDF": {"application/rdf+xml", "text/turtle", "application/n-triples"},
}
READ_ONLY = "there is no update operation: the request is refused with 403 and nothing changes"
DIFFERENCES = {
    "update_dataset_default_graph": READ_ONLY,
    "update_dataset_default_graphs": READ_ONLY,
    "update_dataset_named_graphs": READ_ONLY,
    "update_dataset_full": READ_ONLY,
    "update_post_form": READ_ONLY,
    "update_post_direct": READ_ONLY,
    "update_base_uri": READ_ONLY,
}
"""Entries that are answered otherwise than the manifest expects, with the reason."""


@pytest.fixture(scope="module")
def client(tmp_path_factory, runner):
    """A service over the data of the manifest. Its graph data0, which has no data, is a graph that is empty."""
    files = {f"{DATA}data{n}.rdf": (CONFORMANCE / f"protocol/data{n}.nt").read_bytes() for n in (1, 2, 3)}
    release = release_of(tmp_path_factory.mktemp("w3c"), files | {f"{DATA}data0.rdf": b""})
    engine = LocalEngine(release, workers=1)
    runner.run(engine.start())
    yield Client(runner, create_app(engine, release, Settings()))
    runner.run(engine.close())


def send(client, message):
    return client.request(message.method, message.path, content=message.body, headers=message.headers)


def is_update(message):
    return message.headers.get("content-type") == "application/sparql-update" or message.body.startswith(b"update=")


def test_the_manifest_is_whole():
    assert len(ENTRIES) == 34
    assert set(DIFFERENCES) <= {local(entry) for entry in ENTRIES}
    wanted = {str(graph) for graph in GRAPH.objects(None, UT.graphData / UT.graph)}
    assert {name.rpartition("/")[2] for name in wanted} == {"data1.nt", "data2.nt", "data3.nt"}


@pytest.mark.parametrize("entry", ENTRIES, ids=local)
def test_an_entry_of_the_manifest(client, entry):
    sent = messages(GRAPH, entry)
    assert sent
    for message in sent:
        answer = send(client, message)
        if local(entry) in DIFFERENCES and is_update(message):
            assert answer.status_code == 403, DIFFERENCES[local(entry)]
            assert answer.json()["type"].endswith("/problems/update-refused")
            continue
        assert answer.status_code in message.status, (answer.status_code, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
        if kind := message.expected.get("expectedFormat"):
            assert answer.headers["content-type"].partition(";")[0] in FORMATS[kind]
        if "expectedBoolean" in message.expected:
            expected = message.expected["expectedBoolean"] and local(entry) not in DIFFERENCES
            assert json.loads(answer.content)["boolean"] is expected, unquote_plus(message.path)


def test_no_update_of_the_manifest_has_changed_anything(client):
    counted = client.post(
        "/sparql", "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", "application/sparql-query"
    )
    rows = counted.json()["results"]["bindings"]
    assert {row["g"]["value"]: row["n"]["value"] for row in rows} == {f"{DATA}data{n}.rdf": "1" for n in (1, 2, 3)}
