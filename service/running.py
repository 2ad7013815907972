"""What commands that ask a release have in common: the release, an engine over it, and an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from argparse import Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from evidensgraf.graph.activity import Activity
from evidensgraf.graph.pool import LocalEngine
from evidensgraf.graph.release import Release, open_release
from evidensgraf.service.settings import Settings

if TYPE_CHECKING:
    from evidensgraf.graph.remote import RemoteEngine

T = TypeVar("T")


class CommandError(Exception):
    """A command that cannot be carried out; ``str()`` is the line that the user reads, ``status`` the exit status."""

    status = 1


def progress() -> Callable[[str], None]:
    """Return what prints the stages of a build on standard error, each with the seconds since now."""
    start = time.monotonic()
    return lambda stage: print(f"{time.monotonic() - start:6.1f} s  {stage}", file=sys.stderr, flush=True)


def release_for(options: Namespace) -> Release:
    """Return the release that was named, or the one that the curated graph builds to; progress is for a terminal."""
    if options.release:
        return open_release(Path(options.release).resolve())  # a link may lead elsewhere later
    from evidensgraf.graph.build import build as build_release  # takes long, and is not needed to serve

    return build_release(options.releases, progress=progress() if sys.stderr.isatty() else lambda _: None)


def engine_for(release: Release, settings: Settings, activity: Activity | None = None) -> LocalEngine:
    """Return an engine over a release, as the settings say; what it does is counted in ``activity``."""
    store = settings.store_for(release.manifest.get("quads", 0))
    return LocalEngine(
        release,
        settings.limits,
        workers=settings.workers,
        queue=settings.queue,
        wait=settings.wait,
        activity=activity,
        store=store,
    )


async def started(engine: LocalEngine) -> LocalEngine:
    """Start an engine and return it; one that does not start is closed."""
    try:
        await engine.start()
    except BaseException:
        await engine.close()
        raise
    return engine


async def start(options: Namespace, settings: Settings) -> LocalEngine | RemoteEngine:
    """Return a started engine: over what is at the endpoint in the settings, unless a release was named.

    Raises ``ReleaseError``, ``EngineUnavailable`` and ``EngineFault``.
    """
    if settings.endpoint and not options.release:
        from evidensgraf.service.backend import remote_engine

        return await remote_engine(settings)
    return await started(engine_for(release_for(options), settings))


def run(work: Awaitable[T]) -> T:
    """Run work in an event loop, the fast one where there is one."""
    factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    with contextlib.suppress(ImportError):
        import uvloop

        factory = uvloop.new_event_loop

    async def main() -> T:
        return await work

    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main())
