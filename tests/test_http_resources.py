"""Linked data over HTTP: dereferencing, variants, caching, and the same facts in every format."""

import json
import re
from importlib import metadata

import pyoxigraph as ox
import pytest
from rdflib import DCTERMS, Graph, URIRef

from evidensgraf.ontology.context import context, context_bytes
from evidensgraf.ontology.namespaces import EV, resource

KIND, SLUG = "appraisal", "bostad-forst-bedomning"
DOC = f"/doc/{KIND}/{SLUG}"
VARY = "Accept, Accept-Language"
FORMATS = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
}
RDFLIB = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld"}


def graph(response, name):
    """Parse an answer; JSON-LD with the project's context in place, so that nothing is fetched."""
    if name == "jsonld":
        document = response.json()
        document["@context"] = context()
        return Graph().parse(data=json.dumps(document), format="json-ld")
    return Graph().parse(data=response.content, format=RDFLIB[name], publicID="http://service.test/")


@pytest.mark.parametrize(
    ("path", "location"),
    [
        (f"/id/{KIND}/{SLUG}", DOC),
        (f"/id/{KIND}/{SLUG}.ttl", DOC + ".ttl"),
        (f"/id/{KIND}/{SLUG}?format=jsonld", DOC + ".jsonld"),
        (f"/id/{KIND}/{SLUG}?lang=en", DOC + "?lang=en"),
        ("/id/intervention/hasky", "/doc/intervention/hasky"),
    ],
)
def test_a_thing_is_described_elsewhere(client, path, location):
    response = client.get(path)
    assert response.status_code == 303
    assert response.headers["location"] == location
    assert response.headers["vary"] == VARY


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_comes_in_every_rdf_format_with_the_same_facts(client, name):
    by_accept, by_suffix = client.get(DOC, FORMATS[name]), client.get(f"{DOC}.{name}", "image/png")
    for response in (by_accept, by_suffix, client.get(f"{DOC}?format={name}", "text/html")):
        assert response.status_code == 200
        assert response.headers["content-type"].partition(";")[0] == FORMATS[name]
        assert response.headers["content-location"] == f"{DOC}.{name}"
        assert response.headers["vary"] == VARY
    assert by_accept.content == by_suffix.content
    turtle = graph(client.get(DOC + ".ttl"), "ttl")
    assert len(turtle) > 20
    assert graph(by_accept, name).isomorphic(turtle)


def test_a_description_has_the_thing_its_parts_its_links_and_what_links_to_it(client):
    triples = {tuple(map(str, t)) for t in graph(client.get("/doc/intervention/arbetspraktik.nt"), "nt")}
    intervention = resource("intervention", "arbetspraktik")
    assert any(s == intervention and p.endswith("prefLabel") for s, p, _ in triples)
    referring = {s for s, p, o in triples if o == intervention and p == EV + "about"}
    assert referring
    assert all(any(s == r and p.endswith("title") for s, p, _ in triples) for r in referring)
    appraisal = {tuple(map(str, t)) for t in graph(client.get(DOC + ".nt"), "nt")}
    assert any("#passage" in s and p.endswith("hasSelector") for s, p, _ in appraisal)
    assert any("#passage" in s and p.endswith("#exact") for s, p, _ in appraisal)
    assert any(s.startswith(EV) and p.endswith("prefLabel") for s, p, _ in appraisal)


def test_json_ld_is_compact_and_names_only_our_context(client):
    document = client.get(DOC + ".jsonld").json()
    assert document["@context"] == "https://w3id.org/evidensgraf/context/v1.jsonld"
    first = document["@graph"][0]
    assert first["id"] == resource(KIND, SLUG)
    assert "Appraisal" in first["type"]
    assert set(first["title"]) == {"sv", "en"}
    assert not any(":" in key for key in first), "every property of an appraisal has a term"


def test_the_context_has_every_term_of_the_ontology(client):
    response = client.get("/context/v1.jsonld")
    assert response.content == context_bytes()
    assert response.headers["content-type"] == "application/ld+json"
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["access-control-allow-origin"] == "*"
    ontology = ox.parse(client.get("/def/?format=nt").content, format=ox.RdfFormat.N_TRIPLES)
    kinds = ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")
    terms = {
        q.subject.value.removeprefix(EV)
        for q in ontology
        if q.predicate.value.endswith("#type")
        and q.object.value.rsplit("#")[-1] in kinds
        and q.subject.value.startswith(EV)
    }
    assert terms <= set(context())
    for definition in context().values():
        assert not isinstance(definition, dict) or definition.keys() <= {"@id", "@type", "@container"}


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize(
    "path",
    [DOC, "/doc/intervention/hasky", "/doc/organisation/boverket", "/doc/source/sou-2018-32", "/def/Finding", "/def/"],
)
def test_a_browser_gets_a_page_in_its_language(client, path, lang):
    response = client.get(path, "text/html,*/*;q=0.8", accept_language=lang)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-language"] == lang
    assert f'lang="{lang}"' in response.text
    assert 'rel="describedby"; type="text/turtle"' in response.headers["link"]


def test_the_links_of_a_document_follow_fair_signposting(client):
    links = client.get(DOC + ".ttl").headers["link"]
    assert f'<{resource(KIND, SLUG)}>; rel="cite-as"' in links
    assert '<https://creativecommons.org/licenses/by/4.0/>; rel="license"' in links
    assert f'<{DOC}.jsonld>; rel="alternate"; type="application/ld+json"' in links
    for target in re.findall(r'<([^>]+)>; rel="alternate"', links):
        assert client.get(target).status_code == 200


def test_no_format_that_fits_is_406_and_lists_what_there_is(client):
    response = client.get(DOC, "image/png")
    assert response.status_code == 406
    assert response.headers["vary"] == VARY
    assert {v["format"] for v in response.json()["available"]} == {"html", "trig", "nq", *FORMATS}
    assert client.get(DOC + "?lang=de").json()["available"] == ["sv", "en"]


def test_an_unchanged_document_is_304_and_every_variant_has_its_own_tag(client, release):
    tags = {client.get(f"{DOC}.{name}").headers["etag"] for name in (*FORMATS, "html")}
    assert len(tags) == 5
    first = client.get(DOC, "text/turtle")
    assert not first.headers["etag"].startswith("W/")
    assert first.headers["last-modified"].endswith("GMT")
    for sent in (first.headers["etag"], f'"other", {first.headers["etag"]}', "W/" + first.headers["etag"], "*"):
        again = client.get(DOC, "text/turtle", if_none_match=sent)
        assert again.status_code == 304
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["vary"] == VARY
    assert client.get(DOC, "application/ld+json", if_none_match=first.headers["etag"]).status_code == 200


@pytest.mark.parametrize(
    "path", [DOC + ".ttl", DOC + ".html", "/api/v1/findings", "/sparql?query=ASK%7B%7D", "/catalog"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_not_modified_since_a_date_is_304(client, path, method):
    modified = client.get(path).headers["last-modified"]
    later, earlier = "Thu, 01 Jan 2099 00:00:00 GMT", "Thu, 01 Jan 2015 00:00:00 GMT"
    for sent, status in (
        (modified, 304),
        (later, 304),
        ("Sunday, 01-Jan-68 00:00:00 GMT", 304),
        ("Thu Jan  1 00:00:00 2099", 304),
        (earlier, 200),
        ("2099-01-01", 200),
        ("", 200),
    ):
        response = client.request(method, path, headers={"If-Modified-Since": sent})
        assert response.status_code == status, sent
    both = {"If-Modified-Since": later, "If-None-Match": '"another"'}
    assert client.request(method, path, headers=both).status_code == 200
    for twice in ([modified, later], [later, "x"]):
        lines = [("If-Modified-Since", line) for line in twice]
        assert client.request(method, path, headers=lines).status_code == 200


def test_a_condition_is_weighed_only_for_what_there_is(client_of, engine, release):
    later = {"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"}
    for path, status in (
        (DOC + ".nt", 304),
        (f"/releases/{release.id}/evidensgraf.nq", 304),
        ("/doc/appraisal/x", 404),
        ("/api/v1/appraisals/x", 404),
        ("/sparql?query=ASK%7B", 400),
    ):
        fresh = client_of(engine)
        assert fresh.request("GET", path, headers=later).status_code == status
        failing = 412 if status == 304 else status
        assert fresh.request("GET", path, headers={"If-Match": '"x"'}).status_code == failing


def test_a_condition_that_does_not_hold_is_412(client):
    tag = client.get(DOC + ".ttl").headers["etag"]
    for header, value, status in (
        ("If-Match", '"another"', 412),
        ("If-Match", "W/" + tag, 412),
        ("If-Match", tag, 200),
        ("If-Match", f'"another", {tag}', 200),
        ("If-Match", "*", 200),
        ("If-Unmodified-Since", "Thu, 01 Jan 2015 00:00:00 GMT", 412),
        ("If-Unmodified-Since", "Thu, 01 Jan 2099 00:00:00 GMT", 200),
        ("If-Unmodified-Since", "x", 200),
    ):
        response = client.request("GET", DOC + ".ttl", headers={header: value})
        assert response.status_code == status, (header, value)
        if status == 412:
            assert response.json()["type"].endswith("/precondition-failed")
    both = {"If-Match": '"another"', "If-None-Match": tag}
    assert client.request("GET", DOC + ".ttl", headers=both).status_code == 412


@pytest.mark.parametrize("path", [DOC, "/def/Finding", "/def/"])
def test_application_json_stands_for_json_ld(client, path):
    response = client.get(path, "application/json")
    assert response.headers["content-type"] == "application/json"
    canonical = client.get(path, "application/ld+json")
    assert canonical.headers["content-type"] == "application/ld+json"
    assert response.content == canonical.content
    assert response.headers["etag"] != canonical.headers["etag"]
    assert response.headers["content-location"] == canonical.headers["content-location"]
    assert 'type="application/json"' not in response.headers["link"]
    assert 'rel="alternate"; type="application/ld+json"' in response.headers["link"]


def test_a_repeated_question_costs_no_evaluation(client_of, engine):
    class Counting:
        asked = 0

        async def query(self, *arguments, **more):
            self.asked += 1
            return await engine.query(*arguments, **more)

    counting = Counting()
    client = client_of(counting)
    for path, accept in (("/sparql?query=ASK%7B%7D", None), ("/api/v1/findings", None), ("/", "text/html")):
        first, asked = client.get(path, accept), counting.asked
        again = client.get(path, accept)
        assert again.content == first.content
        assert counting.asked == asked
        for header in ("etag", "content-type", "link", "vary"):
            assert again.headers.get(header) == first.headers.get(header)
        assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert client.get("/", "text/html", accept_language="en").text != client.get("/", "text/html").text
    assert client.post("/sparql", "ASK { <x:s> <x:p> 1 }", "application/sparql-query").json()["boolean"] is False
    assert client.post("/sparql", "ASK {}", "application/sparql-query").json()["boolean"] is True


def test_the_ontology_and_its_terms_are_dereferenced(client):
    everything = graph(client.get("/def/", "text/turtle"), "ttl")
    assert len(everything) > 1000
    for name in FORMATS:
        assert graph(client.get("/def/Finding", FORMATS[name]), name).isomorphic(
            graph(client.get("/def/Finding.nt"), "nt")
        )
        assert graph(client.get("/def/", FORMATS[name]), name).isomorphic(everything)
    version = client.get(f"/def/{metadata.version('evidensgraf')}/", "text/turtle")
    assert len(graph(version, "ttl")) == len(everything)
    assert client.get("/def/scheme/effect", "text/turtle").status_code == 200
    assert client.get("/def", "text/turtle").status_code == 200


def test_a_named_graph_is_dumped_whole(client):
    response = client.get("/graph/organisations", "*/*")
    assert response.headers["content-type"] == "text/turtle; charset=utf-8"
    query = "SELECT (COUNT(*) AS ?n) { GRAPH <https://w3id.org/evidensgraf/graph/organisations> { ?s ?p ?o } }"
    (row,) = client.request("GET", "/sparql", params={"query": query}).json()["results"]["bindings"]
    assert len(graph(response, "ttl")) == int(row["n"]["value"])
    missing = client.get("/graph/organisation")
    assert missing.status_code == 404
    assert missing.json()["suggestions"] == ["/graph/organisations"]


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [
        ("/doc/appraisal/bostad-frst-bedomning", DOC),
        ("/doc/apraisal/bostad-forst-bedomning", DOC),
        ("/id/intervention/bostadforst", "/doc/intervention/bostad-forst"),
        ("/doc/organisation/hasky", "/doc/intervention/hasky"),
        ("/def/finding", "/def/Finding"),
        ("/def/EvidenceGpa.ttl", "/def/EvidenceGap"),
        ("/queries/evidence-chian", "/queries/evidence-chain"),
        ("/problems/bussy", "/problems/busy"),
    ],
)
def test_an_unknown_name_is_404_with_near_names(client, path, suggestion):
    response = client.get(path)
    assert response.status_code == 404
    assert suggestion in response.json()["suggestions"]
    assert response.headers["vary"] == VARY


@pytest.mark.parametrize(
    "path", ["/doc/finding/%3E%20%7B%7D", "/doc/finding/ÅÄÖ", "/doc/x/y/z", "/def/%3Cx%3E", "/id/A/b", "/def/x%0Ay"]
)
def test_a_strange_name_is_404(client, path):
    assert client.get(path).status_code == 404


def test_head_is_get_without_a_body(client):
    get, head = client.get(DOC + ".ttl"), client.request("HEAD", DOC + ".ttl")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(get.content))
    for name in ("etag", "content-type", "link", "content-location"):
        assert head.headers[name] == get.headers[name]


def test_under_a_root_path_every_address_has_the_prefix(client_of, engine):
    mounted = client_of(engine, root_path="/evidensgraf")
    for prefix in ("", "/evidensgraf"):  # a proxy takes the prefix away, or leaves it
        assert mounted.get(f"{prefix}/id/{KIND}/{SLUG}").headers["location"] == "/evidensgraf" + DOC
        response = mounted.get(prefix + DOC, "text/turtle")
        assert response.headers["content-location"] == f"/evidensgraf{DOC}.ttl"
        assert (
            mounted.get(prefix + "/sparql?query=ASK%7B%7D")
            .headers["content-location"]
            .startswith("/evidensgraf/sparql?")
        )
        assert mounted.get(prefix + "/doc/appraisal/x").json()["instance"].startswith("/evidensgraf/doc/appraisal/x#")
        assert 'href="/evidensgraf/' in mounted.get(prefix + DOC, "text/html").text
        assert mounted.get(prefix + "/static/style.css").status_code == 200


def test_the_release_can_be_downloaded_and_is_described(client, release):
    dump = client.get(f"/releases/{release.id}/evidensgraf.nq")
    assert dump.content == release.quads.read_bytes()
    assert dump.headers["content-type"] == "application/n-quads"
    assert client.get("/releases/1999-01-01/evidensgraf.nq").status_code == 404
    for path in ("/.well-known/void", "/catalog"):
        described = graph(client.get(path, "text/turtle"), "ttl")
        assert any("void#triples" in str(p) for p in described.predicates())


def test_the_catalogue_is_listed_and_run_by_name(client):
    listed = client.get("/queries").json()
    entry = next(q for q in listed["queries"] if q["name"] == "findings-of-intervention")
    assert entry["parameters"][0]["name"] == "intervention"
    rows = client.get(entry["href"] + "?intervention=arbetspraktik").json()["results"]["bindings"]
    assert rows
    assert client.get(entry["href"] + ".csv?intervention=arbetspraktik").headers["content-type"].startswith("text/csv")
    assert "id/intervention/arbetspraktik>" in client.get(entry["href"] + ".rq?intervention=arbetspraktik").text
    assert (
        client.get(entry["href"] + "?intervention=arbetspraktik", "text/html")
        .headers["content-type"]
        .startswith("text/html")
    )
    assert client.get("/queries", "text/html").headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/queries/findings-of-intervention?intervntion=hasky", "intervntion"),
        ("/queries/findings-of-intervention?intervention=Not%20A%20Slug", "Not A Slug"),
        ("/queries/evidence-chain?claim=x%3Ay%3E%20%7D", "x:y> }"),
        ("/queries/resource-description", "resource"),
        ("/queries/findings-of-intervention?intervention=hasky&intervention=all-in", "intervention"),
    ],
)
def test_a_query_called_wrongly_says_what_is_wrong_in_both_languages(client, path, words):
    for lang in ("sv", "en"):
        response = client.get(path, accept_language=lang)
        assert response.status_code == 400
        assert words in response.json()["detail"]
        assert response.headers["content-language"] == lang


def test_an_earlier_version_of_the_ontology_is_described_and_an_unknown_one_names_the_current(client):
    earlier = client.get("/def/0.1.0/", "text/turtle")
    assert (URIRef(EV), DCTERMS.hasVersion, URIRef(EV + "0.1.0/")) in graph(earlier, "ttl")
    assert client.get("/def/0.1.0/", "text/html").status_code == 200
    unknown = client.get("/def/9.9.9/")
    assert unknown.status_code == 404
    (current,) = unknown.json()["suggestions"]
    assert len(graph(client.get(current, "text/turtle"), "ttl")) > 1000
