"""Linked data: /id names a thing, /doc and /def describe it, /graph holds the facts of one named graph."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence

import pyoxigraph as ox
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from evidensgraf.ontology.namespaces import EV, graph_iri, resource
from evidensgraf.queries.catalogue import load
from evidensgraf.service import pages
from evidensgraf.service.jsonld import compact, context_bytes
from evidensgraf.service.near import near, near_resources, near_terms
from evidensgraf.service.negotiation import Variant
from evidensgraf.service.paths import base_path, chosen_format
from evidensgraf.service.problems import Problem
from evidensgraf.service.responses import (
    HTML,
    IMMUTABLE,
    LICENSE,
    RDF,
    About,
    answer,
    context_iri,
    engine_of,
    known,
    language,
    link,
    negotiate,
    release_of,
    with_query,
)

_AS_JSON = Variant("application/json", "jsonld", source="application/ld+json", alias=True)
DOCUMENTS: tuple[Variant, ...] = (HTML, *RDF, _AS_JSON)
"""Representations of a document, in the server's order of preference."""
_SUFFIX = re.compile(rf"(.+)\.({'|'.join(v.name for v in (HTML, *RDF))})")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TERM = re.compile(r"[A-Za-z0-9]+(?:[./_-][A-Za-z0-9]+)*")

router = APIRouter(include_in_schema=False)


def split_suffix(name: str) -> tuple[str, str | None]:
    """Return a name without the suffix that chooses its format, and that suffix.

    >>> split_suffix("hasky.ttl")
    ('hasky', 'ttl')
    """
    match = _SUFFIX.fullmatch(name)
    return (match[1], match[2]) if match else (name, None)


def not_found(request: Request, paths: Sequence[str]) -> Problem:
    """Return the problem of an address that is nothing in the release, with addresses that are."""
    base = base_path(request)
    detail = {"sv": "Utgåvan har ingenting med den adressen.", "en": "The release has nothing with that address."}
    if paths:
        listed = ", ".join(base + path for path in paths)
        detail = {"sv": f"{detail['sv']} Menade du: {listed}?", "en": f"{detail['en']} Did you mean: {listed}?"}
    return Problem("not-found", detail, members={"suggestions": [base + path for path in paths]})


@router.get("/id/{kind}/{name}")
async def thing(request: Request, kind: str, name: str) -> Response:
    """Send a client from a thing to the document about it (303 See Other, RFC 9110 §15.4.4)."""
    slug, suffix = split_suffix(name)
    suffix = suffix or next((v.name for v in DOCUMENTS if chosen_format(request) in (v.name, v.media_type)), None)
    if not await _exists(request, kind, slug):
        raise not_found(request, await near_resources(engine_of(request), kind, slug))
    kept = {k: v for k, v in request.query_params.items() if k == "lang" or (k == "format" and not suffix)}
    target = with_query(f"{base_path(request)}/doc/{kind}/{slug}{'.' + suffix if suffix else ''}", kept)
    return RedirectResponse(target, 303, {"Cache-Control": "public, max-age=300"})


@router.get("/doc/{kind}/{name}")
async def document(request: Request, kind: str, name: str) -> Response:
    """Describe a resource: a page, or RDF about it, its parts and what it is linked with."""
    slug, suffix = split_suffix(name)
    if not await _exists(request, kind, slug):
        raise not_found(request, await near_resources(engine_of(request), kind, slug))
    iri, path = resource(kind, slug), f"{base_path(request)}/doc/{kind}/{slug}"
    variant = negotiate(request, DOCUMENTS, suffix)
    places = {v.name: f"{path}.{v.name}" for v in DOCUMENTS}
    query = load()["resource-description"].bind({"resource": iri})
    return await _represent(request, variant, iri, places, query, lambda lang: _page(request, kind, slug, lang))


@router.get("/def")
@router.get("/def/")
async def ontology(request: Request) -> Response:
    """Describe the ontology: a page, or all of its terms as RDF."""
    variant = negotiate(request, DOCUMENTS)
    places = {v.name: f"{base_path(request)}/def/?format={v.name}" for v in DOCUMENTS}
    query = _everything_in(graph_iri("ontology"))
    return await _represent(request, variant, EV, places, query, lambda lang: _page(request, "def", "", lang))


@router.get("/def/{name:path}")
async def term(request: Request, name: str) -> Response:
    """Describe a term of the ontology, or the ontology at one of its version IRIs."""
    local, suffix = split_suffix(name)
    if not _TERM.fullmatch(local.rstrip("/")):
        raise not_found(request, [])
    if await _ask(request, f"ASK {{ <{EV}> <http://www.w3.org/2002/07/owl#versionIRI> <{EV}{local.rstrip('/')}/> }}"):
        return await ontology(request)
    if not await _ask(request, f"ASK {{ <{EV}{local}> ?property ?value }}"):
        raise not_found(request, await near_terms(engine_of(request), local))
    variant = negotiate(request, DOCUMENTS, suffix)
    places = {v.name: f"{base_path(request)}/def/{local}.{v.name}" for v in DOCUMENTS}
    query = load()["resource-description"].bind({"resource": EV + local})
    return await _represent(
        request, variant, EV + local, places, query, lambda lang: _page(request, "def", local, lang)
    )


@router.get("/graph/{name}")
async def graph(request: Request, name: str) -> Response:
    """Answer with everything that one named graph says."""
    slug, suffix = split_suffix(name)
    iri, slugs = graph_iri(slug), [g.rsplit("/", 1)[-1] for g in release_of(request).graphs]
    if slug not in slugs:
        raise not_found(request, [f"/graph/{g}" for g in near(slug, slugs)])
    variant = negotiate(request, RDF, suffix)
    places = {v.name: f"{base_path(request)}/graph/{slug}.{v.name}" for v in RDF}
    return await _represent(request, variant, iri, places, _everything_in(iri))


@router.get("/context/v1.jsonld")
async def context(request: Request) -> Response:
    """Answer with the JSON-LD context, which never changes under this address."""
    variant, about = Variant("application/ld+json", "jsonld"), About(cache=IMMUTABLE)
    return known(request, variant, about=about) or answer(request, context_bytes(), variant, about=about)


async def _represent(
    request: Request,
    variant: Variant,
    iri: str,
    places: dict[str, str],
    query: str,
    page: Callable[[str], Awaitable[str]] | None = None,
) -> Response:
    """Answer with one variant of a description; ``places`` are the addresses of all of them, by short name."""
    lang = language(request) if variant == HTML else None
    others = [v for v in DOCUMENTS if v.name in places and v != variant and not v.alias]
    links = [
        *(link(places[v.name], "alternate", type=v.media_type) for v in others),
        *(link(places[v.name], "describedby", type=v.media_type) for v in others if variant == HTML),
        link(iri, "cite-as"),
        link(LICENSE, "license"),
    ]
    about = About(places[variant.name], links, bilingual=True)
    if ready := known(request, variant, lang, about):
        return ready
    if page and lang:
        return answer(request, await page(lang), variant, lang, about)
    if (variant.source or variant.media_type) != "application/ld+json":
        return answer(request, (await engine_of(request).query(query, variant.media_type)).body, variant, about=about)
    triples = ox.parse(
        (await engine_of(request).query(query, "application/n-triples")).body, format=ox.RdfFormat.N_TRIPLES
    )
    return answer(request, compact((q.triple for q in triples), context_iri(request), iri), variant, about=about)


async def _page(request: Request, kind: str, slug: str, lang: str) -> str:
    page = await pages.render(request, engine_of(request), kind, slug, lang)
    if page is None:
        raise not_found(request, [])
    return page


async def _exists(request: Request, kind: str, slug: str) -> bool:
    if not (_NAME.fullmatch(kind) and _NAME.fullmatch(slug)):
        return False
    return await _ask(request, f"ASK {{ <{resource(kind, slug)}> ?property ?value }}")


async def _ask(request: Request, query: str) -> bool:
    return bool(json.loads((await engine_of(request).query(query)).body)["boolean"])


def _everything_in(graph: str) -> str:
    return f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
