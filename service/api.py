"""The REST API, version 1 (Digg's REST API profile 1.2): lists and records as JSON, CSV and JSON-LD, and chains."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.graph.engine import Engine, LimitExceeded
from evidensgraf.ontology.namespaces import kebab
from evidensgraf.queries.catalogue import load
from evidensgraf.service import records
from evidensgraf.service.api_csv import csv_bytes
from evidensgraf.service.api_jsonld import jsonld_bytes
from evidensgraf.service.api_select import chosen, fault, pages, refuse, select, sparse, unusable
from evidensgraf.service.chain import evidence_chain
from evidensgraf.service.collections import Collection, collections
from evidensgraf.service.facts import Record, construct
from evidensgraf.service.jsonld import compact
from evidensgraf.service.near import near
from evidensgraf.service.negotiation import Variant
from evidensgraf.service.openapi import API_INFO, MAX_SLUG, SLUG
from evidensgraf.service.paths import base_path, full_path, local_path
from evidensgraf.service.resources import not_found
from evidensgraf.service.responses import (
    BOTH,
    CSV,
    JSON,
    LICENSE,
    About,
    answer,
    context_iri,
    engine_of,
    json_bytes,
    known,
    language,
    link,
    negotiate,
    release_of,
    with_query,
)
from evidensgraf.service.serving import serving_of
from evidensgraf.service.tables import Holdings

JSON_LD = Variant("application/ld+json", "jsonld")
LIST_VARIANTS, RECORD_VARIANTS = (JSON, CSV, JSON_LD), (JSON, JSON_LD)
"""Representations of a list and of a record, in the server's order of preference."""
COMPLETENESS = {
    "assumption": "open-world",
    "sv": "Det som inte finns här är okänt, inte obefintligt: svaret innehåller allt som utgåvan säger, men utgåvan "
    "innehåller bara det som någon har läst i de dokument som ingår.",
    "en": "What is not here is unknown, not absent: the answer holds all that the release says, but the release holds "
    "only what somebody has read in the documents that it covers.",
}
"""What it means that something is not in an answer."""

router = APIRouter(prefix="/api/v1", include_in_schema=False)
_Get = Callable[[Engine, str], Awaitable[Mapping[str, Any] | None]]
_OWN: dict[str, _Get] = {"intervention": records.get_intervention, "source": records.get_source}


def holdings_of(request: Request) -> Holdings:
    """Return what is made of the release that a request is answered from: tables, and the index of the search."""
    return serving_of(request).holdings


def stated(request: Request) -> Record:
    """Return what every answer of the API says of itself: its completeness, release and licence."""
    coverage = f"{request.app.state.settings.public_base}quality"
    return {
        "completeness": {**COMPLETENESS, "coverage": coverage},
        "release": release_of(request).id,
        "license": LICENSE,
    }


def _list_route(collection: Collection) -> Callable[[Request], Awaitable[Response]]:
    async def listing(request: Request) -> Response:
        variant = negotiate(request, LIST_VARIANTS)
        language(request)
        if ready := known(request, variant, about=BOTH):
            return ready
        engine, holdings = engine_of(request), holdings_of(request)
        selection = await select(request.query_params, collection, lambda target: holdings.things(engine, target))
        table = await holdings.table(engine, collection)
        found = chosen(table.records, collection, selection)
        page = found[(selection.page - 1) * selection.limit : selection.page * selection.limit]
        paging = paging_of(request, selection.page, selection.limit, len(found))
        about = About(links=_links(request, collection, variant, paging), bilingual=True)
        if variant == CSV:
            return answer(request, csv_bytes(collection, table.records, page, selection.fields), CSV, about=about)
        if variant == JSON_LD:
            view = _view(request, collection, paging, len(found))
            body = await jsonld_bytes(engine, collection, page, selection.fields, view)
            return answer(request, body, JSON_LD, about=about)
        items = [sparse(record, selection.fields) for record in page]
        listed = {"items": items, **counts(len(found), selection.page, selection.limit), **stated(request)}
        return answer(request, json_bytes(listed), JSON, about=about)

    return listing


def counts(total: int, page: int, limit: int) -> Record:
    """Return what a page says of the whole: how many records and pages there are, and which page it is."""
    return {"total": total, "pages": pages(total, limit), "page": page, "limit": limit}


def paging_of(request: Request, page: int, limit: int, total: int) -> dict[str, str]:
    """Return the addresses of the other pages of a list: first, prev, next and last, as far as there are any."""
    last = pages(total, limit)
    numbers = {"first": 1, "prev": min(page - 1, last), "next": page + 1 if page < last else 0, "last": last}
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != "page"]
    return {rel: with_query(full_path(request), [*kept, ("page", str(n))]) for rel, n in numbers.items() if n > 0}


def links_of(paging: Mapping[str, str]) -> list[str]:
    """Return the links of an answer that is one page of many (``paging_of``): the other pages, and the licence."""
    return [*(link(target, rel) for rel, target in paging.items()), link(LICENSE, "license")]


def _links(request: Request, collection: Collection, variant: Variant, paging: Mapping[str, str]) -> list[str]:
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != "format"]
    others = [v for v in LIST_VARIANTS if v != variant]
    formats = {v: with_query(full_path(request), [*kept, ("format", v.name)]) for v in others}
    query = with_query(f"{base_path(request)}/queries/collection", {"class": collection.target})
    return [
        *links_of(paging),
        *(link(target, "alternate", type=v.media_type) for v, target in formats.items()),
        link(query, "via"),
    ]


def _view(request: Request, collection: Collection, paging: Mapping[str, str], total: int) -> dict[str, str]:
    base = str(request.app.state.settings.public_base)
    whole = f"{base}api/v1/{collection.name}"
    named = {"previous" if rel == "prev" else rel: target for rel, target in paging.items()}
    pages_of = {rel: f"{whole}?{target.partition('?')[2]}" for rel, target in named.items()}
    page = with_query(whole, request.query_params.multi_items())
    return {"context": context_iri(request), "collection": whole, "page": page, "total": str(total), **pages_of}


def _record_route(
    collection: Collection, get: _Get | None, variants: Sequence[Variant] = RECORD_VARIANTS
) -> Callable[[Request], Awaitable[Response]]:
    async def record(request: Request) -> Response:
        variant = negotiate(request, variants)
        language(request)
        slug = slug_of(request)
        links = [link(LICENSE, "license")]
        if ready := known(request, variant, about=About(links=links, bilingual=True)):
            return ready
        engine = engine_of(request)
        one = await (get(engine, slug) if get else _row(request, collection, slug))
        if one is None:
            local, _, rest = local_path(request).partition(f"/{slug}")
            raise not_found(request, [f"{local}/{s}{rest}" for s in await _near(request, collection, slug)])
        iri = str(one["id"])
        about = About(links=[link(iri, "cite-as"), *links], bilingual=True)
        if variant == JSON_LD:
            query = load()["resource-description"].bind({"resource": iri})
            found = compact(await construct(engine, query), context_iri(request), iri)
            return answer(request, found, JSON_LD, about=about)
        return answer(request, json_bytes({**one, **stated(request)}), JSON, about=about)

    return record


async def _row(request: Request, collection: Collection, slug: str) -> Mapping[str, Any] | None:
    return (await holdings_of(request).table(engine_of(request), collection)).by_slug.get(slug)


async def _near(request: Request, collection: Collection, slug: str) -> list[str]:
    """Return slugs like one that is nothing; none where the list is larger than an answer may be."""
    try:
        return list(near(slug, (await holdings_of(request).table(engine_of(request), collection)).by_slug))
    except LimitExceeded:
        return []


def slug_of(request: Request, parameters: Sequence[str] = ()) -> str:
    """Return the slug in the path. Raises ``Problem`` (400) for what is not one, and for any unusable parameter."""
    slug = str(request.path_params["slug"])
    faults = unusable(request.query_params, parameters)
    if len(slug) > MAX_SLUG or not re.fullmatch(SLUG, slug):
        sv = f"Ska bestå av a–z, A–Z, 0–9 och bindestreck, högst {MAX_SLUG} tecken."
        en = f"Must consist of a–z, A–Z, 0–9 and hyphens, at most {MAX_SLUG} characters."
        faults.append(fault("slug", sv, en))
    refuse(faults)
    return slug


def getter(collection: Collection) -> _Get | None:
    """Return the function that gives one whole record of a list by its slug; None where the row is all there is."""
    kind = kebab(collection.kind)

    async def chain(engine: Engine, slug: str) -> Mapping[str, Any] | None:
        return await evidence_chain(engine, kind, slug)

    async def statement(engine: Engine, slug: str) -> Mapping[str, Any] | None:
        return await records.get_statement(engine, kind, slug)

    return {"chain": chain, "statement": statement, **_OWN}.get(collection.one)


async def api_info(request: Request) -> Response:
    """Say what this API is (Digg VER.06)."""
    negotiate(request, [JSON])
    language(request)
    refuse(unusable(request.query_params, ()))
    base = str(request.app.state.settings.public_base)
    info = API_INFO | {"apiDocumentation": f"{base}api/v1/docs", "release": release_of(request).id}
    return known(request, JSON) or answer(request, json_bytes(info), JSON)


router.add_api_route("/api-info", api_info)
for _collection in collections().values():
    router.add_api_route(f"/{_collection.name}", _list_route(_collection))
    router.add_api_route(f"/{_collection.name}/{{slug}}", _record_route(_collection, getter(_collection)))
    if _collection.one == "chain":
        path = f"/{_collection.name}/{{slug}}/evidence-chain"
        router.add_api_route(path, _record_route(_collection, getter(_collection), [JSON]))
