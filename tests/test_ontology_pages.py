"""The documentation of the ontology: complete, cross-referenced both ways, in two languages, with diagrams."""

import re
from html.parser import HTMLParser

import pytest

from evidensgraf.ontology.namespaces import EV
from evidensgraf.service.ontology_diagram import Diagram
from evidensgraf.service.ontology_pages import OVERVIEW, drawn, tree
from evidensgraf.service.vocabulary import KINDS, vocabulary


class Ids(HTMLParser):
    """The ids, links and headings of a page."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.headings = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if "id" in named:
            self.ids.append(named["id"])
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))


@pytest.fixture(scope="module")
def known(runner, engine):
    return runner.run(vocabulary(engine))


@pytest.fixture(scope="module")
def page(client):
    """The page at an address, in a language."""
    found = {}

    def get(path, lang="en"):
        if (path, lang) not in found:
            response = client.get(f"{path}?lang={lang}", "text/html")
            assert response.status_code == 200
            found[path, lang] = response.text
        return found[path, lang]

    return get


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_overview_has_every_term_at_an_anchor_of_its_own(page, known, lang):
    read = Ids(page("/def/", lang))
    assert len(read.ids) == len(set(read.ids))
    terms = [iri for kind in KINDS.values() if kind != "scheme" for iri in known.of_kind(kind)]
    assert len(terms) > 350
    assert {iri.rsplit("/", 1)[-1] for iri in terms} - set(read.ids) == set()
    assert {f"scheme-{iri.rsplit('/', 1)[-1]}" for iri in known.of_kind("scheme")} <= set(read.ids)
    assert {link[1:] for link in read.links if link.startswith("#")} <= set(read.ids)
    assert not any(low > high + 1 for high, low in zip(read.headings, read.headings[1:], strict=False))


def test_the_overview_says_what_a_user_of_an_ontology_asks(page):
    text = page("/def/")
    for told in ("The Evidensgraf ontology", "CC BY 4.0", "ev: &lt;", "How to cite", "RDF/XML", "not for data on"):
        assert told in text
    assert re.search(r"/def/\d+\.\d+\.\d+/", text)


def test_every_class_is_in_one_area(known):
    areas = known.subjects_with("rdf:type", "http://www.w3.org/2004/02/skos/core#OrderedCollection")
    listed = [c for a in areas if a != OVERVIEW for c in known.sequence(known.nodes(a, "skos:memberList")[0])]
    assert sorted(listed) == sorted(known.of_kind("class"))


def test_a_tree_puts_each_class_after_the_one_above_it(known):
    members = [EV + name for name in ("RiskFactor", "Factor", "Domain", "ProtectiveFactor")]
    assert [(d, c.removeprefix(EV)) for d, c in tree(known, members)] == [
        (0, "Factor"), (1, "RiskFactor"), (1, "ProtectiveFactor"), (0, "Domain"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/def/Finding", ["A finding is something measured", "0.1.0", "From the class evidence statement"]),
        ("/def/Finding", ["CC BY 3.0", "The finding has no effect, or", "things in the release are of the class"]),
        ("/def/strengthens", ["is a kind of|Is a kind of", "acts on", "protective factor"]),
        ("/def/restsOn", ["Follows from the chain", "has evidence item", "Domain", "sourced assertion"]),
        ("/def/assesses", ["Inverse of", "has certainty assessment"]),
        ("/def/inTensionWith", ["symmetric", "things in the release have the property"]),
        ("/def/about", ["intervention</a> or", "organisation"]),
        ("/def/Mixed", ["Concept scheme|Scheme", "things in the release have it as a value", "blandade resultat"]),
        ("/def/scheme/effect", ["no effect shown", "The concepts and what they mean"]),
        ("/def/Effect", ["Controlled|scheme for effect", "no effect shown"]),
        ("/def/Passage", ["only <a", "Restriction"]),
        ("/def/Observation", ["Since version</dt><dd>0.2.0"]),
        ("/def/overallCertainty", ["Since version</dt><dd>0.4.0"]),
        ("/def/RuleBasisGRADE", ["gradepro[.]org"]),
        ("/def/0.1.0/", ["The first version"]),
    ],
)  # fmt: skip
def test_the_page_of_a_term_says_what_the_ontology_says(page, path, told):
    text = page(path)
    for words in told:
        assert re.search(words, text), words
    read = Ids(text)
    assert len(read.ids) == len(set(read.ids))


def test_properties_refer_to_classes_and_classes_back(page):
    assert 'href="/def/EvidenceGap?lang=en"' in page("/def/gapType")
    assert 'id="gapType"' in page("/def/EvidenceGap")
    assert 'id="gapType"' in page("/def/GapType")
    assert 'id="statedIn"' in page("/def/EvidenceGap"), "inherited from the class above"


def test_every_class_and_property_has_its_page_with_both_labels(page, known):
    for kind in ("class", "objectProperty", "datatypeProperty", "annotationProperty"):
        for iri in known.of_kind(kind)[::9]:
            text = page(iri.removeprefix("https://w3id.org/evidensgraf"))
            label = known.label(iri)
            assert f'<span lang="sv">{label["sv"]}' in text
            assert label["en"][1:] in text


def test_the_overview_diagram_has_a_text_beside_it_and_is_the_same_every_time(client, page, known):
    text = page("/def/")
    picture = text[text.index("<svg class") : text.index("</svg>")]
    assert 'role="img"' in picture
    assert "<title" in picture
    assert "<desc" in picture
    names = {EV + n for n in ("Recommendation", "EvidenceLine", "EvidenceStatement", "Passage", "Source", "Study")}
    relations = drawn(known)
    assert names <= {iri for start, _, end in relations for iri in (start, end)}
    assert (EV + "Passage", "http://www.w3.org/ns/oa#hasSource", EV + "Source") in relations
    for start, prop, end in relations:
        line = re.search(rf'<li><a href="/def/{start.removeprefix(EV)}\?lang=en">.*', text)[0]
        assert line, (start, prop, end)
    again = client.get("/def/?lang=en", "text/html", Cache_Control="no-cache").text
    assert picture in again


def test_a_diagram_keeps_its_nodes_apart():
    relations = [("a", "p", "b"), ("b", "q", "c"), ("a", "r", "c"), ("a", "s", "d")]
    diagram = Diagram(relations, {n: n * 9 for n in "abcdpqrs"})
    columns = {}
    for node in diagram.nodes.values():
        columns.setdefault(node.layer, []).append((node.y, node.y + node.height))
    assert sorted(columns) == [0, 1, 2, 3, 4]
    for spans in columns.values():
        spans.sort()
        assert all(above[1] < below[0] for above, below in zip(spans, spans[1:], strict=False))
    assert diagram.nodes["c"].layer == 4, "by the longest way"
    drawing = diagram.svg("x", "Title", "<Description>")
    assert drawing == Diagram(reversed(relations), {n: n * 9 for n in "abcdpqrs"}).svg("x", "Title", "<Description>")
    assert "&lt;Description&gt;" in drawing


def test_the_quality_page_makes_every_check_on_the_release(client):
    text = client.get("/quality/ontology?lang=en", "text/html").text
    assert "find nothing." in text
    assert "0 find something wrong." in text
    for told in ("missing_label", "P13", "OM4.1", "No DOI has been assigned", "P37", "FIND2", "hasEvidenceLine"):
        assert told in text
    assert "/quality/ontology" in client.get("/quality?lang=en", "text/html").text
