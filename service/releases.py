"""Releases and the data catalogue: what there is, what a release holds and what changed in it, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyoxigraph as ox
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.graph.describe import DATASET
from evidensgraf.graph.dumps import MEDIA_TYPES, STEM
from evidensgraf.graph.release import Release, ReleaseFile, directory_name, find_releases, release_iri
from evidensgraf.ontology.namespaces import expand
from evidensgraf.service import dcat, release_pages
from evidensgraf.service.description import serialise
from evidensgraf.service.documents import DOCUMENTS, Page
from evidensgraf.service.downloads import file_of, send
from evidensgraf.service.near import near
from evidensgraf.service.negotiation import Variant
from evidensgraf.service.paths import base_path, full_path
from evidensgraf.service.resources import not_found
from evidensgraf.service.responses import (
    BOTH,
    HTML,
    JSON,
    RDF,
    About,
    answer,
    context_iri,
    json_bytes,
    known,
    language,
    link,
    negotiate,
    release_of,
)
from evidensgraf.service.signposts import Landing

DUMPS = tuple(Variant(media_type, suffix) for suffix, media_type in MEDIA_TYPES.items())
"""The dumps of a release, the release itself first."""
LIST: tuple[Variant, ...] = (HTML, JSON, *RDF)
"""Representations of the list of releases."""
_VERSION = ox.NamedNode(expand("dcat:version"))

router = APIRouter(include_in_schema=False)


def releases_of(request: Request) -> list[Release]:
    """Return the releases that can be downloaded, the newest first: the one that is served, and those before it.

    A release that is newer than the one that is served is not there until it is served.
    """
    served = release_of(request)
    found = {served.id: served}
    for release in find_releases(served.path.parent):
        if release.id < served.id:
            found.setdefault(release.id, release)
    return list(found.values())


@router.get("/releases")
async def releases(request: Request) -> Response:
    """List the releases: as a page, in JSON, and in RDF as versions of the dataset."""
    variant, found = negotiate(request, LIST), releases_of(request)
    if variant == JSON:
        if ready := known(request, JSON, about=BOTH):
            return ready
        return answer(request, json_bytes({"releases": [_entry(request, r) for r in found]}), JSON, about=BOTH)
    triples = [t for r in found for t in dcat.of_release(r.id, [dcat.described(r)])]
    recorded = _recorded(request)
    for name in recorded:
        if name not in {r.id for r in found}:
            triples += dcat.of_release(name, [dcat.described(release_of(request))])
    landing = _landing(request, DATASET, LIST)
    return await _represent(
        request, variant, landing, triples, lambda lang: release_pages.releases(request, found, recorded, lang)
    )


@router.get("/releases/{release_id}")
async def release(request: Request, release_id: str) -> Response:
    """Describe a release: a page with its files and what changed in it, or RDF. It may be known by name only."""
    variant, found = negotiate(request, DOCUMENTS), _find(request, release_id)
    name = found.id if found else release_id
    described = [dcat.described(r) for r in ([found] if found else []) + [release_of(request)]]
    triples = dcat.of_release(name, described)
    if not triples:
        raise not_found(request, [f"/releases/{r.id}" for r in releases_of(request)])
    return await _represent(
        request,
        variant,
        _landing(request, release_iri(name)),
        triples,
        lambda lang: release_pages.release(request, found, name, triples, lang),
        [file for file in found.files.values() if file.name.startswith(f"{STEM}.")] if found else [],
    )


@router.get("/releases/{release_id}/{name}")
async def file(request: Request, release_id: str, name: str) -> Response:
    """Answer with a file of a release; the name of the dumps without a suffix is negotiated."""
    found = _find(request, release_id)
    if found is None:
        raise not_found(request, [f"/releases/{r.id}" for r in releases_of(request)])
    location = None
    if name == STEM:
        name = f"{STEM}.{negotiate(request, DUMPS).name}"
        location = f"{base_path(request)}/releases/{release_id}/{name}"
    offered = file_of(found, name)
    if offered is None:
        raise not_found(request, [f"/releases/{found.id}/{other}" for other in near(name, list(found.files))])
    page = f"{base_path(request)}/releases/{release_id}"
    return send(request, found, offered, location=location, links=[link(page, "describedby", type="text/html")])


@router.get("/.well-known/void")
async def void(request: Request) -> Response:
    """Describe the dataset and its release (VoID, DCAT 3)."""
    triples = dcat.described(release_of(request))
    landing = replace(_landing(request, DATASET, RDF), path=f"{base_path(request)}/catalog")
    return await _represent(request, negotiate(request, RDF), landing, triples)


@router.get("/catalog")
async def catalogue(request: Request) -> Response:
    """Describe the dataset, its releases and the services over it (DCAT-AP-SE 3.0.1)."""
    variant = negotiate(request, DOCUMENTS)
    triples = dcat.catalogue(release_of(request), releases_of(request)[1:], request.app.state.settings)
    return await _represent(
        request,
        variant,
        _landing(request, dcat.CATALOG),
        triples,
        lambda lang: release_pages.catalogue(request, triples, lang),
    )


def _find(request: Request, name: str) -> Release | None:
    """Return the release of an id, or of an id and the start of its digest, which tells two of one date apart."""
    served = release_of(request)
    if name in (served.id, directory_name(served.id, served.digest)):
        return served
    found = find_releases(served.path.parent)
    return next((r for r in found if name in (r.id, directory_name(r.id, r.digest)) and r.id <= served.id), None)


def _recorded(request: Request) -> list[str]:
    """Return the ids of the releases that the graph knows of, whether or not their files are here."""
    dataset = ox.NamedNode(DATASET)
    found = (t for t in dcat.described(release_of(request)) if t.predicate == _VERSION and t.subject != dataset)
    return sorted((t.object.value for t in found if isinstance(t.object, ox.Literal)), reverse=True)


def _entry(request: Request, release: Release) -> dict[str, Any]:
    base = f"{request.app.state.settings.public_base}releases/{release.id}"
    files = [
        {
            "url": f"{base}/{file.name}",
            "mediaType": file.media_type,
            **({"encoding": file.encoding} if file.encoding else {}),
            "size": file.size,
            "sha256": file.sha256,
        }
        for file in release.files.values()
    ]
    manifest = release.manifest
    return {
        "id": release_iri(release.id),
        "version": release.id,
        "url": base,
        "sha256": release.digest,
        "quads": manifest["quads"],
        "triples": manifest.get("triples"),
        "ontology": manifest.get("ontology"),
        "prior": manifest.get("prior"),
        "changes": manifest.get("changes"),
        "served": release.path == release_of(request).path,
        "files": files,
    }


async def _represent(
    request: Request,
    variant: Variant,
    landing: Landing,
    triples: Sequence[ox.Triple],
    page: Page | None = None,
    files: Sequence[ReleaseFile] = (),
) -> Response:
    """Answer with a description; ``files`` are those that the page leads to (FAIR Signposting, ``item``)."""
    lang = language(request) if variant == HTML else None
    items = [link(f"{landing.path}/{file.name}", "item", type=file.media_type) for file in files if lang]
    about = About(landing.places[variant.name], [*landing.header(variant), *items], bilingual=True)
    if ready := known(request, variant, lang, about):
        return ready
    if page and lang:
        return answer(request, await page(lang), variant, lang, about)
    public = dcat.published(triples, request.app.state.settings.public_base)
    return answer(request, serialise(public, variant, context_iri(request), landing.iri), variant, about=about)


def _landing(request: Request, iri: str, variants: Sequence[Variant] = DOCUMENTS) -> Landing:
    path = full_path(request)
    collection = f"{base_path(request)}/releases" if path.rpartition("/")[0].endswith("/releases") else ""
    kind = expand("dcat:Catalog" if iri == dcat.CATALOG else "dcat:Dataset")
    shown = {v.name: f"{path}?format={v.name}" for v in variants}
    return Landing(path, iri, shown, variants, [kind], collection)
