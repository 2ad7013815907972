"""Another release than the one that is served is looked for, at once or again and again, and served instead of it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

from evidensgraf.service.background import Background
from evidensgraf.service.serving import Served, Serving
from evidensgraf.service.settings import Settings

DEADLINES = 6
"""How long the requests of a release that is no longer served may take to end, in deadlines of a query."""


class Renewal(ABC):
    """Looks, one at a time, which release is to be served; where it looks is its subclass's matter (``_look``)."""

    def __init__(self, served: Served, settings: Settings) -> None:
        self.served, self.settings = served, settings
        self._one_at_a_time = asyncio.Lock()
        self._background = Background()
        self._replaced: list[Serving] = []

    async def look(self) -> None:
        """Serve the release that is to be served, unless it is served already.

        Nothing is raised: what is wrong is said in the log, and what is served goes on.
        """
        async with self._one_at_a_time:
            await self._look()

    @abstractmethod
    async def _look(self) -> None: ...

    def ask(self) -> None:
        """Look at once, in the background."""
        self._background.start(self.look())

    def watch(self, seconds: float) -> None:
        """Look every so many seconds, until this is closed."""
        self._background.start(self._watch(seconds))

    async def _watch(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self.look()

    def replace(self, serving: Serving) -> None:
        """Answer from ``serving`` from the next request on; the old engine is closed when its requests are done."""
        old = self.served.swap(serving)
        self._replaced.append(old)
        self._background.start(self._retire(old))

    async def _retire(self, serving: Serving) -> None:
        await serving.retire(DEADLINES * self.settings.seconds)
        self._replaced.remove(serving)

    async def close(self) -> None:
        """Stop looking, and close the engines of releases that are no longer served."""
        await self._background.close()
        for serving in self._replaced:
            await serving.close()
