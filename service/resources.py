"""Linked data: /id names a thing, /doc and /def describe it, and /linkset has the links around each description."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from evidensgraf.ontology.context import context_bytes
from evidensgraf.ontology.namespaces import EV, graph_iri, resource
from evidensgraf.service import pages
from evidensgraf.service.documents import DOCUMENTS, Document, places, represent
from evidensgraf.service.jsonld import frames
from evidensgraf.service.near import near, near_resources, near_terms
from evidensgraf.service.negotiation import Variant
from evidensgraf.service.paths import base_path, chosen_format
from evidensgraf.service.problems import Problem
from evidensgraf.service.responses import (
    HTML,
    IMMUTABLE,
    RDF,
    About,
    answer,
    engine_of,
    known,
    negotiate,
    with_query,
)
from evidensgraf.service.signposts import Landing

COLLECTIONS = {
    "intervention": "interventions",
    "appraisal": "recommendations",
    "recommendation": "recommendations",
    "finding": "findings",
    "evidence-gap": "findings",
    "source": "sources",
}
"""Kind of thing → the page that lists them all."""
JSONLD = Variant("application/ld+json", "jsonld")
_SUFFIX = re.compile(rf"(.+)\.({'|'.join(v.name for v in (HTML, *RDF))})")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TERM = re.compile(r"[A-Za-z0-9]+(?:[./_-][A-Za-z0-9]+)*")
_VERSION = re.compile(r"\d+\.\d+\.\d+/?")

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
    await described(request, kind, slug)
    kept = {k: v for k, v in request.query_params.items() if k == "lang" or (k == "format" and not suffix)}
    target = with_query(f"{base_path(request)}/doc/{kind}/{slug}{'.' + suffix if suffix else ''}", kept)
    return RedirectResponse(target, 303, {"Cache-Control": "public, max-age=300"})


@router.get("/doc/{kind}/{name}")
async def document(request: Request, kind: str, name: str) -> Response:
    """Describe a resource: a page, or RDF about it, its parts and what it is linked with."""
    slug, suffix = split_suffix(name)
    found = await described(request, kind, slug)
    return await represent(request, found, negotiate(request, DOCUMENTS, suffix))


@router.get("/def")
@router.get("/def/")
async def ontology(request: Request) -> Response:
    """Describe the ontology: a page, or all of its terms as RDF."""
    return await represent(request, await the_ontology(request), negotiate(request, DOCUMENTS))


@router.get("/def/{name:path}")
async def term(request: Request, name: str) -> Response:
    """Describe a term of the ontology, or the ontology at one of its version IRIs."""
    local, suffix = split_suffix(name)
    if _VERSION.fullmatch(local):
        found = await _version(request, local.rstrip("/") + "/")
    else:
        found = await defined(request, local)
    return await represent(request, found, negotiate(request, DOCUMENTS, suffix))


@router.get("/context/v1.jsonld")
async def context(request: Request) -> Response:
    """Answer with the JSON-LD context, which never changes under this address."""
    about = About(cache=IMMUTABLE)
    return known(request, JSONLD, about=about) or answer(request, context_bytes(), JSONLD, about=about)


@router.get("/context/frames/{name}.jsonld")
async def frame(request: Request, name: str) -> Response:
    """Answer with the JSON-LD 1.1 frame of a class (https://www.w3.org/TR/json-ld11-framing/)."""
    if name not in frames():
        raise not_found(request, [f"/context/frames/{n}.jsonld" for n in near(name, frames())])
    return known(request, JSONLD) or answer(request, frames()[name], JSONLD)


async def described(request: Request, kind: str, slug: str) -> Document:
    """Return the document about a resource. Raises ``Problem`` (404) when nothing is said of it."""
    iri, base = resource(kind, slug), base_path(request)
    fits = _NAME.fullmatch(kind) and _NAME.fullmatch(slug)
    types = await types_of(request, iri) if fits else None
    if types is None:
        raise not_found(request, await near_resources(engine_of(request), kind, slug))
    path, listed = f"/doc/{kind}/{slug}", COLLECTIONS.get(kind)
    collection = f"{base}/{listed}" if listed else ""
    landing = Landing(base + path, iri, places(base + path), DOCUMENTS, types, collection, f"{base}/linkset{path}")
    return Document(landing, partial(page_of, request, kind, slug))


async def the_ontology(request: Request) -> Document:
    """Return the document about the ontology, which has all of its terms."""
    path, types = f"{base_path(request)}/def/", await types_of(request, EV) or []
    linkset = f"{base_path(request)}/linkset/def"
    landing = Landing(path, EV, places(path, query=True), DOCUMENTS, types, linkset=linkset)
    return Document(landing, partial(page_of, request, "def", ""), graph=graph_iri("ontology"))


async def defined(request: Request, local: str) -> Document:
    """Return the document about a term. Raises ``Problem`` (404) when the ontology has no such term."""
    if not _TERM.fullmatch(local):
        raise not_found(request, [])
    types = await types_of(request, EV + local)
    if types is None:
        raise not_found(request, await near_terms(engine_of(request), local))
    base = base_path(request)
    path = f"{base}/def/{local}"
    landing = Landing(path, EV + local, places(path), DOCUMENTS, types, f"{base}/def/", f"{base}/linkset/def/{local}")
    return Document(landing, partial(page_of, request, "def", local))


async def page_of(request: Request, kind: str, slug: str, lang: str) -> str:
    """Return the page about a thing. Raises ``Problem`` (404) when the graph says nothing of it."""
    page = await pages.render(request, engine_of(request), kind, slug, lang)
    if page is None:
        raise not_found(request, [])
    return page


async def types_of(request: Request, iri: str) -> list[str] | None:
    """Return the classes of a thing, our own first, or None when the graph says nothing of it."""
    of_type = f"OPTIONAL {{ <{iri}> a ?type FILTER(isIRI(?type)) }}"
    query = f"SELECT DISTINCT ?type WHERE {{ <{iri}> ?property ?value {of_type} }}"
    rows = json.loads((await engine_of(request).query(query)).body)["results"]["bindings"]
    types = [row["type"]["value"] for row in rows if row]
    return sorted(types, key=lambda t: (not t.startswith(EV), t)) if rows else None


async def _version(request: Request, version: str) -> Document:
    """Return the document about a version of the ontology: all of it, or what is said of an earlier one.

    Raises ``Problem`` (404), which names the version there is, for one of which nothing is said.
    """
    query = f"SELECT ?version WHERE {{ <{EV}> <http://www.w3.org/2002/07/owl#versionIRI> ?version }}"
    rows = json.loads((await engine_of(request).query(query)).body)["results"]["bindings"]
    current = [row["version"]["value"].removeprefix(EV) for row in rows]
    if version in current:
        return await the_ontology(request)
    types = await types_of(request, EV + version)
    if types is None:
        raise not_found(request, [f"/def/{v}" for v in current])
    base = base_path(request)
    path = f"{base}/def/{version}"
    landing = Landing(path, EV + version, places(path, query=True), DOCUMENTS, types, f"{base}/def/")
    return Document(landing, partial(page_of, request, "def", version))
