"""The gap map as addresses: a page, JSON and CSV of the map, and a page with the statements of each cell."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.ontology.namespaces import LANGUAGES, resource
from evidensgraf.service import records
from evidensgraf.service.api import counts, holdings_of, links_of, paging_of, stated
from evidensgraf.service.api_csv import BETWEEN, harmless
from evidensgraf.service.api_select import DEFAULT_LIMIT, MAX_LIMIT, MAX_PAGE, Reader, fault, pages, refuse, unusable
from evidensgraf.service.facts import Record
from evidensgraf.service.gap_map import ORDERS, Chosen, GapMap, gap_map
from evidensgraf.service.paths import full_path
from evidensgraf.service.rendering import View
from evidensgraf.service.resources import not_found
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
    with_query,
)

VARIANTS = (HTML, JSON, CSV)
"""Representations of the map, in the server's order of preference."""
COLUMNS = 8
"""How many outcomes a page shows side by side."""
LONGEST = 100
"""How many characters the words looked for in names have at most."""
_FILTERS = ("domain", "population", "outcome")
_TALLIES = ("effects", "certainties", "gapTypes")

router = APIRouter(include_in_schema=False)


@router.get("/gap-map")
@router.get("/gap-map.html")
@router.get("/gap-map.json")
@router.get("/gap-map.csv")
async def the_map(request: Request) -> Response:
    """Answer with the gap map, or the part of it that the parameters choose."""
    variant = negotiate(request, VARIANTS, suffix_of(request))
    lang = language(request) if variant == HTML else None
    chosen, page, limit, column = await _asked(request)
    if ready := known(request, variant, lang, BOTH):
        return ready
    found = await _map(request, chosen)
    rows = found.interventions[(page - 1) * limit : page * limit]
    paging = paging_of(request, page, limit, len(found.interventions))
    about = About(links=links_of(paging), bilingual=not lang)
    if variant == CSV:
        return answer(request, await asyncio.to_thread(_csv, found.cells(rows)), CSV, about=about)
    numbers = {**counts(len(found.interventions), page, limit), "counts": found.counts()}
    if lang is None:
        whole = {**numbers, **stated(request)}
        body = await asyncio.to_thread(lambda: json_bytes({"items": list(found.cells(rows)), **whole}))
        return answer(request, body, JSON, about=about)
    values = {"rows": rows, "numbers": numbers, "paging": paging, "chosen": chosen}
    return answer(request, _page(View(request, lang, found.names), found, column, values), HTML, lang, about)


@router.get("/gap-map/{intervention}")
@router.get("/gap-map/{intervention}/{outcome}")
async def the_cell(request: Request, intervention: str, outcome: str = "") -> Response:
    """Answer with the page of a cell: its findings and stated gaps; without an outcome, those that state none."""
    negotiate(request, [HTML])
    lang = language(request)
    chosen, *_ = await _asked(request)
    if ready := known(request, HTML, lang):
        return ready
    found, engine = await _map(request, chosen), engine_of(request)
    row, column = resource("intervention", intervention), resource("outcome", outcome) if outcome else ""
    things = [await holdings_of(request).things(engine, name) for name in ("ev:Intervention", "ev:Outcome")]
    if row not in things[0] or (column and column not in things[1]):
        raise not_found(request, ["/gap-map"])
    cell = found.cell(row, column)
    mine = {
        name: [record for record in await get(engine) if record["id"] in cell["statements"]]
        for name, get in (("findings", records.list_findings), ("gaps", records.list_gaps))
    }
    view = View(request, lang, found.names)
    queries = view.behind([(name, {"intervention": intervention}) for name in ("gap-map-statements", "gap-map")])
    shown = view.render("gap_cell.html", cell=cell, queries=queries, filters=_filters(found, chosen), **mine)
    return answer(request, shown, HTML, lang)


async def _asked(request: Request) -> tuple[Chosen, int, int, int]:
    """Return what is chosen, the page and its length, and the page of outcomes. Raises ``Problem`` (400).

    A form sends a parameter for each of its fields, with an empty value where nothing is chosen.
    """
    given, engine, holdings = request.query_params, engine_of(request), holdings_of(request)
    faults = unusable(given, [*_FILTERS, "q", "sort", "page", "limit", "outcomes"])
    read, values = Reader(given, faults), {}
    for name in _FILTERS:
        there = {iri.rpartition("/")[2]: iri for iri in await holdings.things(engine, f"ev:{name.title()}")}
        values[name] = there.get(read.choice(name, "", ["", *sorted(there)]), "")
    if len(given.get("q", "")) > LONGEST:
        faults.append(fault("q", f"Får ha högst {LONGEST} tecken.", f"Must have at most {LONGEST} characters."))
    order = read.choice("sort", ORDERS[0], ORDERS)
    page, limit = read.whole("page", 1, 1, MAX_PAGE), read.whole("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    column = read.whole("outcomes", 1, 1, MAX_PAGE)
    refuse(faults)
    return Chosen(words=given.get("q", ""), order=order, **values), page, limit, column


async def _map(request: Request, chosen: Chosen) -> GapMap:
    engine, holdings = engine_of(request), holdings_of(request)
    rows, columns = [await holdings.things(engine, name) for name in ("ev:Intervention", "ev:Outcome")]
    return await gap_map(engine, rows, columns, chosen)


def _page(view: View, found: GapMap, column: int, values: dict[str, Any]) -> str:
    chosen: Chosen = values["chosen"]
    last = pages(len(found.outcomes), COLUMNS)
    shown = found.outcomes[(column - 1) * COLUMNS : column * COLUMNS]
    kept = [(k, v) for k, v in view.request.query_params.multi_items() if k != "outcomes"]
    near = {"prev": min(column - 1, last), "next": column + 1 if column < last else 0}
    here = full_path(view.request)
    filters = _filters(found, chosen)
    whole = {key: str(value) for key, value in {**filters, "limit": MAX_LIMIT}.items()}
    return view.render(
        "gap_map.html",
        map=found,
        outcomes=shown,
        column=column,
        columns=(last, len([o for o in found.outcomes if o])),
        column_links={r: with_query(here, [*kept, ("outcomes", str(n))]) for r, n in near.items() if n > 0},
        filters=filters,
        longest=LONGEST,
        orders=ORDERS,
        queries=view.behind([("gap-map-statements", {}), ("gap-map", {}), ("placements", {})]),
        formats=[(v.name.upper(), v.media_type, view.url(f"/gap-map.{v.name}", **whole)) for v in VARIANTS[1:]],
        current="gapMap",
        **values,
    )


def _filters(found: GapMap, chosen: Chosen) -> dict[str, str]:
    """Return the parameters that choose the same part of the map again, without pages."""
    slugs = {name: getattr(chosen, name).rpartition("/")[2] for name in _FILTERS}
    order = chosen.order if chosen.order != ORDERS[0] else ""
    return {name: value for name, value in (*slugs.items(), ("q", chosen.words), ("sort", order)) if value}


def _csv(cells: Iterable[Record]) -> bytes:
    """Return cells as CSV (RFC 4180), one to a row, unknown ones too."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    named = [f"{name}{suffix}" for name in ("intervention", "outcome") for suffix in ("", "Sv", "En")]
    tallies = [f"{name}{suffix}" for name in _TALLIES for suffix in ("Sv", "En")]
    writer.writerow([*named, "status", "findings", "gaps", *tallies, "statements"])
    for cell in cells:
        row = [text for name in ("intervention", "outcome") for text in _named(cell[name])]
        row += [cell["status"], str(cell["findings"]), str(cell["gaps"])]
        row += [_tally(cell[name], lang) for name in _TALLIES for lang in LANGUAGES]
        writer.writerow([harmless(text) for text in (*row, " ".join(cell["statements"]))])
    return out.getvalue().encode()


def _named(thing: Record | None) -> Sequence[str]:
    return (thing["id"], *(thing["label"].get(lang, "") for lang in LANGUAGES)) if thing else ("", "", "")


def _tally(tally: Iterable[Record], lang: str) -> str:
    return BETWEEN.join(f"{x['label'].get(lang, x['id'])}: {x['count']}" for x in tally)
