"""The impact of a lost standing as addresses: a page and JSON for each thing, and the same in the REST API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.graph.draft import MEDIA_TYPES, XLSX, DraftError
from evidensgraf.graph.impact import WHAT_IF
from evidensgraf.graph.standing import Claim, read_claims
from evidensgraf.ontology.namespaces import EV, ID, LANGUAGES, kebab, resource
from evidensgraf.service import impact_text
from evidensgraf.service.api import slug_of, stated
from evidensgraf.service.api_select import Reader, refuse, unusable
from evidensgraf.service.collections import collections
from evidensgraf.service.facts import Record
from evidensgraf.service.impact import COLLECTIONS, KINDS, impact_of
from evidensgraf.service.near import near_resources
from evidensgraf.service.problems import Problem
from evidensgraf.service.records import labels
from evidensgraf.service.rendering import View
from evidensgraf.service.resources import not_found
from evidensgraf.service.responses import (
    BOTH,
    HTML,
    JSON,
    About,
    adhoc_of,
    answer,
    engine_of,
    json_bytes,
    known,
    language,
    negotiate,
)

FORM = "application/x-www-form-urlencoded"
LONGEST = 100_000
"""Largest document of claims, in bytes."""
TOO_LONG = {
    "sv": f"Uppgifterna är längre än {LONGEST // 1000} kB. Dela upp dem.",
    "en": f"The claims are longer than {LONGEST // 1000} kB. Divide them.",
}
EXAMPLE = """@prefix ev: <https://w3id.org/evidensgraf/def/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix source: <https://w3id.org/evidensgraf/id/source/> .

source:sbu-2018-hemloshet ev:hasStatus [ ev:standing ev:superseded ] ;
  dcterms:isReplacedBy source:sbu-2018-ekonomiskt-bistand .
source:de-vet-2013-case-management ev:hasStatus [ ev:standing ev:retracted ] .
"""
"""The claims in an empty form."""
_RDF = tuple(media_type for media_type in MEDIA_TYPES if media_type != XLSX)

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


@router.get("/impact")
async def start(request: Request) -> Response:
    """Answer with the page on which standing claims can be tried."""
    negotiate(request, [HTML])
    lang = language(request)
    return known(request, HTML, lang) or answer(request, await _tried(request, lang, EXAMPLE), HTML, lang)


@router.post("/impact")
async def claims(request: Request) -> Response:
    """Try standing claims that are sent as RDF, or in the field ``claims`` of a form; nothing of them is kept.

    Raises ``Problem``: 400 for what has no claim, 413 for what is too large, 415 for what is neither.
    """
    variant = negotiate(request, (HTML, JSON))
    data, kind, lang = await _sent(request)
    try:
        if len(data) > LONGEST:
            raise DraftError("claims", TOO_LONG)
        found = await asyncio.to_thread(read_claims, "claims", data, "text/turtle" if kind == FORM else kind)
    except DraftError as error:
        if kind != FORM:
            raise Problem("bad-request", error.reasons) from None
        shown = await _tried(request, lang, data.decode()[:LONGEST], problem=error.reasons[lang])
        return answer(request, shown, HTML, lang, About(constant=False))
    document = await impact_of(adhoc_of(request), found)
    if variant == JSON:
        about = About(constant=False, bilingual=True)
        return answer(request, json_bytes({**document, **stated(request)}), JSON, about=about)
    text = data.decode("utf-8", "replace")
    return answer(request, await _tried(request, lang, text, document), HTML, lang, About(constant=False))


async def _sent(request: Request) -> tuple[bytes, str, str]:
    """Return the claims that were sent, the media type that they were sent as, and the language of the answer."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM and kind not in _RDF:
        raise Problem("unsupported-media-type", headers={"Accept-Post": ", ".join((FORM, *_RDF))})
    lang, data = language(request), await request.body()
    if kind != FORM:
        return data, kind, lang
    try:
        given = dict(parse_qsl(data.decode("utf-8", "replace"), max_num_fields=9))
    except ValueError as error:
        raise Problem("bad-request", {"sv": "För många fält.", "en": "Too many fields."}) from error
    return given.get("claims", "").encode(), kind, given["lang"] if given.get("lang") in LANGUAGES else lang


async def _tried(
    request: Request, lang: str, text: str, document: Record | None = None, problem: str | None = None
) -> str:
    view = View(request, lang, await labels(engine_of(request)))
    shown = {"document": document, "problem": problem, "claims": text, "words": impact_text, "longest": LONGEST}
    return view.render("impact_claims.html", queries=view.behind([("standings", {})]), **shown)


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
    )
