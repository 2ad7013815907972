"""The SPARQL 1.1 Protocol over HTTP: the query cases of the W3C suite on our own graphs, and refusals."""

import asyncio
import json
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest

from evidensgraf.graph.engine import Answer, Limits
from evidensgraf.graph.pool import LocalEngine
from evidensgraf.ontology.namespaces import graph_iri, resource

QUERY, FORM, UPDATE = "application/sparql-query", "application/x-www-form-urlencoded", "application/sparql-update"
JSON = "application/sparql-results+json"
CONCEPTS, ORGANISATIONS, BIBLIOGRAPHY = (graph_iri(slug) for slug in ("concepts", "organisations", "bibliography"))
A_CONCEPT, AN_ORGANISATION = resource("intervention", "hasky"), resource("organisation", "boverket")
BOTH = f"ASK {{ <{A_CONCEPT}> a ?c . <{AN_ORGANISATION}> a ?o }}"
BOTH_NAMED = f"ASK {{ GRAPH ?g1 {{ <{A_CONCEPT}> a ?c }} GRAPH ?g2 {{ <{AN_ORGANISATION}> a ?o }} }}"


def url(*pairs, path="/sparql/"):
    return f"{path}?{urlencode(pairs)}" if pairs else path


def boolean(response):
    assert response.status_code == 200, response.text
    return response.json()["boolean"]


def test_query_get(client):
    assert boolean(client.get(url(("query", "ASK {}"), ("default-graph-uri", CONCEPTS)))) is True


def test_query_post_form(client):
    assert boolean(client.post(url(("default-graph-uri", CONCEPTS)), "query=ASK%20%7B%7D", FORM)) is True


def test_query_post_direct(client):
    assert boolean(client.post("/sparql/", "ASK {}", QUERY)) is True


def test_query_dataset_default_graph(client):
    assert boolean(client.get(url(("query", BOTH), ("default-graph-uri", CONCEPTS)))) is False


def test_query_dataset_default_graphs(client):
    both = url(("default-graph-uri", CONCEPTS), ("default-graph-uri", ORGANISATIONS))
    assert boolean(client.post(both, BOTH, QUERY)) is True


def test_query_dataset_named_graphs(client):
    pairs = ("named-graph-uri", CONCEPTS), ("named-graph-uri", ORGANISATIONS)
    assert boolean(client.post(url(*pairs), BOTH_NAMED, QUERY)) is True
    assert boolean(client.get(url(("query", BOTH_NAMED), *pairs))) is True
    assert boolean(client.get(url(("query", BOTH_NAMED), pairs[0]))) is False
    assert boolean(client.get(url(("query", BOTH), *pairs))) is False


def test_query_dataset_full(client):
    pairs = ("default-graph-uri", BIBLIOGRAPHY), ("named-graph-uri", CONCEPTS), ("named-graph-uri", ORGANISATIONS)
    query = BOTH_NAMED[:-1] + f"<{resource('source', 'sbu-2018-hemloshet')}> a ?s }}"
    assert boolean(client.post(url(*pairs), query, QUERY)) is True


def test_query_multiple_dataset_the_protocol_overrides_from(client):
    pairs = ("named-graph-uri", CONCEPTS), ("named-graph-uri", ORGANISATIONS)
    query = BOTH_NAMED.replace("ASK", f"ASK FROM <{BIBLIOGRAPHY}>")
    assert boolean(client.post(url(*pairs), query, QUERY)) is True
    assert boolean(client.post("/sparql/", query, QUERY)) is False


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("SELECT (1 AS ?value) {}", {JSON, "application/sparql-results+xml", "text/csv", "text/tab-separated-values"}),
        ("ASK {}", {JSON, "application/sparql-results+xml"}),
        ("DESCRIBE <http://example.org/>", {"text/turtle", "application/n-triples", "application/rdf+xml"}),
        ("CONSTRUCT { <x:s> <x:p> 1 } WHERE {}", {"text/turtle", "application/n-triples", "application/rdf+xml"}),
    ],
)
def test_query_content_type(client, query, types):
    response = client.post("/sparql/", query, QUERY)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] in types


@pytest.mark.parametrize(
    ("case", "method", "address", "content", "content_type", "status"),
    [
        ("bad_query_method", "PUT", url(("query", "ASK {}")), "", FORM, 405),
        ("bad_multiple_queries", "GET", url(("query", "ASK {}"), ("query", "SELECT * {}")), "", None, 400),
        ("bad_query_wrong_media_type", "POST", "/sparql/", "ASK {}", "text/plain", 415),
        ("bad_query_missing_form_type", "POST", "/sparql/", "query=ASK%20%7B%7D", None, 415),
        ("bad_query_missing_direct_type", "POST", "/sparql/", "ASK {}", None, 415),
        ("bad_query_non_utf8", "POST", "/sparql/", "ASK {}".encode("utf-16"), QUERY + "; charset=UTF-16", 415),
        ("bad_query_syntax", "GET", url(("query", "ASK {")), "", None, 400),
        ("a query that is empty", "GET", "/sparql?query=", "", None, 400),
        ("a query that is empty in a form", "POST", "/sparql", "query=", FORM, 400),
        ("a query that is empty in a body", "POST", "/sparql", "", QUERY, 400),
        ("a query with an unknown function", "POST", "/sparql", "SELECT (<x:f>(1) AS ?x) {}", QUERY, 400),
        ("a query that is nested too deeply", "POST", "/sparql", "ASK " + "{" * 501 + "}" * 501, QUERY, 400),
        ("no query in a form", "POST", "/sparql/", "", FORM, 400),
        ("a query in the address and in the body", "POST", url(("query", "ASK {}")), "ASK {}", QUERY, 400),
        ("bytes that are not UTF-8", "POST", "/sparql/", b"ASK { ?s ?p '\xff' }", QUERY, 400),
        ("percent-encoding that is not UTF-8", "GET", "/sparql?query=ASK%20%7B%7D%20%23%FF", "", None, 400),
        ("bad_update_get", "GET", url(("update", "CLEAR ALL")), "", None, 403),
        ("update_post_form", "POST", "/sparql/", "update=CLEAR%20ALL", FORM, 403),
        ("update_post_direct", "POST", "/sparql/", "CLEAR ALL", UPDATE, 403),
        ("bad_multiple_updates", "POST", "/sparql/", "update=CLEAR%20NAMED&update=CLEAR%20DEFAULT", FORM, 403),
        ("an update as a query", "POST", "/sparql/", "INSERT DATA { <x:s> <x:p> 1 }", QUERY, 403),
        ("SERVICE", "POST", "/sparql/", "ASK { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", QUERY, 403),
        ("FROM an unknown graph", "POST", "/sparql/", "ASK FROM <http://example.org/g> { ?s ?p ?o }", QUERY, 403),
        (
            "an unknown default graph",
            "GET",
            url(("query", "ASK {}"), ("default-graph-uri", "http://example.org/")),
            "",
            None,
            403,
        ),
        (
            "an unknown named graph",
            "GET",
            url(("query", "ASK {}"), ("named-graph-uri", "file:///etc/passwd")),
            "",
            None,
            403,
        ),
    ],
)
def test_what_is_refused_is_a_problem(client, case, method, address, content, content_type, status):
    headers = {"Content-Type": content_type} if content_type else {}
    response = client.request(method, address, content=content, headers=headers)
    assert response.status_code == status, case
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status


def test_an_update_is_not_carried_out(client):
    client.post("/sparql", "CLEAR ALL", UPDATE)
    assert boolean(client.post("/sparql", BOTH, QUERY)) is True


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_both_paths_answer_without_a_redirect(client, path):
    assert boolean(client.get(url(("query", "ASK {}"), path=path))) is True
    assert client.get(path).status_code == 200


def test_a_form_is_decoded_once_with_any_charset_parameter_in_utf_8(client):
    query = 'SELECT ("a%41+b & åäö" AS ?x) {}'
    for response in (
        client.post("/sparql", urlencode({"query": query}), FORM + "; charset=UTF-8"),
        client.post("/sparql", query, QUERY + ';charset="utf-8"'),
        client.get("/sparql?query=" + quote(query)),
    ):
        assert response.json()["results"]["bindings"] == [{"x": {"type": "literal", "value": "a%41+b & åäö"}}]


@pytest.mark.parametrize(
    ("accept", "query", "content_type", "start"),
    [
        (None, "SELECT ?x { BIND(1 AS ?x) }", JSON, "{"),
        ("application/json", "SELECT ?x { BIND(1 AS ?x) }", "application/json", "{"),
        ("application/sparql-results+xml", "SELECT ?x { BIND(1 AS ?x) }", "application/sparql-results+xml", "<?xml"),
        ("text/csv", "SELECT ?x { BIND(1 AS ?x) }", "text/csv; charset=utf-8", "x\r\n1"),
        (
            "text/tab-separated-values",
            "SELECT ?x { BIND(1 AS ?x) }",
            "text/tab-separated-values; charset=utf-8",
            "?x\n1",
        ),
        ("application/rdf+xml", "CONSTRUCT { <x:s> <x:p> 1 } {}", "application/rdf+xml", "<?xml"),
        ("application/n-triples", "CONSTRUCT { <x:s> <x:p> 1 } {}", "application/n-triples", "<x:s> <x:p>"),
        ("application/ld+json", "CONSTRUCT { <x:s> <x:p> 1 } {}", "application/ld+json", ("{", "[")),
        (None, "CONSTRUCT { <x:s> <x:p> 1 } {}", "text/turtle; charset=utf-8", "@prefix"),
    ],
)
def test_an_answer_comes_in_the_format_asked_for(client, accept, query, content_type, start):
    response = client.get(url(("query", query)), accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == content_type
    assert response.text.startswith(start)


def test_format_beats_accept(client):
    response = client.get(url(("query", "SELECT ?x { BIND(1 AS ?x) }"), ("format", "csv")), "application/json")
    assert response.text == "x\r\n1\r\n"


def test_sparqlwrapper_gives_format_twice(client):
    pairs = ("format", "json-ld"), ("format", "application/ld+json,application/x-json+ld"), ("output", "json-ld")
    response = client.get(url(("query", "CONSTRUCT WHERE { ?s a ev:Intervention }"), *pairs), "application/ld+json")
    assert response.headers["content-type"] == "application/ld+json"


def test_a_format_that_does_not_fit_the_form_is_406_and_lists_those_that_do(client):
    problem = client.get(url(("query", "SELECT * {}")), "text/turtle")
    assert problem.status_code == 406
    assert JSON in [v["mediaType"] for v in problem.json()["available"]]
    assert client.get(url(("query", "CONSTRUCT WHERE { ?s ?p ?o }")), "text/csv").status_code == 406


def test_a_syntax_error_has_its_place_and_both_languages(client):
    address = url(("query", "SELECT *\nWHERE { ?s ?p }"))
    problem = client.get(address, accept_language="en").json()
    assert (problem["line"], problem["column"]) == (2, 15)
    assert problem["errors"][0]["line"] == 2
    assert "line 2" in problem["detail"]
    assert "rad 2" in client.get(address, accept_language="sv").json()["detail"]


def test_a_browser_gets_a_page_with_the_answer_or_the_problem(client):
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = client.get(url(("query", "SELECT ?x { BIND('svaret är här' AS ?x) }"), ("lang", "en")), browser)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-language"] == "en"
    assert "svaret är här" in page.text
    assert "x:s" in client.get(url(("query", "CONSTRUCT { <x:s> <x:p> 1 } {}")), browser).text
    wrong = client.get(url(("query", "SELECT {")), browser)
    assert wrong.status_code == 400
    assert "SELECT {" in wrong.text
    assert client.get("/sparql", browser).headers["content-type"].startswith("text/html")


def test_without_a_query_the_endpoint_describes_itself(client, release):
    for accept, rdf_format in (
        ("text/turtle", ox.RdfFormat.TURTLE),
        ("application/n-triples", ox.RdfFormat.N_TRIPLES),
        ("application/rdf+xml", ox.RdfFormat.RDF_XML),
    ):
        response = client.get("/sparql", accept)
        assert response.headers["content-type"].startswith(accept)
        found = list(ox.parse(response.content, format=rdf_format, base_iri="http://service.test/sparql"))
        names = {q.object.value for q in found if q.predicate.value.endswith("#name")}
        assert names == set(release.graphs)
        said = {(q.predicate.value.rsplit("#")[-1], getattr(q.object, "value", "").rsplit("#")[-1]) for q in found}
        assert {("feature", "UnionDefaultGraph"), ("supportedLanguage", "SPARQL11Query"), ("type", "Service")} <= said
    assert client.get("/sparql", "application/ld+json").json()["@graph"][0]["id"].endswith("/sparql")


def test_the_description_counts_the_triples(client):
    count = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{ORGANISATIONS}> {{ ?s ?p ?o }} }}"
    expected = client.get(url(("query", count))).json()["results"]["bindings"][0]["n"]["value"]
    found = ox.parse(client.get("/sparql", "text/turtle").content, format=ox.RdfFormat.TURTLE)
    assert expected in {q.object.value for q in found if q.predicate.value.endswith("#triples")}


def test_head_and_options(client):
    head = client.request("HEAD", url(("query", "ASK {}")))
    get = client.get(url(("query", "ASK {}")))
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(get.content))
    assert head.headers["etag"] == get.headers["etag"]
    options = client.request("OPTIONS", "/sparql")
    assert options.status_code == 204
    assert options.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_an_answer_is_cacheable_by_release(client):
    address = url(("query", "SELECT ?s { ?s a ev:Intervention }"))
    first = client.get(address, "text/csv")
    assert first.headers["etag"].startswith('"')
    again = client.get(address, "text/csv", if_none_match=first.headers["etag"])
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["vary"] == "Accept, Accept-Language"
    assert client.get(address, JSON, if_none_match=first.headers["etag"]).status_code == 200


def test_a_long_address_is_not_repeated_in_the_headers(client):
    def target(length):
        address = url(("query", "ASK {} #"), path="/sparql")
        return address + "x" * (length - len(address))

    short, long = client.get(target(1000)), client.get(target(1001))
    assert boolean(short) is boolean(long) is True
    assert short.headers["content-location"].startswith("/sparql?query=")
    assert short.headers["link"].count("alternate") == 4
    assert "content-location" not in long.headers
    assert "link" not in long.headers
    assert client.get(target(5000), if_none_match=client.get(target(5000)).headers["etag"]).status_code == 304


@pytest.mark.parametrize("accept", [None, "text/html", "text/csv"])
@pytest.mark.parametrize("function", ["RAND()", "NOW()", "UUID()", "STRUUID()"])
def test_an_answer_that_changes_is_not_kept(client_of, engine, function, accept):
    class Counting:
        asked = []

        async def query(self, text, *arguments, **more):
            self.asked.append(text)
            return await engine.query(text, *arguments, **more)

    query = f"SELECT ({function} AS ?x) {{}}"
    client, address = client_of(Counting()), url(("query", query))
    first = client.get(address, accept)
    again = client.get(address, accept, if_modified_since="Thu, 01 Jan 2099 00:00:00 GMT")
    assert Counting.asked.count(query) == 2
    posted = client.post("/sparql", query, QUERY)
    for response in (first, again, posted):
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        assert "etag" not in response.headers
        assert "last-modified" not in response.headers


def test_a_body_over_a_megabyte_is_413(client):
    response = client.post("/sparql", "ASK {} #" + "x" * 1_000_000, QUERY)
    assert response.status_code == 413
    assert response.json()["type"].endswith("/problems/content-too-large")


def test_an_answer_over_the_row_limit_is_413_and_never_cut(client_of, runner, release):
    engine = LocalEngine(release, Limits(rows=10), workers=1)
    runner.run(engine.start())
    try:
        client = client_of(engine)
        problem = client.get(url(("query", "SELECT * { ?s ?p ?o }"))).json()
        assert (problem["status"], problem["limit"], problem["value"]) == (413, "rows", 10)
        assert "LIMIT" in problem["detail"]
        assert len(client.get(url(("query", "SELECT * { ?s ?p ?o } LIMIT 10"))).json()["results"]["bindings"]) == 10
    finally:
        runner.run(engine.close())


async def leave(app, query, entered):
    """Ask a query and go away as soon as it runs."""
    query_string = urlencode({"query": query}).encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/sparql",
        "raw_path": b"/sparql",
        "query_string": query_string,
        "headers": [],
        "scheme": "http",
        "server": ("service.test", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }
    sent, messages = [], iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive():
        message = next(messages, None)
        if message is None:
            await entered()
        return message or {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    await asyncio.wait_for(app(scope, receive, send), timeout=5)
    return sent


def test_a_client_that_leaves_cancels_its_query(client_of, runner):
    class Waiting:
        def __init__(self):
            self.entered, self.cancelled = asyncio.Event(), False

        async def query(self, text, media_type=JSON, **more):
            self.entered.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise
            return Answer(b"", media_type, "ASK")

    async def test():
        engine = Waiting()
        sent = await leave(client_of(engine).app, "ASK {}", engine.entered.wait)
        assert engine.cancelled
        assert sent == []

    runner.run(test())


def test_a_client_that_leaves_frees_its_worker(client_of, release):
    async def test():
        engine = LocalEngine(release, Limits(seconds=60), workers=1)
        await engine.start()
        try:
            endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != 1) }"
            await leave(client_of(engine).app, endless, lambda: asyncio.sleep(0.3))
            answer = await asyncio.wait_for(engine.query("ASK { ?s ?p ?o }"), timeout=5)
            assert json.loads(answer.body)["boolean"] is True
        finally:
            await engine.close()

    asyncio.run(test())
