"""The description of a release: VoID statistics and a DCAT 3 dataset with its distributions."""

from __future__ import annotations

from collections import Counter

import pyoxigraph as ox

from evidensgraf.ontology.namespaces import BASE, PREFIXES, expand, resource

_RDF_TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")
_XSD_INTEGER = ox.NamedNode(PREFIXES["xsd"] + "integer")


def describe(store: ox.Store, release_id: str, digest: str) -> bytes:
    """Return the VoID and DCAT description of a release as Turtle.

    Counts are of distinct triples over the union of the graphs, and of triples in each graph
    (VoID, https://www.w3.org/TR/void/; DCAT 3, https://www.w3.org/TR/vocab-dcat-3/).
    """
    dataset = resource("dataset", "evidensgraf")
    release = f"{BASE}releases/{release_id}"
    union = {ox.Triple(q.subject, q.predicate, q.object) for q in store}
    out = [
        _link(dataset, "rdf:type", PREFIXES["void"] + "Dataset"),
        _link(dataset, "rdf:type", PREFIXES["dcat"] + "Dataset"),
        _link(dataset, "dcterms:license", "https://creativecommons.org/licenses/by/4.0/"),
        _link(dataset, "void:sparqlEndpoint", BASE + "sparql"),
        _link(dataset, "void:uriSpace", None, text=BASE + "id/"),
        _link(dataset, "void:exampleResource", resource("appraisal", "bostad-forst-bedomning")),
        _link(dataset, "void:rootResource", BASE),
        _link(dataset, "dcat:hasVersion", release),
        _link(release, "rdf:type", PREFIXES["dcat"] + "Dataset"),
        _link(release, "dcat:isVersionOf", dataset),
        _link(release, "dcat:version", None, text=release_id),
        _link(release, "dcterms:identifier", None, text=f"sha256:{digest}"),
        _count(dataset, "void:triples", len(union)),
        _count(dataset, "void:distinctSubjects", len({t.subject for t in union})),
        _count(dataset, "void:properties", len({t.predicate for t in union})),
    ]
    out += [_link(dataset, "void:vocabulary", namespace) for namespace in PREFIXES.values()]
    for cls, count in sorted(
        Counter(getattr(t.object, "value", "") for t in union if t.predicate == _RDF_TYPE).items()
    ):
        part = f"{dataset}#class-{_tail(cls)}"
        out += [
            _link(dataset, "void:classPartition", part),
            _link(part, "void:class", cls),
            _count(part, "void:entities", count),
        ]
    for graph in sorted(store.named_graphs(), key=lambda g: g.value):
        size = sum(1 for _ in store.quads_for_pattern(None, None, None, graph))
        out += [_link(dataset, "void:subset", graph.value), _count(graph.value, "void:triples", size)]
    return ox.serialize(out, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b""


def _link(subject: str, predicate: str, iri: str | None, text: str = "") -> ox.Triple:
    return ox.Triple(
        ox.NamedNode(subject), ox.NamedNode(expand(predicate)), ox.NamedNode(iri) if iri else ox.Literal(text)
    )


def _count(subject: str, predicate: str, number: int) -> ox.Triple:
    return ox.Triple(
        ox.NamedNode(subject), ox.NamedNode(expand(predicate)), ox.Literal(str(number), datatype=_XSD_INTEGER)
    )


def _tail(iri: str) -> str:
    return "-".join(iri.rstrip("/#").replace("#", "/").split("/")[2:])
