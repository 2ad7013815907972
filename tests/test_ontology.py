"""The ontology against the contract of its names, and against what good ontologies have."""

from collections import defaultdict

import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection

from evidensgraf.ontology.namespaces import EV as EV_IRI
from evidensgraf.ontology.namespaces import alignment_file
from evidensgraf.ontology.reasoning import declared_terms, ontology_graph

EV = Namespace(EV_IRI)
ONTOLOGY = URIRef(EV_IRI)
VANN = Namespace("http://purl.org/vocab/vann/")
BIBO = Namespace("http://purl.org/ontology/bibo/")

CLASSES = [
    "EvidenceStatement",
    "Finding",
    "EvidenceGap",
    "PracticeExample",
    "Appraisal",
    "Statistic",
    "Recommendation",
    "Prerequisite",
    "ProcessModel",
    "Step",
    "EvidenceLine",
    "CertaintyAssessment",
    "Passage",
    "Source",
    "Guideline",
    "SourceStatus",
    "Study",
    "SearchScope",
    "Domain",
    "Category",
    "Intervention",
    "Population",
    "Outcome",
    "Factor",
    "RiskFactor",
    "ProtectiveFactor",
    "Placement",
    "Organisation",
]
PROPERTIES = [
    "hasEvidenceLine",
    "hasEvidenceItem",
    "statedIn",
    "fromStudy",
    "direction",
    "basis",
    "about",
    "effect",
    "outcome",
    "gapType",
    "withinScope",
    "verdict",
    "strengthens",
    "reduces",
    "actsOn",
    "restsOn",
    "citesSource",
    "oppositePole",
    "verification",
    "intervention",
    "targetPopulation",
    "timing",
    "preventionLevel",
    "category",
    "reportedIn",
    "editorialNote",
    "unresolvedCitation",
    "population",
    "comparator",
    "followUp",
    "inTensionWith",
    "certainty",
    "genre",
]
SCHEMES = [
    "effect",
    "gap-type",
    "basis",
    "certainty",
    "verdict",
    "timing",
    "prevention-level",
    "study-design",
    "recommendation-kind",
    "genre",
]


@pytest.fixture(scope="module")
def graph():
    return ontology_graph()


@pytest.fixture(scope="module")
def own_terms(graph):
    return [t for t in declared_terms(graph) if str(t).startswith(EV_IRI)]


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_of_the_contract_exists(graph, name):
    assert (EV[name], RDF.type, OWL.Class) in graph


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_of_the_contract_exists(graph, own_terms, name):
    assert EV[name] in own_terms


@pytest.mark.parametrize("name", SCHEMES)
def test_a_scheme_exists_and_has_concepts(graph, name):
    scheme = EV["scheme/" + name]
    assert (scheme, RDF.type, SKOS.ConceptScheme) in graph
    assert len(list(graph.subjects(SKOS.inScheme, scheme))) >= 3


def test_not_graded_and_the_five_kinds_of_nothing_are_different_concepts(graph):
    assert (EV.notGraded, SKOS.inScheme, EV["scheme/certainty"]) in graph
    gap_types = {EV.NoEvaluationFound, EV.OutcomeNotStudied}
    effects = {EV.NoEffectShown, EV.NotWorse, EV.Undetermined, EV.DescriptiveOnly}
    assert all((c, RDF.type, EV.GapType) in graph for c in gap_types)
    assert all((c, RDF.type, EV.Effect) in graph for c in effects)


def test_every_term_and_concept_has_one_label_and_one_definition_in_each_language(graph, own_terms):
    concepts = set(graph.subjects(RDF.type, SKOS.Concept))
    assert len(concepts) > 90
    for things, label in ((own_terms, RDFS.label), (concepts, SKOS.prefLabel)):
        for thing in things:
            for prop in (label, SKOS.definition):
                assert sorted(o.language for o in graph.objects(thing, prop)) == ["en", "sv"], f"{thing} {prop}"


def test_every_term_and_concept_says_when_it_came_and_every_version_when_it_was_issued(graph, own_terms):
    issued = {str(graph.value(v, DCTERMS.issued)) for v in graph.objects(ONTOLOGY, DCTERMS.hasVersion)}
    assert graph.value(ONTOLOGY, OWL.versionIRI) in set(graph.objects(ONTOLOGY, DCTERMS.hasVersion))
    for term in [*own_terms, *graph.subjects(RDF.type, SKOS.Concept)]:
        created = list(graph.objects(term, DCTERMS.created))
        assert len(created) == 1 and str(created[0]) <= max(issued), term


def test_labels_and_definitions_are_unique_and_well_formed(graph, own_terms):
    for prop in (RDFS.label, SKOS.definition):
        seen = defaultdict(list)
        for term in own_terms:
            for text in graph.objects(term, prop):
                assert str(text) == " ".join(str(text).split())
                seen[text].append(term)
                if prop == SKOS.definition:
                    assert str(text)[0].isupper() and str(text).endswith("."), text
        kinds = {
            text: {next(graph.objects(t, RDF.type)) for t in terms} for text, terms in seen.items() if len(terms) > 1
        }
        clashes = {t: k for t, k in kinds.items() if len(k) < len(seen[t])}
        assert not clashes


def test_every_property_has_a_domain_and_a_range(graph):
    for kind in (OWL.ObjectProperty, OWL.DatatypeProperty):
        for prop in graph.subjects(RDF.type, kind):
            if str(prop).startswith(EV_IRI):
                assert len(list(graph.objects(prop, RDFS.domain))) == 1, prop
                assert len(list(graph.objects(prop, RDFS.range))) == 1, prop


def test_the_two_shortcuts_are_property_chains(graph):
    def chains(prop):
        return [list(Collection(graph, c)) for c in graph.objects(prop, OWL.propertyChainAxiom)]

    assert chains(EV.restsOn) == [[EV.hasEvidenceLine, EV.hasEvidenceItem]]
    assert len(chains(EV.citesSource)) == 2
    assert all(chain[:2] == [EV.hasEvidenceLine, EV.hasEvidenceItem] for chain in chains(EV.citesSource))


def test_every_own_class_is_disjoint_with_something(graph):
    disjoint = {
        m
        for d in graph.subjects(RDF.type, OWL.AllDisjointClasses)
        for m in Collection(graph, graph.value(d, OWL.members))
    }
    disjoint |= {x for pair in graph.subject_objects(OWL.disjointWith) for x in pair}
    for name in CLASSES:
        ancestors = set(graph.transitive_objects(EV[name], RDFS.subClassOf))
        assert ancestors & disjoint, name


def test_the_metadata_that_foops_asks_for(graph):
    both = (DCTERMS.title, DCTERMS.description, DCTERMS.bibliographicCitation)
    for prop in both:
        assert {o.language for o in graph.objects(ONTOLOGY, prop)} == {"sv", "en"}, prop
    required = (
        DCTERMS.license,
        DCTERMS.creator,
        DCTERMS.publisher,
        DCTERMS.created,
        DCTERMS.issued,
        DCTERMS.modified,
        DCTERMS.source,
        OWL.versionIRI,
        OWL.versionInfo,
        VANN.preferredNamespacePrefix,
        VANN.preferredNamespaceUri,
        BIBO.status,
    )
    for prop in required:
        assert (ONTOLOGY, prop, None) in graph, prop
    assert graph.value(ONTOLOGY, OWL.versionIRI) != ONTOLOGY
    assert graph.value(ONTOLOGY, VANN.preferredNamespaceUri) == Literal(EV_IRI)


def test_every_alignment_is_a_link_with_its_justification(graph):
    alignments = Graph().parse(data=alignment_file().read_text(encoding="utf-8"), format="turtle")
    sssom = Namespace("https://w3id.org/sssom/")
    links = set(alignments.subject_objects(SKOS.closeMatch))
    mappings = {
        (alignments.value(m, sssom.subject_id), alignments.value(m, sssom.object_id))
        for m in alignments.subjects(RDF.type, sssom.Mapping)
    }
    assert links == mappings
    assert len(links) > 10
    for mapping in alignments.subjects(RDF.type, sssom.Mapping):
        assert {c.language for c in alignments.objects(mapping, RDFS.comment)} == {"sv", "en"}
    assert not set(alignments.predicates()) & {OWL.equivalentClass, SKOS.exactMatch, RDFS.subClassOf}
    assert {s for s, _ in links} <= set(graph.subjects())


def test_no_foreign_term_is_redefined(graph):
    for prop in (RDFS.label, SKOS.definition, RDFS.subClassOf, RDFS.domain, RDFS.range):
        for subject in graph.subjects(prop, None):
            assert not isinstance(subject, URIRef) or str(subject).startswith(EV_IRI), subject
