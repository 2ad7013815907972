"""What is answered on a shortcut is what the long way gives."""

from urllib.parse import quote

import pytest

from evidensgraf.service.shortcut import plain_query

ASKED = "/sparql?query=" + quote("SELECT ?o { <https://w3id.org/evidensgraf/id/intervention/hasky> ?p ?o } ORDER BY ?o")
JSON = "application/sparql-results+json"


@pytest.mark.parametrize("path", [ASKED, "/doc/intervention/hasky", "/api/v1/interventions/hasky", "/catalog"])
def test_the_same_request_gets_the_same_answer(client, path):
    first, second = client.get(path), client.get(path)
    assert (first.status_code, first.content) == (200, second.content)
    differing = {
        name for name in {*first.headers, *second.headers} if first.headers.get(name) != second.headers.get(name)
    }
    assert differing == {"x-request-id"}


def test_a_condition_is_looked_at_even_when_the_answer_is_known(client):
    tag = client.get(ASKED, JSON).headers["etag"]
    assert client.get(ASKED, JSON, if_none_match=tag).status_code == 304
    assert client.get(ASKED, JSON, if_match='"another"').status_code == 412


def test_what_is_negotiated_makes_another_request(client):
    assert client.get(ASKED, JSON).headers["content-type"] == JSON
    assert client.get(ASKED, "text/csv").headers["content-type"].startswith("text/csv")
    pages = [client.get("/doc/intervention/hasky", "text/html", accept_language=lang) for lang in ("sv", "en")]
    assert [page.headers["content-language"] for page in pages] == ["sv", "en"]


@pytest.mark.parametrize(
    ("query_string", "accept", "name"),
    [
        (b"query=ASK%20%7B%7D", [], "json"),
        (b"query=ASK+%7B%7D", [b"accept", b"text/csv"], "csv"),
        (b"query=DESCRIBE+%3Cx%3E", [b"accept", b"text/turtle"], "ttl"),
        (b"query=ASK+%7B%7D&format=json", [], None),
        (b"format=json", [], None),
        (b"query=", [], None),
        (b"query=ASK+%7B%7D", [b"accept", b"text/html"], None),
        (b"query=ASK+%7B%7D", [b"accept", b"image/png"], None),
        (b"query=ASK+%7B%7D", [b"accept", b"text/csv", b"accept", b"text/html"], None),
        (b"query=ASK+%7B%FF%7D", [], None),
        (b"query=ASK+%7B+SERVICE+%3Cx%3E+%7B%7D%7D", [], None),
        (b"query=INSERT+DATA+%7B%7D", [], None),
    ],
)
def test_only_a_plain_query_takes_the_shortcut(query_string, accept, name):
    plain = plain_query(("/sparql", query_string, tuple(accept)))
    assert (plain.variant.name if plain else None) == name
