"""Content negotiation (RFC 9110 §12.5): which of the representations that exist is the one the client wants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from evidensgraf.ontology.namespaces import LANGUAGES

VARY = "Accept, Accept-Language"
"""The ``Vary`` of everything that is negotiated."""

MOST = 16_000
"""How much of a header is read, in characters; what stands beyond is not looked at."""

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE = re.compile(rf"\s*({_TOKEN})/({_TOKEN})\s*((?:;[^;]*)*)$")
_PARAMETER = re.compile(rf"\s*({_TOKEN})\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|({_TOKEN}))\s*$")
_LANGUAGE = re.compile(r"\s*(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*((?:;[^;]*)*)$")
_QVALUE = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$")
_QUOTED = r"\"(?:[^\"\\]|\\.?)*+(?:\"|$)"  # one that is left open ends with the header, so that no text is read twice
_ITEMS = re.compile(rf"((?:[^,\"]|{_QUOTED})+)", re.DOTALL)
_PIECES = re.compile(rf";((?:[^;\"]|{_QUOTED})*)", re.DOTALL)
_VERSIONS = ("1.1", "1.2", "1.2-basic")  # of RDF and SPARQL: an answer has what is new in 1.2 only where it needs it
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "turtle": ("ttl",),
    "n3": ("ttl",),
    "n-triples": ("nt",),
    "ntriples": ("nt",),
    "json-ld": ("jsonld",),
    "json": ("jsonld",),
    "rdf+xml": ("rdf",),
    "rdfxml": ("rdf",),
    "xml": ("rdf",),
}  # what SPARQLWrapper and its like write in ?format=


@dataclass(frozen=True)
class Variant:
    """One representation: its media type, the short name used in ``?format=`` and suffixes, and its parameters.

    ``source`` is the media type to ask the engine for, where it is not the media type itself.
    """

    media_type: str
    name: str
    source: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    alias: bool = False

    @property
    def content_type(self) -> str:
        """The value of ``Content-Type``: text carries its charset (RFC 7303, RFC 4180), JSON has none."""
        return f"{self.media_type}; charset=utf-8" if self.media_type.startswith("text/") else self.media_type


@dataclass(frozen=True)
class _MediaRange:
    main: str
    sub: str
    parameters: Mapping[str, str]
    q: float

    @property
    def specificity(self) -> tuple[int, int]:
        return (self.main != "*") + (self.sub != "*"), len(self.parameters)

    def matches(self, variant: Variant) -> bool:
        main, _, sub = variant.media_type.partition("/")
        if self.main not in ("*", main) or self.sub not in ("*", sub):
            return False
        return all(_fits(variant, name, value) for name, value in self.parameters.items())


def _fits(variant: Variant, name: str, value: str) -> bool:
    if name == "charset":
        return value.lower() in ("utf-8", "utf8")
    if name == "version":
        return value in _VERSIONS
    offered = variant.parameters.get(name, "")
    return set(value.split()) <= set(offered.split()) if name == "profile" else value == offered


def _q(pieces: Sequence[str]) -> tuple[float, list[str]]:
    """Return the weight among parameters, and the parameters that stand before it (RFC 9110 §12.4.2)."""
    for i, piece in enumerate(pieces):
        name, _, value = (part.strip() for part in piece.partition("="))
        if name.lower() == "q":
            return (float(value) if _QVALUE.match(value) else 0.0), list(pieces[:i])
    return 1.0, list(pieces)


def joined(lines: Sequence[str]) -> str | None:
    """Return the lines of one header as one value (RFC 9110 §5.3), or None when there are none.

    >>> joined(["text/turtle", "text/html;q=0.5"])
    'text/turtle, text/html;q=0.5'
    """
    return ", ".join(lines) if lines else None


def _media_ranges(accept: str) -> Iterator[_MediaRange]:
    for item in _ITEMS.findall(accept[:MOST]):
        if not (match := _RANGE.match(item)):
            continue
        weight, pieces = _q(_PIECES.findall(match[3]))
        pairs = [m for m in map(_PARAMETER.match, pieces) if m]
        parameters = {m[1].lower(): re.sub(r"\\(.)", r"\1", m[2]) if m[2] is not None else m[3] for m in pairs}
        yield _MediaRange(match[1].lower(), match[2].lower(), parameters, weight)


def quality(accept: str | None, variant: Variant) -> float:
    """Return how much a client wants a variant, 0 to 1: the weight of the most specific range that matches it.

    An absent, empty or unreadable ``Accept`` wants everything.

    >>> quality("text/*;q=0.3, text/turtle", Variant("text/turtle", "ttl"))
    1.0
    >>> quality("text/*;q=0.3, text/turtle", Variant("text/html", "html"))
    0.3
    """
    return _weight(list(_media_ranges(accept or "")), variant)


def _weight(ranges: Sequence[_MediaRange], variant: Variant) -> float:
    if not ranges:
        return 1.0
    matching = [r for r in ranges if r.matches(variant)]
    return max(matching, key=lambda r: r.specificity).q if matching else 0.0


def choose(accept: str | None, variants: Sequence[Variant], name: str | None = None) -> Variant | None:
    """Return the variant to send, or None when there is none that the client accepts.

    ``name`` is an explicit choice (``?format=`` or a suffix), a short name or a media type; it beats ``accept``.
    ``variants`` are in the server's order of preference, which decides between equals.

    >>> html, turtle = Variant("text/html", "html"), Variant("text/turtle", "ttl")
    >>> choose("text/turtle, */*;q=0.1", [html, turtle]).name
    'ttl'
    >>> choose("text/turtle", [html, turtle], "html").name
    'html'
    """
    if name:
        named = (
            v for wanted in _names(name) for v in variants if wanted == (v.media_type if "/" in wanted else v.name)
        )
        return next(named, None)
    return _best((accept or "")[:MOST], tuple(variants))


@lru_cache(maxsize=512)
def _best(accept: str, variants: tuple[Variant, ...]) -> Variant | None:
    ranges = list(_media_ranges(accept))
    ranked = [(_weight(ranges, v), v) for v in variants]
    best = max((q for q, _ in ranked), default=0.0)
    return next((v for q, v in ranked if q == best), None) if best > 0 else None


def _names(name: str) -> tuple[str, ...]:
    """Return what an explicit choice may stand for; a ``+`` in an address arrives as a space."""
    name = name.strip().lower().replace(" ", "+")
    return (name, *_SYNONYMS.get(name, ()))


def choose_language(accept: str | None, name: str | None = None) -> str | None:
    """Return ``sv`` or ``en``: what ``?lang=`` names, else what ``Accept-Language`` prefers (RFC 4647 §3.4 lookup).

    A language that is not published gives Swedish, except when ``name`` asks for it: then None.

    >>> choose_language("de, en-GB;q=0.8, sv;q=0.3")
    'en'
    """
    if name:
        wanted = name.strip().lower().split("-")[0]
        return wanted if wanted in LANGUAGES else None
    weights: dict[str, float] = {}
    for item in (accept or "")[:MOST].split(","):
        if match := _LANGUAGE.match(item):
            weight, _ = _q(_PIECES.findall(match[2]))
            tag = match[1].lower().split("-")[0]
            weights[tag] = max(weight, weights.get(tag, 0.0))
    wanted_most = {lang: weights.get(lang, weights.get("*", 0.0)) for lang in LANGUAGES}
    best = max(LANGUAGES, key=lambda lang: wanted_most[lang])
    return best if wanted_most[best] > 0 else _least_refused(weights)


def _least_refused(weights: Mapping[str, float]) -> str:
    return next((lang for lang in LANGUAGES if weights.get(lang) != 0.0), LANGUAGES[0])
