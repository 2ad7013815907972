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
from evidensgraf.service.renewal import Renewal
from evidensgraf.service.serving import Serving
from evidensgraf.service.settings import Settings

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


class Following(Renewal):
    """Follows the endpoint: serves what is published there, and suspends the engine while that is under way."""

    async def _look(self) -> None:
        engine = self.served.serving.engine
        assert isinstance(engine, RemoteEngine)
        try:
            digest = await asyncio.to_thread(current, engine.endpoint, self.settings.seconds)
            engine.suspend(None if digest == engine.release.digest else PUBLISHING)
            if digest and digest != engine.release.digest:
                await self._replace(engine)
        except (EngineError, ReleaseError) as error:
            LOG.warning("the release at the endpoint is not known: %s", error)

    async def _replace(self, engine: RemoteEngine) -> None:
        new = await remote_engine(self.settings, engine.activity)
        self.replace(Serving(new, new.release, self.settings, self.served.serving.checks.activity))
        LOG.info("release %s (sha256 %s…) is served", new.release.id, new.release.digest[:12])
