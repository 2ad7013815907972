"""The OWL RL closure: what a reference reasoner entails of a part of the graph, the rules have derived."""

import owlrl
import pyoxigraph as ox
import pytest
from rdflib import OWL, RDF, RDFS, SKOS, URIRef

from evidensgraf.graph.derive import DERIVED
from evidensgraf.ontology.namespaces import EV, ID, resource
from evidensgraf.ontology.reasoning import ontology_graph

START = [resource("appraisal", f"{slug}-bedomning") for slug in ("hasky", "bostad-forst")]
SIZE = 120
"""How many resources are followed from the first ones; the reference reasoner is slow."""


@pytest.fixture(scope="module")
def store(release):
    store = ox.Store()
    store.load(path=str(release.quads), format=ox.RdfFormat.N_QUADS)
    return store


@pytest.fixture(scope="module")
def part(store):
    """The stated facts about some appraisals and what they lead to."""
    facts, met, ahead = set(), set(), [ox.NamedNode(iri) for iri in START]
    while ahead:
        subject = ahead.pop()
        if subject in met or len(met) >= SIZE:
            continue
        met.add(subject)
        for quad in sorted(store.quads_for_pattern(subject, None, None, None), key=str):
            if quad.graph_name != DERIVED:
                facts.add(quad.triple)
                if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(ID):
                    ahead.append(quad.object)
    return facts


def test_the_rules_derive_what_owl_rl_entails(store, part):
    graph = ontology_graph()
    for prose in (RDFS.label, SKOS.definition, SKOS.prefLabel, RDFS.isDefinedBy):
        graph.remove((None, prose, None))
    graph.parse(data=ox.serialize(part, format=ox.RdfFormat.N_TRIPLES), format="nt")
    before = set(graph)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    entailed = {
        (s, p, o)
        for s, p, o in set(graph) - before
        if isinstance(s, URIRef) and isinstance(o, URIRef) and s.startswith(ID) and not o.startswith(str(OWL))
        if p == RDF.type or p.startswith(EV)
    }
    assert len(entailed) > 100
    underived = [t for t in entailed if not list(store.quads_for_pattern(*map(ox.NamedNode, t), None))]
    assert underived == []
