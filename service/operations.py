"""The doors for whoever runs the service: ``/health``, ``/ready`` and ``/metrics``."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from evidensgraf.graph.engine import Limits
from evidensgraf.service.clients import is_internal
from evidensgraf.service.metrics import Sources, exposition
from evidensgraf.service.negotiation import joined
from evidensgraf.service.problems import Problem
from evidensgraf.service.responses import engine_of, release_of
from evidensgraf.service.serving import serving_of

TRIVIAL = "ASK { ?s ?p ?o FILTER(RAND() < 2) }"
"""A query that any release answers at once, and that is evaluated each time: its answer is never a recent one."""
READY = Limits(seconds=2.0, memory_mb=256, rows=1, size_mb=1)
"""What the trivial query may use."""
_NO_STORE = {"Cache-Control": "no-store"}

router = APIRouter(include_in_schema=False)


@router.get("/health")
async def health(request: Request) -> Response:
    """Say that the service lives, and which release it serves; asks nothing of the engine."""
    release = release_of(request)
    return JSONResponse({"status": "ok", "release": release.id, "sha256": release.digest}, headers=_NO_STORE)


@router.get("/ready")
async def ready(request: Request) -> Response:
    """Say that the service takes requests: it is not stopping, and its engine answers.

    Raises ``Problem`` (503) while the service stops, and whatever the engine raises when it does not answer.
    """
    if request.app.state.stopping:
        raise Problem("stopping", headers={"Retry-After": "5"})
    await engine_of(request).query(TRIVIAL, limits=READY)
    return JSONResponse({"status": "ready", "release": release_of(request).id}, headers=_NO_STORE)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Give the metrics to whom the setting ``metrics`` lets read them. Raises ``Problem`` (404) to others."""
    state = request.app.state
    if state.settings.metrics == "off" or (state.settings.metrics == "internal" and not is_internal(request.scope)):
        raise Problem("not-found")
    sources = Sources(state.requests, serving_of(request), state.stopping)
    body, media_type = exposition(sources, joined(request.headers.getlist("accept")) or "")
    return Response(body, media_type=media_type, headers=_NO_STORE)
