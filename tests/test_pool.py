"""The bounded workers: every limit stops a query, and the next query works."""

import asyncio
import os
import signal
import socket
import threading
import xml.etree.ElementTree as ElementTree
from contextlib import asynccontextmanager, suppress

import pytest

from evidensgraf.graph.engine import (
    GRAPH_TYPES,
    RESULT_TYPES,
    EngineBusy,
    EngineUnavailable,
    LimitExceeded,
    Limits,
    NotAcceptable,
    QueryFailed,
    QueryRefused,
    QuerySyntaxError,
)
from evidensgraf.graph.pool import LocalEngine
from evidensgraf.graph.release import Release

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != %d) }"
HUNGRY = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?f ?i"
SIMPLE = "SELECT ?s { ?s ?p ?o } LIMIT %d"


@asynccontextmanager
async def pool(release, *, limits=None, **settings):
    engine = LocalEngine(release, limits or Limits(seconds=1, memory_mb=200, rows=1000, size_mb=1), **settings)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.close()


def run(test):
    return asyncio.run(asyncio.wait_for(test, timeout=60))


@pytest.mark.parametrize(
    ("query", "limit"),
    [(ENDLESS % 0, "seconds"), (HUNGRY, "memory_mb"), ("SELECT * { ?s ?p ?o }", "rows")],
)
def test_a_query_past_a_limit_is_stopped_and_the_next_one_works(release, query, limit):
    async def test():
        seconds, memory = (30, 200) if limit == "memory_mb" else (1, 1024)
        limits = Limits(seconds=seconds, memory_mb=memory, rows=1000)
        async with pool(release, limits=limits, workers=1) as engine:
            with pytest.raises(LimitExceeded) as stopped:
                await engine.query(query)
            assert stopped.value.limit == limit
            assert b"bindings" in (await engine.query(SIMPLE % 3)).body

    run(test())


@pytest.mark.parametrize("media_type", RESULT_TYPES)
def test_rows_are_counted_exactly_in_every_format(release, media_type):
    query = "SELECT ?x { VALUES ?x { %s } }"
    awkward = ['"%d},{\\"a\\n<result>,\\""' % i for i in range(400)]

    async def test():
        async with pool(release, limits=Limits(rows=400), workers=1) as engine:
            await engine.query(query % " ".join(awkward), media_type)
            with pytest.raises(LimitExceeded, match="more than 400 rows"):
                await engine.query(query % " ".join([*awkward, "1"]), media_type)

    run(test())


def test_a_construct_is_capped_and_a_large_answer_is_refused(release):
    async def test():
        async with pool(release, workers=1) as engine:
            with pytest.raises(LimitExceeded, match="rows"):
                await engine.query("CONSTRUCT WHERE { ?s ?p ?o }", "text/turtle")
            big = 'SELECT ("%s" AS ?x) { ?s ?p ?o } LIMIT 999' % ("x" * 2000)
            with pytest.raises(LimitExceeded, match="larger than 1 MB"):
                await engine.query(big)

    run(test())


def test_a_query_that_cannot_be_evaluated_is_told_so(release):
    async def test():
        async with pool(release, limits=Limits(), workers=1) as engine:
            with pytest.raises(QueryFailed, match="nested"):
                await engine.query("SELECT * { " + "{" * 30_000 + "}" * 30_000 + " }")
            with pytest.raises(QueryFailed, match="could not be evaluated"):
                await engine.query("SELECT (<http://example.org/unknown>(1) AS ?x) {}")
            assert (await engine.query(SIMPLE % 1)).form == "SELECT"

    run(test())


def test_the_answers_to_a_changing_query_differ_whichever_worker_gives_them(release):
    async def test():
        async with pool(release, workers=3) as engine:
            query = "SELECT (UUID() AS ?x) {}"
            answers = await asyncio.gather(*(engine.query(query) for _ in range(12)))
            assert len({answer.body for answer in answers}) == 12

    run(test())


def test_xml_holds_what_it_can_and_is_refused_what_it_cannot(release):
    async def test():
        async with pool(release, workers=1) as engine:
            xml, rdf = "application/sparql-results+xml", "application/rdf+xml"
            answer = (await engine.query('SELECT ("a\\r\\nb" AS ?x) {}', xml)).body
            assert ElementTree.fromstring(answer).findtext(".//{*}literal") == "a\r\nb"
            for query, media_type in (
                ('SELECT ("a\\u0001b" AS ?x) {}', xml),
                ('CONSTRUCT { <http://e/s> <http://e/1> "x" } {}', rdf),
                ('CONSTRUCT { <http://e/s> <http://e/p> "\\u0001" } {}', rdf),
            ):
                with pytest.raises(NotAcceptable) as refused:
                    await engine.query(query, media_type)
                assert media_type not in refused.value.available

    run(test())


def test_a_cancelled_query_frees_its_worker(release):
    async def test():
        async with pool(release, limits=Limits(seconds=60), workers=1) as engine:
            query = asyncio.create_task(engine.query(ENDLESS % 1))
            await asyncio.sleep(0.2)
            query.cancel()
            answer = await asyncio.wait_for(engine.query(SIMPLE % 2), timeout=5)
            assert answer.body

    run(test())


def test_a_full_queue_is_told_at_once(release):
    async def test():
        async with pool(release, workers=1, queue=1) as engine:
            await engine.query(SIMPLE % 4)
            results = await asyncio.gather(*(engine.query(ENDLESS % i) for i in range(5)), return_exceptions=True)
            kinds = [type(r) for r in results]
            assert kinds.count(EngineBusy) >= 2
            assert LimitExceeded in kinds

    run(test())


def test_a_killed_worker_and_a_killed_supervisor_are_replaced(release):
    async def test():
        async with pool(release, limits=Limits(seconds=30), workers=2) as engine:
            worker = engine._idle.get_nowait()
            engine._idle.put_nowait(worker)
            os.kill(worker.pid, signal.SIGKILL)
            results = await asyncio.gather(*(engine.query(SIMPLE % n) for n in (5, 6, 7)), return_exceptions=True)
            assert sum(not isinstance(r, Exception) for r in results) >= 2
            os.kill(engine._process.pid, signal.SIGKILL)
            await asyncio.sleep(0.1)
            assert (await engine.query(SIMPLE % 8)).body

    run(test())


def test_no_worker_outlives_its_engine(release):
    async def test():
        async with pool(release, workers=2) as engine:
            while len(engine._ended) < 2:
                await asyncio.sleep(0.01)
            pids = [engine._process.pid, *engine._ended]
            assert len(pids) == 3
        return pids

    for pid in run(test()):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_nothing_is_ever_connected_to(release):
    """SERVICE and FROM of the network are refused, and a listening socket sees nobody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        callers = []

        def listen():
            with suppress(TimeoutError):
                callers.append(listener.accept())

        thread = threading.Thread(target=listen)
        thread.start()

        async def test():
            async with pool(release, workers=1) as engine:
                for query in (
                    f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}",
                    f"SELECT * {{ SERVI\\u0043E <{address}> {{ ?s ?p ?o }} }}",
                    f"SELECT * FROM <{address}> {{ ?s ?p ?o }}",
                    "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
                    f"LOAD <{address}>",
                ):
                    with pytest.raises(QueryRefused):
                        await engine.query(query)
                with pytest.raises(QueryRefused):
                    await engine.query("SELECT * { ?s ?p ?o }", default_graphs=[address])
                # past the guard there is a second wall: the worker itself can open neither socket nor file
                request = {
                    "query": f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}",
                    "default_graphs": [],
                    "media_type": "text/csv",
                    "named_graphs": [],
                    "union": True,
                    "rows": 10,
                    "size_mb": 1,
                }
                header, body = await engine._ask(await engine._acquire(1), request, engine.limits.seconds)
                assert header["error"] == "evaluation"
                assert body == b""

        run(test())
        thread.join()
        assert callers == []


def test_the_media_type_must_fit_the_form(release):
    async def test():
        async with pool(release, workers=1) as engine:
            with pytest.raises(NotAcceptable) as refused:
                await engine.query("ASK { ?s ?p ?o }", "text/turtle")
            assert refused.value.available == list(RESULT_TYPES)
            with pytest.raises(NotAcceptable):
                await engine.query("DESCRIBE <x:y>", "text/csv")
            for media_type in GRAPH_TYPES:
                assert (await engine.query("DESCRIBE <https://w3id.org/evidensgraf/def/Finding>", media_type)).body

    run(test())


@pytest.mark.parametrize(
    ("query", "line", "column", "words"),
    [
        ("SELECT *\nWHERE {\n  ?s ?p\n}", 4, 1, "incomplete at '}'"),
        ("SELECT * { ?s ?p ?o ", 1, 10, "this { is not closed"),
        ("SELECT * { ?s ?p ?o FILTER(?o > 3 }", 1, 35, "the \\( before this } is not closed"),
        ("SELECT *\nWHERE { ?s ?p ?o } ORDR BY ?s", 2, 25, "at 'BY"),
        ("SELECT * { ?s nope:x ?o }", 1, 15, "the prefix nope: is not declared"),
        ("PREFIX x: <x:> SELEC * { ?s x:y ?o }", 1, 16, "not with SELEC"),
        ("ASK {} ASK {}", 1, 8, "one query at a time"),
        ("SELECT ?x { ?x ?p ?o } GROUP BY ?p", 1, 33, "a variable that is unbound"),
        ("SELECT * { ?s ?p 'open }", 1, 18, "is not closed"),
        ("", 1, 1, "has one of SELECT"),
    ],
)
def test_malformed_sparql_has_its_place(release, query, line, column, words):
    async def test():
        async with pool(release, workers=1) as engine:
            with pytest.raises(QuerySyntaxError, match=words) as error:
                await engine.query(query)
            assert (error.value.line, error.value.column) == (line, column)

    run(test())


def test_the_dataset_of_the_protocol_overrides_the_union(release):
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    concepts = "https://w3id.org/evidensgraf/graph/concepts"

    async def test():
        async with pool(release, workers=1) as engine:
            union = (await engine.query(count, "text/csv")).body
            one = (await engine.query(count, "text/csv", default_graphs=[concepts])).body
            none = (await engine.query(count, "text/csv", named_graphs=[concepts])).body
            assert none.split() == [b"n", b"0"]
            assert 0 < int(one.split()[1]) < int(union.split()[1])
            named, pattern = "SELECT (COUNT(*) AS ?n) %s { %s }", "?s ?p ?o"
            for dataset, where, found in (
                (f"FROM <{concepts}>", pattern, one),
                (f"FROM NAMED <{concepts}>", pattern, none),
                (f"FROM NAMED <{concepts}>", f"GRAPH ?g {{ {pattern} }}", one),
                (f"FROM <{concepts}>", f"GRAPH ?g {{ {pattern} }}", none),
            ):
                assert (await engine.query(named % (dataset, where), "text/csv")).body == found, dataset
            assert (await engine.query(named % (f"FROM <{concepts}>", pattern), default_graphs=[concepts])).body

    run(test())


def test_a_release_that_cannot_be_loaded_is_said(tmp_path):
    (tmp_path / "evidensgraf.nq").write_text("this is not N-Quads")

    async def test():
        engine = LocalEngine(Release(tmp_path, "2026-01-01", "", {"graphs": []}), workers=1)
        with pytest.raises(EngineUnavailable, match="could not be loaded"):
            await engine.start()
        await engine.close()

    run(test())
