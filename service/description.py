"""The SPARQL 1.1 Service Description: what the endpoint is, what it answers, and which graphs it holds."""

from __future__ import annotations

import pyoxigraph as ox

from evidensgraf.graph.describe import NAMESPACES
from evidensgraf.graph.release import DESCRIPTION, Release
from evidensgraf.ontology.namespaces import PREFIXES, resource
from evidensgraf.service.jsonld import compact
from evidensgraf.service.negotiation import Variant
from evidensgraf.service.responses import LICENSE

SD = "http://www.w3.org/ns/sparql-service-description#"
_FORMATS = "http://www.w3.org/ns/formats/"
_ENTAILMENT = "http://www.w3.org/ns/entailment/"
_RESULT_FORMATS = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "JSON-LD",
    "RDF_XML",
    "TriG",
    "N-Quads",
)
_SERIALISERS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/trig": ox.RdfFormat.TRIG,
    "application/n-quads": ox.RdfFormat.N_QUADS,
}
_TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")
_TRIPLES = ox.NamedNode(PREFIXES["void"] + "triples")


def serialise(triples: list[ox.Triple], variant: Variant, context_iri: str, first: str) -> bytes:
    """Return triples in the RDF format of a variant; JSON-LD has ``context_iri`` as context and ``first`` first."""
    media_type = variant.media_type if variant.media_type in _SERIALISERS else variant.source or variant.media_type
    if media_type == "application/ld+json":
        return compact(triples, context_iri, first)
    used = {t.predicate.value for t in triples}
    prefixes = {
        p: n for p, n in {**NAMESPACES, "sd": SD}.items() if p in PREFIXES or any(u.startswith(n) for u in used)
    }
    return ox.serialize(triples, format=_SERIALISERS[media_type], prefixes=prefixes) or b""


def service_description(endpoint: str, release: Release) -> list[ox.Triple]:
    """Return the description of an endpoint over a release (https://www.w3.org/TR/sparql11-service-description/).

    Counts of triples come from the release's own VoID description.
    """
    counts = triple_counts(release)
    dataset, union = f"{endpoint}#dataset", f"{endpoint}#default-graph"
    found = [
        _link(endpoint, _TYPE.value, SD + "Service"),
        _link(endpoint, SD + "endpoint", endpoint),
        _link(endpoint, SD + "supportedLanguage", SD + "SPARQL11Query"),
        _link(endpoint, SD + "feature", SD + "UnionDefaultGraph"),
        _link(endpoint, SD + "defaultEntailmentRegime", _ENTAILMENT + "Simple"),
        _link(endpoint, SD + "defaultDataset", dataset),
        _link(endpoint, SD + "availableGraphs", dataset),
        _link(endpoint, PREFIXES["dcterms"] + "license", LICENSE),
        *(_link(endpoint, SD + "resultFormat", _FORMATS + name) for name in _RESULT_FORMATS),
        _link(dataset, _TYPE.value, SD + "Dataset"),
        _link(dataset, _TYPE.value, SD + "GraphCollection"),
        _link(dataset, SD + "defaultGraph", union),
        _link(union, _TYPE.value, SD + "Graph"),
    ]
    whole = resource("dataset", "evidensgraf")
    if whole in counts:
        found.append(_count(union, counts[whole]))
    for graph in release.graphs:
        entry = f"{endpoint}#graph-{graph.rsplit('/', 1)[-1]}"
        found += [
            _link(dataset, SD + "namedGraph", entry),
            _link(entry, _TYPE.value, SD + "NamedGraph"),
            _link(entry, SD + "name", graph),
            _link(entry, SD + "graph", graph),
            _link(graph, _TYPE.value, SD + "Graph"),
        ]
        if graph in counts:
            found.append(_count(graph, counts[graph]))
    return found


def triple_counts(release: Release) -> dict[str, int]:
    """Return how many triples the dataset and each named graph have (``void:triples``), by IRI."""
    quads = ox.parse((release.path / DESCRIPTION).read_bytes(), format=ox.RdfFormat.TURTLE)
    return {
        q.subject.value: int(q.object.value)
        for q in quads
        if q.predicate == _TRIPLES and isinstance(q.subject, ox.NamedNode) and isinstance(q.object, ox.Literal)
    }


def _count(subject: str, number: int) -> ox.Triple:
    literal = ox.Literal(str(number), datatype=ox.NamedNode(PREFIXES["xsd"] + "integer"))
    return ox.Triple(ox.NamedNode(subject), _TRIPLES, literal)


def _link(subject: str, predicate: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(target))
