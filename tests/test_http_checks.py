"""Checking drafts over HTTP: what is taken, what is answered, and that nothing of a draft is left anywhere."""

import httpx
import jsonschema_rs
import pytest

from evidensgraf.graph.workbook_write import template
from evidensgraf.ontology.namespaces import EV, ID
from evidensgraf.service.checks import VARIANTS
from evidensgraf.service.settings import Settings

API = "/api/v1/checks"
TURTLE = "text/turtle"
EVIL = "<script>alert(1)</script>{{7*7}}"
DRAFT = (
    f"@prefix ev: <{EV}> .\n<{ID}recommendation/prova> a ev:Recommendation ;\n"
    f'  <http://purl.org/dc/terms/title> "Prova {EVIL}"@sv ; ev:strenght ev:May .\n'
)


def form(content, name="utkast.ttl", **fields):
    return {"files": {"draft": (name, content, "application/octet-stream")}, "data": fields}


def test_a_draft_is_answered_with_a_report_that_nobody_keeps(client):
    response = client.post(API, DRAFT, TURTLE, Accept_Language="en")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store" and "etag" not in response.headers
    report = response.json()
    assert report["draft"] == {"name": "draft.ttl", "statements": 3} and not report["conforms"]
    assert report["groups"][0]["recommendation"]["id"] == f"{ID}recommendation/prova"
    again = client.post(API, DRAFT, "text/turtle; charset=utf-8").json()
    assert again == report


@pytest.mark.parametrize(
    ("accept", "starts"),
    [
        ("text/turtle", b"@prefix"),
        ("application/sarif+json", b"{"),
        ("text/html", b"<!DOCTYPE html>"),
        ("text/plain", b"utkast.ttl, kontrollerat"),
    ],
)
def test_the_report_is_negotiated(client, accept, starts):
    response = client.request("POST", API, headers={"Accept": accept}, **form(DRAFT))
    assert response.status_code == 200 and response.content.startswith(starts)
    assert response.headers["content-type"].partition(";")[0] == accept
    assert response.headers["cache-control"] == "no-store"


def test_the_page_takes_a_form_and_shows_the_report_with_everything_escaped(client):
    empty = client.get("/check?lang=sv")
    assert empty.status_code == 200
    assert 'enctype="multipart/form-data"' in empty.text and "sparas inte" in empty.text
    assert all(f'id="{name}"' in empty.text for name in ("redefines", "unknown-term", "no-recommendation"))
    response = client.request("POST", "/check?lang=en", **form(DRAFT, name="<b>x</b>.ttl", format="html"))
    assert response.status_code == 200 and response.headers["cache-control"] == "no-store"
    assert "<h1>Check of &lt;b&gt;x&lt;/b&gt;.ttl</h1>" in response.text
    assert "<script" not in response.text and "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in response.text
    assert "Did you mean ev:strength?" in response.text


def test_a_form_that_asks_for_another_format_gets_a_file(client):
    response = client.request("POST", "/check?lang=sv", **form(DRAFT, format="sarif"))
    assert response.headers["content-disposition"] == 'attachment; filename="kontroll.sarif"'
    assert response.json()["runs"][0]["artifacts"][0]["location"]["uri"] == "utkast.ttl"


def test_a_workbook_is_checked_and_its_cells_are_marked(client):
    book = template("sv")
    response = client.request("POST", API, headers={"Accept": VARIANTS[-1].media_type}, **form(book, "utkast.xlsx"))
    assert response.status_code == 200 and response.content.startswith(b"PK")
    refused = client.request("POST", API, headers={"Accept": VARIANTS[-1].media_type}, **form(DRAFT))
    assert refused.status_code == 406


@pytest.mark.parametrize(
    ("body", "kind", "status", "said"),
    [
        ("<a", TURTLE, 422, "Line 1: "),
        ("", TURTLE, 422, "empty"),
        ("[", "application/ld+json", 422, "Not JSON"),
        ("å".encode("utf-16"), TURTLE, 422, "UTF-8"),
        (DRAFT + "ev:Should a ev:Finding .", TURTLE, 422, "cannot change the ontology"),
        ("PK\x03\x04", "text/turtle", 422, ""),
        ("a;b", "text/csv", 415, "text/turtle"),
        ("a=b", "application/x-www-form-urlencoded", 415, "text/turtle"),
        ("x", "multipart/form-data; boundary=a", 400, "multipart"),
        ("x", "multipart/form-data", 400, "multipart"),
        ("--a--\r\n", "multipart/form-data; boundary=a", 400, "Choose a file"),
    ],
)
def test_what_cannot_be_checked_is_a_problem_in_the_readers_language(client, body, kind, status, said):
    answers = {}
    for lang in ("en", "sv"):
        response = client.post(f"{API}?lang={lang}", body, kind)
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        answers[lang] = response.json()["detail"]
    assert said in answers["en"] and answers["en"] != answers["sv"]
    page = client.post("/check?lang=sv", body, kind, Accept="text/html")
    assert page.status_code == status and "<form" in page.text


def test_a_workbook_with_faults_says_each_of_them(client):
    response = client.request("POST", f"{API}?lang=en", **form(b"PK\x03\x04nothing", "a.xlsx"))
    assert response.status_code == 422 and response.json()["detail"]


def test_the_report_and_the_request_are_as_they_are_described(client, document):
    operation = document["paths"]["/checks"]["post"]
    content = operation["responses"]["200"]["content"]["application/json"]
    validator = jsonschema_rs.Draft202012Validator({**content["schema"], "components": document["components"]})
    validator.validate(content["examples"]["release"]["value"])
    for draft in (DRAFT, operation["requestBody"]["content"]["text/turtle"]["examples"]["draft"]["value"]):
        validator.validate(client.post(API, draft, TURTLE).json())
    formats = document["components"]["parameters"]["reportFormat"]["schema"]["enum"]
    assert {client.post(f"{API}?format={name}", "", TURTLE).status_code for name in formats} == {422}
    text = client.get("/api/v1/docs?lang=sv", "text/html").text
    assert "POST /api/v1/checks" in text and 'id="checkDraft"' in text


def test_parameters_that_there_are_not_are_refused(client):
    assert client.post(f"{API}?store=true", DRAFT, TURTLE).status_code == 400
    assert client.post(API, DRAFT, TURTLE, Accept="image/png").status_code == 406


def test_a_draft_may_be_larger_than_other_bodies_and_not_too_large(client_of, engine):
    client = client_of(engine, check_mb=2, check_workers=0)
    large = DRAFT + "#" + "x" * 1_500_000
    assert client.post(API, large, TURTLE).status_code == 501  # it was received: nobody checks it here
    refused = client.post(f"{API}?lang=en", large + "x" * 600_000, TURTLE)
    assert refused.status_code == 413 and refused.json()["detail"] == "A draft may be at most 2 MB."
    assert client.post("/sparql", "x" * 1_100_000, "application/sparql-query").status_code == 413
    assert "takes no drafts" in client.get("/check?lang=en").text


def test_a_service_that_is_full_says_so_at_once(client_of, engine, runner):
    client = client_of(engine, check_workers=1, check_queue=0)
    places = client.app.state.served.serving.uploads
    runner.run(places.enter())
    response = client.post(API, DRAFT, TURTLE)
    assert response.status_code == 503 and int(response.headers["retry-after"]) > 0
    assert response.json()["type"].endswith("/busy")
    places.leave()


def test_another_release_than_the_one_that_is_served_is_not_checked_with(remote, runner, client_of):
    """At an endpoint there are no quads: the curated graphs of the package are used, if of the same release."""
    client = client_of(remote)
    serving = client.app.state.served.serving
    try:
        assert client.post(API, DRAFT, TURTLE).json()["release"] == serving.release.id
        object.__setattr__(serving.release, "id", "2020-01-01")
        assert client.post(API, DRAFT, TURTLE).status_code == 501
    finally:
        object.__setattr__(serving.release, "id", serving.release.manifest["id"])
        runner.run(serving.checks.close())


def test_nothing_of_a_draft_is_in_the_log_or_on_disk_or_in_a_metric(server, release):
    """A real server, with the word in a name, a value, a file name, and in drafts that are refused."""
    secret = "hemligtutkastord"
    draft = DRAFT.replace("Prova", secret).replace("ev:May", f'"{secret}"')
    with httpx.Client(base_url=server.url, timeout=60) as http:
        assert secret in http.post("/check", **form(draft, f"{secret}.ttl")).text
        assert http.post(API, content=f"<urn:{secret}> {secret}", headers={"Content-Type": TURTLE}).status_code == 422
        assert http.post("/check", **form(b"PK" + secret.encode(), f"{secret}.xlsx")).status_code == 422
        assert secret not in http.get("/metrics").text
        assert 'evidensgraf_checks_total{outcome="ok"} 1.0' in http.get("/metrics").text
    assert '"path":"/check","status":422' in server.wait_for('"path":"/check","status":422')
    assert secret not in server.log.read_text(encoding="utf-8")
    found = [path for path in release.path.parent.rglob("*") if path.is_file()]
    assert not any(secret.encode() in path.read_bytes() for path in found)


def test_settings_bound_the_checks():
    assert Settings(check_seconds=7, check_memory_mb=300).check_limits.memory_mb == 300
