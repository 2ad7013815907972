"""The REST API: its lists in every format, how they page, sort and filter, its records and its evidence chains."""

import csv
import io
import json
import re
from importlib.resources import files

import pytest
from rdflib import RDF, Graph, Literal, Namespace, URIRef

from evidensgraf.ontology.namespaces import curie, expand
from evidensgraf.service.api_csv import harmless
from evidensgraf.service.collation import swedish_order
from evidensgraf.service.collections import collections

API = "/api/v1"
COLLECTIONS = tuple(collections())
LICENSE = "https://creativecommons.org/licenses/by/4.0/"


def links(response):
    return {rel: target for target, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', response.headers["link"])}


@pytest.fixture(scope="module")
def whole(client):
    """Every list, whole: name → records."""

    def follow(path):
        found = []
        while path:
            response = client.get(path)
            found += response.json()["items"]
            path = links(response).get("next")
        return found

    return {name: follow(f"{API}/{name}?limit=500") for name in COLLECTIONS}


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
        seen, path = [], f"{API}/{name}?limit=37&fields=id"
        while path:
            response = client.get(path)
            seen += [record["id"] for record in response.json()["items"]]
            path = links(response).get("next")
        assert seen == ids


def flat(name, record, columns):
    """A record as the row of a CSV file with these columns should have it."""
    row = {key: record[key] for key in ("id", "type", "slug")}
    for field in collections()[name].fields:
        value = record[field.name]
        if field.kind == "text":
            tags = [c.removeprefix(field.name) for c in columns if re.fullmatch(f"{field.name}[A-Z][a-z]{{1,2}}", c)]
            row |= {field.name + tag: (value or {}).get(tag.lower(), "") for tag in tags}
            assert set(value or {}) <= {tag.lower() for tag in tags}
        elif field.linked:
            things = value if isinstance(value, list) else [value] if value else []
            row[field.name] = " ".join(thing["id"] for thing in things)
            for tag in ("sv", "en"):
                names = (thing["label"].get(tag) or next(iter(thing["label"].values())) for thing in things)
                row[f"{field.name}Label{tag.capitalize()}"] = "; ".join(names)
        elif isinstance(value, list):
            row[field.name] = " ".join(value)
        else:
            row[field.name] = "" if value is None else str(value)
    return {column: harmless(cell) for column, cell in row.items()}


@pytest.mark.parametrize("name", COLLECTIONS)
def test_the_rows_of_csv_are_the_records_of_json(client, whole, name):
    response = client.get(f"{API}/{name}?limit=500", "text/csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    text = response.content.decode("utf-8")
    assert text.endswith("\r\n")  # RFC 4180
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows = list(reader)
    assert list(reader.fieldnames[:3]) == ["id", "type", "slug"]
    assert all(re.fullmatch("[a-z][A-Za-z]*", column) for column in reader.fieldnames)
    assert rows == [flat(name, record, reader.fieldnames) for record in whole[name][:500]]


def test_a_csv_file_has_the_chosen_fields_and_pages_like_json(client):
    response = client.get(f"{API}/findings?format=csv&fields=title,effect&limit=3&page=2")
    header, *rows = csv.reader(io.StringIO(response.text, newline=""))
    assert header == ["id", "titleSv", "titleEn", "effect", "effectLabelSv", "effectLabelEn"]
    assert [row[0] for row in rows] == [r["id"] for r in client.get(f"{API}/findings?limit=3&page=2").json()["items"]]
    assert links(response)["next"] == f"{API}/findings?format=csv&fields=title%2Ceffect&limit=3&page=3"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+46", "+46"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-7", "-7"),
        ("-7 procent", "'-7 procent"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(cell, written):
    assert harmless(cell) == written


def test_json_ld_says_the_same_and_which_page_it_is(client):
    response = client.get(f"{API}/findings?limit=4&page=2", "application/ld+json")
    assert response.headers["content-type"] == "application/ld+json"
    document = response.json()
    assert document["@context"] == "https://w3id.org/evidensgraf/context/v1.jsonld"
    document["@context"] = client.get("/context/v1.jsonld").json()["@context"]
    graph = Graph().parse(data=json.dumps(document), format="json-ld")
    hydra = "http://www.w3.org/ns/hydra/core#"
    listed = client.get(f"{API}/findings?limit=4&page=2").json()
    whole = URIRef("https://w3id.org/evidensgraf/api/v1/findings")
    assert {str(m) for m in graph.objects(whole, URIRef(hydra + "member"))} == {r["id"] for r in listed["items"]}
    assert graph.value(whole, URIRef(hydra + "totalItems")).toPython() == listed["total"]
    (page,) = graph.objects(whole, URIRef(hydra + "view"))
    assert {p.removeprefix(hydra) for p in graph.predicates(page) if p != RDF.type} == {
        "first",
        "previous",
        "next",
        "last",
    }
    for record in listed["items"]:
        titles = set(graph.objects(URIRef(record["id"]), URIRef("http://purl.org/dc/terms/title")))
        assert titles == {Literal(text, lang=lang) for lang, text in record["title"].items()}


def test_json_ld_has_the_chosen_fields_only(client):
    document = client.get(f"{API}/outcomes?limit=2&fields=label&format=jsonld").json()
    nodes = [node for node in document["@graph"] if "/id/outcome/" in node["id"]]
    assert [set(node) for node in nodes] == [{"id", "type", "prefLabel"}] * 2


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


def test_a_list_names_its_other_formats_and_the_query_behind_it(client):
    header = client.get(f"{API}/findings?limit=2").headers["link"]
    assert f'<{API}/findings?limit=2&format=csv>; rel="alternate"; type="text/csv"' in header
    query = re.search(r'<([^>]+)>; rel="via"', header)[1]
    answer = client.get(query, "application/sparql-results+json")
    assert answer.status_code == 200
    subjects = {row["subject"]["value"] for row in answer.json()["results"]["bindings"]}
    assert len(subjects) == client.get(f"{API}/findings").json()["total"]


def test_a_list_keeps_the_language_of_its_problems_and_no_other_language(client):
    assert client.get(f"{API}/findings?lang=de").status_code == 406
    assert client.get(f"{API}/findings?lang=en").json() == client.get(f"{API}/findings?lang=sv").json()


def test_a_record_is_json_ld_too(client):
    document = client.get(f"{API}/studies/sweco-2016-stockholmsjobb", "application/ld+json").json()
    assert document["@graph"][0]["id"] == "https://w3id.org/evidensgraf/id/study/sweco-2016-stockholmsjobb"


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
