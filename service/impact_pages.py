"""The impact of a lost standing as addresses: a page and JSON for each thing, and the same in the REST API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.graph.impact import WHAT_IF
from evidensgraf.graph.standing import Claim
from evidensgraf.ontology.namespaces import EV, ID, kebab, resource
from evidensgraf.service import impact_text
from evidensgraf.service.api import slug_of, stated
from evidensgraf.service.api_select import Reader, refuse, unusable
from evidensgraf.service.collections import collections
from evidensgraf.service.facts import Record
from evidensgraf.service.impact import COLLECTIONS, KINDS, impact_of
from evidensgraf.service.near import near_resources
from evidensgraf.service.records import labels
from evidensgraf.service.rendering import View
from evidensgraf.service.resources import not_found
from evidensgraf.service.responses import (
    BOTH,
    HTML,
    JSON,
    answer,
    engine_of,
    json_bytes,
    known,
    language,
    negotiate,
)

router = APIRouter(include_in_schema=False)


@router.get("/impact/{kind}/{name}")
async def impact(request: Request, kind: str, name: str) -> Response:
    """Answer with what falls, weakens or must be read again if a thing loses its standing: a page, or JSON."""
    slug, dot, suffix = name.partition(".")
    variant = negotiate(request, (HTML, JSON), suffix if dot else None)
    lang = language(request) if variant == HTML else None
    standing = _standing(request)
    if ready := known(request, variant, lang, BOTH):
        return ready
    document = await _document(request, kind, slug, standing)
    if lang is None:
        return answer(request, json_bytes({**document, **stated(request)}), JSON, about=BOTH)
    return answer(request, await _page(request, document, kind, slug, standing, lang), HTML, lang)


def _route(kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def record(request: Request) -> Response:
        negotiate(request, [JSON])
        language(request)
        slug, standing = slug_of(request, ["standing"]), _standing(request)
        if ready := known(request, JSON, about=BOTH):
            return ready
        document = await _document(request, kind, slug, standing)
        return answer(request, json_bytes({**document, **stated(request)}), JSON, about=BOTH)

    return record


for _name in COLLECTIONS:
    router.add_api_route(f"/api/v1/{_name}/{{slug}}/impact", _route(kebab(collections()[_name].kind)))


def _standing(request: Request) -> str:
    """Return the local name of the standing that is tried. Raises ``Problem`` (400)."""
    faults = unusable(request.query_params, ["standing"])
    standing = Reader(request.query_params, faults).choice("standing", "withdrawn", WHAT_IF)
    refuse(faults)
    return standing


async def _document(request: Request, kind: str, slug: str, standing: str) -> Record:
    """Return the impact document of one thing. Raises ``Problem`` (404) where the release does not have it."""
    engine = engine_of(request)
    document = await impact_of(engine, [Claim(resource(kind, slug), "", EV + standing)]) if kind in KINDS else None
    if document is None or not document["things"][0]["known"]:
        paths = [path.removeprefix("/doc/") for path in await near_resources(engine, kind, slug)]
        raise not_found(request, [f"/impact/{path}" for path in paths if path.partition("/")[0] in KINDS])
    return document


async def _page(request: Request, document: Record, kind: str, slug: str, standing: str, lang: str) -> str:
    view = View(request, lang, await labels(engine_of(request)))
    iri = ID + f"{kind}/{slug}"
    return view.render(
        "impact.html",
        document=document,
        standing=standing,
        standings=[(name, view.name(EV + name)) for name in WHAT_IF],
        words=impact_text,
        formats=[("JSON", "application/json", view.url(f"/impact/{kind}/{slug}.json", standing=standing))],
        queries=view.behind([("impact-of-thing", {"thing": iri}), ("standings", {})]),
        thing=view.url(f"/doc/{kind}/{slug}"),
    )
