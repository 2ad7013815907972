"""A lane: a share of an engine for one kind of queries, so that they never take all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from evidensgraf.graph.activity import Activity, outcome
from evidensgraf.graph.engine import Answer, Engine, EngineBusy, Limits


class Lane:
    """An engine that passes its queries on to another one: at most ``width`` at once, while ``queue`` more may wait.

    What is left of the engine is free for everybody else. Queries that wait are let in as they came, within
    ``wait`` seconds. Those that are not let in are counted in the ``activity`` of the engine.
    """

    def __init__(self, engine: Engine, width: int, queue: int, wait: float = 30.0) -> None:
        self.engine, self.width, self.queue, self.wait = engine, width, queue, wait
        self.activity: Activity = getattr(engine, "activity", None) or Activity()
        self._places = asyncio.Semaphore(width)
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Queries that wait for a place."""
        return self._waiting

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

        Raises ``EngineBusy`` at once when every place is taken and the queue is full, and later when no place
        is free in time. Cancelling the call gives its
        place, in the lane or in the queue, to the next query.
        """
        await self._enter()
        try:
            return await self.engine.query(
                text, media_type, default_graphs=default_graphs, named_graphs=named_graphs, limits=limits
            )
        finally:
            self._places.release()

    async def _enter(self) -> None:
        try:
            await self._wait()
        except BaseException as error:
            self.activity.outcomes[outcome(error)] += 1
            raise

    async def _wait(self) -> None:
        if self._places.locked() and self._waiting >= self.queue:
            raise EngineBusy(retry_after=1)
        self._waiting += 1
        try:
            async with asyncio.timeout(self.wait):
                await self._places.acquire()
        except TimeoutError:
            raise EngineBusy(1, self.wait) from None
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Do nothing: the engine is closed by whoever started it."""
