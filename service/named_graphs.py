"""Statements in their named graphs: what TriG and N-Quads say of a resource that Turtle and N-Triples do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from evidensgraf.graph.engine import Engine
from evidensgraf.ontology.namespaces import PREFIXES
from evidensgraf.queries.catalogue import load

_FORMATS = {"application/trig": ox.RdfFormat.TRIG, "application/n-quads": ox.RdfFormat.N_QUADS}
MEDIA_TYPES = frozenset(_FORMATS)
"""Media types of datasets: syntaxes that have named graphs (RDF 1.1 Concepts §4)."""


async def quads_about(engine: Engine, iri: str) -> list[ox.Quad]:
    """Return the statements of a resource's description, each once for every named graph that it stands in.

    They are those of the query ``resource-description``. Raises what ``Engine.query`` raises.
    """
    query = load()["resource-in-graphs"].bind({"resource": iri})
    body = (await engine.query(query, "application/sparql-results+json")).body
    return list(dict.fromkeys(_quads(body)))


def _quads(body: bytes) -> Iterator[ox.Quad]:
    solutions = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
    assert isinstance(solutions, ox.QuerySolutions)
    for row in solutions:
        yield ox.Quad(row["subject"], row["property"], row["value"], row["graph"])
        if row["label"] is not None:
            yield ox.Quad(row["linked"], row["labelling"], row["label"], row["labelGraph"])


def in_graph(triples: Iterable[ox.Triple], graph: str) -> list[ox.Quad]:
    """Return triples as statements of a named graph."""
    name = ox.NamedNode(graph)
    return [ox.Quad(t.subject, t.predicate, t.object, name) for t in triples]


def serialise_quads(quads: Iterable[ox.Quad], media_type: str) -> bytes:
    """Return statements as TriG or N-Quads (``MEDIA_TYPES``), those of each graph together."""
    together = sorted(quads, key=lambda quad: str(quad.graph_name))
    format = _FORMATS[media_type]
    prefixes = PREFIXES if format == ox.RdfFormat.TRIG else None
    return ox.serialize(together, format=format, prefixes=prefixes) or b""
