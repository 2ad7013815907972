"""Impact as its users meet it: the command, the page, the API, and claims that are posted."""

import json
import re
from html import unescape
from urllib.parse import urlencode

import pytest

from evidensgraf.graph.standing import read_claims
from evidensgraf.ontology.namespaces import ID
from evidensgraf.service.cli import main
from evidensgraf.service.impact import impact_of
from tests.standing_claims import CLAIM, TRIED


@pytest.fixture
def command(release, capsys):
    def run(*arguments):
        status = main(["impact", *map(str, arguments), "--release", str(release.path)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_the_command_says_what_falls_in_both_languages(command):
    status, out, _ = command("source/socialstyrelsen-2019-nationella-riktlinjer", "--as", "retracted")
    assert status == 0
    assert "7 conclusions fall, 3 conclusions weaken, 1 conclusion must be read again" in out
    assert "└ is the primary source of “" in out
    _, out, _ = command("study/sweco-2016-stockholmsjobb", "--lang", "sv", "--as", "superseded")
    assert "Måste läsas om mot det som ersätter" in out
    assert "har gett ”" in out
    assert "faller" not in out


def test_the_command_tries_a_file_of_claims(command, tmp_path):
    (tmp_path / "claims.ttl").write_bytes(CLAIM)
    _, out, _ = command("--claims", tmp_path / "claims.ttl", "--json")
    assert len(json.loads(out)["things"]) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name a thing"),
        (["hasky"], "is not source/SLUG"),
        (["intervention/hasky"], "is not source/SLUG"),
        (["source/no-such"], "has no source/no-such"),
        (["--claims", "nowhere.ttl"], "No such file"),
    ],
)
def test_what_cannot_be_tried_is_one_line(command, arguments, words):
    status, out, err = command(*arguments)
    assert (status, out) == (1, "")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_page_shows_what_the_document_says_in_both_languages(client, impact, lang):
    path = "/impact/source/behrenz-hammarstedt-2014-nystartsjobb"
    page = client.get(f"{path}?lang={lang}", "text/html").text
    for part in ("conclusions", "cells", "documents", "statements"):
        assert impact("source/behrenz-hammarstedt-2014-nystartsjobb")[part]
    document = client.get(f"{path}.json").json()
    assert client.get(path, "application/json").json() == document
    for record in (*document["conclusions"], *document["cells"], *document["documents"], *document["statements"]):
        assert record["id"].removeprefix(ID) in page
    heads = {"sv": ("Faller:", "Försvagas:", "blir okänd"), "en": ("Fall:", "Weaken:", "becomes unknown")}
    assert all(words in page for words in heads[lang])
    again = client.get(f"{path}?lang={lang}&standing=superseded", "text/html").text
    assert {"sv": "mot det som ersätter", "en": "against what replaces it"}[lang] in again
    assert heads[lang][0] not in again


def test_every_page_of_a_source_study_or_statement_leads_to_its_impact(client):
    for thing in (*TRIED, "appraisal/stockholmsjobb-bedomning"):
        assert f'href="/impact/{thing}"' in client.get(f"/doc/{thing}", "text/html").text


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        ("/impact/source/no-such", 404, "not-found"),
        ("/impact/intervention/hasky", 404, "not-found"),
        ("/impact/source/sou-2018-32?standing=gone", 400, "invalid-parameter"),
        ("/impact/source/sou-2018-32.ttl", 406, "not-acceptable"),
        ("/api/v1/sources/no-such/impact", 404, "not-found"),
        ("/api/v1/sources/sou-2018-32/impact?standing=current", 400, "invalid-parameter"),
    ],
)
def test_an_address_that_cannot_be_answered_says_why(client, path, status, name):
    response = client.get(path, "application/json")
    assert (response.status_code, response.json()["type"].rsplit("/", 1)[-1]) == (status, name)


def test_the_api_answers_with_the_document(client, impact):
    answer = client.get("/api/v1/studies/sweco-2016-stockholmsjobb/impact?standing=retracted").json()
    document = impact("study/sweco-2016-stockholmsjobb", "retracted")
    assert {key: answer[key] for key in document} == document


def test_claims_that_are_posted_are_tried_and_not_kept(client, engine, runner):
    expected = runner.run(impact_of(engine, read_claims("claims.ttl", CLAIM)))
    response = client.post("/impact", CLAIM, "text/turtle", Accept="application/json")
    assert {key: response.json()[key] for key in expected} == expected
    assert response.headers["cache-control"] == "no-store"
    form = urlencode({"claims": CLAIM.decode(), "lang": "sv"})
    page = client.post("/impact", form, "application/x-www-form-urlencoded", Accept="text/html").text
    assert "Det som prövas" in page
    assert all(c["id"].removeprefix(ID) in page for c in expected["conclusions"])


def test_the_example_of_the_form_can_be_tried(client):
    page = client.get("/impact?lang=en", "text/html").text
    form = urlencode({"claims": unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)[1])})
    tried = client.post("/impact", form, "application/x-www-form-urlencoded", Accept="text/html")
    assert tried.status_code == 200
    assert 'id="tried"' in tried.text
    assert tried.text.count("/doc/recommendation/") + tried.text.count("/doc/appraisal/") > 3


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b"<urn:a> <urn:b> 1 .", "text/turtle", 400, "no standing claim"),
        (b"<urn:a", "text/turtle", 400, ""),
        (b"PK\x03\x04", "text/turtle", 400, ""),
        (b"#" * 100_001, "text/turtle", 400, "longer than 100 kB"),
        (b"a=b&" * 20, "application/x-www-form-urlencoded", 400, "Too many fields"),
        (b"x", "image/png", 415, ""),
        (b"x", None, 415, ""),
    ],
)
def test_what_is_posted_and_has_no_claim_is_a_problem(client, body, kind, status, words):
    response = client.post("/impact?lang=en", body, kind, Accept="application/json")
    assert response.status_code == status
    assert response.headers["content-type"].startswith("application/problem+json")
    assert words in response.json()["detail"]


def test_a_form_without_a_claim_says_what_to_write_and_keeps_what_was_written(client):
    form = urlencode({"claims": "<urn:a> <urn:b> <urn:c> .", "lang": "en"})
    page = client.post("/impact", form, "application/x-www-form-urlencoded", Accept="text/html").text
    assert "no standing claim" in page
    assert "&lt;urn:a&gt;" in page
