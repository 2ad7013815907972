"""Releases for download, and their description (VoID, DCAT 3)."""

from __future__ import annotations

import pyoxigraph as ox
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from evidensgraf.graph.release import DESCRIPTION, QUADS
from evidensgraf.ontology.namespaces import resource
from evidensgraf.service.description import serialise
from evidensgraf.service.negotiation import Variant
from evidensgraf.service.resources import not_found
from evidensgraf.service.responses import (
    LICENSE,
    RDF,
    About,
    answer,
    conditional,
    context_iri,
    headers_of,
    known,
    link,
    negotiate,
    release_of,
)

QUADS_VARIANT = Variant("application/n-quads", "nq")
"""The release itself."""

router = APIRouter(include_in_schema=False)


@router.get("/releases/{release_id}/evidensgraf.nq")
async def quads(request: Request, release_id: str) -> Response:
    """Answer with a whole release as canonical N-Quads. Only the release that is served is here."""
    release = release_of(request)
    if release_id != release.id:
        raise not_found(request, [f"/releases/{release.id}/evidensgraf.nq"])
    about = About(links=[link(LICENSE, "license")])
    if ready := known(request, QUADS_VARIANT, about=about):
        return ready
    headers = headers_of(request, QUADS_VARIANT, about=about)
    if ready := conditional(request, headers):
        return ready
    return FileResponse(release.path / QUADS, headers=headers, media_type=QUADS_VARIANT.media_type)


@router.get("/releases/{release_id}")
async def description_of_release(request: Request, release_id: str) -> Response:
    """Describe the release that is served."""
    if release_id != release_of(request).id:
        raise not_found(request, [f"/releases/{release_of(request).id}"])
    return await description(request)


@router.get("/.well-known/void")
@router.get("/catalog")
async def description(request: Request) -> Response:
    """Describe the dataset and its release."""
    variant, release = negotiate(request, RDF), release_of(request)
    about = About(links=[link(LICENSE, "license")])
    if ready := known(request, variant, about=about):
        return ready
    quads = ox.parse((release.path / DESCRIPTION).read_bytes(), format=ox.RdfFormat.TURTLE)
    body = serialise([q.triple for q in quads], variant, context_iri(request), resource("dataset", "evidensgraf"))
    return answer(request, body, variant, about=about)
