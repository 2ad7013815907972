"""The rules as a page and as data, and what they say of our own graph: stored in the release, grouped, explained."""

import json
import re

import pytest
from markupsafe import escape
from rdflib import RDF, SH, Graph, URIRef

from evidensgraf.graph.results import REPORT, explanations
from evidensgraf.shapes.validate import RULES, SEVERITIES, SHAPE, shapes_graph
from tests.test_pages import Page

OWN = shapes_graph(RULES)
NODE_SHAPES = {str(shape) for shape in OWN.subjects(RDF.type, SH.NodeShape)}
REPORTED = (
    f"SELECT ?shape ?severity {{ <{REPORT}> sh:result ?r . ?r sh:sourceShape ?shape ; sh:resultSeverity ?severity }}"
)


@pytest.fixture(scope="module")
def results(engine, runner):
    """The shape and the severity of every result in the release."""
    rows = json.loads(runner.run(engine.query(f"PREFIX sh: <{SH}> {REPORTED}")).body)["results"]["bindings"]
    return [(r["shape"]["value"].removeprefix(SHAPE), r["severity"]["value"].removeprefix(str(SH))) for r in rows]


def test_the_release_has_as_many_results_as_its_figures_say(release, results):
    quality = release.manifest["quality"]
    for severity in SEVERITIES:
        counted = sum(found == severity for _, found in results)
        assert str(counted) == quality[f"shacl-{severity.lower()}"]


def test_every_result_of_the_release_is_explained_and_nothing_else(results):
    assert set(explanations()) == {shape for shape, _ in results}
    for texts in explanations().values():
        assert texts.keys() == {"sv", "en"}
        assert all(text.endswith(".") for text in texts.values())


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_page_on_quality_groups_results_by_shape_with_their_explanation(client, results, lang):
    page = client.get(f"/quality?lang={lang}", "text/html").text
    Page(page)
    headings = re.findall(r'<h3 id="shape-([\w-]+)">.*?\((?:\w+), ([\d\xa0,]+)\)</h3>', page)
    assert {name: int(count) for name, count in headings} == {
        name: sum(shape == name for shape, _ in results) for name in explanations()
    }
    for texts in explanations().values():
        assert escape(texts[lang]) in page


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_every_rule_is_on_the_page_of_rules(client, lang):
    text = client.get(f"/rules?lang={lang}", "text/html").text
    page = Page(text)
    hrefs = {e["href"].partition("?")[0] for e in page.all("a") if "href" in e}
    assert {f"/def/shape/{shape.removeprefix(SHAPE)}" for shape in NODE_SHAPES} <= hrefs
    numbers = {re.match(r"R\d\d", shape.removeprefix(SHAPE))[0] for shape in NODE_SHAPES}
    assert numbers <= {e.get("id") for e in page.elements}
    for shape in NODE_SHAPES:
        why = next(str(w) for w in OWN.objects(URIRef(shape), SH.description) if w.language == lang)
        assert escape(why) in text, shape


def test_the_rules_as_turtle_are_the_shapes(client):
    answer = client.get("/rules", "text/turtle")
    assert answer.status_code == 200
    published = Graph().parse(data=answer.content, format="turtle")
    assert {str(s) for s in published.subjects(RDF.type, SH.NodeShape) if isinstance(s, URIRef)} == NODE_SHAPES
    assert len(published) == len(OWN)
    queries = set(published.objects(None, SH.select))
    assert queries == set(OWN.objects(None, SH.select))
