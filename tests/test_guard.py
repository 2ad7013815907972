"""What is refused before a query runs, and what only looks like it."""

import pytest

from evidensgraf.graph.engine import QueryFailed, QueryRefused
from evidensgraf.graph.guard import _read, glance, read
from evidensgraf.queries.catalogue import load

REFUSED = [
    "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { service silent <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { SERVI\\u0043E <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { \\U00000053ERVICE ?x { ?s ?p ?o } }",
    # a quotation mark written as an escape ends no string for an engine that reads escapes late
    'SELECT * { ?s ?p "a\\u0022 # " SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }',
    "SELECT * { { SELECT * { SERVICE ?where { ?s ?p ?o } } } }",
    "SELECT (1 AS ?x) { FILTER(1 < 2) SERVICE<http://127.0.0.1:9/>{?s ?p ?o} }",
    "LOAD <http://127.0.0.1:9/>",
    "PREFIX x: <http://example.org/> INSERT DATA { x:a x:b x:c }",
    "DELETE WHERE { ?s ?p ?o }",
    "CLEAR ALL",
    "SELECT * FROM \\u003cfile:///etc/hosts> { ?s ?p ?o }",
]
ALLOWED = [
    "SELECT ?service { ?service ?p 'SERVICE <http://example.org/>' } # SERVICE <x> {}",
    "PREFIX service: <http://example.org/service/> SELECT * { service:SERVICE ?p ?o }",
    'SELECT * { ?s ?p """a "SERVICE" in a long string"""@sv }',
    "SELECT * { ?s <http://example.org/#SERVICE> ?o }",
    "SELECT * { _:SERVICE ?p ?o }",
    "PREFIX load: <http://example.org/> ASK { ?s load:clear ?o }",
]
KNOWN = ["https://w3id.org/evidensgraf/graph/concepts"]


@pytest.mark.parametrize("query", REFUSED)
def test_what_reaches_outside_or_writes_is_refused(query):
    with pytest.raises(QueryRefused):
        read(query, KNOWN)


@pytest.mark.parametrize("query", ALLOWED)
def test_what_only_looks_like_it_is_read(query):
    assert read(query, KNOWN).form in ("SELECT", "ASK")


@pytest.mark.parametrize(
    ("dataset", "graph"),
    [
        ("FROM <file:///etc/passwd>", "file:///etc/passwd"),
        ("FROM NAMED <http://127.0.0.1:9/x>", "http://127.0.0.1:9/x"),
        ("from named x:y", "http://127.0.0.1:9/y"),
        ("FROM <z>", "http://127.0.0.1:9/base/z"),
    ],
)
def test_a_graph_that_is_not_in_the_release_is_refused_by_name(dataset, graph):
    query = f"BASE <http://127.0.0.1:9/base/> PREFIX x: <http://127.0.0.1:9/> SELECT * {dataset} {{ ?s ?p ?o }}"
    with pytest.raises(QueryRefused, match="is refused: the release has no such graph") as refused:
        read(query, KNOWN)
    assert f"<{graph}>" in str(refused.value)


def test_a_graph_of_the_release_is_read():
    assert read(f"SELECT * FROM <{KNOWN[0]}> {{ ?s ?p ?o }}", KNOWN).graphs == set(KNOWN)


def test_the_form_is_the_first_form_keyword():
    assert read("# SELECT\nPREFIX ask: <x:> construct { ?s ?p ?o } { SELECT * { ?s ?p ?o } }").form == "CONSTRUCT"
    assert read("DESCRIBE <http://example.org/>").form == "DESCRIBE"


def test_a_megabyte_of_brackets_is_refused_in_one_pass():
    with pytest.raises(QueryFailed, match="nested more than 500 deep"):
        read("SELECT * " + "{" * 500_000 + "}" * 500_000)
    assert read("SELECT * " + "{" * 500 + "}" * 500).form == "SELECT"


@pytest.mark.parametrize("function", ["NOW", "RAND", "uuid", "STRUUID", "BNODE"])
def test_a_query_that_may_answer_differently_is_not_constant(function):
    assert not read(f"SELECT ({function}() AS ?x) {{}}").constant
    assert read(f"SELECT ('{function}' AS ?x) {{}}").constant


@pytest.mark.parametrize("name", sorted(load()))
def test_a_glance_and_the_lexer_read_the_same(name):
    text = load()[name].text
    seen = glance(text)
    assert seen is None or seen == _read(text)


def test_most_questions_are_readglance():
    assert sum(glance(query.text) is not None for query in load().values()) > len(load()) * 0.8
