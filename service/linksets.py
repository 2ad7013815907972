"""Linksets (RFC 9264): the links around a document, a list, or the whole catalogue (FAIR Signposting level 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.ontology.namespaces import resource
from evidensgraf.service import pages
from evidensgraf.service.lists import items, landing_of
from evidensgraf.service.near import near
from evidensgraf.service.paths import base_path, full_path
from evidensgraf.service.resources import defined, described, not_found, the_ontology
from evidensgraf.service.responses import LICENSE, RDF, About, answer, known, negotiate, release_of
from evidensgraf.service.signposts import LINKSET, LINKSET_JSON, LINKSETS, Signpost, linkset

DATASET = "https://schema.org/Dataset"
"""What the catalogue describes, to the ``type`` relation."""

router = APIRouter(include_in_schema=False)


def split(name: str) -> tuple[str, str | None]:
    """Return a name without the suffix of a linkset, and that suffix.

    >>> split("hasky.json")
    ('hasky', 'json')
    """
    stem, dot, suffix = name.rpartition(".")
    return (stem, suffix) if dot and suffix in (LINKSET_JSON.name, LINKSET.name) else (name, None)


async def _answer(request: Request, contexts: Mapping[str, list[Signpost]], suffix: str | None) -> Response:
    variant = negotiate(request, LINKSETS, suffix)
    about = About(f"{full_path(request).removesuffix(f'.{suffix}')}.{variant.name}")
    return known(request, variant, about=about) or answer(request, linkset(contexts, variant), variant, about=about)


@router.get("/linkset/doc/{kind}/{name}")
async def of_resource(request: Request, kind: str, name: str) -> Response:
    """Answer with the links around the document about a resource."""
    slug, suffix = split(name)
    return await _answer(request, (await described(request, kind, slug)).landing.contexts(), suffix)


@router.get("/linkset/def")
@router.get("/linkset/def.json")
@router.get("/linkset/def.txt")
async def of_ontology(request: Request) -> Response:
    """Answer with the links around the document about the ontology."""
    _, suffix = split(request.url.path)
    return await _answer(request, (await the_ontology(request)).landing.contexts(), suffix)


@router.get("/linkset/def/{name:path}")
async def of_term(request: Request, name: str) -> Response:
    """Answer with the links around the document about a term of the ontology."""
    local, suffix = split(name)
    return await _answer(request, (await defined(request, local)).landing.contexts(), suffix)


@router.get("/linkset")
@router.get("/linkset.json")
@router.get("/linkset.txt")
async def of_catalogue(request: Request) -> Response:
    """Answer with the links around the catalogue, and around every list of things in it."""
    _, suffix = split(request.url.path)
    contexts = catalogue(request)
    for name in pages.LISTS:
        contexts |= replace(landing_of(request, name), items=await items(request, name)).contexts()
    return await _answer(request, contexts, suffix)


@router.get("/linkset/{name}")
async def of_list(request: Request, name: str) -> Response:
    """Answer with the links around a list, and to all that it lists."""
    plain, suffix = split(name)
    if plain not in pages.LISTS:
        raise not_found(request, [f"/linkset/{n}" for n in near(plain, pages.LISTS)])
    landing = replace(landing_of(request, plain), items=await items(request, plain))
    return await _answer(request, landing.contexts(), suffix)


def catalogue(request: Request) -> dict[str, list[Signpost]]:
    """Return the links of the start page: to the descriptions of the dataset, the services over it, and the lists."""
    base = base_path(request)
    found = [
        Signpost(resource("dataset", "evidensgraf"), "cite-as"),
        Signpost(LICENSE, "license"),
        Signpost(DATASET, "type"),
        *(Signpost(f"{base}/catalog?format={v.name}", "describedby", v.media_type) for v in RDF),
        Signpost(f"{base}/api/v1/openapi.json", "service-desc", "application/json"),
        Signpost(f"{base}/sparql?format=ttl", "service-desc", "text/turtle"),
        Signpost(f"{base}/about", "service-doc", "text/html"),
        Signpost(f"{base}/releases/{release_of(request).id}", "latest-version"),
        *(Signpost(f"{base}/{name}", "item", "text/html") for name in (*pages.LISTS, "graphs", "queries")),
    ]
    return {f"{base}/": found}
