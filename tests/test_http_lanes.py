"""Lanes: queries that users write never hold up documents, pages and the API."""

import asyncio
from urllib.parse import quote

import httpx
import pytest

from evidensgraf.graph.engine import Answer, EngineBusy, Limits
from evidensgraf.graph.lane import Lane
from evidensgraf.graph.pool import LocalEngine
from evidensgraf.service.app import create_app
from evidensgraf.service.settings import Settings, read_settings

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != %d) }"


class Held:
    """An engine that answers when it is told to."""

    def __init__(self):
        self.running, self.most, self.asked, self.go = 0, 0, [], asyncio.Event()

    async def query(self, text, media_type="", **more):
        self.running, self.asked = self.running + 1, [*self.asked, text]
        self.most = max(self.most, self.running)
        try:
            await self.go.wait()
        finally:
            self.running -= 1
        return Answer(text.encode(), media_type, "ASK")

    async def close(self):
        raise AssertionError("the lane does not own the engine")


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_lane_is_as_wide_as_it_is_and_lets_in_by_turn(runner):
    async def test():
        engine = Held()
        lane = Lane(engine, 2, 3)
        tasks = [asyncio.create_task(lane.query(str(i))) for i in range(5)]
        await settle()
        assert engine.running == 2
        with pytest.raises(EngineBusy) as busy:
            await lane.query("too many")
        assert busy.value.retry_after > 0
        engine.go.set()
        assert [answer.body for answer in await asyncio.gather(*tasks)] == [b"0", b"1", b"2", b"3", b"4"]
        assert engine.most == 2
        assert engine.asked == ["0", "1", "2", "3", "4"]
        await lane.close()

    runner.run(test())


def test_without_a_queue_a_free_place_is_still_given(runner):
    async def test():
        engine = Held()
        engine.go.set()
        lane = Lane(engine, 1, 0)
        assert (await lane.query("a")).body == b"a"
        engine.go.clear()
        task = asyncio.create_task(lane.query("b"))
        await settle()
        with pytest.raises(EngineBusy):
            await lane.query("c")
        engine.go.set()
        assert (await task).body == b"b"

    runner.run(test())


def test_a_query_that_is_cancelled_or_fails_gives_its_place_back(runner):
    async def test():
        engine = Held()
        lane = Lane(engine, 1, 2)
        runs, waits, last = (asyncio.create_task(lane.query(t)) for t in ("runs", "waits", "last"))
        await settle()
        waits.cancel()
        await settle()
        more = asyncio.create_task(lane.query("more"))  # the place in the queue is free again
        await settle()
        runs.cancel()
        await settle()
        assert engine.asked == ["runs", "last"]
        assert engine.running == 1
        last.cancel()
        await settle()
        assert engine.asked == ["runs", "last", "more"]
        engine.go.set()
        assert (await more).body == b"more"
        assert (await lane.query("after")).body == b"after"

    runner.run(test())


@pytest.mark.parametrize("workers", ["2", "3"])
def test_documents_and_the_api_answer_while_endless_queries_run(release, workers):
    settings = read_settings({"EVIDENSGRAF_WORKERS": workers, "EVIDENSGRAF_QUEUE": "2"})

    async def test():
        engine = LocalEngine(release, Limits(seconds=60), workers=settings.workers, queue=settings.queue)
        await engine.start()
        app = create_app(engine, release, settings)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as http:
            endless = [f"/sparql?query={quote(ENDLESS % i)}" for i in range(settings.workers + 1)]
            tasks = [asyncio.create_task(http.get(path)) for path in endless]
            try:
                await asyncio.sleep(0.5)
                assert (await http.get("/sparql?query=ASK%7B%7D")).status_code == 503
                assert (await http.get("/queries/labels")).status_code == 503
                for path in (
                    "/id/intervention/hasky",
                    "/doc/intervention/hasky",
                    "/def/Finding",
                    "/",
                    "/graph/concepts",
                ):
                    assert (await asyncio.wait_for(http.get(path), 5)).status_code in (200, 303), path
                for path in ("findings", "interventions/hasky", "appraisals?verdict=NotEffective"):
                    assert (await asyncio.wait_for(http.get(f"/api/v1/{path}"), 5)).status_code == 200, path
                assert not any(task.done() for task in tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await engine.close()

    asyncio.run(test())


def test_how_many_queries_of_users_run_at_once(client_of, engine):
    assert Settings().workers == 3
    for workers, width in ((1, 1), (2, 1), (3, 2), (8, 7)):
        lane = client_of(engine, workers=workers, queue=5).app.state.served.serving.adhoc
        assert (lane.engine, lane.width, lane.queue) == (engine, width, 5)
