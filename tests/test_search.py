"""Full-text search: forms of words, compounds, phrases, letters, order and excerpts, over the release."""

import re
from html.parser import HTMLParser

import pytest

from evidensgraf.service.collections import collections
from evidensgraf.service.search import Document, Index
from evidensgraf.service.search_snippets import snippets
from evidensgraf.service.search_terms import fold, parts, read, stem

API = "/api/v1/search"


def ask(client, q, **parameters):
    """Everything that a question finds."""
    result, page = None, 1
    while result is None or len(result["items"]) < result["total"]:
        response = client.request("GET", API, params={"q": q, "limit": 500, "page": page, **parameters})
        assert response.status_code == 200, response.text
        found = response.json()
        result = found if result is None else {**result, "items": result["items"] + found["items"]}
        page += 1
    return result


def slugs(result):
    return [item["slug"] for item in result["items"]]


@pytest.mark.parametrize(
    ("q", "slug"),
    [
        ("bostad först", "bostad-forst"),
        ("Housing First", "bostad-forst"),
        ("återfallsprevention", "aterfallsprevention"),
        ("relapse prevention", "aterfallsprevention"),
        ("hasky", "hasky"),
        ("arbete", "arbete"),
    ],
)
def test_what_has_the_name_comes_first_in_both_languages(client, q, slug):
    assert slugs(ask(client, q))[0] == slug


@pytest.mark.parametrize(
    "forms",
    [
        ("insats", "insatsen", "insatser", "insatserna", "INSATS"),
        ("bistånd", "biståndet"),
        ("kommun", "kommuner", "kommunens"),
        ("utvärdering", "utvärderingarna"),
    ],
)
def test_every_form_of_a_word_finds_the_same(client, forms):
    found = [set(slugs(ask(client, form))) for form in forms]
    assert found[0]
    assert all(one == found[0] for one in found)


def test_a_phrase_is_found_as_it_stands(client):
    loose, phrase = ask(client, "bistånd ekonomiskt"), ask(client, '"ekonomiskt bistånd"')
    assert 0 < phrase["total"] < loose["total"]
    assert ask(client, '"bistånd ekonomiskt"')["total"] < phrase["total"] / 10
    assert set(slugs(phrase)) <= set(slugs(loose))


def test_all_words_must_be_there_and_function_words_need_not(client):
    both = set(slugs(ask(client, "arbete bostad")))
    assert both <= set(slugs(ask(client, "arbete"))) & set(slugs(ask(client, "bostad")))
    assert slugs(ask(client, "effekt av nystartsjobb")) == slugs(ask(client, "effekt nystartsjobb"))


def test_letters_with_marks_are_letters_but_may_be_left_out_at_a_lower_rank(client):
    marked, plain = ask(client, "försörjningsstöd"), ask(client, "forsorjningsstod")
    assert set(slugs(plain)) == set(slugs(marked))
    assert max(i["score"] for i in plain["items"]) < max(i["score"] for i in marked["items"])


def test_a_compound_is_found_by_its_beginning_and_by_its_last_part(client):
    labels = [" ".join(i["label"].values()).lower() for i in ask(client, "missbruk")["items"]]
    assert any("missbruksvård" in label or "missbruksproblem" in label for label in labels)
    found = slugs(ask(client, "praktik"))
    assert any(slug.startswith("arbetspraktik") for slug in found)


def test_a_type_narrows_and_the_counts_of_types_are_of_all(client):
    every, some = ask(client, "arbete"), ask(client, "arbete", type="Finding")
    assert {item["type"] for item in some["items"]} == {"Finding"}
    assert some["total"] == every["types"]["Finding"] < every["total"]
    assert some["types"] == every["types"]
    assert sum(every["types"].values()) == every["total"]


def test_pages_go_through_all_hits_once(client):
    every = slugs(ask(client, "arbete"))
    seen, path = [], f"{API}?q=arbete&limit=97"
    while path:
        response = client.get(path)
        seen += slugs(response.json())
        following = re.search(r'<([^>]*)>; rel="next"', response.headers["link"])
        path = following and following[1]
    assert seen == every
    assert len({item["id"] for item in ask(client, "arbete")["items"]}) == len(seen)


def test_every_hit_can_be_fetched_and_its_excerpts_mark_the_words(client):
    result = ask(client, "socialtjänst")
    marks = 0
    for item in result["items"][:25]:
        path = item["href"].removeprefix("https://w3id.org/evidensgraf")
        assert client.get(path).json()["id"] == item["id"]
        for snippet in item["snippets"]:
            for start, end in snippet["highlights"]:
                marks += 1
                assert "social" in snippet["text"][start:end].casefold()
    assert marks > 10


def test_a_misspelt_word_gives_nothing_but_other_words(client):
    result = ask(client, "arbetslshet")
    assert (result["total"], result["items"]) == (0, [])
    assert "arbetslöshet" in result["suggestions"]
    for text in result["suggestions"]:
        assert ask(client, text)["total"] > 0


@pytest.mark.parametrize(
    "q", ["", "   ", "?!", '"', '""', "AND OR NOT", "NEAR(a b)", "label:x", "*", "'; DROP TABLE", "\x00"]
)
def test_nothing_that_is_written_is_syntax(client, q):
    assert ask(client, q)["completeness"]["assumption"] == "open-world"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("q=" + "x" * 201, "q"),
        ("q=a&type=Nothing", "type"),
        ("q=a&type=", "type"),
        ("q=a&q=b", "q"),
        ("query=a", "query"),
    ],
)
def test_what_cannot_be_used_is_named(client, query, parameter):
    response = client.get(f"{API}?{query}")
    assert response.status_code == 400
    assert [e["parameter"] for e in response.json()["errors"]] == [parameter]


class Marked(HTMLParser):
    """Collects what is marked on a page, and its links."""

    def __init__(self, text):
        super().__init__()
        self.marked, self.links, self._in = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self._in = tag == "mark"
        if tag == "a":
            self.links.append(dict(attrs).get("href"))

    def handle_data(self, data):
        if self._in:
            self.marked.append(data)
            self._in = False


@pytest.mark.parametrize(("lang", "hits"), [("sv", "träffar"), ("en", "hits")])
def test_the_page_shows_hits_and_every_page_has_the_form(client, lang, hits):
    response = client.get(f"/search?q=bistånd&lang={lang}&type=", "text/html")
    assert response.status_code == 200
    assert hits in response.text
    page = Marked(response.text)
    assert len(page.marked) > 1
    assert any(link and link.startswith("/doc/") for link in page.links)
    following = next(link for link in page.links if link and "page=2" in link)
    assert client.get(following, "text/html").status_code == 200
    for path in ("/", "/doc/intervention/hasky", "/nothing"):
        assert 'action="/search"' in client.get(path, "text/html").text


def test_the_page_says_that_nothing_was_found_and_what_was_perhaps_meant(client):
    text = client.get("/search?q=arbetslshet&lang=sv", "text/html").text
    assert "inte att ingen vet något" in text
    assert "/search?q=arbetsl%C3%B6shet" in text
    assert "<script" not in client.get("/search?q=<script>alert(1)</script>", "text/html").text


def test_words_phrases_stems_and_parts():
    assert [t.words for t in read("“ekonomiskt bistånd” för unga unga")] == [("ekonomiskt", "bistånd"), ("unga",)]
    assert [t.words for t in read("vad är det")] == [("vad",), ("är",), ("det",)]
    assert fold("ålderssegregering Ærø".casefold()) == "alderssegregering aero"
    assert stem("evaluations", "en") == stem("evaluation", "en")
    assert parts("vårdcentral", {"vård", "central"}) == ("vård", "central")
    assert parts("insats", {"ins", "ats"}) == ()


def test_a_text_in_another_language_can_be_found_and_is_excerpted(client):
    record = {"id": "https://example.org/1", "type": "Source", "slug": "x"}
    text = "Ein langer Satz. " * 20 + "Hier steht Sozialarbeit. " + "Noch ein Satz. " * 20
    document = Document(collections()["sources"], record, (("label", {"de": "Titel"}), ("text", {"de": text})))
    index = Index([document])
    assert [hit.document for hit in index.find("sozialarbeit")] == [document]
    (snippet,) = snippets(document, read("sozialarbeit"), index.compounds)
    assert snippet["language"] == "de"
    assert snippet["text"].startswith("… ")
    assert snippet["text"].endswith(" …")
    assert [snippet["text"][a:b] for a, b in snippet["highlights"]] == ["Sozialarbeit"]
