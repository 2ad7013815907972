"""What HermiT proves of the ontology, and that it notices what the ontology forbids."""

import pytest
from rdflib import OWL, RDF, RDFS, Namespace

from evidensgraf.ontology.reasoning import check, ontology_graph

EV = Namespace("https://w3id.org/evidensgraf/def/")
ID = Namespace("https://w3id.org/evidensgraf/id/")
OA = Namespace("http://www.w3.org/ns/oa#")
PROV = Namespace("http://www.w3.org/ns/prov#")


def test_the_ontology_is_consistent_and_every_class_can_have_instances():
    report = check(ontology_graph())
    assert report.consistent
    assert report.unsatisfiable == ()


@pytest.mark.parametrize(
    "triples",
    [
        [(ID.a, RDF.type, EV.Finding), (ID.a, RDF.type, EV.EvidenceGap)],
        [(ID.a, RDF.type, EV.PracticeExample), (ID.a, RDF.type, EV.Finding)],
        [(ID.a, RDF.type, EV.Study), (ID.a, RDF.type, EV.Source)],
        [(ID.i, EV.strengthens, ID.f), (ID.f, RDF.type, EV.RiskFactor)],
        [(ID.i, EV.reduces, ID.f), (ID.f, RDF.type, EV.ProtectiveFactor)],
        [(ID.a, EV.effect, EV.Supports)],
        [
            (ID.a, EV.effect, EV.Beneficial),
            (ID.a, EV.effect, EV.Harmful),
            (EV.Beneficial, OWL.differentFrom, EV.Harmful),
        ],
        [(ID.r, RDF.type, EV.Recommendation), (ID.r, EV.effect, EV.Beneficial)],
        [(ID.p, RDF.type, EV.Passage), (ID.s, RDF.type, EV.Study), (ID.p, OA.hasSource, ID.s)],
    ],
    ids=lambda t: " ".join(str(x).rsplit("/", 1)[-1] for x in t[-1]),
)
def test_a_broken_copy_is_inconsistent(triples):
    graph = ontology_graph()
    for triple in triples:
        graph.add(triple)
    assert not check(graph).consistent


def test_a_class_that_cannot_have_instances_is_named():
    graph = ontology_graph()
    graph.add((EV.Both, RDF.type, OWL.Class))
    graph.add((EV.Both, RDFS.subClassOf, EV.RiskFactor))
    graph.add((EV.Both, RDFS.subClassOf, EV.ProtectiveFactor))
    assert check(graph).unsatisfiable == (str(EV.Both),)
