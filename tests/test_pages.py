"""Pages hold without a browser: structure, labels, languages, and nothing from elsewhere."""

import json
import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from evidensgraf.graph.guard import read
from evidensgraf.ontology.namespaces import ID
from evidensgraf.service import i18n

SERVICE = Path(i18n.__file__).parent
PATHS = (
    "/",
    "/interventions",
    "/recommendations",
    "/findings",
    "/sources",
    "/about",
    "/accessibility",
    "/queries",
    "/sparql",
    "/doc/intervention/bostad-forst",
    "/doc/intervention/nystartsjobb-vaxjo",
    "/doc/intervention/hasky",
    "/doc/appraisal/bostad-forst-bedomning",
    "/doc/appraisal/stockholmsjobb-bedomning",
    "/doc/source/rapport-2-ekonomiskt-bistand",
    "/doc/source/de-vet-2013-case-management",
    "/doc/organisation/ifau",
    "/doc/outcome/arbete",
    "/def/Beneficial",
    "/def/Finding",
    "/def/effect",
    "/def/scheme/effect",
    "/def/shape/Finding",
    "/doc/derivation-rule/rests-on",
    "/def/0.1.0/",
    "/def/",
    "/quality",
    "/quality/ontology",
    "/graphs",
    "/graph/derived",
    "/catalog",
    "/releases",
    "/releases/{release}",
    "/compare",
    "/gap-map",
    "/gap-map?domain=missbruk-och-beroende&outcomes=2&q=stod",
    "/gap-map/stockholmsjobb/inkomst",
    "/gap-map/hasky/inkomst",
    "/tensions",
    "/impact",
    "/impact/source/socialstyrelsen-2019-nationella-riktlinjer",
    "/impact/study/sweco-2016-stockholmsjobb?standing=superseded",
    "/rules",
    "/readiness",
    "/readiness/socialstyrelsen-2019-nationella-riktlinjer",
    "/search",
    "/search?q=missbruk",
    "/search?q=zzzz",
    "/api/v1/docs",
    "/sparql?query=" + quote("SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 300"),
    "/sparql?query=" + quote("ASK { ?s ?p ?o }"),
    "/sparql?query=" + quote("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 3"),
    "/sparql?query=" + quote("SELECT ?s\nWHER { ?s ?p ?o }"),
    "/doc/intervention/no-such-thing",
)
APPROXIMATE = """SELECT ?finding ?printed {
  ?finding ev:hasMagnitude ?magnitude . ?magnitude ev:approximate true ; ev:printedForm ?printed .
} ORDER BY ?finding"""
VOID = {"meta", "link", "img", "input", "br", "hr"}


class Page(HTMLParser):
    """Reads a page: its elements with attributes and text, and whether every element is closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)
        assert not self.open, [e["tag"] for e in self.open]

    def handle_starttag(self, tag, attrs):
        inherited = self.open[-1]["lang"] if self.open else None
        element = {"tag": tag, **dict(attrs), "text": ""}
        element["lang"] = dict(attrs).get("lang", inherited)
        element["parents"] = [e["tag"] for e in self.open]
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1]["tag"] == tag, (tag, [e["tag"] for e in self.open])
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, *tags):
        return [e for e in self.elements if e["tag"] in tags]

    def one(self, tag):
        (element,) = self.all(tag)
        return element


@pytest.fixture(scope="module", params=["sv", "en"])
def pages(request, client, release):
    join = lambda path: path.replace("{release}", release.id) + ("&" if "?" in path else "?") + f"lang={request.param}"  # noqa: E731
    answers = {path: client.get(join(path), accept="text/html") for path in PATHS}
    for path, answer in answers.items():
        assert answer.headers["content-type"].startswith("text/html"), path
        assert answer.status_code == (404 if "no-such" in path else 400 if "WHER%20" in path else 200), path
    return request.param, {path: (Page(answer.text), answer.text) for path, answer in answers.items()}


def test_one_h1_and_no_heading_level_is_skipped(pages):
    for path, (page, _) in pages[1].items():
        levels = [int(e["tag"][1]) for e in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
        assert levels.count(1) == 1 and levels[0] == 1, path
        assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False)), (path, levels)


def test_every_field_has_a_label(pages):
    for path, (page, _) in pages[1].items():
        labelled = {e["for"] for e in page.all("label")}
        for field in page.all("input", "select", "textarea"):
            assert field.get("type") == "hidden" or field["id"] in labelled, path
        for button in page.all("button"):
            assert button["text"].strip(), path


def test_the_page_and_what_is_in_another_language_say_so(pages):
    lang, found = pages
    for path, (page, _) in found.items():
        assert page.one("html")["lang"] == lang, path
        other = "en" if lang == "sv" else "sv"
        (switch,) = (e for e in page.all("a") if e.get("hreflang") == other)
        assert switch["lang"] == other and switch["text"] == {"sv": "Svenska", "en": "English"}[other]
        for quotation in page.all("q"):
            assert quotation["lang"] == "sv", path


def test_a_swedish_reference_on_an_english_page_is_marked(pages):
    lang, found = pages
    page, _ = found["/sources"]
    (link,) = (e for e in page.all("a") if "Behrenz" in e["text"])
    inner = [e for e in page.all("span") if "Behrenz" in e["text"] and e["lang"] == "sv"]
    assert bool(inner) == (lang == "en") and link


def test_landmarks_and_skip_link(pages):
    for path, (page, _) in pages[1].items():
        assert page.one("main")["id"] == "main"
        assert page.one("footer") and page.all("header")
        assert page.all("a")[0]["href"] == "#main", path
        for nav in page.all("nav"):
            assert nav["aria-label"], path


def test_nothing_runs_and_nothing_is_fetched_from_elsewhere(pages):
    for path, (page, text) in pages[1].items():
        assert not page.all("script", "iframe", "object", "embed", "style"), path
        for element in page.elements:
            assert not [a for a in element if a.startswith("on") or a == "style"], (path, element)
            if element["tag"] in ("img", "link", "form", "input"):
                for attribute in ("src", "href", "action"):
                    assert element.get(attribute, "/").startswith("/"), (path, element)
        assert "fonts.g" not in text and "cdn" not in text.lower(), path


def test_ids_are_unique_and_references_to_them_hold(pages):
    for path, (page, _) in pages[1].items():
        ids = [e["id"] for e in page.elements if "id" in e]
        assert len(ids) == len(set(ids)), (path, sorted(i for i in ids if ids.count(i) > 1))
        for element in page.elements:
            for attribute in ("aria-labelledby", "aria-describedby", "for"):
                assert set((element.get(attribute) or "").split()) <= set(ids), (path, element)
            if (element.get("href") or "").startswith("#"):
                assert element["href"][1:] in ids, (path, element["href"])


def test_every_link_and_image_has_a_name(pages):
    for path, (page, _) in pages[1].items():
        for link in page.all("a"):
            assert link["text"].strip(), (path, link)
        for image in page.all("img"):
            assert "alt" in image, path


def test_tables_have_caption_and_scoped_heads(pages):
    for path, (page, _) in pages[1].items():
        assert len(page.all("caption")) == len(page.all("table")), path
        assert all(e.get("scope") in ("col", "row") for e in page.all("th")), path
        for table in page.all("table"):
            assert "stack" not in table["class"] or table["role"] == "table"


def test_a_stacked_table_keeps_its_roles(pages):
    for path, (page, _) in pages[1].items():
        for cell in page.all("td", "th"):
            assert "data-label" in cell or cell.get("scope") == "col" or "role" not in cell, path


def test_the_picture_of_a_chain_has_title_and_description_and_is_reachable(pages):
    for path, (page, _) in pages[1].items():
        for svg in page.all("svg"):
            assert svg["role"] == "img"
            named = {e["id"] for e in page.all("title", "desc") if "id" in e}
            assert set(svg["aria-labelledby"].split()) == named and len(named) == 2, path
            assert page.one("desc")["text"]
        if "/appraisal/" in path:
            (region,) = (e for e in page.all("div") if e.get("role") == "region")
            assert region["tabindex"] == "0" and page.all("svg")


def test_the_chain_is_also_a_list_with_every_statement(pages, client):
    for path, (page, _) in pages[1].items():
        if "/appraisal/" not in path:
            continue
        chain = client.get(path.replace("/doc/appraisal", "/api/v1/appraisals") + "/evidence-chain").json()
        linked = {e["href"].split("?")[0] for e in page.all("a") if "ul" in e["parents"]}
        for line in chain["lines"]:
            for statement in line["statements"]:
                assert statement["id"].replace("https://w3id.org/evidensgraf/id", "/doc") in linked


def test_the_footer_has_release_licence_data_and_the_query(pages, release):
    for path, (page, text) in pages[1].items():
        assert f"<strong>{release.id}</strong>" in text, path
        assert [e for e in page.all("a") if e.get("rel") == "license"], path
        if path.startswith("/doc/") and "no-such" not in path:
            types = {e["type"] for e in page.all("link") if e.get("rel") == "alternate"}
            assert types >= {"text/turtle", "application/ld+json"}, path
            queries = [e["href"] for e in page.all("a") if "/sparql?query=" in e["href"]]
            assert queries, path
            for href in queries:
                assert read(parse_qs(urlsplit(href).query)["query"][0]).form == "SELECT"


def test_every_link_within_the_service_leads_somewhere(pages, client):
    lang, found = pages
    paths = {urlsplit(e["href"]) for page, _ in found.values() for e in page.all("a", "link")}
    local = {p.path for p in paths if not p.netloc and p.path and not p.path.startswith(("/sparql", "/problems"))}
    if lang == "en":  # the same things are linked in both languages
        return
    by_kind = defaultdict(list)
    for path in sorted(local):
        by_kind[path.split("/")[1:3][-1] if path.startswith("/doc/") else path].append(path)
    for path in (path for paths in by_kind.values() for path in paths[:: 1 + len(paths) // 12]):
        accept = "text/html" if not re.search(r"\.(ttl|jsonld|nt|rdf|trig|nq|csv|css|svg)$|^/api", path) else None
        assert client.get(path, accept=accept).status_code in (200, 404 if "no-such" in path else 200), path


def test_unknown_is_said_and_relayed_is_said(pages):
    lang, found = pages
    _, text = found["/doc/intervention/hasky"]
    assert {"sv": "Primärkällan:", "en": "Primary source:"}[lang] in text
    _, text = found["/doc/intervention/nystartsjobb-vaxjo"]
    assert {"sv": "Inte graderad", "en": "Not graded"}[lang] in text


def test_the_error_of_a_query_has_its_place(pages):
    lang, found = pages
    (path,) = (p for p in found if "WHER%20" in p)
    page, text = found[path]
    assert page.one("textarea")["aria-invalid"] == "true"
    assert {"sv": "Rad 2, kolumn 6", "en": "Line 2, column 6"}[lang] in text


def test_a_long_answer_says_how_much_is_shown(pages):
    (path,) = (p for p in pages[1] if "300" in p)
    page, text = pages[1][path]
    assert len(page.all("tr")) == 201 and "300" in text and "200" in text


def test_under_a_mount_every_link_stays_below_it(client_of, engine):
    mounted = client_of(engine, root_path="/evidensgraf")
    text = mounted.get("/evidensgraf/doc/intervention/hasky", accept="text/html").text
    for element in Page(text).all("a", "link", "img"):
        target = element.get("href") or element["src"]
        assert target.startswith(("/evidensgraf/", "#", "https://", "http://")), target


def test_a_chosen_language_follows_along(client):
    page = Page(client.get("/doc/intervention/hasky?lang=en", accept="text/html").text)
    for link in page.all("a"):
        if link["href"].startswith(("/doc/", "/def/")) and link.get("hreflang") != "sv":
            assert "lang=en" in link["href"], link


def test_every_part_of_a_thing_has_its_place_on_the_page_of_the_thing(client, engine, runner):
    query = "SELECT DISTINCT ?part WHERE { ?part a ?class FILTER(CONTAINS(STR(?part), '#')) }"
    rows = json.loads(runner.run(engine.query(query)).body)["results"]["bindings"]
    parts = [row["part"]["value"].removeprefix(ID).partition("#") for row in rows if ID in row["part"]["value"]]
    assert len(parts) > 1000
    things = sorted({thing for thing, _, _ in parts})
    one_of_each_kind = {thing.split("/")[0]: thing for thing in things}.values()
    for thing in sorted({*things[::9], *one_of_each_kind}):
        page = Page(client.get(f"/doc/{thing}?lang=en", accept="text/html").text)
        ids = [e["id"] for e in page.elements if "id" in e]
        assert len(ids) == len(set(ids)), thing
        assert {fragment for t, _, fragment in parts if t == thing} <= set(ids), thing


def test_the_title_of_the_appraisal_leads_to_the_chain(pages):
    page, _ = pages[1]["/"]
    (link,) = (e for e in page.all("a") if "/doc/appraisal/hasky-bedomning" in e["href"])
    assert "HASKY" in link["text"] and "span" not in link["parents"]


def test_no_gaps_are_told_in_the_same_words_wherever_there_are_none(pages):
    lang, found = pages
    words = {"sv": "nga inlagda kunskapsluckor", "en": "o gaps recorded"}[lang]
    assert words in found["/"][1] and words in found["/doc/intervention/nystartsjobb-vaxjo"][1]


def test_what_is_no_single_thing_is_not_called_unknown(pages):
    lang, found = pages
    _, text = found["/recommendations"]
    assert {"sv": "Ingen enskild insats", "en": "No single intervention"}[lang] in text


def test_a_number_that_is_not_exact_stands_with_the_words_of_the_source(client):
    row = client.get("/sparql?format=json&query=" + quote(APPROXIMATE), accept=None).json()["results"]["bindings"][0]
    path = row["finding"]["value"].replace(ID, "/doc/").partition("#")[0]
    for lang, word in (("sv", "i källan:"), ("en", "in the source:")):
        page = Page(client.get(f"{path}?lang={lang}", accept="text/html").text)
        shown = [e["text"] for e in page.all("li") if e.get("id", "").startswith("magnitude-")]
        assert any(word in text and row["printed"]["value"] in text for text in shown)


def test_what_the_source_does_not_say_is_told_in_one_line(client):
    text = client.get("/doc/finding/stockholmsjobb-huvudsaklig-inkomst-fore-efter?lang=sv", accept="text/html").text
    assert "Källan anger inte" not in text
    text = client.get("/doc/intervention/bostad-forst?lang=sv", accept="text/html").text
    assert "Källan anger inte: jämförelse, uppföljningstid" in text


def test_a_full_reference_stands_once_among_the_sources(pages):
    _, text = pages[1]["/doc/intervention/nystartsjobb-vaxjo"]
    assert text.count("dnr 3.1.1-832/2020") == 1 and text.count(">Rapport 2<") > 3


def test_a_problem_page_speaks_to_people(client):
    for path in ("/doc/intervention/no-such-thing", "/no-such-page", "/problems/not-found"):
        for lang, words in (("sv", "Kontrollera stavningen eller gå till startsidan."), ("en", "Check the spelling")):
            text = client.get(f"{path}?lang={lang}", accept="text/html").text
            assert words in text and "suggestions" not in text, path
    text = client.get("/doc/intervention/no-such-thing?lang=sv", accept="text/html").text
    assert re.search(r"Ange koden om du rapporterar felet: <code>[^/<]+</code>", text)


def test_the_queries_for_developers_stand_apart(pages):
    page, _ = pages[1]["/queries"]
    names = [e["id"] for e in page.all("h2", "h3") if "id" in e]
    after = names[names.index("developers") + 1 :]
    described = {"collection", "members-of-class", "resource-description", "resource-in-graphs"}
    described |= {"rules", "shapes-of-term", "uses-of-term"}
    assert (
        set(after) == {"labels", "links-to-resource", "record", "record-of-claim", "record-of-intervention"} | described
    )


def test_a_term_is_described_in_the_language_of_the_page_and_without_lists(client):
    text = client.get("/def/targetsFactor?lang=sv", accept="text/html").text
    assert "avser att påverka" in text
    assert re.findall('lang="en">([^<]*)', re.sub(r"(?s).*<main", "", text)) == [
        "targets factor – The risk or protective factor that the intervention is meant to act on."
    ], "the other language stands in a place of its own"
    for term in ("Recommendation", "issuer", "Category"):
        text = client.get(f"/def/{term}?lang=sv", accept="text/html").text
        assert "rdf:" not in text.lower() and "_:" not in text, term
