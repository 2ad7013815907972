"""What requests are answered from - one release and all that depends on it - and how it is replaced while they go on.

A request takes the whole of it once, when it starts, and keeps it until its last byte: the engine that it asks, the
release that its headers name and the answers that it may repeat always belong together.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from evidensgraf.graph.activity import Activity
from evidensgraf.graph.checking import Checks
from evidensgraf.graph.engine import Engine
from evidensgraf.graph.lane import Lane, Places
from evidensgraf.graph.recent import Recent
from evidensgraf.graph.release import Release
from evidensgraf.service.settings import Settings
from evidensgraf.service.tables import Holdings

RECENT_MB = 64
"""Room for recent answers, in mebibytes."""
KEY = "evidensgraf.serving"
"""Where the scope of a request (ASGI 3) has its ``Serving``."""


class Serving:
    """A started engine, the release that it answers from, and what was made for just that release.

    ``adhoc`` is the share of the engine for queries that users write, ``recent`` keeps whole answers, and ``holdings``
    has the lists of the API and the index of the search. ``checks`` checks drafts, and ``uploads`` are the places of
    those that are received and checked. ``activity`` counts the checks.
    """

    def __init__(self, engine: Engine, release: Release, settings: Settings, activity: Activity | None = None) -> None:
        self.engine, self.release = engine, release
        self.adhoc = Lane(engine, settings.adhoc, settings.queue, settings.wait)
        self.recent: Recent[Any] = Recent(RECENT_MB * 2**20)
        self.holdings = Holdings()
        workers, queue = settings.check_workers, settings.check_queue
        self.checks = Checks(
            release if release.quads.is_file() else None,
            settings.check_limits,
            workers=workers,
            queue=queue,
            wait=settings.wait,
            activity=activity,
        )
        self.uploads = Places(workers + queue, 0, settings.wait)
        self._requests = 0
        self._unused = asyncio.Event()
        self._unused.set()

    @contextlib.contextmanager
    def used(self) -> Iterator[Serving]:
        """Hold this for one request: it is not retired as long as somebody does."""
        self._requests += 1
        self._unused.clear()
        try:
            yield self
        finally:
            self._requests -= 1
            if not self._requests:
                self._unused.set()

    async def retire(self, seconds: float) -> None:
        """Close the engine when the last request is done, or after ``seconds``: a slow reader cannot hold it."""
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._unused.wait(), seconds)
        finally:
            await self.close()

    async def close(self) -> None:
        """End the processes of the engine and of the checks."""
        await self.checks.close()
        await self.engine.close()


class Served:
    """Gives every request what is served when it starts; ``serving`` is replaced whole, between two requests.

    ``prepare`` is called with what is served from now on, and returns at once.
    """

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self.prepare: Callable[[Serving], None] = lambda _: None

    def swap(self, serving: Serving) -> Serving:
        """Answer from ``serving`` from the next request on, and return what was served; the caller retires it."""
        old, self.serving = self.serving, serving
        self.prepare(serving)
        return old


class WithServing:
    """Puts the ``Serving`` of a request in its scope (plain ASGI, outermost)."""

    def __init__(self, app: ASGIApp, served: Served) -> None:
        self.app, self.served = app, served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI 3)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with self.served.serving.used() as serving:
            scope[KEY] = serving
            await self.app(scope, receive, send)


def serving_of(request: Request) -> Serving:
    """Return what a request is answered from."""
    serving: Serving = request.scope[KEY]
    return serving
