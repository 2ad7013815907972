"""Facts: the rows of a catalogue query as terms, and an index of them from which records are put together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph as ox

from evidensgraf.graph.engine import Engine
from evidensgraf.ontology.namespaces import ID, PREFIXES, expand
from evidensgraf.queries.catalogue import load

Text = dict[str, str]
"""A text by language (BCP 47 tag → string)."""
Record = dict[str, Any]
"""A JSON-ready object with camelCase keys."""
Row = Mapping[str, Mapping[str, str]]
"""One solution: variable → term as in SPARQL 1.1 Query Results JSON (``type``, ``value``, ``xml:lang`` …)."""

NUMERIC = {PREFIXES["xsd"] + name for name in ("decimal", "integer", "double", "float", "int", "nonNegativeInteger")}
"""Datatypes of numbers."""
_LANGUAGE = {"sv": 0, "en": 1}


async def construct(engine: Engine, query: str) -> list[ox.Triple]:
    """Return the triples that a CONSTRUCT query gives. Raises what ``Engine.query`` raises."""
    body = (await engine.query(query, "application/n-triples")).body
    return [quad.triple for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)]


async def ask(engine: Engine, name: str, **values: str) -> list[Row]:
    """Return the rows of a query of the catalogue, its parameters bound to values.

    Raises ``CatalogueError`` for a value that does not fit, and what ``Engine.query`` raises.
    """
    answer = await engine.query(load()[name].bind(values))
    rows: list[Row] = json.loads(answer.body)["results"]["bindings"]
    return rows


def kind_of(iri: str) -> str:
    """Return the kind in a resource IRI, or an empty string for any other IRI.

    >>> kind_of("https://w3id.org/evidensgraf/id/evidence-gap/hasky-halsa#passage")
    'evidence-gap'
    """
    return iri[len(ID) :].split("/", 1)[0] if iri.startswith(ID) else ""


def identity(iri: str) -> Record:
    """Return the keys that every record has: ``id``, ``type`` (class local name) and ``slug``.

    >>> identity("https://w3id.org/evidensgraf/id/evidence-gap/hasky-halsa")["type"]
    'EvidenceGap'
    """
    name = "".join(part.capitalize() for part in kind_of(iri).split("-"))
    return {"id": iri, "type": name, "slug": iri.rsplit("/", 1)[-1]}


def number(lexical: str) -> int | float:
    """Return a number from its lexical form, whole numbers as ``int``."""
    value = float(lexical)
    return int(value) if value.is_integer() else value


def gather(texts: Iterable[tuple[str, str]]) -> Text:
    """Return texts by language, Swedish first; several in one language are joined by a line break in sorted order."""
    found: dict[str, set[str]] = {}
    for language, value in texts:
        found.setdefault(language or "und", set()).add(value)
    ordered = sorted(found, key=lambda language: (_LANGUAGE.get(language, 2), language))
    return {language: "\n".join(sorted(found[language])) for language in ordered}


def sort_key(text: Text | None) -> str:
    """Return what a thing is sorted by: its text in its first language, whatever its case.

    >>> sort_key({"sv": "Arbete", "en": "work"})
    'arbete'
    """
    return next(iter((text or {}).values()), "").casefold()


def fold(rows: Iterable[Row], key: str) -> dict[str, dict[str, list[str]]]:
    """Group rows by the value of one variable: key value → variable → distinct values, in the order of the rows."""
    records: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        record = records.setdefault(row[key]["value"], {})
        for variable, term in row.items():
            values = record.setdefault(variable, [])
            if term["value"] not in values:
                values.append(term["value"])
    return records


class Facts:
    """An index over rows of ``?subject ?property ?value ?label``: what is said of each subject."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._terms: dict[str, dict[str, dict[str, Mapping[str, str]]]] = {}
        self._labels: dict[str, set[tuple[str, str]]] = {}
        for row in rows:
            value = row["value"]
            key = value["value"] + "@" + value.get("xml:lang", "")
            properties = self._terms.setdefault(row["subject"]["value"], {})
            properties.setdefault(row["property"]["value"], {})[key] = value
            if "label" in row:
                label = (row["label"].get("xml:lang", ""), row["label"]["value"])
                self._labels.setdefault(value["value"], set()).add(label)

    def __contains__(self, subject: object) -> bool:
        return subject in self._terms

    def subjects(self, kind: str) -> list[str]:
        """Return the IRIs of the subjects of a kind, parts (fragments) not counted, sorted."""
        return sorted(s for s in self._terms if kind_of(s) == kind and "#" not in s)

    def properties(self, subject: str) -> dict[str, list[Mapping[str, str]]]:
        """Return everything said of a subject: property IRI → terms."""
        return {p: list(terms.values()) for p, terms in self._terms.get(subject, {}).items()}

    def terms(self, subject: str, curie: str) -> list[Mapping[str, str]]:
        """Return the values of a property of a subject, as terms."""
        return list(self._terms.get(subject, {}).get(expand(curie), {}).values())

    def iris(self, subject: str, curie: str) -> list[str]:
        """Return the values of a property that are IRIs, in the order of their numbers where they end in one."""
        found = [t["value"] for t in self.terms(subject, curie) if t["type"] == "uri"]
        return sorted(found, key=_natural)

    def text(self, subject: str, curie: str) -> Text | None:
        """Return a text property by language, or None where nothing is said."""
        return gather((t.get("xml:lang", ""), t["value"]) for t in self.terms(subject, curie)) or None

    def one(self, subject: str, curie: str) -> str | None:
        """Return the value of a property with at most one value (the first in sorted order), as a string."""
        return min((t["value"] for t in self.terms(subject, curie)), default=None)

    def number(self, subject: str, curie: str) -> int | float | None:
        """Return a numeric value, or None where nothing is said."""
        found = [t["value"] for t in self.terms(subject, curie) if t.get("datatype") in NUMERIC]
        return number(found[0]) if found else None

    def label(self, iri: str) -> Text:
        """Return the label of a value by language; the last part of its IRI where it has none."""
        own = (self.text(iri, c) for c in ("skos:prefLabel", "dcterms:title", "foaf:name", "rdfs:label"))
        if known := gather(self._labels.get(iri, ())):
            return known
        return next((t for t in own if t), {"und": iri.rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1]})

    def link(self, iri: str) -> Record:
        """Return a linked thing: ``id`` and ``label``."""
        return {"id": iri, "label": self.label(iri)}

    def links(self, subject: str, curie: str) -> list[Record]:
        """Return the linked things of a property, sorted by their first label."""
        found = [self.link(iri) for iri in self.iris(subject, curie)]
        return sorted(found, key=lambda thing: sort_key(thing["label"]))

    def first_link(self, subject: str, curie: str) -> Record | None:
        """Return the linked thing of a property with at most one value, or None."""
        return next(iter(self.links(subject, curie)), None)


def _natural(iri: str) -> tuple[str, int]:
    head, _, tail = iri.rpartition("-")
    return (head, int(tail)) if tail.isdigit() else (iri, 0)
