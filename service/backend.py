"""The release at an endpoint behind the service: asked through a remote engine, and followed as it changes."""

from __future__ import annotations

import asyncio
import logging

from evidensgraf.graph.activity import Activity
from evidensgraf.graph.announcement import current
from evidensgraf.graph.endpoint import Endpoint
from evidensgraf.graph.engine import EngineError
from evidensgraf.graph.release import ReleaseError
from evidensgraf.graph.remote import RemoteEngine, open_remote
from evidensgraf.service.serving import Served, Serving
from evidensgraf.service.settings import Settings
from evidensgraf.service.swap import DEADLINES

LOG = logging.getLogger("evidensgraf.service")
PUBLISHING = "A release is being published at the endpoint, or there is none. Try again in a while."
"""What is said of queries while the endpoint announces no release."""


def endpoint_of(settings: Settings) -> Endpoint:
    """Return the endpoint in the settings, with its credentials."""
    return Endpoint(settings.endpoint, settings.endpoint_user, settings.endpoint_password, settings.endpoint_token)


async def remote_engine(settings: Settings, activity: Activity | None = None) -> RemoteEngine:
    """Return a started engine over the release at the endpoint in the settings; raises what ``open_remote`` does."""
    return await open_remote(
        endpoint_of(settings),
        settings.limits,
        workers=settings.workers,
        queue=settings.queue,
        wait=settings.wait,
        activity=activity,
    )


class Following:
    """Follows the endpoint: serves what is published there, and suspends the engine while that is under way."""

    def __init__(self, served: Served, settings: Settings) -> None:
        self.served, self.settings = served, settings
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._replaced: list[Serving] = []

    def ask(self) -> None:
        """Look at once, in the background."""
        self._keep(asyncio.create_task(self.look()))

    def watch(self, seconds: float) -> None:
        """Look every so many seconds, until this is closed."""
        self._keep(asyncio.create_task(self._watch(seconds)))

    async def look(self) -> None:
        """Look once at which release is at the endpoint. Nothing is raised: what is wrong is said in the log."""
        async with self._one_at_a_time:
            engine = self.served.serving.engine
            assert isinstance(engine, RemoteEngine)
            try:
                digest = await asyncio.to_thread(current, engine.endpoint, self.settings.seconds)
                engine.suspend(None if digest == engine.release.digest else PUBLISHING)
                if digest and digest != engine.release.digest:
                    await self._replace(engine)
            except (EngineError, ReleaseError) as error:
                LOG.warning("the release at the endpoint is not known: %s", error)

    async def close(self) -> None:
        """Stop looking, and close the engines of releases that are no longer served."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for serving in self._replaced:
            await serving.engine.close()

    async def _replace(self, engine: RemoteEngine) -> None:
        new = await remote_engine(self.settings, engine.activity)
        old = self.served.swap(Serving(new, new.release, self.settings))
        LOG.info("release %s (sha256 %s…) is served", new.release.id, new.release.digest[:12])
        self._replaced.append(old)
        self._keep(asyncio.create_task(self._retire(old)))

    async def _retire(self, serving: Serving) -> None:
        await serving.retire(DEADLINES * self.settings.seconds)
        self._replaced.remove(serving)

    async def _watch(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self.look()

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
