"""The query catalogue over HTTP: the list of queries, and each of them run by its name."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.ontology.namespaces import curie
from evidensgraf.queries.catalogue import Query, load
from evidensgraf.service import pages
from evidensgraf.service.near import near
from evidensgraf.service.negotiation import Variant
from evidensgraf.service.paths import base_path, chosen_format
from evidensgraf.service.problems import Problem
from evidensgraf.service.resources import not_found
from evidensgraf.service.responses import (
    HTML,
    JSON,
    LICENSE,
    answer,
    json_bytes,
    known,
    language,
    negotiate,
    release_of,
)
from evidensgraf.service.sparql import GRAPHS, QUERY, RESULTS, Operation, evaluate

TEXT = Variant(QUERY, "rq")
"""The query itself."""
_RESERVED = ("lang", "format")
_SUFFIXES = tuple(dict.fromkeys(v.name for v in (*RESULTS, *GRAPHS, TEXT)))

router = APIRouter(include_in_schema=False)


def entry(query: Query, base: str) -> dict[str, Any]:
    """Return a catalogue query as a JSON-ready object; ``base`` is the path that the service is mounted under."""
    return {
        "name": query.name,
        "href": f"{base}/queries/{query.name}",
        "form": query.form,
        "summary": dict(query.summary),
        "description": dict(query.description),
        "tags": list(query.tags),
        "parameters": [
            {"name": p.name, "label": dict(p.label), "type": curie(p.type), "iri": p.is_iri, "required": p.required}
            for p in query.parameters
        ],
        "text": query.text,
    }


@router.get("/queries")
@router.get("/queries/")
async def queries(request: Request) -> Response:
    """List the catalogue."""
    variant = negotiate(request, (JSON, HTML))
    lang = language(request) if variant == HTML else None
    if ready := known(request, variant, lang):
        return ready
    found = [entry(query, base_path(request)) for query in load().values()]
    if lang:
        return answer(request, await pages.queries_page(request, found, lang), HTML, lang)
    release = release_of(request)
    return answer(request, json_bytes({"queries": found, "release": release.id, "license": LICENSE}), JSON)


@router.get("/queries/{name}")
async def query(request: Request, name: str) -> Response:
    """Run a query of the catalogue with the parameters in the address, or answer with its text (``.rq``)."""
    stem, dot, suffix = name.rpartition(".")
    plain, chosen = (stem, suffix) if dot and suffix in _SUFFIXES else (name, None)
    if plain not in load():
        raise not_found(request, [f"/queries/{n}" for n in near(plain, load())])
    values: dict[str, str] = {}
    for key, value in request.query_params.multi_items():
        if key in _RESERVED or not value:
            continue
        if key in values:
            detail = {"sv": f"{key} gavs flera gånger.", "en": f"{key} was given more than once."}
            raise Problem("invalid-parameter", detail, errors=[{"parameter": key, "detail": detail}])
        values[key] = value
    text = load()[plain].bind(values)
    if chosen == TEXT.name or chosen_format(request) == TEXT.name:
        return known(request, TEXT) or answer(request, text, TEXT)
    return await evaluate(request, Operation(text), chosen)
