"""What takes long to make of a release is made before it is asked for; a failure to make it does no harm."""

import asyncio
import logging
from dataclasses import replace

from evidensgraf.graph.engine import EngineUnavailable
from evidensgraf.service.collections import collections
from evidensgraf.service.serving import Served, Serving
from evidensgraf.service.settings import Settings
from evidensgraf.service.warming import MOST_QUADS, Warming, warm


class Watched:
    """Passes queries on to an engine, or refuses them, and notes how many were under way at once."""

    def __init__(self, engine, refuses=False):
        self.engine, self.refuses, self.now, self.most = engine, refuses, 0, 0

    async def query(self, *args, **options):
        if self.refuses:
            raise EngineUnavailable("There is no worker.")
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await self.engine.query(*args, **options)
        finally:
            self.now -= 1


def test_what_is_served_and_what_replaces_it_is_prepared_by_one_worker(engine, release, runner):
    async def prepared(serving):
        async with asyncio.timeout(60):
            while "search" not in serving.holdings.others:
                await asyncio.sleep(0.01)
        assert serving.holdings.tables.keys() == collections().keys()
        assert serving.engine.most == 1

    async def test():
        first, second = (Serving(Watched(engine), release, Settings()) for _ in range(2))
        served = Served(first)
        warming = Warming(served)
        assert not first.engine.most  # nobody waits for it
        await prepared(first)
        served.swap(second)
        await prepared(second)
        await warming.close()

    runner.run(test())


def test_a_failure_is_logged_and_what_was_not_made_is_made_when_asked_for(engine, release, runner, caplog):
    serving = Serving(Watched(engine, refuses=True), release, Settings())
    with caplog.at_level(logging.WARNING, "evidensgraf.service.warming"):
        runner.run(warm(serving))
    assert "not prepared" in caplog.text and not serving.holdings.others
    serving.engine.refuses = False
    runner.run(warm(serving))
    assert "search" in serving.holdings.others


def test_a_large_release_is_not_prepared_for_that_would_take_the_processor_from_those_who_ask(engine, release, runner):
    large = replace(release, manifest={**release.manifest, "quads": MOST_QUADS + 1})
    serving = Serving(Watched(engine), large, Settings())
    runner.run(warm(serving))
    assert not serving.engine.most and not serving.holdings.tables
