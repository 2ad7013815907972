"""What an engine counts of its own work."""

import asyncio
from contextlib import suppress

import pytest

from evidensgraf.graph.activity import Activity, outcome
from evidensgraf.graph.engine import (
    EngineBusy,
    EngineError,
    EngineUnavailable,
    LimitExceeded,
    Limits,
    NotAcceptable,
    QueryFailed,
    QueryRefused,
    QuerySyntaxError,
)
from evidensgraf.graph.lane import Lane
from evidensgraf.graph.pool import LocalEngine

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
ROWS = "SELECT * { VALUES ?x { %s } }" % " ".join(map(str, range(11)))


def test_an_engine_counts_what_becomes_of_its_queries_and_of_its_workers(release):
    async def test():
        activity = Activity()
        engine = LocalEngine(release, Limits(seconds=2, rows=10), workers=1, activity=activity)
        await engine.start()
        lane = Lane(engine, 1, 0)
        try:
            for query in ("ASK {}", "ASK {}", "ASK {", "ASK { SERVICE <http://e/> {} }", ENDLESS, ROWS):
                with suppress(EngineError):
                    await engine.query(query)
            with suppress(EngineError):
                await engine.query("ASK {}", "text/turtle")
            gone = asyncio.create_task(lane.query(ENDLESS + " # left"))
            await asyncio.sleep(0)
            while engine.idle or activity.started < 2:
                await asyncio.sleep(0.01)
            with pytest.raises(EngineBusy):
                await lane.query("ASK { ?s a ?o }")
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone
            while activity.started < 3:
                await asyncio.sleep(0.01)
        finally:
            await engine.close()
        counts = {"ok": 2, "syntax": 1, "refused": 1, "deadline": 1, "rows": 1, "format": 1}
        assert activity.outcomes == {**counts, "busy": 1, "disconnected": 1}
        assert (activity.started, activity.killed, activity.ended) == (3, 2, 3)
        assert (activity.answers.hits, activity.answers.misses) == (1, 5)
        assert sum(activity.evaluating.counts) == sum(activity.waiting.counts) == 5
        assert activity.evaluating.total > 2

    asyncio.run(asyncio.wait_for(test(), timeout=60))


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (QuerySyntaxError("x", 1, 1), "syntax"),
        (QueryRefused("x"), "refused"),
        (NotAcceptable("ASK", []), "format"),
        (QueryFailed("x"), "failed"),
        (EngineUnavailable("x"), "unavailable"),
        (LimitExceeded("memory_mb", 1.0, "x"), "memory"),
        (LimitExceeded("size_mb", 1.0, "x"), "size"),
        (asyncio.CancelledError(), "disconnected"),
        (ZeroDivisionError(), "error"),
    ],
)
def test_every_failure_has_a_name(error, name):
    assert outcome(error) == name
