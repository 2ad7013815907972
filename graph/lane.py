"""A lane: a share of an engine for one kind of queries, so that they never take all of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from evidensgraf.graph.activity import Activity, Durations, outcome
from evidensgraf.graph.engine import Answer, Engine, EngineBusy, Limits


class Places:
    """Places that queries take in turn: ``width`` of them, while ``queue`` queries may wait for ``wait`` seconds.

    How long they waited is added to ``waited``.
    """

    def __init__(self, width: int, queue: int, wait: float, waited: Durations | None = None) -> None:
        self.queue, self.wait, self.waiting = queue, wait, 0
        self._waited = waited or Durations()
        self._free = asyncio.Semaphore(width)

    async def enter(self) -> None:
        """Take a place, which is given back by ``leave``.

        Raises ``EngineBusy`` at once when every place is taken and the queue is full, and later when no place is free
        in time.
        """
        if self._free.locked() and self.waiting >= self.queue:
            raise EngineBusy(retry_after=1)
        self.waiting += 1
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self.wait):
                await self._free.acquire()
        except TimeoutError:
            raise EngineBusy(1, self.wait) from None
        finally:
            self.waiting -= 1
            self._waited.add(time.perf_counter() - began)

    def leave(self) -> None:
        """Give a place back."""
        self._free.release()


class Lane:
    """An engine that passes its queries on to another one: at most ``width`` at once, while ``queue`` more may wait.

    What is left of the engine is free for everybody else. Queries that wait are let in as they came, within
    ``wait`` seconds. Those that are not let in are counted in the ``activity`` of the engine.
    """

    def __init__(self, engine: Engine, width: int, queue: int, wait: float = 30.0) -> None:
        self.engine, self.width, self.queue, self.wait = engine, width, queue, wait
        self.activity: Activity = getattr(engine, "activity", None) or Activity()
        self.places = Places(width, queue, wait)

    @property
    def waiting(self) -> int:
        """Queries that wait for a place."""
        return self.places.waiting

    async def query(
        self,
        text: str,
        media_type: str = "application/sparql-results+json",
        *,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> Answer:
        """Evaluate a query as soon as the lane has a place; see ``graph.engine.Engine.query``.

        Raises ``EngineBusy``, see ``Places.enter``. Cancelling the call gives its place, in the lane or in the queue,
        to the next query.
        """
        try:
            await self.places.enter()
        except BaseException as error:
            self.activity.outcomes[outcome(error)] += 1
            raise
        try:
            return await self.engine.query(
                text, media_type, default_graphs=default_graphs, named_graphs=named_graphs, limits=limits
            )
        finally:
            self.places.leave()

    async def close(self) -> None:
        """Do nothing: the engine is closed by whoever started it."""
