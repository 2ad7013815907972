"""The gap map: every pair has a word, what is unknown is computed, and filters agree with a small recount."""

import csv
import io
import re

import pyoxigraph as ox
import pytest

from evidensgraf.ontology.namespaces import ID, expand

DOMAIN, POPULATION = "missbruk-och-beroende", "mottagare-av-forsorjningsstod"


@pytest.fixture(scope="module")
def graph(release):
    """What the release says, in plain Python: predicate (CURIE) → subject → objects."""
    said = {}
    for quad in ox.parse(path=release.quads, format=ox.RdfFormat.N_QUADS):
        node, value = (str(getattr(term, "value", "")) for term in (quad.subject, quad.object))
        said.setdefault(quad.predicate.value, {}).setdefault(node, set()).add(value)
    return lambda curie: said.get(expand(curie), {})


def of_class(graph, curie):
    return {node for node, classes in graph("rdf:type").items() if expand(curie) in classes}


def about(graph, kind):
    """The pairs of intervention and outcome that statements of a class are about: pair → statements."""
    interventions, found = of_class(graph, "ev:Intervention"), {}
    for statement in of_class(graph, kind):
        for intervention in graph("ev:about").get(statement, set()) & interventions:
            for outcome in graph("ev:outcome").get(statement, {""}):
                found.setdefault((intervention, outcome), set()).add(statement)
    return found


def every(graph):
    """Every finding and gap about an intervention."""
    return {s for kind in ("ev:Finding", "ev:EvidenceGap") for at in about(graph, kind).values() for s in at}


def rows(client, query=""):
    response = client.get(f"/gap-map.csv?limit=500{query}")
    assert response.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(response.text)))


def test_every_pair_of_intervention_and_outcome_is_there_and_the_counts_are_those_of_the_graph(client, graph):
    findings, gaps = about(graph, "ev:Finding"), about(graph, "ev:EvidenceGap")
    found = {(r["intervention"], r["outcome"]): r for r in rows(client)}
    outcomes = {*of_class(graph, "ev:Outcome"), ""}
    assert set(found) == {(i, o) for i in of_class(graph, "ev:Intervention") for o in outcomes}
    for pair, row in found.items():
        counted = [len(of.get(pair, ())) for of in (findings, gaps)]
        assert [int(row["findings"]), int(row["gaps"])] == counted, pair
        assert row["status"] == ("known" if counted[0] else "gap" if counted[1] else "unknown")
        assert set(row["statements"].split()) == findings.get(pair, set()) | gaps.get(pair, set())
    assert sum(row["status"] == "unknown" for row in found.values()) > 10_000


def test_the_counts_agree_with_the_derived_cells(client, graph):
    numbers = client.get("/gap-map.json").json()["counts"]
    cells = graph("ev:findingCount")
    known = sum("0" not in count for count in cells.values())
    assert numbers["known"] == known
    assert numbers["gap"] == len(cells) - known
    assert numbers["unknown"] == numbers["pairs"] - len(cells)


def test_a_domain_has_what_is_placed_or_said_in_it(client, graph):
    domain = f"{ID}domain/{DOMAIN}"
    placed = {
        i
        for placement, domains in graph("ev:domain").items()
        if domain in domains
        for i in graph("ev:intervention").get(placement, ())
        if "/placement/" in placement
    }
    found = rows(client, f"&domain={DOMAIN}")
    assert placed <= {row["intervention"] for row in found}
    statements = {s for row in found for s in row["statements"].split()}
    for statement in statements:
        own = graph("ev:domain").get(statement)
        assert domain in own if own else graph("ev:about")[statement] & placed
    assert {s for s in every(graph) if domain in graph("ev:domain").get(s, ())} <= statements


def test_a_population_has_what_is_said_of_narrower_ones_too(client, graph):
    wanted = {f"{ID}population/{POPULATION}"}
    while more := {p for p, of in graph("skos:broader").items() if of & wanted} - wanted:
        wanted |= more
    statements = {s for row in rows(client, f"&population={POPULATION}") for s in row["statements"].split()}
    assert len(wanted) > 2
    assert statements == {s for s in every(graph) if graph("ev:population").get(s, set()) & wanted}


def test_words_and_an_outcome_narrow_the_map(client):
    found = rows(client, "&q=jobb&outcome=arbete")
    assert {row["outcome"] for row in found} == {ID + "outcome/arbete"}
    assert found
    assert all("jobb" in (row["interventionSv"] + row["interventionEn"]).lower() for row in found)
    assert client.get("/gap-map?q=zzzz&lang=en", "text/html").text.count("No intervention fits")


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_no_cell_of_the_page_is_blank_and_each_that_is_known_leads_to_its_list(client, lang):
    page = client.get(f"/gap-map?lang={lang}", "text/html").text
    assert re.search(r"<caption>[^<]+</caption>", page)
    cells = re.findall(r'<td role="cell"[^>]*>(.*?)</td>', page, re.DOTALL)
    assert len(cells) == 20 * 8
    unknown = {"sv": "Okänt", "en": "Unknown"}[lang]
    for cell in cells:
        words = re.sub(r"<[^>]+>", "", cell).strip()
        assert words
        assert ("<a href=" in cell) == (words != unknown)
    assert {cell.count('aria-hidden="true"') for cell in cells if "<a href=" in cell} == {1}
    assert page.count('scope="row"') == 20
    assert page.count('scope="col"') == 9


def test_pages_of_rows_and_columns_show_every_cell_once(client):
    shown, address = set(), "/gap-map?domain=missbruk-och-beroende&sort=name&limit=500"
    for column in range(1, 100):
        page = client.get(f"{address}&outcomes={column}", "text/html").text
        if "<caption>" not in page:
            break
        shown |= {
            (column, label) for label in re.findall(r'<th scope="col" role="columnheader">([^<]+)</th>', page)[1:]
        }
    expected = {row["outcomeSv"] for row in rows(client, "&domain=missbruk-och-beroende")}
    assert len(shown) == len(expected)


def test_a_cell_lists_its_findings_and_gaps_and_an_unknown_one_says_so(client, graph):
    pair, statements = max(about(graph, "ev:Finding").items(), key=lambda item: len(item[1]))
    slugs = "/".join(iri.rpartition("/")[2] for iri in pair if iri)
    page = client.get(f"/gap-map/{slugs}", "text/html").text
    assert all(f"/doc/finding/{s.rpartition('/')[2]}" in page for s in statements)
    unknown = next(row for row in rows(client) if row["status"] == "unknown" and row["outcome"])
    path = "/".join(unknown[name].rpartition("/")[2] for name in ("intervention", "outcome"))
    assert (
        "It does not mean that the intervention has no effect"
        in client.get(f"/gap-map/{path}?lang=en", "text/html").text
    )


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        ("/gap-map?domain=nowhere", 400, "invalid-parameter"),
        ("/gap-map?limit=0", 400, "invalid-parameter"),
        ("/gap-map?sort=colour", 400, "invalid-parameter"),
        (f"/gap-map?q={'x' * 101}", 400, "invalid-parameter"),
        ("/gap-map?shape=round", 400, "invalid-parameter"),
        ("/gap-map.ttl", 404, "not-found"),
        ("/gap-map/no-such", 404, "not-found"),
        ("/gap-map/hasky/no-such", 404, "not-found"),
    ],
)
def test_what_the_map_does_not_have_is_said(client, path, status, name):
    response = client.get(path)
    assert (response.status_code, response.json()["type"].rsplit("/", 1)[-1]) == (status, name)


def test_a_page_beyond_the_last_leads_back(client):
    assert "page=9" in client.get("/gap-map?page=50", "text/html").text
