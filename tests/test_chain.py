"""The evidence chain is whole, as a document and as a picture."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from evidensgraf.graph.load import read_vocabulary
from evidensgraf.ontology.namespaces import BASE, ID, expand
from evidensgraf.queries.catalogue import load
from evidensgraf.service import records
from evidensgraf.service.chain import evidence_chain, unfold
from evidensgraf.service.chain_svg import Picture, draw
from evidensgraf.service.facts import Facts, ask

SVG = "{http://www.w3.org/2000/svg}"


WITHOUT_STATEMENTS = {
    "noneStated",
    "interviews",
    "expertStatement",
    "userExperience",
    "authorsReasoning",
    "guidelineBasis",
}
"""What a line can rest on when its source gives no statement to point to (decision 5)."""


@pytest.fixture(scope="module")
def chains(runner, engine):
    found = [("appraisal", r["slug"]) for r in runner.run(records.list_appraisals(engine))]
    found += [("recommendation", r["slug"]) for r in runner.run(records.list_recommendations(engine))]
    return {key: runner.run(evidence_chain(engine, *key)) for key in found}


def test_every_appraisal_and_recommendation_has_a_chain_down_to_a_passage(chains):
    assert chains
    for key, chain in chains.items():
        assert chain["statedIn"] and chain["lines"], key
        for line in chain["lines"]:
            assert line["direction"] and line["basis"], key
            basis = {b["id"].rsplit("/", 1)[-1] for b in line["basis"]}
            assert line["statements"] or basis & WITHOUT_STATEMENTS, key
            for statement in line["statements"]:
                assert statement["statedIn"] and statement["title"].keys() == {"sv", "en"}, key


def test_an_appraisal_has_a_verdict_and_a_recommendation_a_kind(chains):
    for (kind, slug), chain in chains.items():
        assert chain["verdict"] if kind == "appraisal" else chain["recommendationKind"], slug


def test_a_statement_that_is_a_conclusion_nests_its_own_lines(chains):
    nested = [s for c in chains.values() for line in c["lines"] for s in line["statements"] if s["type"] == "Appraisal"]
    assert all(s["lines"] for s in nested)


def test_no_chain_of_another_kind(runner, engine):
    assert runner.run(evidence_chain(engine, "finding", "anything")) is None
    assert runner.run(evidence_chain(engine, "appraisal", "no-such-thing")) is None


def test_the_chain_is_what_the_query_of_the_catalogue_says(runner, engine, chains):
    """The lines, their order and their statements are those of ``evidence-chain``, which anybody can ask."""
    for (kind, slug), chain in chains.items():
        asked: dict[str, list[str]] = {}
        for row in runner.run(ask(engine, "evidence-chain", claim=chain["id"])):
            if row["conclusion"]["value"] == chain["id"]:
                items = asked.setdefault(row["line"]["value"], [])
                if "statement" in row and row["statement"]["value"] not in items:
                    items.append(row["statement"]["value"])
        assert {line["id"]: [s["id"] for s in line["statements"]] for line in chain["lines"]} == asked, (kind, slug)


def test_what_the_chain_shows_is_what_the_whole_record_says(runner, engine, chains):
    """Nothing that is shown is among what the narrow query leaves out."""
    for chain in chains.values():
        assert unfold(Facts(runner.run(ask(engine, "record", resource=chain["id"]))), chain["id"]) == chain


def _said(subject, curie, value):
    found = {"subject": subject, "property": expand(curie), "value": value}
    return {name: {"type": "uri", "value": iri} for name, iri in found.items()}


def test_a_chain_that_bites_its_tail_ends():
    base = "https://w3id.org/evidensgraf/id/appraisal/"
    rows = []
    for a, b in (("a", "b"), ("b", "a")):
        line = f"{base}{a}#line-1"
        rows += [_said(base + a, "ev:hasEvidenceLine", line), _said(line, "ev:hasEvidenceItem", base + b)]
        rows += [_said(line, "ev:direction", base), _said(line, "ev:basis", base)]
    chain = unfold(Facts(rows), base + "a")
    inner = chain["lines"][0]["statements"][0]
    assert inner["id"] == base + "b"
    assert "lines" not in inner["lines"][0]["statements"][0]


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_picture_is_svg_with_title_description_and_every_statement(chains, lang):
    for chain in chains.values():
        svg = ElementTree.fromstring(str(draw(chain, lang)))
        assert svg.get("role") == "img"
        named = svg.get("aria-labelledby").split()
        assert [svg.find(f"{SVG}title").get("id"), svg.find(f"{SVG}desc").get("id")] == named
        assert svg.find(f"{SVG}title").text and svg.find(f"{SVG}desc").text
        drawn = " ".join(text.text or "" for text in svg.iter(f"{SVG}text"))
        for line in chain["lines"]:
            for statement in line["statements"]:
                assert statement["title"][lang].split()[0] in drawn


def test_no_two_boxes_of_a_column_overlap_and_all_lie_within_the_picture(chains):
    for chain in chains.values():
        picture = Picture(chain, "sv")
        for column in {box.column for box in picture.boxes.values()}:
            boxes = sorted((b for b in picture.boxes.values() if b.column == column), key=lambda b: b.y)
            assert all(a.y + a.height < b.y for a, b in zip(boxes, boxes[1:], strict=False))
            assert boxes[0].y >= 0 and boxes[-1].y + boxes[-1].height <= picture.height


def test_direction_is_told_by_a_word_as_well_as_by_a_dash(chains):
    for chain in chains.values():
        edges = Picture(chain, "sv").edges
        for line in chain["lines"]:
            style, word = edges[chain["id"], line["id"]]
            assert style == line["direction"]["id"].rsplit("/", 1)[-1].lower()
            assert word == line["direction"]["label"]["sv"]


def test_text_in_another_language_is_marked(chains):
    svg = str(draw(chains["appraisal", "stockholmsjobb-bedomning"], "en"))
    assert re.search(r'<text [^>]*lang="sv"[^>]*>Utvärderad', svg)


def test_a_recommendation_says_what_the_author_of_its_guideline_judged():
    store, claim = ox.Store(), ID + "recommendation/erbjud-praktik"
    store.extend(ox.Quad(q.subject, q.predicate, q.object) for q in read_vocabulary())
    file = Path(__file__).parent / "shapes" / "Recommendation.guideline.conforms.ttl"
    store.load(file.read_bytes(), format=ox.RdfFormat.TURTLE, base_iri=BASE)
    answer = store.query(load()["record-of-claim"].bind({"claim": claim}))
    rows = json.loads(answer.serialize(format=ox.QueryResultsFormat.JSON))["results"]["bindings"]
    chain = unfold(Facts(rows), claim)
    assert (chain["direction"]["id"], chain["overallCertainty"]["label"]["en"]) == (expand("ev:Supports"), "moderate")
    assert [(r["outcome"]["label"]["sv"], r["importance"]) for r in chain["importanceRatings"]][0] == ("arbete", 8)
    assert {j["criterion"]["label"]["en"] for j in chain["judgements"]} >= {"equity", "feasibility", "resource use"}
    assert all(set(j["description"]) == {"sv", "en"} for j in chain["judgements"])
    assert chain["guideline"][0]["id"] == ID + "source/riktlinjen"
    assert chain["harmReason"]["en"] == "Some may feel pressed."
