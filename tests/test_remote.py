"""The remote engine answers from a real server as the embedded one does, and says what is wrong when it cannot."""

import asyncio
import json
import threading

import pytest
from pyoxigraph import RdfFormat, parse

from evidensgraf.graph.announcement import open_published
from evidensgraf.graph.endpoint import Endpoint
from evidensgraf.graph.engine import (
    GRAPH_TYPES,
    RESULT_TYPES,
    EngineBusy,
    EngineFault,
    EngineUnavailable,
    LimitExceeded,
    Limits,
    QueryFailed,
    QueryRefused,
    QuerySyntaxError,
)
from evidensgraf.graph.remote import RemoteEngine
from tests import golden
from tests.remote import Stalling, answering, forward, reply, serving

ASK = "ASK { ?s a ev:Finding }"
JSON = "application/sparql-results+json"
YES = b'{"head": {}, "boolean": true}'


@pytest.fixture
def ask(runner, release):
    """Ask one query of an engine of its own at an endpoint."""

    def ask(url, text=ASK, media_type=JSON, limits=None, endpoint=None, times=1, **options):
        async def work():
            engine = RemoteEngine(endpoint or Endpoint(url), release, limits or Limits(seconds=20), **options)
            await engine.start()
            try:
                for _ in range(times - 1):
                    with pytest.raises(EngineUnavailable):
                        await engine.query(text, media_type)
                return await engine.query(text, media_type)
            finally:
                await engine.close()

        return runner.run(work())

    return ask


@pytest.fixture(scope="session")
def answers(remote, runner):
    async def all_answers():
        return {stem: await golden.result(remote, name, values) for stem, name, values in golden.cases()}

    return runner.run(all_answers())


@pytest.mark.parametrize("stem", [stem for stem, _, _ in golden.cases()])
def test_the_catalogue_answers_as_its_golden_results(answers, stem):
    name = next(name for found, name, _ in golden.cases() if found == stem)
    assert answers[stem] == (golden.DIRECTORY / (stem + golden.suffix(name))).read_text(encoding="utf-8")


def test_the_release_is_known_from_the_endpoint_alone(remote, release):
    assert (remote.release.id, remote.release.digest) == (release.id, release.digest)
    assert remote.release.graphs == release.graphs
    assert not remote.release.quads.exists()


SHAPED = "SELECT ?s ?o ?n { ?s a ev:Intervention ; skos:prefLabel ?o . BIND(1.50 AS ?n) } ORDER BY ?s ?o LIMIT 5"
DATASETS = [
    {},
    {"default_graphs": ["https://w3id.org/evidensgraf/graph/concepts"]},
    {"named_graphs": ["https://w3id.org/evidensgraf/graph/concepts", "https://w3id.org/evidensgraf/graph/derived"]},
]
QUERIES = [
    SHAPED,
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    "SELECT (COUNT(*) AS ?n) FROM <graph/concepts> { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) FROM NAMED <graph/concepts> { GRAPH ?g { ?s ?p ?o } }",
    "PREFIX e: <def/> SELECT ?s { ?s a e:Appraisal } ORDER BY ?s",
    "SELECT ?t { ?x ?p ?t FILTER(isNumeric(?t)) } ORDER BY ?t STR(?t) STR(DATATYPE(?t)) LIMIT 50",
    "ASK { ?s a ev:Finding }",
    "ASK { ?s a ev:Nothing }",
]


@pytest.mark.parametrize("dataset", DATASETS, ids=["union", "default", "named"])
@pytest.mark.parametrize("text", QUERIES)
def test_every_dataset_is_the_same_as_here(engine, remote, runner, text, dataset):
    here, there = (json.loads(runner.run(e.query(text, **dataset)).body) for e in (engine, remote))
    assert there == here


@pytest.mark.parametrize("media_type", RESULT_TYPES)
def test_results_have_the_same_bytes_in_every_format(engine, remote, runner, media_type):
    assert runner.run(remote.query(SHAPED, media_type)) == runner.run(engine.query(SHAPED, media_type))


@pytest.mark.parametrize("media_type", GRAPH_TYPES)
def test_graphs_are_the_same_in_every_format(engine, remote, runner, media_type):
    text = "CONSTRUCT { ?s skos:prefLabel ?o } WHERE { ?s a ev:Intervention ; skos:prefLabel ?o }"
    here, there = (runner.run(e.query(text, media_type)).body for e in (engine, remote))
    found = RdfFormat.from_media_type(media_type)
    assert set(parse(there, format=found)) == set(parse(here, format=found)) != set()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SELECT * { ?s ?p", QuerySyntaxError),
        ("SELECT * { ?s nope:x ?o }", QuerySyntaxError),
        ('DEFINE get:soft "soft" SELECT * { ?s ?p ?o }', QuerySyntaxError),
        ("ASK { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", QueryRefused),
        ("SELECT * FROM <http://127.0.0.1:1/> { ?s ?p ?o }", QueryRefused),
        ("SELECT * FROM <graph/announcement> { ?s ?p ?o }", QueryRefused),
        ("DELETE WHERE { ?s ?p ?o }", QueryRefused),
        ("PREFIX bif: <bif:> SELECT (bif:exec('x') AS ?x) { }", QueryRefused),
        ("SELECT (<java:java.lang.System.exit>(1) AS ?x) { }", QueryRefused),
    ],
)
def test_what_is_refused_is_refused_before_anything_is_sent(ask, text, error):
    with Stalling() as nobody, pytest.raises(error):
        ask(nobody.url, text)


def test_an_unknown_function_is_a_failed_query(remote, runner):
    with pytest.raises(QueryFailed):
        runner.run(remote.query("SELECT (<http://example.org/f>(?s) AS ?x) { ?s a ev:Finding }"))


def test_rows_and_size_are_bounded(remote, runner):
    with pytest.raises(LimitExceeded) as rows:
        runner.run(remote.query("SELECT * { ?s ?p ?o } LIMIT 20", limits=Limits(rows=19)))
    with pytest.raises(LimitExceeded) as triples:
        runner.run(remote.query("CONSTRUCT WHERE { ?s a ev:Finding }", "text/turtle", limits=Limits(rows=9)))
    with pytest.raises(LimitExceeded) as size:
        runner.run(remote.query("SELECT * { ?s ?p ?o }", limits=Limits(rows=10**6, size_mb=1)))
    assert (rows.value.limit, triples.value.limit, size.value.limit) == ("rows", "rows", "size_mb")


def test_an_endpoint_that_stalls_is_given_up_at_the_deadline(ask):
    with serving(Stalling()) as stalling:
        with pytest.raises(LimitExceeded) as late:
            ask(stalling.url, limits=Limits(seconds=0.5))
        assert late.value.limit == "seconds"
        assert stalling.closed.acquire(timeout=10)


def test_an_endpoint_that_drips_is_given_up_at_the_deadline(ask):
    stop = threading.Event()

    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", JSON)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        try:
            while not stop.wait(0.05):
                handler.wfile.write(b" ")
        except OSError:
            stop.set()

    with answering(drip) as base, pytest.raises(LimitExceeded):
        ask(base, limits=Limits(seconds=0.5))
    assert stop.wait(10)


def test_a_call_that_nobody_waits_for_is_cut_and_gives_its_place_back(runner, release):
    async def work(stalling):
        engine = RemoteEngine(Endpoint(stalling.url), release, Limits(seconds=30), workers=1, queue=0)
        await engine.start()
        left = asyncio.create_task(engine.query(ASK))
        while engine.idle:
            await asyncio.sleep(0.01)
        with pytest.raises(EngineBusy):
            await engine.query("ASK { ?s a ev:Appraisal }")
        left.cancel()
        await asyncio.wait([left])
        assert await asyncio.to_thread(stalling.closed.acquire, timeout=10)
        while not engine.idle:
            await asyncio.sleep(0.01)
        await engine.close()

    with serving(Stalling()) as stalling:
        runner.run(asyncio.wait_for(work(stalling), 20))


def test_an_endpoint_that_is_down_is_unavailable_and_then_left_alone(ask):
    with Stalling() as closed:
        url = closed.url
    with pytest.raises(EngineUnavailable, match="It is tried again in"):
        ask(url, times=4)


def test_a_passing_failure_is_tried_again(ask):
    seen = []

    def at_last(handler):
        seen.append(handler.path)
        if len(seen) == 1:
            reply(handler, 503, "text/plain", b"busy")
        elif len(seen) == 2:
            handler.close_connection = True
        else:
            reply(handler, 200, JSON, YES)

    with answering(at_last) as base:
        assert json.loads(ask(base).body)["boolean"] is True
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("status", "content_type", "body", "said"),
    [
        (200, "text/html", b"<html></html>", "text/html"),
        (200, JSON, b"{}", "cannot be read"),
        (200, JSON, YES[:-3], "cannot be read"),
        (404, "text/html", b"<html></html>", "404"),
        (401, "text/plain", b"", "401"),
        (403, "text/plain", b"", "403"),
        (302, "text/plain", b"", "moved"),
    ],
)
def test_an_endpoint_that_answers_wrongly_is_at_fault(ask, status, content_type, body, said):
    headers = {"Location": "http://elsewhere.test/"} if status == 302 else {}
    wrong = answering(lambda handler: reply(handler, status, content_type, body, **headers))
    with wrong as base, pytest.raises(EngineFault, match=said):
        ask(base)


def test_an_answer_that_breaks_off_is_never_passed_on(ask):
    triple = b"<urn:s> <urn:p> <urn:o> .\n"

    def break_off(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/n-triples")
        handler.send_header("Content-Length", str(3 * len(triple)))
        handler.end_headers()
        handler.wfile.write(2 * triple)
        handler.close_connection = True

    with answering(break_off) as base, pytest.raises(EngineUnavailable, match="lost"):
        ask(base, "CONSTRUCT WHERE { ?s ?p ?o }", "text/turtle")


@pytest.mark.parametrize(
    ("months", "duration"),
    [("36", "P3Y"), ("6", "P6M"), ("18", "P1Y6M"), ("-12", "-P1Y"), ("0", "P0M"), ("P2W", "P2W")],
)
def test_a_duration_that_comes_as_a_number_of_months_is_one_again(ask, months, duration):
    kind = "http://www.w3.org/2001/XMLSchema#duration"
    term = {"type": "typed-literal", "datatype": kind, "value": months}
    results = json.dumps({"head": {"vars": ["d"]}, "results": {"bindings": [{"d": term}]}}).encode()
    with answering(lambda handler: reply(handler, 200, JSON, results)) as base:
        assert ask(base, "SELECT ?d { ?s ev:followUp ?d }", "text/csv").body.split() == [b"d", duration.encode()]
    triple = f'<urn:x:s> <urn:x:p> "%s"^^<{kind}> .\n'
    with answering(lambda handler: reply(handler, 200, "application/n-triples", (triple % months).encode())) as base:
        found = ask(base, "CONSTRUCT WHERE { ?s ?p ?o }", "application/n-triples").body
    assert found.decode() == triple % duration


@pytest.fixture(scope="session")
def capping(published, store_server):
    """The address of a server that silently gives at most 100 rows, as Virtuoso does; it says so for SELECT only."""

    def cap(handler):
        status, content_type, body = forward(handler, store_server)
        headers = {}
        if content_type.startswith(JSON):
            document = json.loads(body)
            rows = document.get("results", {}).get("bindings", [])
            if len(rows) >= 100:
                document["results"]["bindings"], headers = rows[:100], {"X-SPARQL-MaxRows": "100"}
            body = json.dumps(document).encode()
        elif status == 200:
            body = b"".join(body.splitlines(keepends=True)[:100])
        reply(handler, status, content_type, body, **headers)

    with answering(cap) as base:
        yield f"{base}/query"


def test_an_answer_that_is_cut_at_the_cap_of_the_endpoint_is_never_passed_on(ask, capping, tmp_path):
    _, cap = open_published(Endpoint(capping), tmp_path, 1000)
    assert cap == 100
    for known in (None, cap):
        with pytest.raises(EngineFault, match="at most 100 rows"):
            ask(capping, "SELECT * { ?s ?p ?o } LIMIT 500", cap=known)
    for construct in ("CONSTRUCT WHERE { ?s ?p ?o }", "CONSTRUCT { ?s a ev:X } { ?s ?p ?o } # all"):
        with pytest.raises(EngineFault, match="at most 100 rows"):
            ask(capping, construct, "text/turtle", cap=cap)
    assert ask(capping, "SELECT * { ?s ?p ?o } LIMIT 99", cap=cap).body.count(b'"p":{') == 99
    assert ask(capping, "CONSTRUCT { ?s a ev:X } { ?s a ev:Appraisal }", "text/turtle", cap=cap).body
