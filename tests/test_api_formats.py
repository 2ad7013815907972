"""The formats of the REST API: CSV and JSON-LD say what JSON says."""

import csv
import io
import json
import re

import pytest
from rdflib import RDF, Graph, Literal, URIRef

from evidensgraf.service.api_csv import harmless
from evidensgraf.service.collections import collections
from tests.rest_api import API, COLLECTIONS, links


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
