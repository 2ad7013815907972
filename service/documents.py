"""Documents: what is said of one thing, as a page and in every syntax of RDF, with the links around it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.queries.catalogue import load
from evidensgraf.service.facts import construct
from evidensgraf.service.jsonld import compact
from evidensgraf.service.named_graphs import MEDIA_TYPES, in_graph, quads_about, serialise_quads
from evidensgraf.service.negotiation import Variant
from evidensgraf.service.responses import (
    HTML,
    RDF,
    RDF_ALIASES,
    About,
    answer,
    context_iri,
    engine_of,
    known,
    language,
)
from evidensgraf.service.signposts import Landing

DOCUMENTS: tuple[Variant, ...] = (HTML, *RDF, *RDF_ALIASES)
"""Representations of a document, in the server's order of preference."""
Page = Callable[[str], Awaitable[str]]
"""Renders a page in a language (``sv`` or ``en``)."""


@dataclass(frozen=True)
class Document:
    """A document: the links around it, its page, and what it says as RDF.

    That is the description of the thing, or all that ``graph`` holds, or what the CONSTRUCT query ``whole`` gives. TriG
    and N-Quads say which named graph a statement stands in, except for ``whole``, which is a graph itself.
    """

    landing: Landing
    page: Page
    graph: str = ""
    whole: str = ""

    @property
    def query(self) -> str:
        """The CONSTRUCT query that gives the document."""
        if self.whole or self.graph:
            return self.whole or everything_in(self.graph)
        return load()["resource-description"].bind({"resource": self.iri})

    @property
    def iri(self) -> str:
        """The IRI of the thing."""
        return self.landing.iri


def everything_in(graph: str) -> str:
    """Return the query for all that a named graph says."""
    return f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"


def places(path: str, *, query: bool = False) -> dict[str, str]:
    """Return the addresses of a document's variants: its path with a suffix, or with ``?format=``.

    >>> places("/doc/x")["ttl"], places("/def/", query=True)["ttl"]
    ('/doc/x.ttl', '/def/?format=ttl')
    """
    return {v.name: f"{path}?format={v.name}" if query else f"{path}.{v.name}" for v in DOCUMENTS}


async def represent(request: Request, document: Document, variant: Variant) -> Response:
    """Answer with one of ``DOCUMENTS``. Raises ``Problem`` and what ``Engine.query`` raises."""
    lang = language(request) if variant == HTML else None
    landing = document.landing
    about = About(landing.places[variant.name], landing.header(variant), bilingual=True)
    if ready := known(request, variant, lang, about):
        return ready
    body: bytes | str = await document.page(lang) if lang else await _rdf(request, document, variant)
    return answer(request, body, variant, lang, about)


async def _rdf(request: Request, document: Document, variant: Variant) -> bytes:
    engine, media_type = engine_of(request), variant.source or variant.media_type
    if variant.media_type in MEDIA_TYPES and not document.whole:
        if not document.graph:
            return serialise_quads(await quads_about(engine, document.iri), variant.media_type)
        quads = in_graph(await construct(engine, document.query), document.graph)
        return serialise_quads(quads, variant.media_type)
    if media_type == "application/ld+json":
        return compact(await construct(engine, document.query), context_iri(request), document.iri)
    return (await engine.query(document.query, media_type)).body
