"""Linked data in all its forms: datasets, the graph store, lists, signposts, frames, and what clients really send."""

import json
import re
from urllib.parse import quote, urljoin

import pyoxigraph as ox
import pytest
from pyld import jsonld
from starlette.routing import Mount

from evidensgraf.graph.engine import Limits
from evidensgraf.graph.pool import LocalEngine
from evidensgraf.ontology.namespaces import BASE, GRAPH, graph_iri, resource
from evidensgraf.service.jsonld import context, frames
from evidensgraf.service.negotiation import VARY

DOC = "/doc/appraisal/bostad-forst-bedomning"
LISTS = ("/interventions", "/recommendations", "/findings", "/sources")
RESULTS, GRAPHS = "/sparql?query=SELECT(1+AS+?x){}", "/sparql?query=CONSTRUCT{<x:s>+<x:p>+1}{}"
CLIENTS = [
    # client, Accept, what it asks for, the media type that it is to get
    ("Virtuoso, SERVICE *", "application/sparql-results+xml, text/rdf+n3, application/rdf+xml", RESULTS,
     "application/sparql-results+xml"),
    ("RDF4J, GraphDB and FedX, SERVICE", "text/csv;q=0.8, application/sparql-results+json;q=0.8, "
     "application/json;q=0.8, application/sparql-results+xml, application/xml, text/tab-separated-values;q=0.8, "
     "application/x-binary-rdf-results-table;q=0.8", RESULTS, "application/sparql-results+xml"),
    ("GraphDB Workbench", "application/x-sparqlstar-results+json, application/sparql-results+json;q=0.9, */*;q=0.8",
     RESULTS, "application/sparql-results+json"),
    ("Blazegraph, SERVICE", "application/x-binary-rdf-results-table;q=1,application/sparql-results+xml;q=1", RESULTS,
     "application/sparql-results+xml"),
    ("Jena and Fuseki, SERVICE *", "application/sparql-results+json, application/sparql-results+xml;q=0.9, "
     "text/tab-separated-values;q=0.7, text/csv;q=0.5, application/json;q=0.2, application/xml;q=0.2, */*;q=0.1",
     RESULTS, "application/sparql-results+json"),
    ("Jena, a graph", "text/turtle,application/n-triples;q=0.9,application/ld+json;q=0.8,application/rdf+xml;q=0.7,"
     "*/*;q=0.3", DOC, "text/turtle"),
    ("AtomGraph", "application/n-triples;q=0.9, application/rdf+xml;q=0.8, text/turtle;q=0.8, "
     "application/sparql-results+xml;q=0.6, text/csv;q=0.5, application/sparql-results+json;q=0.6", RESULTS,
     "application/sparql-results+json"),
    ("QLever, SERVICE *", "application/sparql-results+json", RESULTS, "application/sparql-results+json"),
    ("Sophia", "application/sparql-results+json,application/sparql-results+xml;q=0.8,text/turtle,"
     "application/n-triples;q=0.9,application/rdf+xml;q=0.8", GRAPHS, "text/turtle"),
    ("SPARQLWrapper, JSON", "application/sparql-results+json,application/json,text/javascript,application/javascript",
     RESULTS, "application/sparql-results+json"),
    ("SPARQLWrapper, N3", "application/turtle,text/turtle,text/rdf+n3,application/n-triples,application/n3,text/n3",
     GRAPHS, "text/turtle"),
    ("SPARQLWrapper, JSON-LD", "application/ld+json,application/x-json+ld", GRAPHS, "application/ld+json"),
    ("Comunica, a document", "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,"
     "application/n-triples;q=0.8,text/turtle;q=0.6,application/rdf+xml;q=0.5,application/json;q=0.45,text/n3;q=0.35,"
     "application/xml;q=0.3,text/html;q=0.2,application/xhtml+xml;q=0.18", DOC, "application/n-quads"),
    ("RDF Browser", "text/turtle,application/n-triples;q=0.9,application/rdf+xml;q=0.7,application/trig,"
     "application/n-quads;q=0.9,application/ld+json;q=0.8,*/*;q=0.5", DOC, "text/turtle"),
    ("OWL API", "application/rdf+xml, application/xml; q=0.7, text/xml; q=0.6, text/plain; q=0.1, */*; q=0.09", DOC,
     "application/rdf+xml"),
    ("rdflib, xml", "application/rdf+xml, */*;q=0.1", DOC, "application/rdf+xml"),
    ("rdflib, turtle", "text/turtle, application/x-turtle, */*;q=0.1", DOC, "text/turtle"),
    ("rdflib, n3", "text/n3, */*;q=0.1", DOC, "text/n3"),
    ("rdflib, nt", "text/plain, */*;q=0.1", DOC, "text/plain"),
    ("rdflib, trig", "application/trig, */*;q=0.1", DOC, "application/trig"),
    ("rdflib, json-ld", "application/ld+json, application/json;q=0.9, */*;q=0.1", DOC, "application/ld+json"),
    ("F-UJI", "text/html, application/xhtml+xml, application/xml;q=0.5, text/xml;q=0.5, application/rdf+xml;q=0.5",
     DOC, "text/html"),
    ("Firefox", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", RESULTS, "text/html"),
    ("Chrome", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
     "application/signed-exchange;v=b3;q=0.7", DOC, "text/html"),
    ("curl, wget, a bare client", "*/*", RESULTS, "application/sparql-results+json"),
    ("curl, a graph", "*/*", "/graph/organisations", "text/turtle"),
    ("no header", None, GRAPHS, "text/turtle"),
]  # fmt: skip
"""What clients send, from their sources and from reports about them; one with an asterisk was not checked there."""


@pytest.mark.parametrize(("accept", "address", "media_type"), [c[1:] for c in CLIENTS], ids=[c[0] for c in CLIENTS])
def test_a_client_gets_what_it_can_read(client, accept, address, media_type):
    answer = client.get(address, accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert answer.headers["vary"] == VARY


def quads(answer, form):
    """Return the statements of an answer, without those of blank nodes, which have no name to compare by."""
    found = set(ox.parse(answer.content, format=form))
    return {q for q in found if not isinstance(q.subject, ox.BlankNode) and not isinstance(q.object, ox.BlankNode)}


def test_trig_and_n_quads_keep_the_graph_of_every_statement(client, release):
    held = set(ox.parse(release.quads.read_bytes(), format=ox.RdfFormat.N_QUADS))
    for path in (DOC, "/doc/source/sou-2018-32", "/def/Finding"):
        trig = quads(client.get(path, "application/trig"), ox.RdfFormat.TRIG)
        assert trig and trig == quads(client.get(path + ".nq"), ox.RdfFormat.N_QUADS)
        assert trig <= held
        plain = quads(client.get(path + ".nt"), ox.RdfFormat.N_TRIPLES)
        assert {q.triple for q in trig} == {q.triple for q in plain}
    ontology = quads(client.get("/def/", "application/trig"), ox.RdfFormat.TRIG)
    assert {q.graph_name.value for q in ontology} == {graph_iri("ontology")}


def test_a_graph_is_the_same_wherever_it_is_asked_for(client):
    direct = client.get("/graph/organisations", "application/n-triples")
    indirect = client.get("/graphs?graph=" + quote(graph_iri("organisations"), safe=""), "application/n-triples")
    assert direct.content == indirect.content
    trig = quads(client.get("/graph/organisations.trig"), ox.RdfFormat.TRIG)
    assert trig == quads(direct, ox.RdfFormat.N_TRIPLES), "the answer is a graph, and names none"
    assert client.request("HEAD", "/graph/organisations").content == b""
    for path in ("/graphs?default", "/graph/organisations"):
        for method in ("PUT", "POST", "DELETE", "PATCH"):
            refused = client.request(method, path)
            assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert client.request("OPTIONS", path).headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?default&graph=x:g", 400),
        ("?graph=x:g&graph=x:h", 400),
        ("?graph=concepts", 400),
        ("?graph=", 400),
        ("?graph=" + quote(GRAPH + "concept", safe=""), 404),
    ],
)
def test_the_graph_store_wants_one_graph_that_is_there(client, query, status):
    answer = client.get("/graphs" + query, "text/turtle")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 404:
        (found,) = answer.json()["suggestions"][:1]
        assert client.get(found, "text/turtle").status_code == 200


def test_the_default_graph_is_whole_or_refused_with_where_it_is(client_of, release, runner):
    size = release.manifest["quads"]
    for rows, status in ((size * 2, 200), (1000, 413)):
        engine = LocalEngine(release, Limits(seconds=60, rows=rows), workers=1)
        runner.run(engine.start())
        answer = client_of(engine).get("/graphs?default", "application/n-triples")
        runner.run(engine.close())
        assert answer.status_code == status
        if status == 200:
            held = {q.triple for q in ox.parse(release.quads.read_bytes(), format=ox.RdfFormat.N_QUADS)}
            assert answer.content.count(b"\n") == len(held)
        else:
            assert answer.json()["release"] == f"/releases/{release.id}"


def links(header):
    """Return the links of a header or of a linkset in text: (relation, target, media type)."""
    found = re.findall(r'<([^>]*)>; rel="([^"]+)"((?:; [a-z]+="[^"]*")*)', header)
    return {(rel, target, (re.search(r'type="([^"]*)"', more) or ["", ""])[1]) for target, rel, more in found}


@pytest.mark.parametrize("path", [DOC, "/doc/organisation/boverket", "/def/Finding", "/def/", *LISTS])
def test_the_linkset_says_what_the_headers_say(client, path):
    page = links(client.get(path, "text/html").headers["link"])
    sets = {kind: target for rel, target, kind in page if rel == "linkset"}
    assert set(sets) == {"application/linkset+json", "application/linkset"}
    document = client.get(sets["application/linkset+json"])
    assert document.headers["content-type"] == "application/linkset+json"
    for entry in document.json()["linkset"]:
        said = {(rel, t["href"], t.get("type", "")) for rel, ts in entry.items() if rel != "anchor" for t in ts}
        accept = "text/html" if entry["anchor"] == path else None
        header = links(client.get(entry["anchor"], accept).headers["link"])
        assert {s for s in said if s[0] != "item"} == {h for h in header if h[0] != "linkset"}
    text = client.get(sets["application/linkset"])
    assert text.headers["content-type"] == "application/linkset"
    whole = {(rel, t["href"], t.get("type", "")) for e in document.json()["linkset"] for rel, ts in e.items()
             if rel != "anchor" for t in ts}  # fmt: skip
    assert links(text.text) == whole
    for rel, target, kind in page - {("cite-as", BASE[:-1] + path, "")}:
        if target.startswith("/"):
            answer = client.get(urljoin(path, target), kind or None)
            assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind), (rel, target)


def test_the_signposts_of_a_document_are_those_of_fair_signposting(client):
    found = {}
    for rel, target, _ in links(client.get(DOC, "text/html").headers["link"]):
        found.setdefault(rel, set()).add(target)
    assert found["cite-as"] == {resource("appraisal", "bostad-forst-bedomning")}
    assert found["type"] >= {"https://schema.org/AboutPage", BASE + "def/Appraisal"}
    assert found["license"] == {"https://creativecommons.org/licenses/by/4.0/"}
    assert found["collection"] == {"/recommendations"}
    assert len(found["describedby"]) == 6
    described = links(client.get(DOC + ".ttl").headers["link"])
    assert ("describes", DOC, "text/html") in described


def test_the_linkset_of_the_catalogue_leads_to_everything_that_is_listed(client):
    contexts = {c["anchor"]: c for c in client.get("/linkset").json()["linkset"]}
    start = {t["href"] for t in contexts["/"]["item"]}
    assert start >= set(LISTS)
    listed = {t["href"] for name in LISTS for t in contexts[name]["item"]}
    assert len(listed) > 700
    for target in (*sorted(listed)[::150], *start):
        assert client.get(target, "text/html").status_code == 200, target
    assert client.get(contexts["/"]["describedby"][0]["href"]).status_code == 200
    assert client.get("/linkset/intervention").json()["suggestions"] == ["/linkset/interventions"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_csv_too(client, path):
    table = client.get(path, "text/csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-location"] == path + ".csv"
    assert client.get(path + ".csv").content == client.get(path + "?format=csv").content == table.content
    assert table.text.count("\r\n") > 100
    assert client.get(path, "text/turtle").status_code == 406


@pytest.mark.parametrize("name", sorted(frames()))
def test_a_frame_makes_a_tree_of_a_document(client, name):
    frame = client.get(f"/context/frames/{name}.jsonld")
    assert frame.headers["content-type"] == "application/ld+json"
    frame = frame.json()
    assert frame["@context"] == BASE + "context/v1.jsonld"
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
    slug = {"appraisal": "bostad-forst-bedomning", "intervention": "hasky", "source": "sou-2018-32"}.get(kind)
    if slug is None:
        query = f"SELECT ?x {{ ?x a ev:{name} }} ORDER BY ?x LIMIT 1"
        rows = client.get("/sparql?query=" + quote(query)).json()["results"]["bindings"]
        slug = rows[0]["x"]["value"].rsplit("/", 1)[-1]
    document = client.get(f"/doc/{kind}/{slug}.jsonld").json()
    own = {"@context": context()}
    framed = jsonld.frame(document | own, frame | own)
    nodes = framed.get("@graph", [framed])
    (tree,) = [
        node for node in nodes if node["id"].endswith(f"/{kind}/{slug}") or node["id"].endswith(f":{kind}/{slug}")
    ]
    assert name in (tree["type"] if isinstance(tree["type"], list) else [tree["type"]])
    parts = {"Source": "hasCitedForm", "Intervention": "inScheme"}.get(name, "statedIn")
    assert tree[parts]
    if parts == "statedIn":
        (first, *_) = tree[parts] if isinstance(tree[parts], list) else [tree[parts]]
        assert "hasStartSelector" in json.dumps(first)


SAMPLES = {
    "kind": "intervention",
    "name": "hasky",
    "slug": "hasky",
    "release_id": "1999-01-01",
    "release": "1999-01-01",
    "kind_name": "interventions",
}
"""Values of path parameters, by name."""


def test_every_answer_of_every_route_varies_by_what_is_negotiated(client):
    own = [r for r in client.app.routes if hasattr(r, "path") and not isinstance(r, Mount)]
    included = [r.original_router for r in client.app.routes if hasattr(r, "original_router")]
    routes = [*own, *(route for router in included for route in router.routes)]
    assert len(routes) > 60
    seen = set()
    for route in routes:
        path = re.sub(r"{(\w+)(?::\w+)?}", lambda m: SAMPLES.get(m[1], "x"), route.path)
        for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
            for accept in ("text/html", "text/turtle", "image/png"):
                answer = client.request(method, path, headers={"Accept": accept})
                vary = {part.strip() for part in answer.headers["vary"].split(",")}
                assert {"Accept", "Accept-Language"} <= vary, (method, path, accept)
                seen.add(answer.status_code)
                if "etag" in answer.headers and method == "GET" and answer.status_code == 200:
                    given = {"Accept": accept, "If-None-Match": answer.headers["etag"]}
                    again = client.request("GET", path, headers=given)
                    assert again.status_code == 304, path
                    assert again.headers["vary"] == answer.headers["vary"]
                    seen.add(304)
    assert seen >= {200, 204, 303, 304, 404, 405, 406}


def sparql(client, query, accept=None):
    return client.get("/sparql?query=" + quote(query), accept)


def test_what_sparql_1_2_adds_is_in_the_results(client):
    query = 'VERSION "1.2" SELECT (<<( <x:s> <x:p> "a"@ar--rtl )>> AS ?t) {}'
    accept = "application/sparql-results+json;version=1.2"
    term = sparql(client, query, accept).json()["results"]["bindings"][0]["t"]
    assert term["type"] == "triple"
    assert term["value"]["subject"] == {"type": "uri", "value": "x:s"}
    assert term["value"]["object"] == {"type": "literal", "value": "a", "xml:lang": "ar", "its:dir": "rtl"}
    assert "<triple>" in sparql(client, query, "application/sparql-results+xml").text
    assert '<<( <x:s> <x:p> "a"@ar--rtl )>>' in sparql(client, query, "text/tab-separated-values").text
    assert sparql(client, query, "application/sparql-results+json;version=9").status_code == 406


def test_json_ld_which_has_no_triple_terms_says_what_does(client):
    query = "CONSTRUCT { <x:r> rdf:reifies <<( <x:s> <x:p> 1 )>> } {}"
    assert "<<( <x:s> <x:p> 1 )>>" in sparql(client, query, "text/turtle").text
    refused = sparql(client, query, "application/ld+json")
    assert refused.status_code == 406
    assert "text/turtle" in refused.json()["available"]
