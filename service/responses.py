"""What every answer has: its negotiated variant and language, its validator (``ETag``), and how long it may be kept."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache, cached_property
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.graph.engine import Engine
from evidensgraf.graph.recent import Recent
from evidensgraf.graph.release import Release
from evidensgraf.service.access import note
from evidensgraf.service.conditions import failed, held, unchanged
from evidensgraf.service.negotiation import Variant, choose, choose_language, joined
from evidensgraf.service.paths import chosen_format, full_path
from evidensgraf.service.problems import Problem
from evidensgraf.service.serving import serving_of

LICENSE = "https://creativecommons.org/licenses/by/4.0/"
"""The licence of all data."""
FRESH = "public, max-age=300"
"""``Cache-Control`` of what a release says: fresh for five minutes, then revalidated with its ``ETag``."""
IMMUTABLE = "public, max-age=31536000, immutable"
"""``Cache-Control`` of what never changes at its address."""

JSON = Variant("application/json", "json")
HTML = Variant("text/html", "html")
CSV = Variant("text/csv", "csv")
RDF: tuple[Variant, ...] = (
    Variant("text/turtle", "ttl"),
    Variant(
        "application/ld+json",
        "jsonld",
        parameters={"profile": "http://www.w3.org/ns/json-ld#compacted http://www.w3.org/ns/json-ld#flattened"},
    ),
    Variant("application/n-triples", "nt"),
    Variant("application/rdf+xml", "rdf"),
    Variant("application/trig", "trig", source="text/turtle"),
    Variant("application/n-quads", "nq", source="application/n-triples"),
)
"""The RDF representations, in the server's order of preference.

An engine that answers with triples is asked for Turtle where TriG is wanted, and for N-Triples where N-Quads are: each
is the other with triples of a default graph (RDF 1.1 TriG §2.1, RDF 1.1 N-Quads §1).
"""
RDF_ALIASES: tuple[Variant, ...] = (
    Variant("application/json", "jsonld", source="application/ld+json", alias=True),
    Variant("text/n3", "ttl", source="text/turtle", alias=True),
    Variant("application/x-turtle", "ttl", source="text/turtle", alias=True),
    Variant("text/plain", "nt", source="application/n-triples", alias=True),
)
"""Media types under which clients ask for the RDF representations beside, or from before, the registered ones."""

_VERSION = importlib.metadata.version("evidensgraf")


def engine_of(request: Request) -> Engine:
    """Return the engine that answers for a request."""
    return serving_of(request).engine


def adhoc_of(request: Request) -> Engine:
    """Return the share of the engine that answers queries of users' own, and of the catalogue."""
    return serving_of(request).adhoc


def release_of(request: Request) -> Release:
    """Return the release that a request is answered from."""
    return serving_of(request).release


def context_iri(request: Request) -> str:
    """Return the IRI of the JSON-LD context, where this service publishes it."""
    return f"{request.app.state.settings.public_base}context/v1.jsonld"


def language(request: Request) -> str:
    """Return ``sv`` or ``en`` for a request. Raises ``Problem`` (406) when ``?lang=`` asks for another language."""
    chosen = choose_language(joined(request.headers.getlist("accept-language")), request.query_params.get("lang"))
    if chosen is None:
        detail = {"sv": "?lang= kan vara sv eller en.", "en": "?lang= can be sv or en."}
        raise Problem("not-acceptable", detail, members={"available": ["sv", "en"]})
    return chosen


def suffix_of(request: Request) -> str | None:
    """Return the suffix of the path of a request (``json``), or None when it has none."""
    return PurePosixPath(request.url.path).suffix.removeprefix(".") or None


def negotiate(request: Request, variants: Sequence[Variant], suffix: str | None = None) -> Variant:
    """Return the variant for a request: the suffix of its path, else ``?format=``, else ``Accept``.

    Raises ``Problem`` (406), which lists what there is.
    """
    name = suffix or chosen_format(request)
    variant = choose(joined(request.headers.getlist("accept")), variants, name)
    if variant is None:
        shown = [v for v in variants if not v.alias]
        listed = ", ".join(f"{v.media_type} ({v.name})" for v in shown)
        detail = {"sv": f"Det som finns här: {listed}.", "en": f"What there is here: {listed}."}
        available = [{"mediaType": v.media_type, "format": v.name} for v in shown]
        raise Problem("not-acceptable", detail, members={"available": available})
    return variant


def entity_tag(request: Request, variant: Variant, lang: str | None = None) -> str:
    """Return the strong validator (RFC 9110 §8.8.3) of an answer: of its release, address, variant and software."""
    release, query = release_of(request), request.scope["query_string"].decode("latin-1")
    parts = (release.digest, release.id, _VERSION, full_path(request), query, variant.media_type, lang or "")
    return f'"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"'


@dataclass(frozen=True)
class Kept:
    """A whole answer: its body, its content type and its other headers."""

    body: bytes
    content_type: str
    headers: Mapping[str, str]

    @cached_property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """All headers as ASGI has them."""
        return _raw(self.headers, self.body, self.content_type)


@dataclass(frozen=True)
class About:
    """What the headers of an answer say beside its variant.

    ``location`` is the address of this very variant (``Content-Location``), ``links`` are values of ``Link``,
    ``cache`` is its lifetime, ``bilingual`` says that it holds both languages, and ``constant`` is false for an answer
    that differs each time, which has no validator and is not kept.
    """

    location: str | None = None
    links: Sequence[str] = ()
    cache: str = FRESH
    bilingual: bool = False
    constant: bool = True


PLAIN = About()
"""An answer of which nothing more is said."""
BOTH = About(bilingual=True)
"""An answer that holds both languages."""


def known(request: Request, variant: Variant, lang: str | None = None, about: About = PLAIN) -> Response | None:
    """Return an answer that needs no work, or None.

    That is 304 when the client already has this very answer (RFC 9110 §13.1.2), and the answer itself when it was given
    recently. Both belong to a GET only. Raises ``Problem`` (412), see ``conditional``.
    """
    if request.method != "GET" or not about.constant:
        return None
    tag = entity_tag(request, variant, lang)
    kept = _recent(request).get(tag)
    note(request.scope, cache="miss" if kept is None else "hit")
    if kept is not None:
        found = Response(kept.body)
        found.raw_headers = list(kept.raw_headers)
        return conditional(request, kept.headers) or found
    if tag not in held(request.headers):
        return None
    return conditional(request, headers_of(request, variant, lang, about))  # the client has had it: there is one


def answer(
    request: Request, body: bytes | str, variant: Variant, lang: str | None = None, about: About = PLAIN
) -> Response:
    """Return a 200 answer with its validator and lifetime; ``lang`` is given for a representation in one language."""
    headers = headers_of(request, variant, lang, about)
    body = body.encode() if isinstance(body, str) else body
    if "ETag" in headers:
        _recent(request).put(headers["ETag"], Kept(body, variant.content_type, headers), len(body))
    return conditional(request, headers) or Response(body, headers=headers, media_type=variant.content_type)


def raw_headers(request: Request, body: bytes, variant: Variant, about: About = PLAIN) -> list[tuple[bytes, bytes]]:
    """Return the headers of a 200 answer in any language, as ASGI has them (names in lower case)."""
    return _raw(headers_of(request, variant, None, about), body, variant.content_type)


def _raw(headers: Mapping[str, str], body: bytes, content_type: str) -> list[tuple[bytes, bytes]]:
    pairs = (*headers.items(), ("Content-Length", str(len(body))), ("Content-Type", content_type))
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs]


def conditional(request: Request, headers: Mapping[str, str]) -> Response | None:
    """Return 304 when the client has the 200 answer that has these headers (RFC 9110 §13.2.2), or None.

    Raises ``Problem`` (412) when the client wants another answer only. To be asked when the answer is known to be 200.
    """
    if request.method != "GET":
        return None
    if failed(request.headers, headers):
        raise Problem("precondition-failed")
    return Response(status_code=304, headers=dict(headers)) if unchanged(request.headers, headers) else None


def _recent(request: Request) -> Recent[Kept]:
    return serving_of(request).recent


def headers_of(request: Request, variant: Variant, lang: str | None = None, about: About = PLAIN) -> dict[str, str]:
    """Return the headers of an answer, without its content type; a POST has no validator."""
    found = {"Cache-Control": about.cache if about.constant else "no-store"}
    if lang or about.bilingual:
        found["Content-Language"] = lang or "sv, en"
    if request.method == "GET" and about.constant:
        found["ETag"] = entity_tag(request, variant, lang)
        found["Last-Modified"] = _http_date(released(release_of(request)))
    if about.location:
        found["Content-Location"] = about.location
    if about.links:
        found["Link"] = ", ".join(about.links)
    return found


@cache
def _http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def released(release: Release) -> datetime:
    """Return when a release was made: its CalVer date, at midnight UTC."""
    return datetime.fromisoformat(release.id[:10]).replace(tzinfo=UTC)


def json_bytes(value: Any) -> bytes:
    """Return a value as readable UTF-8 JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"


def with_query(path: str, parameters: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    """Return a path with a query string, or the path alone when there are no parameters."""
    query = urlencode(parameters)
    return f"{path}?{query}" if query else path


def link(target: str, rel: str, **attributes: str) -> str:
    """Return one value of ``Link`` (RFC 8288).

    >>> link("/a.ttl", "alternate", type="text/turtle")
    '</a.ttl>; rel="alternate"; type="text/turtle"'
    """
    return "; ".join([f"<{target}>", f'rel="{rel}"', *(f'{k}="{v}"' for k, v in attributes.items())])
