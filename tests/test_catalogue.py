"""The query catalogue: headers, binding, and what a value can never do."""

import json

import pyoxigraph as ox
import pytest
from rdflib import Dataset, Graph

from evidensgraf.ontology.namespaces import PREFIXES, curie, resource
from evidensgraf.queries.catalogue import CatalogueError, load, load_quality, load_rules, parse
from evidensgraf.service.query_help import EXAMPLES

HEADER = """#+ summary: {sv: Prov, en: Test}
#+ parameters:
#+   thing: {class: ev:Intervention, required: true, label: {sv: sak, en: thing}}
#+   words: {label: {sv: ord, en: words}}
#+   year: {datatype: xsd:integer, label: {sv: år, en: year}}
"""
BODY = """SELECT * WHERE {
  VALUES ?thing { UNDEF }
  VALUES ?words { UNDEF }
  VALUES ?year { UNDEF }
  ?thing ?p ?words
}"""
REQUIRED = {
    "evidence-chain",
    "findings-of-intervention",
    "rests-on-source",
    "interventions-by-verdict",
    "evidence-gaps",
    "findings-in-tension",
}


@pytest.fixture
def query():
    return parse("test", HEADER + BODY)


def test_the_catalogue_has_what_it_must():
    assert set(load()) >= REQUIRED


@pytest.mark.parametrize(
    "entry", [*load().values(), *load_rules().values(), *load_quality().values()], ids=lambda q: q.name
)
def test_every_query_is_sparql_as_it_stands_with_its_own_prefixes(entry):
    ox.Store().query(entry.text)
    Dataset(default_union=True).query(entry.text)


def test_every_query_orders_its_rows():
    for entry in load().values():
        if entry.form == "SELECT":
            assert "ORDER BY" in entry.text, entry.name


@pytest.mark.parametrize(
    ("value", "term"),
    [
        ("hasky", f"<{resource('intervention', 'hasky')}>"),
        ("ev:Finding", f"<{PREFIXES['ev']}Finding>"),
        ("https://example.org/a?b=c#d", "<https://example.org/a?b=c#d>"),
    ],
)
def test_an_iri_parameter_takes_slug_curie_or_iri(query, value, term):
    assert f"VALUES ?thing {{ {term} }}" in query.bind({"thing": value})


@pytest.mark.parametrize(
    "value", ["a b", "x:> } SERVICE <http://127.0.0.1/> { ?s ?p ?o", "Not A Slug", "", "x:\\u003e"]
)
def test_a_bad_iri_is_refused(query, value):
    with pytest.raises(CatalogueError):
        query.bind({"thing": value})


@pytest.mark.parametrize(
    "value", ['"} SERVICE <http://127.0.0.1/> {', "a\nb", "back\\slash", "'''", '"""', "\\1 \\g<0>", "åäö"]
)
def test_a_literal_stays_data(query, value):
    bound = query.bind({"thing": "hasky", "words": value})
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode(resource("intervention", "hasky")), ox.NamedNode("x:p"), ox.Literal(value)))
    assert [row["words"].value for row in store.query(bound)] == [value]
    assert [
        str(row.words)
        for row in Graph()
        .parse(data=store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph()), format="nt")
        .query(bound)
    ] == [value]


def test_a_datatype_is_checked(query):
    assert '"2014"^^' in query.bind({"thing": "hasky", "year": "2014"})
    with pytest.raises(CatalogueError, match="not a integer"):
        query.bind({"thing": "hasky", "year": "MMXIV"})


def test_unknown_and_missing_parameters_are_named(query):
    with pytest.raises(CatalogueError, match="no parameter 'thin'.*thing, words, year"):
        query.bind({"thing": "hasky", "thin": "x"})
    with pytest.raises(CatalogueError, match="needs a value for 'thing'"):
        query.bind({})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("#+ summary: {sv: bara}\nSELECT * {}", "both sv and en"),
        ("#+ summary: [\nSELECT * {}", "not YAML"),
        (HEADER + "SELECT * { ?thing ?words ?year }", "exactly one 'VALUES"),
        ("#+ summary: {sv: a, en: b}\nINSERT DATA {}", "no SELECT"),
    ],
)
def test_a_broken_file_is_explained(text, reason):
    with pytest.raises(CatalogueError, match=reason):
        parse("broken", text)


RIGHTLY_EMPTY = (
    "findings-in-tension",
    "concepts-lacking-language",
    "gaps-with-later-findings",
    "same-question-different-sources",
    "shape-of-tensions",
    "standings",
)
"""Queries that have no answer for some example, or for any: nothing is in tension, lacking or closed there."""


def test_every_parameter_has_an_example_that_is_in_the_graph(engine, runner):
    for query in load().values():
        values = {p.name: EXAMPLES.get(p.name) or EXAMPLES[curie(p.type)] for p in query.parameters}
        needed = {p.name: values[p.name] for p in query.parameters if p.required}
        for name, value in values.items() if query.form == "SELECT" else ():
            answer = runner.run(engine.query(query.bind(needed | {name: value})))
            rows = json.loads(answer.body)["results"]["bindings"]
            assert rows or query.name in RIGHTLY_EMPTY, (query.name, name)
