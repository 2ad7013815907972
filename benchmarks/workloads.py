"""What the servers are asked: questions of the kinds that people ask an evidence graph, each text distinct or repeated.

A distinct text is never sent twice in a run, so no server can answer it from memory of an earlier answer: what
distinguishes two texts about the same resource is a ``LIMIT`` that no answer reaches.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import pyoxigraph as ox

from evidensgraf.ontology.namespaces import PREFIXES
from evidensgraf.queries import catalogue

BEYOND = 1_000_000
"""A ``LIMIT`` that no answer reaches."""

_POINT = "SELECT ?title WHERE {{ <{}> <http://purl.org/dc/terms/title> ?title }}"
_CHAIN = (
    "PREFIX ev: <https://w3id.org/evidensgraf/def/> PREFIX oa: <http://www.w3.org/ns/oa#> "
    "SELECT ?line ?statement ?passage ?document ?title WHERE {{ <{}> ev:hasEvidenceLine ?line . "
    "?line ev:hasEvidenceItem ?statement . ?statement ev:statedIn ?passage . ?passage oa:hasSource ?document . "
    "?document <http://purl.org/dc/terms/title> ?title }}"
)
_AGGREGATE = (
    "PREFIX ev: <https://w3id.org/evidensgraf/def/> SELECT ?about ?effect (COUNT(DISTINCT ?finding) AS ?findings) "
    "WHERE {{ ?finding a ev:Finding ; ev:about ?about ; ev:effect ?effect }} GROUP BY ?about ?effect"
)
_ROWS = "SELECT ?s ?title WHERE {{ ?s <http://purl.org/dc/terms/title> ?title }}"
_CLAIMS = "SELECT DISTINCT ?s WHERE { ?s ev:hasEvidenceLine/ev:hasEvidenceItem ?item } ORDER BY ?s"
_STATEMENTS = "SELECT DISTINCT ?s WHERE { ?s ev:statedIn ?p ; dcterms:title ?title } ORDER BY ?s"


@dataclass(frozen=True)
class Resources:
    """The resources of one dataset that questions are about: claims with evidence, and statements."""

    claims: list[str]
    statements: list[str]


def resources(store: ox.Store) -> Resources:
    """Return the claims and statements of a dataset."""

    def column(query: str) -> list[str]:
        rows = store.query(query, prefixes=PREFIXES, use_default_graph_as_union=True)
        assert isinstance(rows, ox.QuerySolutions)
        return [row[0].value for row in rows]

    return Resources(column(_CLAIMS), column(_STATEMENTS))


def _about(template: str, iris: list[str]) -> Iterator[str]:
    for size in count(BEYOND):
        for iri in iris:
            yield f"{template.format(iri)} LIMIT {size}"


def _again(template: str) -> Iterator[str]:
    return _about(template, [""])


def _rows() -> Iterator[str]:
    for offset in count():
        yield f"{_ROWS.format()} OFFSET {offset} LIMIT 10000"


def _bound(name: str, parameter: str, iris: list[str]) -> Iterator[str]:
    query = catalogue.load()[name]
    for size in count(BEYOND):
        for iri in iris:
            yield f"{query.bind({parameter: iri})} LIMIT {size}"


def _unbound(name: str) -> Iterator[str]:
    for size in count(BEYOND):
        yield f"{catalogue.load()[name].text} LIMIT {size}"


def distinct(found: Resources) -> Mapping[str, Iterator[str]]:
    """Return the workloads of distinct queries, by name, each without end."""
    return {
        "point": _about(_POINT, found.statements),
        "chain": _about(_CHAIN, found.claims),
        "evidence-chain query": _bound("evidence-chain", "claim", found.claims),
        "gap map": _unbound("gap-map"),
        "aggregate": _again(_AGGREGATE),
        "10 000 rows": _rows(),
    }


def repeated(found: Resources) -> Mapping[str, list[str]]:
    """Return the workloads of few queries that come again and again."""
    return {
        f"{name}, repeated": list(islice(queries, 100))
        for name, queries in distinct(found).items()
        if name in ("point", "chain")
    }


def chains(found: Resources) -> list[str]:
    """Return the request targets of the service's own evidence chains, one for each claim that has one."""
    kinds = {"recommendation": "recommendations", "appraisal": "appraisals"}
    parts = [claim.rsplit("/", 2)[1:] for claim in found.claims]
    return [f"/api/v1/{kinds[kind]}/{slug}/evidence-chain" for kind, slug in parts if kind in kinds]


def entries(parameters: Path) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of every SELECT query of the catalogue, with the parameters of its first golden result."""
    given = json.loads(parameters.read_text(encoding="utf-8"))
    for name, query in catalogue.load().items():
        if query.form == "SELECT":
            yield name, query.bind(given.get(name, [{}])[0])
