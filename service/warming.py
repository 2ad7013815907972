"""Warming: what is made of a release at its first use is made in the background, before anybody asks for it."""

from __future__ import annotations

import gc
import logging

from evidensgraf.service.background import Background
from evidensgraf.service.search import index_of
from evidensgraf.service.serving import Served, Serving

LOG = logging.getLogger("evidensgraf.service.warming")
MOST_QUADS = 250_000
"""Largest release that is prepared: longer than for some seconds it would take the processor from those who ask."""


async def warm(serving: Serving) -> None:
    """Make the tables of the API and the index of the search, one query at a time, so that one worker is enough.

    Of a release of more than ``MOST_QUADS`` they are made when somebody asks for them.
    Nothing but a cancellation is raised: what cannot be made now is logged, and made when somebody asks for it.
    """
    if serving.release.manifest.get("quads", 0) > MOST_QUADS:
        return
    with serving.used():
        try:
            await index_of(serving.engine, serving.holdings)
            settle()
        except Exception as error:  # noqa: BLE001
            LOG.warning("release %s is served, but not prepared: %s", serving.release.id, error)


def settle() -> None:
    """Have the collector of garbage pass over all that is there: to look through it would hold up a request."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class Warming:
    """Warms what is served, and what is served instead of it."""

    def __init__(self, served: Served) -> None:
        self._background = Background()
        served.prepare = self._start
        self._start(served.serving)

    def _start(self, serving: Serving) -> None:
        self._background.start(warm(serving))

    async def close(self) -> None:
        """Stop, and wait until that is done."""
        await self._background.close()
