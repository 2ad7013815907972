"""The search as addresses: ``/api/v1/search`` for programs and ``/search`` for people, over one index."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.service.api import counts, holdings_of, links_of, paging_of, stated
from evidensgraf.service.api_select import DEFAULT_LIMIT, MAX_LIMIT, MAX_PAGE, Reader, fault, refuse, unusable
from evidensgraf.service.collections import collections
from evidensgraf.service.facts import Record
from evidensgraf.service.records import labels
from evidensgraf.service.rendering import View
from evidensgraf.service.responses import (
    BOTH,
    HTML,
    JSON,
    About,
    answer,
    engine_of,
    json_bytes,
    known,
    language,
    negotiate,
)
from evidensgraf.service.search import Hit, Index, index_of
from evidensgraf.service.search_snippets import snippets
from evidensgraf.service.search_terms import LONGEST, read

router = APIRouter(include_in_schema=False)


@router.get("/api/v1/search")
async def search(request: Request) -> Response:
    """Answer with what a full-text search finds, best first."""
    negotiate(request, [JSON])
    language(request)
    question, kind, page, limit = _asked(request)
    if ready := known(request, JSON, about=BOTH):
        return ready
    result = await _found(request, question, kind, page, limit)
    paging = paging_of(request, page, limit, result["total"])
    return answer(
        request, json_bytes({**result, **stated(request)}), JSON, about=About(links=links_of(paging), bilingual=True)
    )


@router.get("/search")
async def search_page(request: Request) -> Response:
    """Answer with the page of the search: a form, what it finds, and other questions where it finds nothing."""
    negotiate(request, [HTML])
    lang = language(request)
    question, kind, page, limit = _asked(request, form=True)
    if ready := known(request, HTML, lang):
        return ready
    result = await _found(request, question, kind, page, limit)
    view = View(request, lang, await labels(engine_of(request)))
    kinds = {c.kind: c.label[lang] for c in collections().values()}
    formats = [("JSON", "application/json", view.url("/api/v1/search", **({"q": question} if question else {})))]
    shown = view.render(
        "search.html",
        result=result,
        kind=kind,
        kinds=kinds,
        longest=LONGEST,
        paging=paging_of(request, page, limit, result["total"]),
        address=lambda **pairs: view.url("/search", **pairs),
        marked=marked,
        formats=formats,
        current="search",
    )
    return answer(request, shown, HTML, lang)


def _asked(request: Request, form: bool = False) -> tuple[str, str, int, int]:
    """Return the question, the type (empty for all), the page and the limit. Raises ``Problem`` (400).

    A form sends a parameter for each of its fields, with an empty value where nothing is chosen.
    """
    given = request.query_params
    faults = unusable(given, ("q", "type", "page", "limit"))
    reader = Reader(given, faults)
    question, kinds = given.get("q", "").strip(), sorted(c.kind for c in collections().values())
    if len(given.get("q", "")) > LONGEST:
        faults.append(fault("q", f"Får ha högst {LONGEST} tecken.", f"Must have at most {LONGEST} characters."))
    kind = "" if given.get("type", "") == "" and (form or "type" not in given) else reader.choice("type", "", kinds)
    page, limit = reader.whole("page", 1, 1, MAX_PAGE), reader.whole("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    refuse(faults)
    return question, kind, page, limit


async def _found(request: Request, question: str, kind: str, page: int, limit: int) -> Record:
    index = await index_of(engine_of(request), holdings_of(request))
    base = str(request.app.state.settings.public_base)
    return await asyncio.to_thread(found, index, question, kind, page, limit, base)


def found(index: Index, question: str, kind: str, page: int, limit: int, base: str) -> Record:
    """Return a page of what the index finds: ``q``, ``items``, how many there are, ``types`` and ``suggestions``."""
    every = index.find(question)
    hits = [hit for hit in every if kind in ("", hit.document.collection.kind)]
    terms = read(question)
    items = [_item(hit, base, index, terms) for hit in hits[(page - 1) * limit : page * limit]]
    types = Counter(hit.document.collection.kind for hit in every)
    suggestions = index.suggestions(question) if question and not every else []
    body: dict[str, Any] = {"q": question, "items": items, **counts(len(hits), page, limit)}
    return body | {"types": dict(sorted(types.items())), "suggestions": suggestions}


def _item(hit: Hit, base: str, index: Index, terms: Any) -> Record:
    document = hit.document
    href = f"{base}api/v1/{document.collection.name}/{document.record['slug']}"
    named = {name: document.record[name] for name in ("id", "type", "slug")}
    excerpts = snippets(document, terms, index.compounds)
    return {**named, "label": document.label, "href": href, "score": hit.score, "snippets": excerpts}


def marked(snippet: Record) -> list[tuple[str, bool]]:
    """Return an excerpt in pieces, each with whether it is one of the words that were looked for.

    >>> marked({"text": "ett bistånd", "highlights": [[4, 11]]})
    [('ett ', False), ('bistånd', True), ('', False)]
    """
    pieces, place, text = [], 0, str(snippet["text"])
    for start, end in snippet["highlights"]:
        pieces += [(text[place:start], False), (text[start:end], True)]
        place = end
    return [*pieces, (text[place:], False)]
