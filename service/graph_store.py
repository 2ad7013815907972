"""The SPARQL 1.1 Graph Store HTTP Protocol, reading (https://www.w3.org/TR/sparql11-http-rdf-update/).

``/graphs?default`` and ``/graphs?graph=<iri>`` identify a graph indirectly (§4.2), ``/graph/{name}`` directly (§4.1).
The default graph is the union of all named graphs, as at the SPARQL endpoint. There are no writing operations: their
methods are answered with 405.
"""

from __future__ import annotations

import re
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.graph.engine import LimitExceeded
from evidensgraf.ontology.namespaces import BASE, GRAPH, graph_iri
from evidensgraf.service import graph_pages
from evidensgraf.service.description import SD
from evidensgraf.service.documents import Document, everything_in, represent
from evidensgraf.service.near import near
from evidensgraf.service.negotiation import Variant
from evidensgraf.service.paths import base_path
from evidensgraf.service.problems import Problem, of_engine
from evidensgraf.service.resources import not_found, page_of, split_suffix
from evidensgraf.service.responses import HTML, RDF, RDF_ALIASES, negotiate, release_of, with_query
from evidensgraf.service.signposts import Landing

VARIANTS: tuple[Variant, ...] = (*RDF, *RDF_ALIASES, HTML)
"""Representations of a graph, in the server's order of preference: a client of the protocol may send no ``Accept``."""
UNION = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
"""The query for the default graph."""
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]*")

router = APIRouter(include_in_schema=False)


@router.get("/graphs")
async def graph_store(request: Request) -> Response:
    """Answer with a graph of the store, or with the page that lists them.

    Raises ``Problem``: 400 unless one graph is named, 404 for one that is not in the release, 413 for one that is
    larger than an answer may be.
    """
    pairs = [(k, v) for k, v in request.query_params.multi_items() if k in ("default", "graph")]
    if not pairs and negotiate(request, VARIANTS) == HTML:
        return await _answer(request, _default(request), HTML)
    if len(pairs) != 1:
        raise Problem("bad-request", _ONE_GRAPH)
    (name, iri), known = pairs[0], release_of(request).graphs
    if name == "default":
        return await _answer(request, _default(request), negotiate(request, VARIANTS))
    if not _ABSOLUTE.fullmatch(iri):
        raise Problem("bad-request", _NOT_AN_IRI)
    if iri not in known:
        found = [with_query("/graphs", {"graph": g}) for g in near(iri, known)]
        raise not_found(request, found)
    address = with_query(f"{base_path(request)}/graphs", {"graph": iri})
    variants = VARIANTS if iri.startswith(GRAPH) else VARIANTS[:-1]
    return await _answer(request, _named(request, iri, address, "&format="), negotiate(request, variants))


@router.get("/graph/{name}")
async def graph(request: Request, name: str) -> Response:
    """Answer with everything that one named graph says, or with the page about it."""
    slug, suffix = split_suffix(name)
    iri, slugs = graph_iri(slug), [g.removeprefix(GRAPH) for g in release_of(request).graphs]
    if slug not in slugs:
        raise not_found(request, [f"/graph/{g}" for g in near(slug, slugs)])
    found = _named(request, iri, f"{base_path(request)}/graph/{slug}", ".")
    return await _answer(request, found, negotiate(request, VARIANTS, suffix))


def _named(request: Request, iri: str, path: str, joint: str) -> Document:
    slug = iri.removeprefix(GRAPH)
    return Document(
        _landing(request, iri, path, joint), partial(page_of, request, "graph", slug), whole=everything_in(iri)
    )


def _default(request: Request) -> Document:
    path = f"{base_path(request)}/graphs?default"
    return Document(
        _landing(request, BASE + "graphs", path, "&format="), partial(graph_pages.listing, request), whole=UNION
    )


def _landing(request: Request, iri: str, path: str, joint: str) -> Landing:
    places = {v.name: f"{path}{joint}{v.name}" for v in VARIANTS}
    base = base_path(request)
    about = f"{base}/graph/provenance.ttl"  # where every graph is described
    return Landing(path, iri, places, VARIANTS, (SD + "Graph",), f"{base}/graphs", described_by=about)


async def _answer(request: Request, document: Document, variant: Variant) -> Response:
    try:
        return await represent(request, document, variant)
    except LimitExceeded as error:
        raise _too_large(request, error) from error


def _too_large(request: Request, error: LimitExceeded) -> Problem:
    """Return the problem of a graph that is larger than an answer, with the address of the release that holds it."""
    found = of_engine(error)
    dump = f"{base_path(request)}/releases/{release_of(request).id}"
    said = {
        "sv": f"Grafen är större än ett svar får vara. Ladda ner den i utgåvan: {dump}",
        "en": f"The graph is larger than an answer may be. Download it in the release: {dump}",
    }
    return Problem(found.type.name, said, members=found.members | {"release": dump})


_ONE_GRAPH = {
    "sv": "Ange en graf: antingen default eller graph=<IRI>, en gång.",
    "en": "Name one graph: either default or graph=<IRI>, once.",
}
_NOT_AN_IRI = {
    "sv": "graph ska vara en absolut IRI, till exempel https://w3id.org/evidensgraf/graph/concepts.",
    "en": "graph must be an absolute IRI, for example https://w3id.org/evidensgraf/graph/concepts.",
}
