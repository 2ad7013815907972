"""Reading sheets: a curator's compact YAML notes on one document, turned into quads for a person to review.

A sheet is how a document is read, not how it is kept: its quads are merged into the TriG files, which are the truth.
The fields of a statement are the names of the ontology's properties, and the ontology says what a value may be: a
concept of a controlled scheme is written by its name (``effect: Beneficial``), a resource by its slug
(``outcome: [sjalvforsorjning]``) or, where a property takes several kinds, by kind and slug
(``about: [intervention/bostad-forst]``); a text is a pair, Swedish then English. ``docs/adding-a-source.md`` describes
the format.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import yaml

from evidensgraf.graph.sheet_terms import Terms
from evidensgraf.ontology.namespaces import expand, graph_iri, resource, slugify

_PLAIN = {"title": "dcterms:title", "summary": "dcterms:description", "note": "ev:editorialNote"}
"""Fields that are not named after a property of the ontology."""
_PARTS = {"at", "numbers", "lines", "cites", "unresolved", "partOf", "period", "kind", "slug"}
"""Fields that become resources of their own, or that the reader treats in a way of its own."""
_LINKS = {
    "publisher": ("dcterms:publisher", "organisation"),
    "creator": ("dcterms:creator", "organisation"),
    "relation": ("dcterms:relation", "source"),
    "broader": ("skos:broader", None),
    "attributedTo": ("prov:wasAttributedTo", "organisation"),
}
_TEXTS = {
    "container": "ev:containerTitle",
    "number": "bibo:number",
    "pages": "bibo:pages",
    "isbn": "bibo:isbn",
    "doi": "bibo:doi",
    "language": "dcterms:language",
    "identifier": "dcterms:identifier",
}
_SECTIONS = ("statements", "studies", "scopes", "concepts", "places", "organisations", "sources")
_DESIGNED = {"studies": "study", "scopes": "search-scope", "sources": "source", "organisations": "organisation"}
_GRAPHS = {"sources": "bibliography", "organisations": "organisations", "places": "concepts", "concepts": "concepts"}
_SCHEMES = {"risk-factor": "factor", "protective-factor": "factor"}

Node = ox.NamedNode | ox.Literal


class SheetError(Exception):
    """A sheet that cannot be read; ``problems`` has one line for each thing that is wrong, with the entry it is in."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(f"{len(problems)} problem(s): {problems[0]}")
        self.problems = problems


@dataclass
class Sheet:
    """A sheet that has been read: the slug of its document, its quads, and what a person must look at."""

    document: str
    quads: list[ox.Quad] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)


def read_sheet(path: Path, known: ox.Store) -> Sheet:
    """Read one sheet. ``known`` has the bibliography, whose cited forms tell which source a citation key stands for.

    Raises ``SheetError`` when the file is not YAML or an entry in it is wrong.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SheetError([f"{path.name}: {error}"]) from error
    if not isinstance(content, dict) or not isinstance(content.get("document"), str):
        raise SheetError([f"{path.name}: say which document it is about: 'document: source-slug' at the top."])
    sheet = _Reader(content, known).read()
    if sheet.problems:
        raise SheetError([f"{path.name}: {problem}" for problem in sheet.problems])
    return sheet


def cited_forms(store: ox.Store, document: str) -> dict[str, str]:
    """Return citation key → IRI of the source, for the keys that one document uses (author and year as printed).

    A key that stands for two sources is left out: which one is meant must be said by its slug, ``source/…``.
    """
    used_in, form, key = (ox.NamedNode(expand(f"ev:{name}")) for name in ("usedIn", "hasCitedForm", "citationKey"))
    found: dict[str, set[str]] = defaultdict(set)
    for use in store.quads_for_pattern(None, used_in, ox.NamedNode(resource("source", document)), None):
        for owner in store.quads_for_pattern(None, form, use.subject, None):
            for written in store.quads_for_pattern(use.subject, key, None, None):
                found[_key(getattr(written.object, "value", ""))].add(getattr(owner.subject, "value", ""))
    return {key: next(iter(sources)) for key, sources in found.items() if len(sources) == 1}


def _key(text: str) -> str:
    """Return a citation key as it is compared: without case, punctuation and white space, & read as och."""
    return " ".join(re.sub(r"[(),.;\s]+", " ", text.replace("&", " och ")).split()).casefold()


class _Reader:
    """Reads the sections of one sheet; what is wrong with an entry is noted and the rest is read."""

    def __init__(self, content: Mapping[str, Any], known: ox.Store) -> None:
        self.content, self.known = content, known
        self.sheet = Sheet(content["document"])
        self.keys = cited_forms(known, self.sheet.document)
        self.terms = Terms()
        self.graph = ox.NamedNode(graph_iri(self.sheet.document))

    def read(self) -> Sheet:
        for unknown in sorted(set(self.content) - {"document", "unresolved", *_SECTIONS}):
            self.sheet.problems.append(f"'{unknown}' is no section. The sections: {', '.join(_SECTIONS)}.")
        for section in _SECTIONS:
            self.graph = ox.NamedNode(graph_iri(_GRAPHS.get(section, self.sheet.document)))
            for i, entry in enumerate(self.content.get(section) or [], 1):
                place = f"{section} {i} ({entry.get('slug', 'no slug') if isinstance(entry, dict) else entry!r})"
                try:
                    self._entry(section, dict(entry))
                except KeyError as error:
                    self.sheet.problems.append(f"{place}: {error} is missing.")
                except (ValueError, TypeError, AttributeError) as error:
                    self.sheet.problems.append(f"{place}: {error}")
        return self.sheet

    def _entry(self, section: str, entry: dict[str, Any]) -> None:
        kind = "place" if section == "places" else _DESIGNED.get(section) or entry.pop("kind", None)
        slug = entry.pop("slug", None)
        if not kind or not slug or slug != slugify(str(slug)):
            raise ValueError(f"needs a kind and a slug of a–z, 0–9 and hyphens (kind: {kind}, slug: {slug}).")
        iri = resource(kind, slug)
        if section in ("concepts", "places", "organisations"):
            self._concept(section, iri, kind, entry)
            return
        entry["language"] = entry.get("language") if section == "sources" else None
        self._add(iri, "rdf:type", expand("ev:" + self.terms.class_of(kind)))
        if section == "sources":
            self._source(iri, entry)
        for name, value in entry.items():
            if value is not None and name not in _PARTS:
                self._field(iri, name, value)
        self._parts(iri, kind, entry)

    def _add(self, subject: str, predicate: str, value: Node | str) -> None:
        node = ox.NamedNode(value) if isinstance(value, str) else value
        self.sheet.quads.append(ox.Quad(ox.NamedNode(subject), ox.NamedNode(expand(predicate)), node, self.graph))

    def _pair(self, subject: str, predicate: str, value: Any) -> None:
        """Add a text in Swedish and English: a pair, a list of pairs, or a mapping of language to text(s)."""
        if isinstance(value, dict):
            for language, texts in value.items():
                for text in texts if isinstance(texts, list) else [texts]:
                    self._add(subject, predicate, ox.Literal(str(text).strip(), language=language))
            return
        if isinstance(value, list) and value and isinstance(value[0], list):
            for pair in value:
                self._pair(subject, predicate, pair)
            return
        if not isinstance(value, list) or len(value) != 2 or not all(isinstance(v, str) and v.strip() for v in value):
            raise ValueError(f"{predicate}: write a pair of texts, [Swedish, English]; found {str(value)[:60]!r}.")
        self._pair(subject, predicate, {"sv": value[0], "en": value[1]})

    def _field(self, subject: str, name: str, value: Any) -> None:
        values = value if isinstance(value, list) else [value]
        if name in _PLAIN:
            self._pair(subject, _PLAIN[name], value)
        elif name in _TEXTS:
            for text in values:
                self._add(subject, _TEXTS[name], ox.Literal(str(text)))
        elif name in _LINKS:
            predicate, kind = _LINKS[name]
            for text in values:
                self._add(subject, predicate, resource(kind or subject.rsplit("/", 2)[-2], str(text).split("/")[-1]))
        elif name in ("issued", "created", "date"):
            for text in values:
                self._add(subject, f"dcterms:{name}", self.terms.date(str(text)))
        elif self.terms.is_text(name):
            self._pair(subject, "ev:" + name, value)
        else:
            for text in values:
                self._add(subject, "ev:" + name, self.terms.value(name, text))

    def _parts(self, iri: str, kind: str, entry: Mapping[str, Any]) -> None:
        stated = "dcterms:source" if kind == "search-scope" else "ev:statedIn"
        for i, place in enumerate(entry.get("at") or [], 1):
            self._passage(iri, stated, f"{iri}#passage" if i == 1 else f"{iri}#passage-{i}", place)
        for i, number in enumerate(entry.get("numbers") or [], 1):
            self._number(iri, i, number)
        for i, line in enumerate(entry.get("lines") or [], 1):
            self._line(iri, f"{iri}#line-{i}", line)
        if entry.get("period") is not None:
            start, end = (entry["period"] * 2)[:2] if isinstance(entry["period"], list) else [entry["period"]] * 2
            self._add(iri, "ev:periodStart", self.terms.date(str(start)))
            self._add(iri, "ev:periodEnd", self.terms.date(str(end)))
        for whole in _listed(entry.get("partOf")):
            self._add(
                iri, "dcterms:isPartOf", resource(kind, whole) if "/" not in whole else resource(*whole.split("/"))
            )
        for text in _listed(entry.get("unresolved")):
            self._add(iri, "ev:unresolvedCitation", ox.Literal(text, language="sv"))
        sources = [found for cite in _listed(entry.get("cites")) if (found := self._cited(iri, cite))]
        for source in sources:
            self._add(iri, "prov:hadPrimarySource", source)
        if sources:
            self._add(iri, "ev:verification", expand("ev:notVerified"))

    def _cited(self, iri: str, cite: str) -> str | None:
        if cite.startswith("source/"):
            return resource("source", cite.removeprefix("source/"))
        found = self.keys.get(_key(cite))
        if found is None:
            self.sheet.unresolved.append(f"{iri}: '{cite}' is no citation key of {self.sheet.document}.")
        return found

    def _passage(self, owner: str, predicate: str, iri: str, place: Mapping[str, Any]) -> None:
        document = place.get("doc", self.sheet.document)
        self._add(owner, predicate, iri)
        self._add(iri, "rdf:type", expand("ev:Passage"))
        self._add(iri, "oa:hasSource", resource("source", document))
        self._add(iri, "bibo:section", ox.Literal(str(place["sec"])))
        if place.get("page"):
            self._add(iri, "bibo:pages", ox.Literal(str(place["page"])))
        self._add(iri, "oa:hasSelector", iri + "-range")
        self._add(iri + "-range", "rdf:type", expand("oa:RangeSelector"))
        for end, link, words in (("start", "oa:hasStartSelector", "from"), ("end", "oa:hasEndSelector", "to")):
            self._add(iri + "-range", link, f"{iri}-{end}")
            self._add(f"{iri}-{end}", "rdf:type", expand("oa:TextQuoteSelector"))
            self._add(f"{iri}-{end}", "oa:exact", ox.Literal(str(place[words]).strip()))

    def _number(self, owner: str, i: int, number: Mapping[str, Any]) -> None:
        iri = f"{owner}#magnitude-{number.get('slug') or i}"
        self._add(owner, "ev:hasMagnitude", iri)
        self._add(iri, "rdf:type", expand("ev:Magnitude"))
        self._pair(iri, "rdfs:label", number["label"])
        for name, given in (("value", "v"), ("minimum", "min"), ("maximum", "max")):
            if number.get(given) is not None:
                self._add(iri, "ev:" + name, self.terms.value(name, number[given]))
        self._add(iri, "ev:unit", self.terms.value("unit", number["unit"]))
        self._add(iri, "ev:measuredIn", self.terms.value("measuredIn", number.get("in", "wholePopulation")))
        self._add(iri, "ev:printedForm", ox.Literal(str(number["printed"])))
        if number.get("about"):
            self._add(iri, "ev:approximate", self.terms.value("approximate", True))

    def _line(self, owner: str, iri: str, line: Mapping[str, Any]) -> None:
        self._add(owner, "ev:hasEvidenceLine", iri)
        self._add(iri, "rdf:type", expand("ev:EvidenceLine"))
        self._add(iri, "ev:direction", self.terms.value("direction", line["dir"]))
        for basis in _listed(line["basis"]):
            self._add(iri, "ev:basis", self.terms.value("basis", basis))
        for item in _listed(line.get("items")):
            self._add(iri, "ev:hasEvidenceItem", self.terms.value("hasEvidenceItem", item))

    def _concept(self, section: str, iri: str, kind: str, entry: dict[str, Any]) -> None:
        self._add(iri, "rdf:type", expand("ev:" + self.terms.class_of(kind)))
        label = {"organisations": "foaf:name", "places": "rdfs:label"}.get(section, "skos:prefLabel")
        self._pair(iri, label, entry.pop("name", None) or entry.pop("label", None))
        for name, predicate in (
            ("alt", "skos:altLabel"),
            ("def", "skos:definition"),
            ("summary", "dcterms:description"),
        ):
            if entry.get(name):
                self._pair(iri, predicate, entry.pop(name))
        if section == "concepts":
            scheme = resource("concept-scheme", _SCHEMES.get(kind, kind))
            self._add(iri, "rdf:type", expand("skos:Concept"))
            self._add(iri, "skos:inScheme", scheme)
            if not entry.get("broader"):
                self._add(iri, "skos:topConceptOf", scheme)
        for name, value in entry.items():
            if value:
                self._field(iri, name, value)

    def _source(self, iri: str, entry: dict[str, Any]) -> None:
        for language, title in (entry.pop("title", None) or {}).items():
            self._add(iri, "dcterms:title", ox.Literal(title, language=language))
            if entry.get("citation"):
                text = ox.Literal(entry["citation"], language=language)
                self._add(iri, "dcterms:bibliographicCitation", text)
        entry.pop("citation", None)
        if page := entry.pop("page", None):
            self._add(iri, "foaf:page", str(page))
        for document, forms in (entry.pop("cited", None) or {}).items():
            for i, form in enumerate(forms, 1):
                short = "-".join(document.split("-")[:2])
                node = f"{iri}#citerad-i-{short}" + (f"-{i}" if i > 1 else "")
                self._add(iri, "ev:hasCitedForm", node)
                self._add(node, "rdf:type", expand("ev:CitedForm"))
                self._add(node, "ev:citationKey", ox.Literal(form))
                self._add(node, "ev:usedIn", resource("source", document))


def _listed(value: Any) -> Iterator[str]:
    values: Iterable[Any] = [] if value is None else value if isinstance(value, list) else [value]
    return (str(v) for v in values)
