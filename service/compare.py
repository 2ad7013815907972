"""Two releases compared, ``/compare``: what differs in words, as a page and in JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.graph.changes import compared
from evidensgraf.graph.release import CHANGES, Release
from evidensgraf.service.comparison import Changes, linked, marked, rest, title, told, with_sentences
from evidensgraf.service.problems import Problem
from evidensgraf.service.releases import releases_of
from evidensgraf.service.rendering import View
from evidensgraf.service.responses import (
    BOTH,
    HTML,
    JSON,
    answer,
    json_bytes,
    known,
    language,
    negotiate,
    with_query,
)

MOST_QUADS = 2_000_000
"""Two releases that are larger together are compared here only where one was made after the other."""
router = APIRouter(include_in_schema=False)


@router.get("/compare")
async def compare(request: Request) -> Response:
    """Say what differs between the releases ``from`` and ``to``; without them, ask which."""
    variant = negotiate(request, [HTML, JSON])
    lang = language(request) if variant == HTML else None
    if ready := known(request, variant, lang, BOTH):
        return ready
    here = [release for release in releases_of(request) if release.quads.is_file()]
    chosen = _chosen(request, here, asked=variant == JSON)
    changes = await _changes(request, *chosen) if chosen else None
    if lang is None:
        return answer(request, json_bytes(with_sentences(changes or {})), JSON, about=BOTH)
    return answer(request, _page(request, lang, here, changes), HTML, lang, BOTH)


def _chosen(request: Request, here: Sequence[Release], *, asked: bool) -> tuple[Release, Release] | None:
    """Return the releases of the parameters, or None where a page is to ask. Raises ``Problem`` (400)."""
    by_id = {release.id: release for release in here}
    given = {name: request.query_params.get(name, "") for name in ("from", "to")}
    if not asked and not any(given.values()):
        return None
    listed = ", ".join(by_id)
    said = {"sv": f"Ska vara en av utgåvorna här: {listed}.", "en": f"Must be one of the releases here: {listed}."}
    faults = [{"parameter": name, "detail": said} for name, value in given.items() if value not in by_id]
    if faults:
        names = " och ".join(str(f["parameter"]) for f in faults), " and ".join(str(f["parameter"]) for f in faults)
        detail = {"sv": f"{names[0]}: {said['sv']}", "en": f"{names[1]}: {said['en']}"}
        raise Problem("invalid-parameter", detail, errors=faults)
    return by_id[given["from"]], by_id[given["to"]]


async def _changes(request: Request, before: Release, after: Release) -> Changes:
    """Return what differs: what was recorded when the later one was made, or what is found now, one at a time."""
    if (after.manifest.get("prior") or {}).get("sha256") == before.digest and CHANGES in after.files:
        recorded: dict[str, Any] = json.loads(await asyncio.to_thread((after.path / CHANGES).read_bytes))
        if "differences" in recorded:
            return recorded
    if before.manifest["quads"] + after.manifest["quads"] > MOST_QUADS:
        raise _too_large(before, after)
    state = request.app.state
    state.comparing = getattr(state, "comparing", None) or asyncio.Semaphore(1)
    async with state.comparing:
        found = await asyncio.to_thread(compared, before, after)
    if "differences" not in found:
        raise _too_large(before, after)
    return found


def _too_large(before: Release, after: Release) -> Problem:
    command = f"evidensgraf diff {before.id} {after.id}"
    detail = {
        "sv": f"Utgåvorna är för stora för att jämföras här. Ladda ner dem och kör: {command}",
        "en": f"The releases are too large to be compared here. Download them and run: {command}",
    }
    return Problem("answer-too-large", detail)


def _page(request: Request, lang: str, here: Sequence[Release], changes: Changes | None) -> str:
    view, values = View(request, lang), {"from": here[-1].id if here else "", "to": here[0].id if here else ""}
    values |= {name: value for name, value in request.query_params.items() if name in values}
    found: dict[str, Any] = {"heading": view.t("compare.title"), "groups": [], "rest": [], "formats": []}
    if changes:
        address = with_query(view.url("/compare").partition("?")[0], {**values, "format": "json"})
        found = {
            "heading": title(changes, lang),
            "groups": told(changes, lang, marked(lang, linked(view.href, changes))),
            "rest": rest(changes, lang),
            "formats": [("JSON", "application/json", address)],
        }
    return view.render("compare.html", releases=[r.id for r in here], values=values, changes=changes, **found)
