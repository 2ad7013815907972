"""The REST API: how its lists page, sort and filter, its records and its evidence chains."""

from importlib.resources import files

import pytest
from rdflib import Graph, Namespace, URIRef

from evidensgraf.graph.collation import swedish_order
from evidensgraf.ontology.namespaces import curie, expand
from evidensgraf.service.collections import collections
from tests.rest_api import API, COLLECTIONS, follow, links

LICENSE = "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_list_is_paged_and_named(client, release, name):
    response = client.get(f"{API}/{name}")
    page = response.json()
    assert response.headers["content-type"] == "application/json"
    assert (page["page"], page["limit"], page["release"], page["license"]) == (1, 20, release.id, LICENSE)
    assert page["pages"] == max(1, -(-page["total"] // 20))
    assert page["completeness"]["assumption"] == "open-world"
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


@pytest.mark.parametrize("name", COLLECTIONS)
def test_every_listed_record_can_be_fetched(client, release, whole, name):
    for listed in whole[name][:40]:
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
    assert info["apiDocumentation"].endswith("/api/v1/docs")


@pytest.mark.parametrize("name", COLLECTIONS)
def test_following_next_gives_every_record_once(client, whole, name):
    total = client.get(f"{API}/{name}").json()["total"]
    ids = [record["id"] for record in whole[name]]
    assert len(ids) == len(set(ids)) == len({record["slug"] for record in whole[name]}) == total > 0
    if name not in ("observations", "sources"):  # the long ones are followed in pages of 500 only
        assert [record["id"] for record in follow(client, f"{API}/{name}?limit=37&fields=id")] == ids


def test_fields_are_those_that_are_asked_for(client):
    items = client.get(f"{API}/findings?fields=title,effect&limit=3").json()["items"]
    assert [list(item) for item in items] == [["id", "title", "effect"]] * 3


@pytest.mark.parametrize("name", COLLECTIONS)
def test_every_list_stands_in_swedish_order(whole, name):
    def named(record):
        text = record[collections()[name].order]
        return swedish_order(next(iter(text.values()))) if text else None

    found = [named(record) for record in whole[name]]
    said = [key for key in found if key is not None]
    assert said == sorted(said)
    assert found[: len(said)] == said  # what is not said stands last


@pytest.mark.parametrize(
    ("name", "member"),
    [("sources", "issued"), ("studies", "sampleSize"), ("prerequisites", "order"), ("terms", "label")],
)
def test_a_list_is_sorted_both_ways_with_what_is_not_said_last(client, whole, name, member):
    for sign in ("", "-"):
        items = client.get(f"{API}/{name}?sort={sign}{member}&limit=500").json()["items"]
        assert sorted(r["id"] for r in items) == sorted(r["id"] for r in whole[name])
        values = [r[member] for r in items]
        said = [v for v in values if v is not None]
        assert values[: len(said)] == said
        keys = [swedish_order(v["sv"]) if isinstance(v, dict) else v for v in said]
        assert keys == sorted(keys, reverse=sign == "-")
        for one, other in zip(items, items[1:], strict=False):
            if one[member] == other[member]:
                assert one["id"] < other["id"]


@pytest.mark.parametrize("name", COLLECTIONS)
def test_every_value_found_in_a_list_filters_it(client, whole, name):
    for parameter, asked in collections()[name].filters.items():
        field = asked.field.name
        if parameter in collections()[name].alias:
            continue
        if asked.bound:
            value = next((r[field] for r in whole[name] if r[field] is not None), None)
            if value is None:
                continue
            wanted = [r["id"] for r in whole[name] if r[field] is not None and fits(asked.bound, r[field], value)]
        else:
            things = [t for r in whole[name] for t in (r[field] if isinstance(r[field], list) else [r[field]]) if t]
            if not things:
                continue
            value = things[-1]["id"]
            wanted = [r["id"] for r in whole[name] if value in ids_of(r[field])]
        path = f"{API}/{name}"
        response = client.request("GET", path, params={parameter: value, "fields": "id", "limit": 500})
        assert response.status_code == 200, (parameter, value, response.text)
        assert [r["id"] for r in response.json()["items"]] == wanted[:500], (parameter, value)
        assert response.json()["total"] == len(wanted)


def fits(bound, mine, value):
    if isinstance(value, str):
        length = min(len(mine), len(value))
        mine, value = mine[:length], value[:length]
    return mine >= value if bound == "min" else mine <= value


def ids_of(value):
    return [thing["id"] for thing in (value if isinstance(value, list) else [value] if value else [])]


def test_filters_are_joined_and_a_period_has_two_bounds(client):
    path = f"{API}/sources?issuedFrom=2015&issuedTo=2016&type=GenreReport&limit=500"
    items = client.get(path).json()["items"]
    assert items
    assert all("2015" <= r["issued"][:4] <= "2016" and r["genre"][0]["id"].endswith("/GenreReport") for r in items)


@pytest.mark.parametrize(
    ("query", "parameter", "said"),
    [
        ("efect=Mixed", "efect", "Did you mean: effect?"),
        ("sort=titel", "sort", "Did you mean: title"),
        ("sort=", "sort", "There are:"),
        ("fields=titel", "fields", "Did you mean: title?"),
        ("fields=", "fields", "There are:"),
        ("effect=", "effect", "There are:"),
        ("format=", "format", "no value"),
        ("format=json&format=csv", "format", "more than once"),
        ("periodStartFrom=soon", "periodStartFrom", "2016-05"),
        ("limit=1e2", "limit", "from 1 to 500"),
        ("page=99999999999999999999", "page", "from 1 to 1000000"),
    ],
)
def test_what_cannot_be_used_is_explained(client, query, parameter, said):
    response = client.get(f"{API}/findings?{query}", accept_language="en")
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["parameter"] == parameter
    assert said in error["detail"]


def test_the_class_that_a_filter_takes_is_that_of_the_shapes():
    shapes = Graph()
    for file in files("evidensgraf.shapes").iterdir():
        if file.name.endswith(".ttl"):
            shapes.parse(data=file.read_text(encoding="utf-8"), format="turtle")
    sh = Namespace("http://www.w3.org/ns/shacl#")
    compared = 0
    for collection in collections().values():
        parts = [
            p
            for s in shapes.subjects(sh.targetClass, URIRef(expand(collection.target)))
            for p in shapes.objects(s, sh.property)
        ]
        for part in parts:
            path, target = shapes.value(part, sh.path), shapes.value(part, sh["class"])
            for field in collection.fields:
                if target and str(path) in field.properties and field.target not in ("", "skos:Concept"):
                    compared += 1
                    assert curie(str(target)) == field.target, (collection.name, field.name)
    assert compared > 15
