"""The Service Description and VoID: the W3C manifest, and every count and claim held against what SPARQL finds."""

from urllib.parse import quote

import pyshacl
import pytest
from rdflib import RDF, VOID, Graph, Namespace, URIRef

from evidensgraf.ontology.namespaces import graph_iri, resource
from evidensgraf.service.responses import RDF as SYNTAXES
from evidensgraf.service.sparql import GRAPHS, RESULTS
from tests.w3c import CONFORMANCE, entries, local, manifest

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMATS = Namespace("http://www.w3.org/ns/formats/")
ENDPOINT = URIRef("https://w3id.org/evidensgraf/sparql")
DATASET = URIRef(resource("dataset", "evidensgraf"))
NAMES = {
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
    "text/turtle": "Turtle",
    "application/n-triples": "N-Triples",
    "application/ld+json": "JSON-LD",
    "application/rdf+xml": "RDF_XML",
    "application/trig": "TriG",
    "application/n-quads": "N-Quads",
}
"""Media type → name in https://www.w3.org/ns/formats/."""


@pytest.fixture(scope="module")
def described(client):
    response = client.get("/sparql", "text/turtle")
    assert response.status_code == 200
    return Graph().parse(data=response.content, format="turtle")


@pytest.fixture(scope="module")
def void(client):
    return Graph().parse(data=client.get("/.well-known/void", "text/turtle").content, format="turtle")


@pytest.fixture(scope="module")
def count(client):
    """Count with a query of one variable, ?n."""

    def counted(query):
        found = client.get("/sparql?query=" + quote(query), "application/sparql-results+json")
        return int(found.json()["results"]["bindings"][0]["n"]["value"])

    return counted


def returns_rdf(client, described):
    """GET on endpoint returns RDF."""
    return client.get("/sparql").headers["content-type"].startswith("text/turtle") and len(described) > 0


def has_endpoint_triple(client, described):
    """The service description has a matching sd:endpoint triple: the address that the service is published under."""
    return (None, SD.endpoint, ENDPOINT) in described


def conforms_to_schema(client, described):
    """The service description conforms to the schema."""
    shapes = CONFORMANCE / "service-description" / "shapes.ttl"
    conforms, _, report = pyshacl.validate(described, shacl_graph=str(shapes), shacl_graph_format="turtle")
    assert conforms, report
    broken = described - Graph().add((ENDPOINT, SD.endpoint, ENDPOINT))
    assert not pyshacl.validate(broken, shacl_graph=str(shapes), shacl_graph_format="turtle")[0]
    return True


ENTRIES = {
    "returns-rdf": returns_rdf,
    "has-endpoint-triple": has_endpoint_triple,
    "conforms-to-schema": conforms_to_schema,
}


@pytest.mark.parametrize("entry", entries(manifest("service-description/manifest.ttl")), ids=local)
def test_an_entry_of_the_manifest(client, described, entry):
    assert ENTRIES[local(entry)](client, described)


def test_the_graphs_are_those_of_the_release_with_their_true_counts(described, release, count):
    dataset = described.value(ENDPOINT, SD.defaultDataset)
    named = {str(described.value(g, SD.name)): described.value(g, SD.graph) for g in described[dataset : SD.namedGraph]}
    assert set(named) == set(release.graphs)
    for name, graph in named.items():
        said = int(described.value(graph, VOID.triples))
        assert said == count(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{name}> {{ ?s ?p ?o }} }}"), name
    union = int(described.value(described.value(dataset, SD.defaultGraph), VOID.triples))
    assert union == count("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")


def test_every_result_format_is_listed_and_answers(client, described):
    offered = {v.media_type for v in (*RESULTS, *GRAPHS) if not v.alias and v.name != "html"}
    assert set(described[ENDPOINT : SD.resultFormat]) == {FORMATS[NAMES[m]] for m in offered}
    for variant in (*RESULTS, *GRAPHS):
        query = "SELECT ?x { BIND(1 AS ?x) }" if variant in RESULTS else "CONSTRUCT { <x:s> <x:p> 1 } {}"
        answer = client.get("/sparql?query=" + quote(query), variant.media_type)
        assert answer.headers["content-type"].partition(";")[0] == variant.media_type
    assert {v.name for v in SYNTAXES} <= {v.name for v in GRAPHS}


def test_the_features_are_what_the_endpoint_does(client, described):
    assert set(described[ENDPOINT : SD.feature]) == {SD.UnionDefaultGraph}
    assert set(described[ENDPOINT : SD.supportedLanguage]) == {SD.SPARQL11Query}
    everywhere = "ASK { ?s a ev:Intervention . ?o a ev:Organisation }"  # in two graphs
    assert client.get("/sparql?query=" + quote(everywhere)).json()["boolean"] is True
    service = "ASK { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"
    assert client.get("/sparql?query=" + quote(service)).status_code == 403


def test_the_description_is_linked_and_comes_in_every_syntax(client, described):
    for variant in SYNTAXES:
        answer = client.get("/sparql", variant.media_type)
        assert answer.headers["content-location"] == f"/sparql?format={variant.name}"
        assert 'rel="service-doc"' in answer.headers["link"]
        assert client.get(f"/sparql?format={variant.name}").content == answer.content
    assert client.get("/sparql", "text/html").headers["content-type"].startswith("text/html")


def test_void_counts_what_sparql_counts(void, release, count):
    assert (DATASET, RDF.type, VOID.Dataset) in void
    wanted = {
        VOID.triples: "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        VOID.distinctSubjects: "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }",
        VOID.properties: "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o }",
    }
    for property, query in wanted.items():
        assert int(void.value(DATASET, property)) == count(query), property
    for graph in release.graphs:
        said = void.value(URIRef(graph), VOID.triples)
        assert int(said) == count(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"), graph
    assert URIRef(graph_iri("derived")) in set(void[DATASET : VOID.subset])
    assert URIRef("https://w3id.org/evidensgraf/sparql") in set(void[DATASET : VOID.sparqlEndpoint])


def test_void_counts_the_things_of_every_class(void, client):
    query = "SELECT ?class (COUNT(DISTINCT ?s) AS ?n) { ?s a ?class } GROUP BY ?class"
    rows = client.get("/sparql?query=" + quote(query)).json()["results"]["bindings"]
    counted = {row["class"]["value"]: int(row["n"]["value"]) for row in rows if row["class"]["type"] == "uri"}
    parts = list(void[DATASET : VOID.classPartition])
    said = {str(void.value(p, VOID["class"])): int(void.value(p, VOID.entities)) for p in parts}
    assert said == counted
