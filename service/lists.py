"""Lists: the pages that list things of one kind, each also as CSV, and the addresses of the things on them."""

from __future__ import annotations

from pathlib import PurePosixPath

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.ontology.namespaces import BASE, ID
from evidensgraf.queries.catalogue import load
from evidensgraf.service import pages
from evidensgraf.service.paths import base_path
from evidensgraf.service.responses import (
    CSV,
    HTML,
    About,
    answer,
    engine_of,
    known,
    language,
    negotiate,
    suffix_of,
)
from evidensgraf.service.signposts import COLLECTION_PAGE, Landing

VARIANTS = (HTML, CSV)
"""Representations of a list, in the server's order of preference."""

router = APIRouter(include_in_schema=False)


async def listing(request: Request) -> Response:
    """Answer with a list: a page, or the rows of the query behind it (RFC 4180)."""
    name = PurePosixPath(request.url.path).stem
    variant = negotiate(request, VARIANTS, suffix_of(request))
    lang = language(request) if variant == HTML else None
    landing = landing_of(request, name)
    about = About(landing.places[variant.name], landing.header(variant))
    if ready := known(request, variant, lang, about):
        return ready
    if lang:
        return answer(request, await pages.listing(request, engine_of(request), name, lang), HTML, lang, about)
    rows = await engine_of(request).query(load()[pages.query_of_list(name)].bind({}), CSV.media_type)
    return answer(request, rows.body, CSV, about=about)


for _name in pages.LISTS:
    router.add_api_route(f"/{_name}", listing)
    router.add_api_route(f"/{_name}.csv", listing)
    router.add_api_route(f"/{_name}.html", listing)


def landing_of(request: Request, name: str) -> Landing:
    """Return a list as signposts see it, without its items."""
    base = base_path(request)
    path = f"{base}/{name}"
    places = {v.name: f"{path}.{v.name}" for v in VARIANTS}
    return Landing(path, BASE + name, places, VARIANTS, linkset=f"{base}/linkset/{name}", page_type=COLLECTION_PAGE)


async def items(request: Request, name: str) -> list[str]:
    """Return the addresses of the pages about all that a list has, in its order."""
    found = await pages.listed(engine_of(request), name)
    return [f"{base_path(request)}/doc/{iri.removeprefix(ID)}" for iri in found]
