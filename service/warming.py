"""Warming: what is made of a release at its first use is made in the background, before anybody asks for it."""

from __future__ import annotations

import asyncio
import logging

from evidensgraf.service.search import index_of
from evidensgraf.service.serving import Served, Serving

LOG = logging.getLogger("evidensgraf.service.warming")


async def warm(serving: Serving) -> None:
    """Make the tables of the API and the index of the search, one query at a time, so that one worker is enough.

    Nothing but a cancellation is raised: what cannot be made now is logged, and made when somebody asks for it.
    """
    with serving.used():
        try:
            await index_of(serving.engine, serving.holdings)
        except Exception as error:  # noqa: BLE001
            LOG.warning("release %s is served, but not prepared: %s", serving.release.id, error)


class Warming:
    """Warms what is served, and what is served instead of it; ``close`` stops that."""

    def __init__(self, served: Served) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        served.prepare = self._start
        self._start(served.serving)

    def _start(self, serving: Serving) -> None:
        task = asyncio.create_task(warm(serving))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop, and wait until that is done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
