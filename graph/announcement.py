"""What an endpoint says of the release that was published there: which it is, and how many triples each graph has."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

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
DESCRIBED = graph_iri("description")
"""The graph at an endpoint with the VoID and DCAT description of the release."""
OWN = (UNION, ANNOUNCEMENT, DESCRIBED)
"""The graphs at an endpoint that are no part of the release."""
SECONDS = 120.0
"""How long one question about the release may take, in seconds."""
_SIZE = 256 * 2**20
_PROLOGUE = "".join(f"PREFIX {p}: <{PREFIXES[p]}>\n" for p in ("prov", "void"))
_TRIES = 3

T = TypeVar("T")


@dataclass(frozen=True)
class Announced:
    """A release as an endpoint announces it: its manifest, and the number of triples of each graph, with the union."""

    manifest: Mapping[str, object]
    counts: Mapping[str, int]


def announce(release: Release, counts: Mapping[str, int]) -> list[ox.Triple]:
    """Return the triples of the announcement: the release's manifest (``prov:value``) and ``void:triples``."""
    value = ox.Literal(json.dumps(release.manifest, ensure_ascii=False, sort_keys=True))
    number = ox.NamedNode(expand("xsd:integer"))
    return [
        ox.Triple(ox.NamedNode(ANNOUNCEMENT), ox.NamedNode(expand("prov:value")), value),
        *(
            ox.Triple(ox.NamedNode(g), ox.NamedNode(expand("void:triples")), ox.Literal(str(n), datatype=number))
            for g, n in sorted(counts.items())
        ),
    ]


def announced(endpoint: Endpoint, seconds: float = SECONDS) -> Announced | None:
    """Return what an endpoint announces, or None. Raises ``EngineUnavailable`` and ``EngineFault``."""
    found = select(
        endpoint, "SELECT ?value { ?release prov:value ?value }", seconds, {"default-graph-uri": [ANNOUNCEMENT]}
    )
    if not found:
        return None
    counts = select(
        endpoint, "SELECT ?graph ?n { ?graph void:triples ?n }", seconds, {"default-graph-uri": [ANNOUNCEMENT]}
    )
    return Announced(json.loads(found[0][0]), {graph: int(n) for graph, n in counts})


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
    release = Release(directory, str(found.manifest["id"]), str(found.manifest["sha256"]), found.manifest)
    if problems := differences(endpoint, found.counts):
        raise ReleaseError(
            f"{endpoint.query} has another content than the release {release.id} that it announces: {problems[0]}. "
            f"Publish it again with: evidensgraf publish --endpoint {endpoint.query}"
        )
    description = construct(endpoint, "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", {"default-graph-uri": [DESCRIBED]})
    turtle = ox.serialize(description, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b""
    (directory / DESCRIPTION).write_bytes(turtle)
    (directory / MANIFEST).write_text(json.dumps(found.manifest, ensure_ascii=False), encoding="utf-8")
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
    """Return the rows of a SELECT as strings, the value of each term."""

    def rows(source: incoming.Incoming) -> list[tuple[str, ...]]:
        results = incoming.solutions(source)
        assert isinstance(results, ox.QuerySolutions)
        return [tuple(getattr(term, "value", "") for term in solution) for solution in results]

    return _asked(endpoint, text, "SELECT", seconds, dataset, rows)


def construct(endpoint: Endpoint, text: str, dataset: Mapping[str, Sequence[str]]) -> list[ox.Triple]:
    """Return the triples of a CONSTRUCT."""
    return _asked(endpoint, text, "CONSTRUCT", SECONDS, dataset, lambda source: list(incoming.triples(source)))


def _asked(
    endpoint: Endpoint,
    text: str,
    form: str,
    seconds: float,
    dataset: Mapping[str, Sequence[str]],
    take: Callable[[incoming.Incoming], T],
) -> T:
    """Ask and read the whole answer, and once more after a failure that may pass; errors name the endpoint."""
    call, tried = Call(seconds), 0
    while True:
        try:
            return _once(endpoint, call, text, form, dataset, take)
        except Passing as error:
            tried += 1
            if tried == _TRIES:
                raise EngineUnavailable(f"{endpoint.query}: {error}") from None
            time.sleep(0.2 * 2**tried)
        except EngineFault as error:
            raise EngineFault(f"{endpoint.query}: {error}") from None
        except Rejected as error:
            raise EngineFault(f"{endpoint.query} refuses a plain query: {str(error)[:200]}") from None
        except TooLate:
            raise EngineUnavailable(f"{endpoint.query} does not answer within {seconds:g} seconds.") from None


def _once(
    endpoint: Endpoint,
    call: Call,
    text: str,
    form: str,
    dataset: Mapping[str, Sequence[str]],
    take: Callable[[incoming.Incoming], T],
) -> T:
    accept = incoming.ACCEPT_GRAPH if form == "CONSTRUCT" else incoming.ACCEPT_RESULTS
    with contextlib.closing(ask(endpoint, call, _PROLOGUE + text, form, accept, dataset)) as response:
        source = incoming.Incoming(response, call, _SIZE)
        try:
            return take(source)
        except (OSError, SyntaxError, ValueError) as error:
            if source.failure is not None:
                raise source.failure from None
            raise EngineFault(f"The endpoint's answer cannot be read: {error}.") from error
