"""Virtuoso answers the catalogue as the embedded engine does, a few in another order (``pytest -m virtuoso``)."""

import json
import shutil

import pytest

from evidensgraf.graph.endpoint import Endpoint
from evidensgraf.graph.engine import EngineFault, Limits
from evidensgraf.graph.remote import open_remote
from evidensgraf.graph.upload import upload
from evidensgraf.graph.writing import writer
from tests import golden
from tests.remote import free_port, running

PROGRAM = shutil.which("virtuoso-t")
pytestmark = [
    pytest.mark.virtuoso,
    pytest.mark.skipif(PROGRAM is None, reason="virtuoso-t is not installed (Debian: virtuoso-opensource)"),
]
INI = """
[Parameters]
ServerPort = 127.0.0.1:{sql}
NumberOfBuffers = 40000
MaxDirtyBuffers = 30000
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 10
[SPARQL]
ResultSetMaxRows = 10000
"""
SAME_ROWS = {
    "collection",
    "labels",
    "links-to-resource",
    "record",
    "record-of-claim",
    "record-of-intervention",
    "resource-in-graphs",
    "sources",
    "unresolved-citations",
    "uses-of-term",
}
"""Queries with the same rows in another order: Virtuoso sorts literals otherwise."""


@pytest.fixture(scope="module")
def virtuoso(runner, release, tmp_path_factory):
    """A remote engine over the release in Virtuoso."""
    directory, http = tmp_path_factory.mktemp("virtuoso"), free_port()
    (directory / "virtuoso.ini").write_text(INI.format(sql=free_port(), http=http))
    url = f"http://127.0.0.1:{http}/sparql"
    with running([PROGRAM, "+foreground", "+configfile", "virtuoso.ini"], url, cwd=directory):
        endpoint = Endpoint(url, "dba", "dba")
        upload(endpoint, writer(endpoint), release)
        engine = runner.run(open_remote(endpoint, Limits(seconds=60)))
        yield engine
        runner.run(engine.close())


@pytest.mark.parametrize(("stem", "name", "values"), golden.cases(), ids=lambda v: v if isinstance(v, str) else "")
def test_the_catalogue_answers_as_its_golden_results(virtuoso, runner, stem, name, values):
    found = runner.run(golden.result(virtuoso, name, values))
    expected = (golden.DIRECTORY / (stem + golden.suffix(name))).read_text(encoding="utf-8")
    if name in SAME_ROWS:
        found, expected = (sorted(map(json.dumps, json.loads(t)["results"]["bindings"])) for t in (found, expected))
    assert found == expected


def test_its_silent_cap_is_found_and_what_it_cuts_is_never_passed_on(virtuoso, runner):
    assert virtuoso.cap == 10000
    for text, media_type in (
        ("SELECT * { ?s ?p ?o }", "text/csv"),
        ("SELECT * { ?s ?p ?o } LIMIT 20000", "text/csv"),
        ("CONSTRUCT { ?s a ev:X } WHERE { ?s ?p ?o }", "text/turtle"),
    ):
        with pytest.raises(EngineFault, match="at most 10000 rows"):
            runner.run(virtuoso.query(text, media_type))
    assert runner.run(virtuoso.query("SELECT * { ?s ?p ?o } LIMIT 9999", "text/csv")).body.count(b"\n") >= 10000


@pytest.mark.parametrize(("text", "truth"), [("ASK { ?s a ev:Finding }", True), ("ASK { ?s a ev:Nothing }", False)])
def test_ask_is_a_truth_value(virtuoso, runner, text, truth):
    assert json.loads(runner.run(virtuoso.query(text)).body)["boolean"] is truth


def test_durations_are_the_same_in_triples(virtuoso, engine, runner):
    text = "CONSTRUCT { ?s ev:followUp ?o } WHERE { ?s ev:followUp ?o }"
    found, expected = (runner.run(e.query(text, "application/n-triples")).body for e in (virtuoso, engine))
    assert sorted(found.splitlines()) == sorted(expected.splitlines()) != []
