"""Findings in tension as addresses: a page that shows each pair side by side, JSON, and the rows as CSV."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.queries.catalogue import load
from evidensgraf.service.api import counts, links_of, paging_of, stated
from evidensgraf.service.api_select import MAX_PAGE, Reader, refuse, unusable
from evidensgraf.service.facts import Record
from evidensgraf.service.records import labels
from evidensgraf.service.rendering import View
from evidensgraf.service.responses import (
    BOTH,
    CSV,
    HTML,
    JSON,
    About,
    answer,
    engine_of,
    json_bytes,
    known,
    language,
    negotiate,
    suffix_of,
)
from evidensgraf.service.tensions import Pair, by_name, pairs, side_by_side

LIMIT, MOST = 10, 50
"""Pairs on a page without ``limit``, and at most."""
_QUERY = "shape-of-tensions"

router = APIRouter(include_in_schema=False)


@router.get("/tensions")
@router.get("/tensions.html")
@router.get("/tensions.json")
@router.get("/tensions.csv")
async def tensions(request: Request) -> Response:
    """Answer with the pairs of findings in tension, all or those of an intervention or an outcome."""
    variant = negotiate(request, (HTML, JSON, CSV), suffix_of(request))
    lang = language(request) if variant == HTML else None
    every = await pairs(engine_of(request))
    chosen, page, limit = _asked(request, every)
    if ready := known(request, variant, lang, BOTH):
        return ready
    if variant == CSV:
        rows = await engine_of(request).query(load()[_QUERY].bind(chosen), CSV.media_type)
        return answer(request, rows.body, CSV, about=BOTH)
    found = [pair for pair in every if _fits(pair, chosen)]
    shown = await side_by_side(engine_of(request), found[(page - 1) * limit : page * limit])
    paging = paging_of(request, page, limit, len(found))
    numbers = counts(len(found), page, limit)
    if lang is None:
        body = json_bytes({"items": shown, **numbers, **stated(request)})
        return answer(request, body, JSON, about=About(links=links_of(paging), bilingual=True))
    view = View(request, lang, await labels(engine_of(request)))
    html = _page(view, shown, every, chosen, {"numbers": numbers, "paging": paging})
    return answer(request, html, HTML, lang, About(links=links_of(paging)))


def _asked(request: Request, every: list[Pair]) -> tuple[dict[str, str], int, int]:
    """Return the intervention and the outcome that were chosen (slugs), the page, and its length.

    Raises ``Problem`` (400). What no finding in tension is about cannot be chosen.
    """
    given = request.query_params
    faults = unusable(given, ["intervention", "outcome", "page", "limit"])
    read, chosen = Reader(given, faults), {}
    for name in ("intervention", "outcome"):
        there = {iri.rpartition("/")[2] for pair in every for iri in getattr(pair, f"{name}s")}
        if value := read.choice(name, "", ["", *sorted(there)]):
            chosen[name] = value
    page, limit = read.whole("page", 1, 1, MAX_PAGE), read.whole("limit", LIMIT, 1, MOST)
    refuse(faults)
    return chosen, page, limit


def _fits(pair: Pair, chosen: dict[str, str]) -> bool:
    return all(slug in {iri.rpartition("/")[2] for iri in getattr(pair, f"{name}s")} for name, slug in chosen.items())


def _page(view: View, shown: list[Record], every: list[Pair], chosen: dict[str, str], values: dict[str, Record]) -> str:
    groups = [(key, list(of)) for key, of in groupby(sorted(shown, key=by_name), key=by_name)]
    there = {name: {iri for pair in every for iri in getattr(pair, f"{name}s")} for name in ("intervention", "outcome")}
    options = {
        name: sorted(((iri.rpartition("/")[2], view.plain(view.name(iri))) for iri in iris), key=itemgetter(1))
        for name, iris in there.items()
    }
    return view.render(
        "tensions.html",
        groups=[of for _, of in groups],
        options=options,
        chosen=chosen,
        queries=view.behind([(_QUERY, chosen), ("findings-in-tension", {})]),
        formats=[(v.name.upper(), v.media_type, view.url(f"/tensions.{v.name}", **chosen)) for v in (JSON, CSV)],
        current="findings",
        **values,
    )
