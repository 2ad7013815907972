"""The SPARQL 1.1 Protocol, query operation (https://www.w3.org/TR/sparql11-protocol/#query-operation)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.message import Message
from urllib.parse import parse_qsl, unquote_to_bytes

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from evidensgraf.graph.engine import Answer, EngineError, QueryFailed, QueryRefused
from evidensgraf.graph.guard import Reading, apart, read
from evidensgraf.service import pages
from evidensgraf.service.description import serialise, service_description
from evidensgraf.service.negotiation import Variant
from evidensgraf.service.paths import alone, base_path, full_path
from evidensgraf.service.problems import Problem, of_engine
from evidensgraf.service.responses import (
    CSV,
    HTML,
    LICENSE,
    RDF,
    RDF_ALIASES,
    About,
    adhoc_of,
    answer,
    context_iri,
    known,
    language,
    link,
    negotiate,
    release_of,
    with_query,
)

QUERY = "application/sparql-query"
FORM = "application/x-www-form-urlencoded"
UPDATE = "application/sparql-update"
RESULTS: tuple[Variant, ...] = (
    Variant("application/sparql-results+json", "json"),
    Variant("application/sparql-results+xml", "xml"),
    CSV,
    Variant("text/tab-separated-values", "tsv"),
    Variant("application/json", "json", source="application/sparql-results+json", alias=True),
    Variant("application/xml", "xml", source="application/sparql-results+xml", alias=True),
    HTML,
)
"""Representations of a SELECT or ASK answer, in the server's order of preference."""
GRAPHS: tuple[Variant, ...] = (
    *RDF,
    *RDF_ALIASES,
    Variant("application/xml", "rdf", source="application/rdf+xml", alias=True),
    HTML,
)
"""Representations of a CONSTRUCT or DESCRIBE answer, in the server's order of preference."""

_QUERY_STRING = re.compile(rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]++|%[0-9A-Fa-f]{2})+")
"""A query string in the characters that RFC 3986 (§3.4) allows."""
LONGEST_TARGET = 1000
"""Longest request target, in characters, that the headers of an answer repeat: proxies bound a response's headers."""


@dataclass(frozen=True)
class Operation:
    """One query operation: the query, and the dataset of the protocol (§2.1.4), which overrides ``FROM``."""

    query: str
    default_graphs: Sequence[str] = ()
    named_graphs: Sequence[str] = ()


async def read_operation(request: Request) -> Operation | None:
    """Return the operation that a request asks for, or None when it carries no query (GET only).

    Raises ``Problem``: 400 for no, an empty or several queries and for bytes that are not UTF-8, 403 for an update,
    415 for a body that is not a query.
    """
    pairs = _pairs(request.scope["query_string"])
    if request.method == "POST":
        pairs += await _body_pairs(request)
    if any(name == "update" for name, _ in pairs):
        raise Problem("update-refused")
    queries = [value for name, value in pairs if name == "query"]
    if request.method == "GET" and not queries:
        return None
    if len(queries) != 1:
        sv, en = (
            f"En fråga behövs i parametern query; {len(queries)} gavs.",
            f"One query is needed; got {len(queries)}.",
        )
        raise Problem("bad-request", {"sv": sv, "en": en})
    if not queries[0].strip():
        raise Problem("bad-request", {"sv": "Frågan är tom.", "en": "The query is empty."})
    default = [value for name, value in pairs if name == "default-graph-uri" and value]
    named = [value for name, value in pairs if name == "named-graph-uri" and value]
    return Operation(queries[0], default, named)


async def _body_pairs(request: Request) -> list[tuple[str, str]]:
    header = Message()
    header["content-type"] = request.headers.get("content-type") or "application/octet-stream"
    kind, charset = header.get_content_type(), str(header.get_param("charset", "utf-8")).lower()
    if kind == UPDATE:
        raise Problem("update-refused")
    if kind not in (QUERY, FORM) or charset not in ("utf-8", "utf8", "us-ascii"):
        raise Problem("unsupported-media-type", headers={"Accept-Post": f"{QUERY}, {FORM}"})
    body = await request.body()
    return _pairs(body) if kind == FORM else [("query", _text(body))]


def _pairs(encoded: bytes) -> list[tuple[str, str]]:
    """Return the pairs of a query string or form, percent-decoded once, as UTF-8."""
    if (value := alone(encoded)) is not None:  # which is quickly done
        return [("query", _text(unquote_to_bytes(value.replace(b"+", b" "))))]
    try:
        return parse_qsl(_text(encoded), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except UnicodeDecodeError as error:
        raise _not_utf8() from error
    except ValueError as error:
        raise Problem("bad-request", {"sv": "För många parametrar.", "en": "Too many parameters."}) from error


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8() from error


def _not_utf8() -> Problem:
    return Problem("bad-request", {"sv": "Frågan är inte kodad i UTF-8.", "en": "The query is not encoded in UTF-8."})


async def sparql(request: Request) -> Response:
    """Answer a query, or describe the endpoint when there is none."""
    operation = await read_operation(request)
    return await _describe(request) if operation is None else await evaluate(request, operation)


async def evaluate(request: Request, operation: Operation, suffix: str | None = None) -> Response:
    """Evaluate a query and answer in the negotiated representation.

    Raises ``Problem`` (406) and everything that ``Engine.query`` raises; a page shows the problem beside the query.
    """
    query = operation.query
    reading = await apart(query, lambda: _reading(query))
    variants = variants_of(reading.form)
    variant = negotiate(request, variants, suffix) if reading.form else variants[0]
    lang = language(request) if variant == HTML else None
    about = about_answer(request, variant, variants, reading.constant)
    if ready := known(request, variant, lang, about):
        return ready
    if lang is not None:
        return await _page(request, operation, variants[0], lang, about)
    found = await _ask(request, operation, variant.source or variant.media_type)
    return answer(request, found.body, variant, about=about)


async def _ask(request: Request, operation: Operation, media_type: str) -> Answer:
    return await adhoc_of(request).query(
        operation.query,
        media_type,
        default_graphs=operation.default_graphs,
        named_graphs=operation.named_graphs,
    )


def _reading(query: str) -> Reading:
    """Return what a query says about itself; one that the engine will refuse has no form."""
    try:
        return read(query)
    except (QueryRefused, QueryFailed):
        return Reading("", frozenset())


def variants_of(form: str) -> tuple[Variant, ...]:
    """Return the representations of the answer to a query of a form."""
    return GRAPHS if form in ("CONSTRUCT", "DESCRIBE") else RESULTS


def about_answer(request: Request, variant: Variant, variants: Sequence[Variant], constant: bool) -> About:
    """Return what the headers say: where the other variants are, unless the address is too long to repeat."""
    target = len(full_path(request)) + 1 + len(request.scope["query_string"])
    if request.method != "GET" or target > LONGEST_TARGET:
        return About(constant=constant)
    base = _without_format(request)
    links = [
        link(f"{base}{v.name}", "alternate", type=v.media_type) for v in variants if not v.alias and v is not variant
    ]
    return About(f"{base}{variant.name}", links, constant=constant)


def _without_format(request: Request) -> str:
    """Return the address of a request up to the name of a format, with which it is that of one variant."""
    query = request.scope["query_string"]
    if b"format=" not in query and _QUERY_STRING.fullmatch(query):  # as it was written
        return f"{full_path(request)}?{query.decode()}&format="
    pairs = [(k, v) for k, v in request.query_params.multi_items() if k != "format"]
    return with_query(full_path(request), [*pairs, ("format", "")])


async def _page(request: Request, operation: Operation, source: Variant, lang: str, about: About) -> Response:
    found = problem = None
    try:
        found = await _ask(request, operation, source.media_type)
    except EngineError as error:
        problem = of_engine(error)
    document = problem.document(request, lang) if problem else None
    page = await pages.sparql_page(request, operation.query, lang, found, document)
    if problem:
        headers = {"Cache-Control": "no-store", "Content-Language": lang, **problem.headers}
        return Response(page, problem.status, headers, media_type=HTML.content_type)
    return answer(request, page, HTML, lang, about)


async def _describe(request: Request) -> Response:
    """Answer with the service description, or with an empty form for a browser."""
    variants = (*RDF, *RDF_ALIASES, HTML)
    variant = negotiate(request, variants)
    lang = language(request) if variant == HTML else None
    about = about_answer(request, variant, variants, constant=True)
    base = base_path(request)
    links = [*about.links, link(f"{base}/about", "service-doc", type="text/html"), link(LICENSE, "license")]
    about = replace(about, links=links)
    if ready := known(request, variant, lang, about):
        return ready
    if lang:
        return answer(request, await pages.sparql_page(request, "", lang, None, None), HTML, lang, about)
    endpoint = f"{request.app.state.settings.public_base}sparql"
    triples = service_description(endpoint, release_of(request))
    return answer(request, serialise(triples, variant, context_iri(request), endpoint), variant, about=about)


PATHS = ("/sparql", "/sparql/")
"""The endpoint, with and without a final slash: clients that federate do not follow redirects."""
ROUTES = [Route(path, sparql, methods=["GET", "POST"], include_in_schema=False) for path in PATHS]
"""The routes of the endpoint."""
