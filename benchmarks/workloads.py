"""What the servers are asked: questions of the kinds that people ask an evidence graph, each text distinct or repeated.

A distinct text is never sent twice in a run, so no server can answer it from memory of an earlier answer: what
distinguishes two texts about the same resource is a prefix that is declared and not used.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from evidensgraf.queries import catalogue

ROWS, REPEATED = "10 000 rows", ", repeated"
"""The name of a workload, and what the names of those end with whose queries come again."""
_POINT = "SELECT ?title WHERE {{ <{}> <http://purl.org/dc/terms/title> ?title }}"
_CHAIN = (
    "PREFIX ev: <https://w3id.org/evidensgraf/def/> PREFIX oa: <http://www.w3.org/ns/oa#> "
    "SELECT ?line ?statement ?passage ?document ?title WHERE {{ <{}> ev:hasEvidenceLine ?line . "
    "?line ev:hasEvidenceItem ?statement . ?statement ev:statedIn ?passage . ?passage oa:hasSource ?document . "
    "?document <http://purl.org/dc/terms/title> ?title }}"
)
_AGGREGATE = (
    "PREFIX ev: <https://w3id.org/evidensgraf/def/> SELECT ?about ?effect (COUNT(DISTINCT ?finding) AS ?findings) "
    "WHERE { ?finding a ev:Finding ; ev:about ?about ; ev:effect ?effect } GROUP BY ?about ?effect"
)
_ROWS = "SELECT ?s ?class WHERE { ?s <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ?class }"
_CLAIM, _STATEMENT = b"<https://w3id.org/evidensgraf/def/restsOn>", b"<https://w3id.org/evidensgraf/def/statedIn>"


@dataclass(frozen=True)
class Resources:
    """The resources of one dataset that questions are about: claims with evidence, and statements."""

    claims: list[str]
    statements: list[str]


def resources(quads: Path) -> Resources:
    """Return the claims and statements in N-Quads, in an order that does not follow the file."""
    found: dict[bytes, set[str]] = {_CLAIM: set(), _STATEMENT: set()}
    with quads.open("rb") as lines:
        for line in lines:
            subject, predicate, _ = line.split(b" ", 2)
            if predicate in found:
                found[predicate].add(subject[1:-1].decode())
    claims, statements = (sorted(iris) for iris in found.values())
    draw = random.Random(1)
    return Resources(draw.sample(claims, len(claims)), draw.sample(statements, len(statements)))


def new(text: str, number: int) -> str:
    """Return a query in words that no other number gives.

    >>> new("ASK {}", 7)
    'PREFIX n7: <urn:n:7> ASK {}'
    """
    return f"PREFIX n{number}: <urn:n:{number}> {text}"


def _about(template: str, iris: list[str]) -> Iterator[str]:
    for number in count():
        yield new(template.format(iris[number % len(iris)]), number)


def _rows() -> Iterator[str]:
    for size in count(10_000):
        yield f"{_ROWS} LIMIT {size}"


def _again(text: str) -> Iterator[str]:
    return (new(text, number) for number in count())


def _bound(name: str, parameter: str, iris: list[str]) -> Iterator[str]:
    query = catalogue.load()[name]
    for number in count():
        yield new(query.bind({parameter: iris[number % len(iris)]}), number)


def distinct(found: Resources) -> Mapping[str, Iterator[str]]:
    """Return the workloads of distinct queries, by name, each without end."""
    return {
        "point": _about(_POINT, found.statements),
        "chain": _about(_CHAIN, found.claims),
        "evidence-chain query": _bound("evidence-chain", "claim", found.claims),
        "gap map": _again(catalogue.load()["gap-map"].text),
        "aggregate": _again(_AGGREGATE),
        ROWS: _rows(),
    }


def repeated(found: Resources) -> Mapping[str, list[str]]:
    """Return the workloads of few queries that come again and again."""
    return {f"{name}{REPEATED}": list(islice(distinct(found)[name], 100)) for name in ("point", "chain")}


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
