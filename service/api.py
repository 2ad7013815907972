"""The REST API, version 1 (Digg's REST API profile 1.2): records and evidence chains as JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.graph.engine import Engine
from evidensgraf.service import api_filters as filters
from evidensgraf.service import records
from evidensgraf.service.chain import evidence_chain
from evidensgraf.service.near import near
from evidensgraf.service.openapi import API_INFO, described
from evidensgraf.service.paths import full_path, local_path
from evidensgraf.service.problems import Problem
from evidensgraf.service.resources import not_found
from evidensgraf.service.responses import (
    BOTH,
    JSON,
    LICENSE,
    About,
    answer,
    engine_of,
    json_bytes,
    known,
    link,
    negotiate,
    release_of,
    with_query,
)

DEFAULT_LIMIT, MAX_LIMIT = 20, 500
"""Records on a page: how many without ``limit``, and how many at most."""

router = APIRouter(prefix="/api/v1")

Slug = Annotated[str, Path(description="Kortnamn / slug.", pattern="^[a-z0-9-]+$", max_length=200)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Antal poster per sida / records per page.")]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000, description="Sida, från 1 / page, from 1.")]
Thing = Annotated[str | None, Query(max_length=300, description="Kortnamn eller IRI / slug or IRI.")]
Concept = Annotated[
    str | None,
    Query(max_length=300, description="Begreppets namn, CURIE eller IRI / name, CURIE or IRI of the concept."),
]
_Record = Mapping[str, Any]
_List = Callable[[Engine], Awaitable[Sequence[_Record]]]


@router.get("/recommendations", **described("recommendations"))
async def recommendations(
    request: Request,
    limit: Limit = DEFAULT_LIMIT,
    page: PageNumber = 1,
    intervention: Thing = None,
    type: Concept = None,
) -> Response:
    """List recommendations; ``type`` is a kind of recommendation."""
    asked = {"intervention": (filters.INTERVENTION, intervention), "type": (filters.RECOMMENDATION_KIND, type)}
    return await _listed(request, records.list_recommendations, limit, page, asked)


@router.get("/interventions", **described("interventions"))
async def interventions(
    request: Request, limit: Limit = DEFAULT_LIMIT, page: PageNumber = 1, verdict: Concept = None
) -> Response:
    """List interventions."""
    return await _listed(request, records.list_interventions, limit, page, {"verdict": (filters.VERDICT, verdict)})


@router.get("/findings", **described("findings"))
async def findings(
    request: Request,
    limit: Limit = DEFAULT_LIMIT,
    page: PageNumber = 1,
    intervention: Thing = None,
    outcome: Thing = None,
    effect: Concept = None,
) -> Response:
    """List findings."""
    asked = {
        "intervention": (filters.INTERVENTION, intervention),
        "outcome": (filters.OUTCOME, outcome),
        "effect": (filters.EFFECT, effect),
    }
    return await _listed(request, records.list_findings, limit, page, asked)


@router.get("/evidence-gaps", **described("evidence-gaps"))
async def evidence_gaps(
    request: Request,
    limit: Limit = DEFAULT_LIMIT,
    page: PageNumber = 1,
    intervention: Thing = None,
    outcome: Thing = None,
    type: Concept = None,
) -> Response:
    """List stated evidence gaps; ``type`` is a type of gap."""
    asked = {
        "intervention": (filters.INTERVENTION, intervention),
        "outcome": (filters.OUTCOME, outcome),
        "type": (filters.GAP_TYPE, type),
    }
    return await _listed(request, records.list_gaps, limit, page, asked)


@router.get("/appraisals", **described("appraisals"))
async def appraisals(
    request: Request,
    limit: Limit = DEFAULT_LIMIT,
    page: PageNumber = 1,
    intervention: Thing = None,
    verdict: Concept = None,
) -> Response:
    """List appraisals."""
    asked = {"intervention": (filters.INTERVENTION, intervention), "verdict": (filters.VERDICT, verdict)}
    return await _listed(request, records.list_appraisals, limit, page, asked)


@router.get("/sources", **described("sources"))
async def sources(
    request: Request, limit: Limit = DEFAULT_LIMIT, page: PageNumber = 1, type: Concept = None
) -> Response:
    """List sources; ``type`` is a genre."""
    return await _listed(request, records.list_sources, limit, page, {"type": (filters.GENRE, type)})


@router.get("/interventions/{slug}", **described("intervention"))
async def intervention(request: Request, slug: Slug) -> Response:
    """Give everything said of one intervention."""
    return await _one(request, slug, records.get_intervention, records.list_interventions)


@router.get("/sources/{slug}", **described("source"))
async def source(request: Request, slug: Slug) -> Response:
    """Give one source and what rests on it."""
    return await _one(request, slug, records.get_source, records.list_sources)


@router.get("/recommendations/{slug}", **described("recommendation"))
async def recommendation(request: Request, slug: Slug) -> Response:
    """Give one recommendation."""
    return await _one(request, slug, records.get_recommendation, records.list_recommendations)


@router.get("/appraisals/{slug}", **described("appraisal"))
async def appraisal(request: Request, slug: Slug) -> Response:
    """Give one appraisal."""
    return await _one(request, slug, records.get_appraisal, records.list_appraisals)


@router.get("/recommendations/{slug}/evidence-chain", **described("recommendation-chain"))
async def recommendation_chain(request: Request, slug: Slug) -> Response:
    """Give what a recommendation rests on, down to passages and primary sources."""
    return await _one(request, slug, _chain("recommendation"), records.list_recommendations)


@router.get("/appraisals/{slug}/evidence-chain", **described("appraisal-chain"))
async def appraisal_chain(request: Request, slug: Slug) -> Response:
    """Give what an appraisal rests on, down to passages and primary sources."""
    return await _one(request, slug, _chain("appraisal"), records.list_appraisals)


@router.get("/api-info", **described("api-info"))
async def api_info(request: Request) -> Response:
    """Say what this API is (Digg VER.06)."""
    base = str(request.app.state.settings.public_base)
    info = API_INFO | {"apiDocumentation": f"{base}api/v1/openapi.json", "release": release_of(request).id}
    return known(request, negotiate(request, [JSON])) or answer(request, json_bytes(info), JSON)


def _chain(kind: str) -> Callable[[Engine, str], Awaitable[_Record | None]]:
    async def get(engine: Engine, slug: str) -> _Record | None:
        return await evidence_chain(engine, kind, slug)

    return get


async def _one(
    request: Request, slug: str, get: Callable[[Engine, str], Awaitable[_Record | None]], siblings: _List
) -> Response:
    negotiate(request, [JSON])
    links = [link(LICENSE, "license")]
    if ready := known(request, JSON, about=About(links=links, bilingual=True)):
        return ready
    record = await get(engine_of(request), slug)
    if record is None:
        slugs = [str(r["slug"]) for r in await siblings(engine_of(request))]
        collection, _, rest = local_path(request).partition(f"/{slug}")
        raise not_found(request, [f"{collection}/{s}{rest}" for s in near(slug, slugs)])
    links.insert(0, link(str(record["id"]), "cite-as"))
    body = json_bytes({**record, "release": release_of(request).id, "license": LICENSE})
    return answer(request, body, JSON, about=About(links=links, bilingual=True))


async def _listed(request: Request, get: _List, limit: int, page: int, asked: filters.Asked) -> Response:
    negotiate(request, [JSON])
    _refuse_unusable(request)
    if ready := known(request, JSON, about=BOTH):
        return ready
    wanted = await filters.resolve(engine_of(request), asked)
    found = [record for record in await get(engine_of(request)) if filters.fits(record, wanted)]
    items = found[(page - 1) * limit : page * limit]
    body = {
        "items": items,
        "total": len(found),
        "page": page,
        "limit": limit,
        "release": release_of(request).id,
        "license": LICENSE,
    }
    links = [*_paging(request, page, limit, len(found)), link(LICENSE, "license")]
    return answer(request, json_bytes(body), JSON, about=About(links=links, bilingual=True))


def _refuse_unusable(request: Request) -> None:
    """Raise ``Problem`` (400) for a parameter that the operation does not have, or that is given more than once."""
    accepted = {p.alias for p in request.scope["route"].dependant.query_params} | {"lang", "format"}
    listed, given = ", ".join(sorted(accepted)), request.query_params
    unknown = {"sv": f"Okänd parameter. Det finns: {listed}.", "en": f"Unknown parameter. There are: {listed}."}
    repeated = {"sv": "Gavs flera gånger; en gång räcker.", "en": "Given more than once; once is enough."}
    faults = dict.fromkeys(sorted(set(given) - accepted), unknown)
    faults |= {name: repeated for name in sorted(accepted - {"format"}) if len(given.getlist(name)) > 1}
    if faults:
        errors = [{"parameter": name, "detail": detail} for name, detail in faults.items()]
        said = {lang: " ".join(f"{name}: {d[lang]}" for name, d in faults.items()) for lang in ("sv", "en")}
        raise Problem("invalid-parameter", said, errors=errors)


def _paging(request: Request, page: int, limit: int, total: int) -> list[str]:
    """Return the paging links of a list (RFC 8288): first, prev, next and last, as far as there are any."""
    last = max(1, -(-total // limit))
    pages = {"first": 1, "prev": min(page - 1, last), "next": page + 1 if page < last else 0, "last": last}
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != "page"]
    return [link(with_query(full_path(request), [*kept, ("page", str(n))]), rel) for rel, n in pages.items() if n > 0]
