"""The checks of FOOPS!, ROBOT and OOPS!: the ontology passes them, and a broken copy does not.

``tests/ontology/broken.yaml`` breaks a copy for each check. What only the running service can pass is checked on it.
"""

import json
from pathlib import Path

import pyoxigraph as ox
import pytest
import yaml
from rdflib import OWL, RDF, Graph, URIRef
from rdflib.namespace import DCTERMS, FOAF, PROV, SKOS, VANN

from evidensgraf.graph.load import read_vocabulary
from evidensgraf.ontology.context import context_bytes
from evidensgraf.ontology.namespaces import EV, PREFIXES, expand
from evidensgraf.ontology.reasoning import declared_terms, ontology_graph
from evidensgraf.queries.checks import checks, left_out, served

BROKEN = yaml.safe_load((Path(__file__).parent / "ontology" / "broken.yaml").read_text(encoding="utf-8"))
OBO = {"obo": "http://purl.obolibrary.org/obo/", "oboInOwl": "http://www.geneontology.org/formats/oboInOwl#"}
SYNTAXES = {"text/turtle": "turtle", "application/rdf+xml": "xml", "application/ld+json": "json-ld"}
FOOPS = """PURL1 RDF1 VER1 FIND1 OM1 OM2 OM3 OM4.1 OM4.2 OM5.1 OM5.2 VOC1 VOC2 VOC3 VOC4
CN1 DOC1 URI1 URI2 VER2 HTTP1 FIND2 FIND3 FIND3BIS"""
ROBOT = """deprecated_boolean_datatype deprecated_class_reference deprecated_property_reference
duplicate_definition duplicate_label label_formatting label_whitespace missing_label missing_ontology_description
missing_ontology_license missing_ontology_title misused_obsolete_label multiple_definitions
multiple_equivalent_class_definitions multiple_labels annotation_whitespace duplicate_exact_synonym
duplicate_label_synonym duplicate_scoped_synonym equivalent_class_axiom_no_genus equivalent_pair invalid_xref
missing_definition missing_obsolete_label multiple_equivalent_classes lowercase_definition missing_superclass
illegal_use_of_built_in_vocabulary invalid_entity_uri misused_replaced_by missing_subset_declaration
missing_synonymtype_declaration multiple_asserted_superclasses multiple_logical_definitions"""
VOCABULARIES = {"dcterms": DCTERMS, "foaf": FOAF, "prov": PROV, "skos": SKOS, "vann": VANN}


def store_of(quads):
    store = ox.Store()
    store.extend(ox.Quad(q.subject, q.predicate, q.object) for q in quads)
    return store


def found(store, name):
    rows = store.query(checks()[name].query.text)
    return {row["term"].value for row in rows if isinstance(row["term"], ox.NamedNode)}


@pytest.fixture(scope="module")
def vocabulary():
    return list(read_vocabulary())


@pytest.fixture(scope="module")
def sound(vocabulary):
    return store_of(vocabulary)


@pytest.mark.parametrize("name", checks())
def test_the_ontology_passes_a_check_or_says_why_not(sound, name):
    wrong, _, stale = checks()[name].judge(found(sound, name))
    assert not wrong, checks()[name].query.summary["en"]
    assert not stale, "accepted.yaml has findings that are no longer found"


@pytest.mark.parametrize("name", checks())
def test_a_broken_copy_of_the_ontology_fails_the_check(vocabulary, name):
    store, broken = store_of(vocabulary), BROKEN[name]
    store.update(broken["update"], prefixes=PREFIXES | OBO)
    term = expand(broken["finds"]) if broken["finds"].split(":")[0] in PREFIXES else broken["finds"]
    assert term in checks()[name].judge(found(store, name))[0]


def test_every_check_that_a_program_can_make_is_made_or_set_aside():
    known = {(c.suite, c.id) for c in checks().values()} | {(s["suite"], s["id"]) for s in served()}
    known |= {(entry["suite"], name) for entry in left_out() for name in entry["ids"]}
    assert {name for suite, name in known if suite == "FOOPS!"} == set(FOOPS.split())
    assert {name for suite, name in known if suite == "ROBOT"} == set(ROBOT.split())
    assert {name for suite, name in known if suite == "OOPS!"} == {f"P{n:02d}" for n in range(1, 42)}
    assert set(BROKEN) == set(checks())


def test_a_check_that_is_set_aside_has_its_reason_in_both_languages():
    reasons = [reason for check in checks().values() for reason in check.accepted.values()]
    reasons += [entry["reason"] for entry in left_out()] + [entry["summary"] for entry in served()]
    assert all(set(reason) == {"sv", "en"} for reason in reasons)


def test_the_known_foreign_terms_exist_where_their_vocabulary_is_at_hand():
    text = checks()["oops-p40"].query.text
    for word in text.replace("{", " ").replace("}", " ").split():
        prefix, _, name = word.partition(":")
        if prefix in VOCABULARIES and name.isidentifier():
            assert VOCABULARIES[prefix][name] in VOCABULARIES[prefix], word


# The service stands for w3id.org, whose redirect leads to it


def at(iri):
    return iri.removeprefix("https://w3id.org/evidensgraf")


@pytest.mark.parametrize("media_type", SYNTAXES)
def test_foops_rdf1_the_ontology_parses_in_every_syntax(client, media_type):
    response = client.get(at(EV), media_type)
    assert response.headers["content-type"].startswith(media_type)
    body = response.text
    if media_type == "application/ld+json":  # the context is ours, and is not fetched to read the document
        body = json.dumps(response.json() | json.loads(context_bytes()))
    assert (URIRef(EV), RDF.type, OWL.Ontology) in Graph().parse(data=body, format=SYNTAXES[media_type])


def test_foops_rdf1_a_broken_file_does_not_parse(vocabulary):
    turtle = ox.serialize((q.triple for q in vocabulary), format=ox.RdfFormat.TURTLE)
    with pytest.raises(SyntaxError):
        list(ox.parse(turtle[:-3], format=ox.RdfFormat.TURTLE))


def test_foops_cn1_and_doc1_one_address_gives_a_page_and_rdf(client):
    page = client.get(at(EV), "text/html,application/xhtml+xml,*/*;q=0.8")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "<h1" in page.text


def test_foops_uri1_and_uri2_the_iri_leads_to_rdf_about_itself(client):
    (ontology,) = Graph().parse(data=client.get(at(EV), "text/turtle").text).subjects(RDF.type, OWL.Ontology)
    assert str(ontology) == EV


def test_foops_ver2_the_iri_of_the_version_leads_to_rdf(client):
    version = ontology_graph().value(URIRef(EV), OWL.versionIRI)
    response = client.get(at(str(version)), "text/turtle")
    assert (URIRef(EV), OWL.versionIRI, version) in Graph().parse(data=response.text)


def test_foops_http1_the_iri_uses_an_open_protocol():
    assert EV.startswith(("http://", "https://"))


def test_oops_p37_every_term_is_on_the_web(client):
    own = [str(t) for t in declared_terms(ontology_graph()) if str(t).startswith(EV)]
    assert len(own) > 150
    for iri in own[::10]:
        response = client.get(at(iri), "text/turtle")
        assert (URIRef(iri), RDF.type, None) in Graph().parse(data=response.text), iri
    assert client.get("/def/NoSuchTerm", "text/turtle").status_code == 404
