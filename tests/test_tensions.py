"""Findings in tension side by side: the pairs of the graph, and what differs between the two, in words."""

import csv
import io
from html import unescape

import pytest

from evidensgraf.service.tensions import FACTS


@pytest.fixture(scope="module")
def document(client):
    return client.get("/tensions.json").json()


def fact(pair, name):
    return next(f for f in pair["facts"] if f["name"] == name)


def test_every_derived_tension_is_shown_once(client, document):
    derived = client.get("/queries/findings-in-tension.json").json()["results"]["bindings"]
    pairs = {frozenset(row[key]["value"] for key in ("finding", "other")) for row in derived}
    shown = [frozenset(f["id"] for f in pair["findings"]) for pair in document["items"]]
    assert document["total"] == len(shown) == len(pairs)
    assert set(shown) == pairs


def test_the_sign_that_flips_shows_in_effect_and_comparator(document):
    """Nystartsjobb in Växjö: positive against each municipality, negative once attrition is adjusted for."""
    pair = next(p for p in document["items"] if any("kristianstad" in f["id"] for f in p["findings"]))
    assert [f["name"] for f in pair["facts"]] == list(FACTS)
    effects = {v["id"].rpartition("/")[2] for side in fact(pair, "effect")["values"] for v in side}
    assert effects == {"Beneficial", "Harmful"}
    compared = {f["name"]: f["compared"] for f in pair["facts"]}
    assert compared["effect"] == compared["comparator"] == "differs"
    assert compared["numbers"] == "one"
    assert compared["followUp"] == compared["sampleSize"] == "neither"
    assert compared["design"] == compared["primarySources"] == compared["issued"] == "same"
    assert fact(pair, "issued")["values"] == [["2014"], ["2014"]]


def test_what_two_documents_read_is_a_difference(document):
    pair = next(p for p in document["items"] if any(f["id"].endswith("-arbete-r1") for f in p["findings"]))
    assert fact(pair, "documents")["compared"] == fact(pair, "basis")["compared"] == "differs"


@pytest.mark.parametrize(("lang", "words"), [("sv", "Skiljer sig"), ("en", "Differs")])
def test_the_page_marks_in_words_what_differs_and_has_every_note(client, document, lang, words):
    page = unescape(client.get(f"/tensions?lang={lang}", "text/html").text)
    differing = sum(f["compared"] == "differs" for pair in document["items"] for f in pair["facts"])
    assert page.count(f"<strong>{words}</strong>") == differing
    for pair in document["items"]:
        assert f"/doc/tension-note/{pair['id'].rpartition('/')[2]}" in page
        for finding in pair["findings"]:
            assert f"/doc/finding/{finding['slug']}" in page
            assert finding["editorialNote"][lang].splitlines()[0][:40] in page


def test_an_intervention_and_an_outcome_choose(client, document):
    chosen = client.get("/tensions.json?intervention=nystartsjobb-vaxjo&outcome=arbete&limit=1").json()
    assert (chosen["total"], len(chosen["items"])) == (document["total"], 1)
    rows = list(csv.DictReader(io.StringIO(client.get("/tensions.csv?outcome=arbete").text)))
    assert {row["finding"] for row in rows} == {f["id"] for pair in document["items"] for f in pair["findings"]}


@pytest.mark.parametrize("query", ["intervention=hasky", "limit=0", "shape=round"])
def test_what_cannot_be_chosen_is_said(client, query):
    response = client.get(f"/tensions?{query}")
    assert (response.status_code, response.json()["type"].rsplit("/", 1)[-1]) == (400, "invalid-parameter")
