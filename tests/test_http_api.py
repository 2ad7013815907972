"""The REST API: what it answers, how it pages and filters, and how its description keeps Digg's profile 1.2."""

import re

import pytest

from evidensgraf.ontology.namespaces import curie
from evidensgraf.service.app import create_app
from evidensgraf.service.settings import Settings

API = "/api/v1"
COLLECTIONS = ("recommendations", "interventions", "findings", "evidence-gaps", "appraisals", "sources")
LICENSE = "https://creativecommons.org/licenses/by/4.0/"


def links(response):
    return {rel: target for target, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', response.headers["link"])}


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_list_is_paged_and_named(client, release, name):
    response = client.get(f"{API}/{name}")
    page = response.json()
    assert response.headers["content-type"] == "application/json"
    assert (page["page"], page["limit"], page["release"], page["license"]) == (1, 20, release.id, LICENSE)
    assert len(page["items"]) == min(20, page["total"])
    for record in page["items"]:
        assert record["id"].endswith(f"/{record['slug']}")
        assert record["type"]


def test_pages_follow_their_links_through_the_whole_list(client):
    whole = client.get(f"{API}/findings?limit=500").json()
    assert whole["total"] == len(whole["items"]) > 10
    seen, path = [], f"{API}/findings?limit=7"
    while path:
        response = client.get(path)
        seen += response.json()["items"]
        path = links(response).get("next")
    assert seen == whole["items"]
    last = client.get(links(client.get(f"{API}/findings?limit=7"))["last"])
    assert links(last)["first"] == f"{API}/findings?limit=7&page=1"
    assert client.get(links(last)["prev"]).json()["items"][-1] == whole["items"][-len(last.json()["items"]) - 1]
    beyond = client.get(f"{API}/findings?limit=7&page=1000")
    assert beyond.json()["items"] == []
    assert links(beyond)["prev"] == links(beyond)["last"]


@pytest.mark.parametrize(
    ("collection", "name", "member"),
    [
        ("findings", "intervention", "about"),
        ("findings", "outcome", "outcome"),
        ("findings", "effect", "effect"),
        ("appraisals", "verdict", "verdict"),
        ("appraisals", "intervention", "about"),
        ("interventions", "verdict", "verdict"),
        ("evidence-gaps", "type", "gapType"),
        ("sources", "type", "genre"),
    ],
)
def test_a_filter_takes_an_iri_or_the_last_part_of_it_and_keeps_what_fits(client, collection, name, member):
    def things(record):
        value = record[member]
        return [t["id"] for t in (value if isinstance(value, list) else [value] if value else [])]

    records = client.get(f"{API}/{collection}?limit=500").json()["items"]
    iri = next(i for record in records for i in things(record) if name != "intervention" or "/intervention/" in i)
    expected = [record for record in records if iri in things(record)]
    assert len(expected) > 0
    tail = iri.rsplit("/", 1)[-1]
    for value in (iri, tail, tail.lower(), curie(iri)):
        assert (
            client.request("GET", f"{API}/{collection}", params={name: value, "limit": 500}).json()["items"] == expected
        )


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("appraisals?verdict=Effective", "NotEffective"),
        ("interventions?verdict=ev:Effective", "NoProvenEffect"),
        ("findings?effect=Beneficial2", "Beneficial"),
        ("findings?effect=NotEffective", "Harmful"),
        ("evidence-gaps?type=x", "NoEvaluationFound"),
        ("recommendations?type=ev:NotEffective", "Proposal"),
        ("sources?type=https://example.org/GenreReport", "GenreReport"),
    ],
)
def test_a_value_outside_a_closed_list_is_400_with_the_list(client, address, allowed):
    for lang in ("sv", "en"):
        response = client.get(f"{API}/{address}", accept_language=lang)
        assert response.status_code == 400
        problem = response.json()
        assert problem["type"].endswith("/invalid-parameter")
        (error,) = problem["errors"]
        assert error["parameter"] == address.partition("?")[2].partition("=")[0]
        assert allowed in error["allowed"]
        for value in error["allowed"]:
            assert value in problem["detail"]
            assert client.get(f"{API}/{address.partition('=')[0]}={value}").status_code == 200


@pytest.mark.parametrize(
    ("address", "suggestion"),
    [
        ("findings?intervention=haskyy", "hasky"),
        ("appraisals?intervention=https://w3id.org/evidensgraf/id/intervention/Hasky2", "hasky"),
        ("evidence-gaps?outcome=arbetslshet", "arbetsloshet"),
    ],
)
def test_an_unknown_thing_in_a_filter_is_400_with_near_names(client, address, suggestion):
    problem = client.get(f"{API}/{address}").json()
    assert problem["status"] == 400
    assert suggestion in problem["errors"][0]["suggestions"]
    assert suggestion in problem["detail"]


def test_a_thing_that_no_record_is_linked_with_gives_an_empty_list(client):
    slugs = [r["slug"] for r in client.get(f"{API}/interventions?limit=500").json()["items"]]
    totals = [client.get(f"{API}/recommendations?intervention={slug}").json()["total"] for slug in slugs]
    assert 0 in totals


@pytest.mark.parametrize(
    "query", ["limit=1&limit=2", "page=1&page=1", "effect=Mixed&effect=Harmful", "lang=sv&lang=en"]
)
def test_a_parameter_given_twice_is_400(client, query):
    response = client.get(f"{API}/findings?{query}")
    assert response.status_code == 400
    assert [e["parameter"] for e in response.json()["errors"]] == [query.partition("=")[0]]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("effct=x", "effct"),
    ],
)
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_a_parameter_that_cannot_be_used_is_named(client, query, parameter, lang):
    response = client.get(f"{API}/findings?{query}", accept_language=lang)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["parameter"] == parameter
    assert isinstance(error["detail"], str)


@pytest.mark.parametrize("name", ["interventions", "sources", "appraisals", "recommendations"])
def test_every_listed_record_can_be_fetched(client, release, name):
    for listed in client.get(f"{API}/{name}?limit=500").json()["items"]:
        response = client.get(f"{API}/{name}/{listed['slug']}")
        assert response.status_code == 200, listed["slug"]
        record = response.json()
        assert (record["id"], record["release"], record["license"]) == (listed["id"], release.id, LICENSE)
        assert f'<{listed["id"]}>; rel="cite-as"' in response.headers["link"]


@pytest.mark.parametrize("name", ["appraisals", "recommendations"])
def test_every_conclusion_has_a_chain_down_to_passages(client, release, name):
    for listed in client.get(f"{API}/{name}?limit=500").json()["items"]:
        chain = client.get(f"{API}/{name}/{listed['slug']}/evidence-chain").json()
        assert chain["release"] == release.id
        assert chain["statedIn"]
        for line in chain["lines"]:
            assert line["basis"]
            for statement in line["statements"]:
                assert statement["statedIn"], statement["id"]


def test_an_unknown_record_is_404_with_near_names(client):
    problem = client.get(f"{API}/appraisals/bostad-frst-bedomning/evidence-chain")
    assert problem.status_code == 404
    assert f"{API}/appraisals/bostad-forst-bedomning/evidence-chain" in problem.json()["suggestions"]
    assert client.get(f"{API}/interventions/hasky2").json()["suggestions"][0] == f"{API}/interventions/hasky"
    assert client.get(f"{API}/interventions/Not%20A%20Slug").status_code == 400


def test_an_answer_is_json_and_cached_by_release(client):
    response = client.get(f"{API}/findings", "application/json")
    assert client.get(f"{API}/findings", if_none_match=response.headers["etag"]).status_code == 304
    assert client.get(f"{API}/findings?page=2", if_none_match=response.headers["etag"]).status_code == 200
    assert client.get(f"{API}/findings", "text/turtle").status_code == 406
    assert client.get(f"{API}/findings", "text/html,*/*;q=0.8").headers["content-type"] == "application/json"
    assert client.get(f"{API}/nothing", "text/html").headers["content-type"] == "application/problem+json"


def test_api_info_says_what_digg_asks_for(client):
    info = client.get(f"{API}/api-info").json()
    assert {"apiName", "apiVersion", "apiReleased", "apiDocumentation", "apiStatus"} <= set(info)
    assert info["apiDocumentation"].endswith("/api/v1/openapi.json")


@pytest.fixture(scope="module")
def openapi(client):
    response = client.get(f"{API}/openapi.json")
    assert response.status_code == 200
    return response.json()


@pytest.fixture(scope="module")
def operations(openapi):
    return {path: item["get"] for path, item in openapi["paths"].items()}


def test_the_description_is_whole(openapi, release, engine):
    assert openapi["openapi"].startswith("3.1")
    assert openapi["servers"][0]["url"] == "https://w3id.org/evidensgraf/api/v1"
    info = openapi["info"]
    assert {"contact", "license", "termsOfService", "description", "version", "x-sla", "x-limitations"} <= set(info)
    assert "Svenska" in info["description"]
    assert "English" in info["description"]
    assert set(info["contact"]) == {"name", "url"}
    assert info["license"]["url"] == LICENSE
    assert openapi["externalDocs"]["url"]
    settings = Settings(public_base="https://example.org/e/", rows=7)
    other = create_app(engine, release, settings).openapi()
    assert other["servers"][0]["url"] == "https://example.org/e/api/v1"
    assert "7 rows" in other["info"]["x-limitations"]["en"]


def test_every_operation_has_texts_an_example_and_every_return_code(operations, openapi, client):
    assert set(COLLECTIONS) <= {path.strip("/") for path in operations}
    some = {path: client.get(f"{API}{path}").json().get("total") for path in operations if "{" not in path}
    for path, operation in operations.items():
        assert operation["summary"]
        assert " / " in operation["description"], path
        responses = operation["responses"]
        assert {"200", "304", "400", "406", "413", "500", "503"} <= set(responses)
        assert ("404" in responses) == ("{slug}" in path)
        assert "422" not in responses
        if some.get("/" + path.split("/")[1]) != 0:
            assert "example" in responses["200"]["content"]["application/json"], path
        for status, response in responses.items():
            assert response["description"]
            if status >= "400":
                problem = response["content"]["application/problem+json"]
                assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
                assert set(problem["example"]) == {"type", "title", "status", "detail", "instance", "errors"}
    used = set(re.findall(r"#/components/schemas/(\w+)", str(openapi)))
    assert used <= set(openapi["components"]["schemas"])
    assert len({operation["operationId"] for operation in operations.values()}) == len(operations)


def test_paths_and_parameters_keep_the_profile(operations):
    for path, operation in operations.items():
        assert re.fullmatch(r"(/([a-z0-9-]+|\{[a-z]+\}))+", path), path
        for parameter in operation.get("parameters", []):
            assert re.fullmatch(r"[a-z][A-Za-z0-9]*", parameter["name"])
            assert parameter["description"]
            if parameter["in"] == "query":
                assert not parameter["required"]
    limit = next(p for p in operations["/findings"]["parameters"] if p["name"] == "limit")
    assert (limit["schema"]["default"], limit["schema"]["minimum"], limit["schema"]["maximum"]) == (20, 1, 500)


def test_every_member_of_every_answer_is_camel_case(openapi):
    def members(value):
        if isinstance(value, dict):
            for key, item in value.items():
                yield key
                yield from members(item)
        elif isinstance(value, list):
            for item in value:
                yield from members(item)

    for item in openapi["paths"].values():
        example = item["get"]["responses"]["200"]["content"]["application/json"].get("example")
        assert all(re.fullmatch(r"[a-z][A-Za-z0-9]*", key) for key in members(example))
