"""What an endpoint says of the release that was published there: which it is, and how many triples each graph has."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from evidensgraf.graph import incoming
from evidensgraf.graph.endpoint import Call, Endpoint, Passing, Rejected, TooLate, ask
from evidensgraf.graph.engine import EngineFault, EngineUnavailable
from evidensgraf.graph.release import DESCRIPTION, MANIFEST, Release, ReleaseError
from evidensgraf.ontology.namespaces import PREFIXES, expand, graph_iri

UNION = graph_iri("union")
"""The graph at an endpoint that has every triple of the release: the default graph of queries."""
ANNOUNCEMENT = graph_iri("announcement")
"""The graph at an endpoint that says which release is there. It is written last and removed first."""
OWN = (UNION, ANNOUNCEMENT)
"""The graphs at an endpoint that are no part of the release."""
SECONDS = 120.0
"""How long one question about the release may take, in seconds."""
_SIZE = 256 * 2**20
_PROLOGUE = "".join(f"PREFIX {p}: <{PREFIXES[p]}>\n" for p in ("dcterms", "prov", "void"))
_TRIES, _PAUSE = 3, 0.5


@dataclass(frozen=True)
class Announced:
    """A release as an endpoint announces it: its manifest, its description in Turtle, and the number of triples of each
    graph, with the union.
    """

    manifest: Mapping[str, Any]
    description: str
    counts: Mapping[str, int]


def announce(release: Release, counts: Mapping[str, int]) -> list[ox.Triple]:
    """Return the triples of the announcement: the release's digest, its manifest and description as they are written
    (``prov:value``), and ``void:triples`` of each graph.
    """
    manifest = json.dumps(release.manifest, ensure_ascii=False, sort_keys=True)
    description = (release.path / DESCRIPTION).read_text(encoding="utf-8")
    number = ox.NamedNode(expand("xsd:integer"))
    this, value = ox.NamedNode(ANNOUNCEMENT), ox.NamedNode(expand("prov:value"))
    return [
        ox.Triple(this, ox.NamedNode(expand("dcterms:identifier")), ox.Literal(release.digest)),
        ox.Triple(ox.NamedNode(_part(MANIFEST)), value, ox.Literal(manifest)),
        ox.Triple(ox.NamedNode(_part(DESCRIPTION)), value, ox.Literal(description)),
        *(
            ox.Triple(ox.NamedNode(g), ox.NamedNode(expand("void:triples")), ox.Literal(str(n), datatype=number))
            for g, n in sorted(counts.items())
        ),
    ]


def _part(file: str) -> str:
    return f"{ANNOUNCEMENT}#{file}"


def announced(endpoint: Endpoint, seconds: float = SECONDS) -> Announced | None:
    """Return what an endpoint announces, or None. Raises ``EngineUnavailable`` and ``EngineFault``."""
    dataset = {"default-graph-uri": [ANNOUNCEMENT]}
    found = select(endpoint, "SELECT ?part ?value { ?part prov:value ?value }", seconds, dataset)
    parts = {row[0]: row[1] for row in found}
    if not {_part(MANIFEST), _part(DESCRIPTION)} <= set(parts):
        return None
    counts = select(endpoint, "SELECT ?graph ?n { ?graph void:triples ?n }", seconds, dataset)
    return Announced(
        json.loads(parts[_part(MANIFEST)]), parts[_part(DESCRIPTION)], {graph: int(n) for graph, n in counts}
    )


def current(endpoint: Endpoint, seconds: float) -> str | None:
    """Return the SHA-256 digest of the release that is at an endpoint, or None. Raises as ``announced`` does."""
    dataset = {"default-graph-uri": [ANNOUNCEMENT]}
    found = select(endpoint, "SELECT ?digest { ?release dcterms:identifier ?digest }", seconds, dataset)
    return found[0][0] if found else None


def open_published(endpoint: Endpoint, directory: Path, rows: int) -> tuple[Release, int | None]:
    """Return the release at an endpoint, and the number of rows at which it silently ends an answer, if below ``rows``.

    The description and the manifest are written to ``directory``, which has no quads. Raises ``ReleaseError`` when
    there is no whole release, ``EngineUnavailable`` when the endpoint cannot be reached, and ``EngineFault`` when it
    does not answer as SPARQL 1.1 endpoints do.
    """
    found = announced(endpoint)
    if found is None:
        raise ReleaseError(
            f"{endpoint.query} has no release of this graph. "
            f"Publish one there with: evidensgraf publish --endpoint {endpoint.query}"
        )
    manifest = {**found.manifest, "files": {}}  # they are where the release was built, not at the endpoint
    release = Release(directory, manifest["id"], manifest["sha256"], manifest)
    if problems := differences(endpoint, found.counts):
        raise ReleaseError(
            f"{endpoint.query} has another content than the release {release.id} that it announces: {problems[0]}. "
            f"Publish it again with: evidensgraf publish --endpoint {endpoint.query}"
        )
    (directory / DESCRIPTION).write_text(found.description, encoding="utf-8")
    (directory / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    return release, cap(endpoint, found.counts[UNION], rows)


def differences(endpoint: Endpoint, counts: Mapping[str, int]) -> list[str]:
    """Return a sentence for each graph that does not have the number of triples that it should have."""
    named = [g for g in counts if g != UNION]
    grouped = select(
        endpoint,
        "SELECT ?graph (COUNT(*) AS ?n) { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph",
        SECONDS,
        {"default-graph-uri": [UNION], "named-graph-uri": named},
    )
    union = select(endpoint, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", SECONDS, {"default-graph-uri": [UNION]})
    there = {graph: int(n) for graph, n in grouped} | {UNION: int(union[0][0])}
    every = sorted(set(counts) | set(there))
    return [
        f"<{graph}> has {there.get(graph, 0)} triples, not {counts.get(graph, 0)}"
        for graph in every
        if there.get(graph, 0) != counts.get(graph, 0)
    ]


def cap(endpoint: Endpoint, triples: int, rows: int) -> int | None:
    """Return the number of rows at which an endpoint silently ends an answer, or None when it is above ``rows``.

    It is asked for one row a triple of the release: what comes is as many, or the cap.
    """
    wanted = min(triples, rows + 1)
    text = f"SELECT (1 AS ?one) {{ ?s ?p ?o }} LIMIT {wanted}"
    got = len(select(endpoint, text, SECONDS, {"default-graph-uri": [UNION]}))
    return got if got < wanted else None


def select(
    endpoint: Endpoint, text: str, seconds: float, dataset: Mapping[str, Sequence[str]]
) -> list[tuple[str, ...]]:
    """Return the rows of a SELECT as strings, the value of each term; it is tried again when a failure may pass.

    Errors name the endpoint. Raises ``EngineUnavailable`` and ``EngineFault``.
    """
    call = Call(seconds)
    for tries_left in reversed(range(_TRIES)):
        try:
            return _rows(endpoint, call, _PROLOGUE + text, dataset)
        except Passing as error:
            if not tries_left:
                raise EngineUnavailable(f"{endpoint.query}: {error}") from None
            time.sleep(_PAUSE)
        except EngineFault as error:
            raise EngineFault(f"{endpoint.query}: {error}") from None
        except Rejected as error:
            raise EngineFault(f"{endpoint.query} refuses a plain query: {str(error)[:200]}") from None
        except TooLate:
            break
    raise EngineUnavailable(f"{endpoint.query} does not answer within {seconds:g} seconds.")


def _rows(endpoint: Endpoint, call: Call, text: str, dataset: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    with contextlib.closing(ask(endpoint, call, text, "SELECT", incoming.ACCEPT_RESULTS, dataset)) as response:
        source = incoming.Incoming(response, call, _SIZE)
        try:
            results = incoming.solutions(source)
            if isinstance(results, ox.QueryBoolean):
                raise EngineFault("The endpoint answers SELECT with a truth value.")
            return [tuple(getattr(term, "value", "") for term in solution) for solution in results]
        except (OSError, SyntaxError, ValueError) as error:
            if source.failure is not None:
                raise source.failure from None
            raise EngineFault(f"The endpoint's answer cannot be read: {error}.") from error
