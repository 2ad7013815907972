"""A new release is served while requests go on: whole, or not at all, and then the old one goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from evidensgraf.graph.engine import Engine, EngineError, EngineUnavailable
from evidensgraf.graph.release import Release, ReleaseError, find_releases, open_release, read_release
from evidensgraf.service.renewal import Renewal
from evidensgraf.service.serving import Served, Serving
from evidensgraf.service.settings import Settings

LOG = logging.getLogger("evidensgraf.service.swap")
LOG.setLevel(logging.INFO)  # that another release is served is news, wherever warnings go
_PROBE = "ASK { ?s ?p ?o }"


def newest(directory: Path) -> Path:
    """Return the newest finished release in a directory of releases. Raises ``ReleaseError`` when there is none."""
    for release in find_releases(directory):
        return release.path.resolve()
    raise ReleaseError(f"{directory} has no release. Make one with: evidensgraf build")


class Swap(Renewal):
    """Looks for another release than the one that is served, and serves it unless it was refused.

    ``find`` says where the release is that is to be served (a resolved path), ``start`` starts an engine over one.
    """

    def __init__(
        self,
        served: Served,
        settings: Settings,
        find: Callable[[], Path],
        start: Callable[[Release], Awaitable[Engine]],
    ) -> None:
        super().__init__(served, settings)
        self._find, self._start = find, start
        self._refused: tuple[Path, str] | None = None

    def ask(self) -> None:
        """Look at once, in the background; a release that was refused is tried again."""
        self._refused = None
        super().ask()

    async def _look(self) -> None:
        old = self.served.serving.release
        try:
            found = await asyncio.to_thread(lambda: read_release(self._find()))
            known = (found.path, found.digest)
            if known in ((old.path.resolve(), old.digest), self._refused):
                return
            self._refused = known
            serving = await self._ready(found.path)
        except (ReleaseError, EngineError, OSError) as error:
            LOG.error("a release is refused, and %s is served on: %s", old.id, error)  # noqa: TRY400
            return
        self._refused = None
        self.replace(serving)
        LOG.info("release %s (sha256 %s…) is served, instead of %s", found.id, found.digest[:12], old.id)

    async def _ready(self, path: Path) -> Serving:
        release = await asyncio.to_thread(open_release, path)
        engine = await self._start(release)
        try:
            if b"true" not in (await engine.query(_PROBE)).body:
                raise EngineUnavailable(f"{path} is empty.")
        except BaseException:
            await engine.close()
            raise
        return Serving(engine, release, self.settings, self.served.serving.checks.activity)
