"""References and the sources that are known: which are the same, and new ones as statements of the bibliography."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import pyoxigraph as ox

from evidensgraf.graph.references import Reference, doi_of, isbns_of, texts
from evidensgraf.ontology.namespaces import EV, ID, LANGUAGES, expand, graph_iri, resource, slugify

_BIBLIOGRAPHY = ox.NamedNode(graph_iri("bibliography"))
_SOURCE = ID + "source/"
_TITLE_WORDS = 4
"""So many words of a title are part of a new slug."""


@dataclass(frozen=True)
class Match:
    """What a reference was found to be: ``new``, or the source (or line of the file) that it is, and by what.

    ``by`` is a key of ``states`` in ``references.yaml``: doi, isbn, url, title, file or new.
    """

    reference: Reference
    by: str
    source: str = ""

    def words(self, lang: str) -> str:
        """Return the finding in words."""
        return str(texts()["states"][self.by][lang].format(source=self.source))

    @property
    def decision(self) -> str:
        """Return what is proposed: ``new``, ``skip``, or the name of the known source."""
        return {"new": "new", "file": "skip"}.get(self.by, self.source)


class Known:
    """The known sources by what identifies them; two that share it are both left out, for neither is meant for sure."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        self.keys: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.slugs: set[str] = set()
        self.publishers: dict[str, str] = {}
        titles: dict[str, set[str]] = defaultdict(set)
        years: dict[str, str] = {}
        for quad in quads:
            iri, value = str(getattr(quad.subject, "value", "")), str(getattr(quad.object, "value", ""))
            if quad.predicate.value == expand("foaf:name"):
                self.publishers[value.casefold()] = iri
            if not iri.startswith(_SOURCE) or "#" in iri:
                continue
            self.slugs.add(iri.removeprefix(_SOURCE))
            name = quad.predicate.value
            if name == expand("dcterms:title"):
                titles[iri].add(value)
            elif name == expand("dcterms:issued"):
                years[iri] = value[:4]
            for key in _keys(name, value):
                self.keys[key].add(iri)
        for iri, written in titles.items():
            for title in written:
                for key in _title_keys(title, years.get(iri, "")):
                    self.keys[key].add(iri)

    def match(self, references: Sequence[Reference]) -> list[Match]:
        """Return what each reference is, in order; one that stands in the file before is its repetition."""
        before: dict[tuple[str, str], int] = {}
        found = []
        for reference in references:
            keys = list(_keys_of(reference))
            match = next((self._known(reference, key) for key in keys if len(self.keys.get(key, ())) == 1), None)
            if match is None and (lines := [before[key] for key in keys if key in before]):
                match = Match(reference, "file", str(lines[0]))
            for key in keys:
                before.setdefault(key, reference.line)
            found.append(match or Match(reference, "new"))
        return found

    def _known(self, reference: Reference, key: tuple[str, str]) -> Match:
        return Match(reference, key[0], next(iter(self.keys[key])).removeprefix(ID))


def _keys(predicate: str, value: str) -> Iterator[tuple[str, str]]:
    if predicate == expand("bibo:doi"):
        yield "doi", doi_of(value)
    elif predicate == expand("bibo:isbn"):
        yield from (("isbn", isbn) for isbn in isbns_of(value))
    elif predicate == expand("foaf:page"):
        if "doi.org/" in value and doi_of(value):
            yield "doi", doi_of(value)
        yield "url", url_key(value)


def _keys_of(reference: Reference) -> Iterator[tuple[str, str]]:
    """Yield what identifies a reference, the surest first."""
    if doi := reference.doi or (doi_of(reference.url) if "doi.org/" in reference.url else ""):
        yield "doi", doi
    yield from (("isbn", isbn) for isbn in reference.isbn)
    if reference.url:
        yield "url", url_key(reference.url)
    yield from _title_keys(reference.title, reference.year)


def _title_keys(title: str, year: str) -> Iterator[tuple[str, str]]:
    """Yield the folded title with the year, whole and without what stands after a colon or a dash."""
    whole, short = slugify(title), slugify(re.split(r"[:–—.] ", title)[0])
    if whole and year:
        yield "title", f"{whole} {year}"
        if short != whole and short.count("-") >= 2:
            yield "title", f"{short} {year}"


def url_key(url: str) -> str:
    """Return a web address as it is compared: without scheme, www, tracking, fragment and final slash.

    >>> url_key("http://www.Example.se/a/?utm_source=x#y"), url_key("https://example.se/a")
    ('example.se/a', 'example.se/a')
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    query = "&".join(p for p in parts.query.split("&") if p and not p.startswith("utm_"))
    host = (parts.netloc or "").lower().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}{'?' + query if query else ''}"


def citation_key(authors: Sequence[str], year: str, title: str = "") -> str:
    """Return the key by which a source is cited in a text: one author, two, or the first and others; and the year.

    >>> citation_key(["Ek, B.", "Al, A."], "2020"), citation_key(["Ek, B.", "Al, A.", "Ås, C."], "2020")
    ('Ek & Al, 2020', 'Ek m.fl., 2020')
    """
    names = [author.partition(",")[0].strip() for author in authors] or [title]
    who = f"{names[0]} m.fl." if len(names) > 2 else " & ".join(names)
    return f"{who}, {year}" if year else who


def source_quads(matches: Iterable[tuple[Match, str]], known: Known, used_in: str) -> list[ox.Quad]:
    """Return references, each with its decision, as statements of the bibliography.

    A new source gets a name of its own; a known one only that it is cited in the document ``used_in`` (a slug), where
    one is given. Raises ``ValueError`` for a decision that is none.
    """
    quads: list[ox.Quad] = []
    slugs = set(known.slugs)
    for match, decision in matches:
        if decision == "skip":
            continue
        if decision == "new":
            slug = _slug(match.reference, slugs)
            slugs.add(slug)
            quads += _source(match.reference, resource("source", slug), known)
        elif decision.removeprefix("source/") in known.slugs:
            slug = decision.removeprefix("source/")
        else:
            raise ValueError(decision)
        if decision == "new" or used_in:
            quads += _cited(match.reference, resource("source", slug), used_in, fragment_of(decision, used_in))
    return quads


def fragment_of(decision: str, used_in: str) -> str:
    """Return the fragment of a cited form: one for a new source, one for each document for a known source."""
    return "citerad" if decision == "new" else f"citerad-i-{used_in}"


def _slug(reference: Reference, taken: set[str]) -> str:
    who = reference.authors[0].partition(",")[0] if reference.authors else ""
    words = slugify(reference.title).split("-")[:_TITLE_WORDS]
    slug = "-".join(filter(None, (slugify(who), reference.year, *words))) or "source"
    count = 1
    found = slug
    while found in taken:
        count += 1
        found = f"{slug}-{count}"
    return found


def _source(reference: Reference, iri: str, known: Known) -> list[ox.Quad]:
    language = reference.language
    plain = {
        "ev:authors": "; ".join(reference.authors),
        "ev:containerTitle": reference.container,
        "bibo:volume": reference.volume,
        "bibo:issue": reference.issue,
        "bibo:number": reference.number,
        "bibo:pages": reference.pages,
        "bibo:doi": reference.doi,
        "dcterms:language": language,
    }
    facts: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        ("rdf:type", ox.NamedNode(EV + "Source")),
        ("dcterms:title", ox.Literal(reference.title, language=language)),
        ("ev:genre", ox.NamedNode(f"{EV}Genre{reference.genre}")),
        *((name, ox.Literal(value)) for name, value in plain.items() if value),
        *(("bibo:isbn", ox.Literal(isbn)) for isbn in reference.isbn),
    ]
    if reference.year:
        facts.append(("dcterms:issued", ox.Literal(reference.year, datatype=ox.NamedNode(expand("xsd:gYear")))))
    if re.match(r"https?://", reference.url):
        facts.append(("foaf:page", ox.NamedNode(reference.url)))
    if publisher := known.publishers.get(reference.publisher.casefold()):
        facts.append(("dcterms:publisher", ox.NamedNode(publisher)))
    for lang in LANGUAGES:
        notes = _notes(reference, publisher, lang)
        facts += [("ev:editorialNote", ox.Literal(text, language=lang)) for text in notes]
    return [ox.Quad(ox.NamedNode(iri), ox.NamedNode(expand(p)), o, _BIBLIOGRAPHY) for p, o in facts]


def _notes(reference: Reference, publisher: str | None, lang: str) -> Iterator[str]:
    """Yield what a person must know of a new source: a publisher that is not an organisation of the graph, a gap."""
    if reference.publisher and not publisher:
        yield texts()["publisher"][lang].format(name=reference.publisher)
    elif not reference.publisher and not reference.container:
        yield texts()["no-publisher"][lang]
    if not reference.year:
        yield texts()["no-year"][lang]


def _cited(reference: Reference, iri: str, used_in: str, fragment: str) -> list[ox.Quad]:
    form = ox.NamedNode(f"{iri}#{fragment}")
    key = ox.Literal(citation_key(reference.authors, reference.year, reference.title))
    quads = [
        ox.Quad(ox.NamedNode(iri), ox.NamedNode(EV + "hasCitedForm"), form, _BIBLIOGRAPHY),
        ox.Quad(form, ox.NamedNode(expand("rdf:type")), ox.NamedNode(EV + "CitedForm"), _BIBLIOGRAPHY),
        ox.Quad(form, ox.NamedNode(EV + "citationKey"), key, _BIBLIOGRAPHY),
    ]
    if used_in:
        where = ox.NamedNode(resource("source", used_in))
        quads.append(ox.Quad(form, ox.NamedNode(EV + "usedIn"), where, _BIBLIOGRAPHY))
    return quads
