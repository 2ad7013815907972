"""What falls, weakens or must be read again: weighed as a small independent computation does, and as deletion does."""

import json
import re
from html import unescape
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest

from evidensgraf.graph.build import assemble
from evidensgraf.graph.derive import derive
from evidensgraf.graph.draft import DraftError
from evidensgraf.graph.impact import ITEM, STANDINGS, STATED, WHAT_IF, Impact, Tie, Weighed
from evidensgraf.graph.standing import MAX_CLAIMS, Claim, latest, read_claims
from evidensgraf.ontology.namespaces import EV, ID, expand
from evidensgraf.queries.catalogue import load
from evidensgraf.service.cli import main
from evidensgraf.service.impact import impact_of

SUPPORTS, NEUTRAL = expand("ev:Supports"), expand("ev:Neutral")
CLAIMS = ("appraisal", "recommendation", "prerequisite")
DELETED = ["socialstyrelsen-2019-nationella-riktlinjer", "rapport-3-missbruk"]
"""A guideline that others relay, and a document that was read."""
TRIED = [
    *(f"source/{slug}" for slug in (*DELETED, "rapport-2-ekonomiskt-bistand", "sbu-2018-hemloshet")),
    "study/sweco-2016-stockholmsjobb",
    "finding/nystartsjobb-vaxjo-arbete-r1",
]


def kind(iri):
    return iri.removeprefix(ID).partition("/")[0]


class Graph:
    """A graph in plain Python: predicate (CURIE) → subject → objects."""

    def __init__(self, quads):
        self.said = {}
        for quad in quads:
            node, value = (str(getattr(term, "value", "")) for term in (quad.subject, quad.object))
            self.said.setdefault(quad.predicate.value, {}).setdefault(node, set()).add(value)

    def __call__(self, curie):
        return self.said.get(expand(curie), {})

    def supporting(self):
        """Conclusion → the items of its supporting lines."""
        return {
            claim: {
                item
                for line in lines
                if SUPPORTS in self("ev:direction").get(line, ())
                for item in self("ev:hasEvidenceItem").get(line, ())
            }
            for claim, lines in self("ev:hasEvidenceLine").items()
        }

    def grounds(self):
        """Each kind of ground: thing → what it stands on."""
        there = self("oa:hasSource")
        read = {s: {d for p in passages for d in there.get(p, ())} for s, passages in self("ev:statedIn").items()}
        curies = ("prov:hadPrimarySource", "ev:fromStudy", "ev:reportedIn", "ev:relays")
        return [read, self.supporting(), *(self(curie) for curie in curies)]

    def cells(self):
        """Cell of the gap map → its numbers of findings and gaps."""
        counts = (self("ev:findingCount"), self("ev:gapCount"))
        return {cell: tuple(int(*of[cell]) for of in counts) for cell in counts[0]}


@pytest.fixture(scope="module")
def curated():
    return tuple(assemble()[0])


@pytest.fixture(scope="module")
def graph(release):
    return Graph(ox.parse(path=release.quads, format=ox.RdfFormat.N_QUADS))


@pytest.fixture
def impact(engine, runner):
    """The impact document of a thing that is given a standing."""
    return lambda thing, standing="withdrawn": runner.run(impact_of(engine, [Claim(ID + thing, "", EV + standing)]))


def by_impact(records, impact):
    return {record["id"] for record in records if record["impact"] == impact}


@pytest.mark.parametrize("thing", TRIED)
def test_an_independent_computation_finds_the_same(impact, graph, thing):
    """In rounds over the whole graph, what has lost all of one kind of ground is lost: slow, and plain to read."""
    document, grounds, lost = impact(thing), graph.grounds(), {ID + thing}
    while more := {node for of in grounds for node, on in of.items() if on and on <= lost} - lost:
        lost |= more
    gone = lost - {ID + thing}
    assert by_impact(document["conclusions"], "falls") == {i for i in gone if kind(i) in CLAIMS}
    apart = (*CLAIMS, "study", "source")
    assert by_impact(document["statements"], "falls") == {i for i in gone if kind(i) not in apart and "#" not in i}
    claims = {c["id"]: c for c in document["conclusions"]}
    for iri, items in graph.supporting().items():
        if items & lost and iri not in lost:
            assert claims[iri]["impact"] == "weakens", iri
            assert claims[iri]["support"]["left"] == len(items - lost), iri
    members = {}
    for statement, of in graph("ev:inCell").items():
        for cell in of:
            members.setdefault(cell, set()).add(statement)
    assert by_impact(document["cells"], "unknown") == {c for c, of in members.items() if of <= lost}
    assert by_impact(document["cells"], "changes") == {c for c, of in members.items() if of & lost and of - lost}


def deleted(quads, thing):
    """Return the quads without a source, and without all that has then lost its passages, sources, studies or support.

    What is left mentions nothing that is gone; a passage goes with its source, an evidence line with its last item.
    """
    before, gone = Graph(quads).grounds(), {ID + thing}
    had = [{node for node, on in of.items() if on} for of in before]
    while gone:
        parts = {
            q.subject.value for q in quads if q.predicate.value == expand("oa:hasSource") and q.object.value in gone
        }
        gone |= parts
        quads = [q for q in quads if not {owner(q.subject, parts), owner(q.object, parts)} & gone]
        after = Graph(quads).grounds()
        there = {getattr(q.subject, "value", "") for q in quads}
        gone = {node for then, of in zip(had, after, strict=True) for node in then & there if not of.get(node)}
    return quads


def owner(term, parts):
    iri = str(getattr(term, "value", ""))
    return iri if iri in parts or not isinstance(term, ox.NamedNode) else iri.partition("#")[0]


@pytest.mark.parametrize("slug", DELETED)
def test_what_if_agrees_with_deleting_the_source_and_deriving_anew(impact, graph, curated, slug):
    store = ox.Store()
    store.extend(deleted(curated, f"source/{slug}"))
    derive(store)
    rebuilt, document = Graph(store), impact(f"source/{slug}")
    fallen, unknown = by_impact(document["conclusions"], "falls"), by_impact(document["cells"], "unknown")
    assert len(document["conclusions"]) > len(fallen)
    assert document["cells"]
    assert set(rebuilt("ev:hasEvidenceLine")) == set(graph("ev:hasEvidenceLine")) - fallen
    for claim in document["conclusions"]:
        if claim["impact"] != "falls":
            assert claim["support"]["left"] == len(rebuilt.supporting()[claim["id"]]), claim["id"]
    counts = {c["id"]: (c["findings"]["after"], c["gaps"]["after"]) for c in document["cells"]}
    expected = {cell: counts.get(cell, before) for cell, before in graph.cells().items() if cell not in unknown}
    assert rebuilt.cells() == expected


def test_every_step_of_a_path_is_in_the_graph_and_follows_the_one_before(impact, graph):
    document = impact("source/rapport-2-ekonomiskt-bistand")
    steps = 0
    for conclusion in document["conclusions"]:
        assert conclusion["paths"]
        for path in conclusion["paths"]:
            assert path[0]["from"]["id"] == ID + "source/rapport-2-ekonomiskt-bistand"
            assert path[-1]["to"]["id"] == conclusion["id"]
            assert all(a["to"] == b["from"] for a, b in zip(path, path[1:], strict=False))
            for step in path:
                steps += 1
                assert {p["id"] for p in step["statedIn"]} <= graph("ev:statedIn")[step["to"]["id"]]
                node, ground, via = step["to"]["id"], step["from"]["id"], step["via"]
                if step["relation"] == "ev:statedIn":
                    assert ground in graph("oa:hasSource")[via]
                    assert [p["id"] for p in step["statedIn"]] == [via]
                    assert step["statedIn"][0]["section"] or step["statedIn"][0]["page"]
                elif step["relation"] == "ev:hasEvidenceItem":
                    assert via in graph("ev:hasEvidenceLine")[node]
                    assert ground in graph("ev:hasEvidenceItem")[via]
                else:
                    assert ground in graph(step["relation"])[node]
    assert steps > 100


@pytest.mark.parametrize("standing", [s for s in WHAT_IF if s not in ("retracted", "withdrawn")])
def test_what_is_superseded_or_corrected_is_read_again_and_nothing_falls(impact, standing):
    document, withdrawn = impact(f"source/{DELETED[0]}", standing), impact(f"source/{DELETED[0]}")
    assert set(document["counts"]["conclusions"]) == set(document["counts"]["statements"]) == {"reread"}
    for part in ("conclusions", "statements", "cells"):
        assert {r["id"] for r in document[part]} == {r["id"] for r in withdrawn[part]}
    assert all(cell["findings"]["before"] == cell["findings"]["after"] for cell in document["cells"])
    assert all(c["support"]["left"] == c["support"]["total"] for c in document["conclusions"])


def test_a_current_source_hits_nothing_and_an_unknown_one_is_said_to_be_unknown(impact):
    assert not any(impact("source/sbu-2018-hemloshet", "current")["counts"].values())
    document = impact("source/no-such-source")
    assert [thing["known"] for thing in document["things"]] == [False]
    assert not document["conclusions"]


def test_relays_are_followed_and_a_circle_of_them_holds_nothing_up():
    relays, reads = expand("ev:relays"), STATED
    ties = [
        Tie("a", relays, "b"),
        Tie("b", relays, "a"),
        Tie("b", reads, "report"),
        Tie("c", relays, "b"),
        Tie("r", ITEM, "c", "line", SUPPORTS),
        Tie("other", ITEM, "c", "line", NEUTRAL),
    ]
    found = Weighed(ties, {"report": Impact.FALLS})
    assert found.hit() == dict.fromkeys("abcr", Impact.FALLS) | {"other": Impact.REREAD}
    assert [tie.node for tie in found.paths("r")[0]] == ["b", "c", "r"]


def test_a_thing_weakens_when_one_of_several_grounds_falls_and_what_rests_on_it_weakens_too():
    primary = expand("prov:hadPrimarySource")
    ties = [Tie("f", primary, "x"), Tie("f", primary, "y"), Tie("r", ITEM, "f", "line", SUPPORTS)]
    assert Weighed(ties, {"x": Impact.FALLS}).hit() == {"f": Impact.WEAKENS, "r": Impact.WEAKENS}
    assert Weighed(ties, {"x": Impact.FALLS, "y": Impact.FALLS}).hit() == {"f": Impact.FALLS, "r": Impact.FALLS}


def test_what_was_lost_before_is_not_lost_again_and_is_no_support():
    primary = expand("prov:hadPrimarySource")
    ties = [
        Tie("f", primary, "x"),
        Tie("g", primary, "y"),
        Tie("r", ITEM, "f", "1", SUPPORTS),
        Tie("r", ITEM, "g", "1", SUPPORTS),
    ]
    found = Weighed(ties, {"y": Impact.FALLS}, {"x": Impact.FALLS})
    assert found.hit() == {"g": Impact.FALLS, "r": Impact.FALLS}
    assert found.fallen("f", before=True)


CLAIM = b"""@prefix ev: <https://w3id.org/evidensgraf/def/> . @prefix dcterms: <http://purl.org/dc/terms/> .
@prefix source: <https://w3id.org/evidensgraf/id/source/> .
source:sbu-2018-hemloshet ev:hasStatus [ ev:standing ev:superseded ; dcterms:date "2026-11" ] ;
  dcterms:isReplacedBy source:sbu-2018-ekonomiskt-bistand .
source:de-vet-2013-case-management ev:hasStatus [ ev:standing ev:corrected ; dcterms:date "2020" ] ,
  [ ev:standing ev:retracted ; dcterms:date "2025-01-31" ] .
"""


def test_several_claims_are_tried_together_and_the_latest_of_a_source_holds(engine, runner):
    claims = read_claims("claims.ttl", CLAIM)
    assert [c.standing.removeprefix(EV) for c in latest(claims).values()] == ["retracted", "superseded"]
    document = runner.run(impact_of(engine, claims))
    successors = [[s["id"] for s in thing["successors"]] for thing in document["things"]]
    assert successors == [[], [ID + "source/sbu-2018-ekonomiskt-bistand"]]
    assert document["counts"]["conclusions"]["weakens"] == 3
    assert document["counts"]["conclusions"]["reread"] >= 2


def test_a_successor_is_a_thing_and_never_a_text_that_could_be_syntax(engine, runner):
    text = CLAIM + b"""source:sbu-2018-hemloshet dcterms:isReplacedBy "x> } ASK {" ."""
    claims = read_claims("claims.ttl", text)
    assert claims == read_claims("claims.ttl", CLAIM)
    assert runner.run(impact_of(engine, claims))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<urn:a> <urn:b> 1 .", "no standing claim"),
        (f"<urn:a> <{EV}hasStatus> [ <{EV}standing> <{EV}gone> ] .", "one of ev:retracted"),
        (f"<urn:a> <{EV}hasStatus> 1 .", "does not have one standing"),
        (f"<urn:a> <{EV}hasStatus> [ ] .", "does not have one standing"),
        ("".join(f"<urn:a> <{EV}hasStatus> <urn:{i}> .\n" for i in range(MAX_CLAIMS + 1)), "more than"),
        ("<urn:a", "claims.ttl:1"),
    ],
)
def test_what_is_no_claim_is_refused_in_both_languages(text, words):
    with pytest.raises(DraftError, match=words) as refused:
        read_claims("claims.ttl", text.encode())
    assert {"sv", "en"} == set(refused.value.reasons)


def test_every_standing_of_the_scheme_has_its_impact(graph):
    scheme = expand("ev:scheme/standing")
    assert {c for c, of in graph("skos:inScheme").items() if scheme in of} == set(STANDINGS)


@pytest.fixture
def command(release, capsys):
    def run(*arguments):
        status = main(["impact", *map(str, arguments), "--release", str(release.path)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_the_command_says_what_falls_in_both_languages(command):
    status, out, _ = command("source/socialstyrelsen-2019-nationella-riktlinjer", "--as", "retracted")
    assert status == 0
    assert "7 conclusions fall, 3 conclusions weaken, 1 conclusion must be read again" in out
    assert "└ is the primary source of “" in out
    _, out, _ = command("study/sweco-2016-stockholmsjobb", "--lang", "sv", "--as", "superseded")
    assert "Måste läsas om mot det som ersätter" in out
    assert "har gett ”" in out
    assert "faller" not in out


def test_the_command_tries_a_file_of_claims(command, tmp_path):
    (tmp_path / "claims.ttl").write_bytes(CLAIM)
    _, out, _ = command("--claims", tmp_path / "claims.ttl", "--json")
    assert len(json.loads(out)["things"]) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name a thing"),
        (["hasky"], "is not source/SLUG"),
        (["intervention/hasky"], "is not source/SLUG"),
        (["source/no-such"], "has no source/no-such"),
        (["--claims", "nowhere.ttl"], "No such file"),
    ],
)
def test_what_cannot_be_tried_is_one_line(command, arguments, words):
    status, out, err = command(*arguments)
    assert (status, out) == (1, "")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_page_shows_what_the_document_says_in_both_languages(client, impact, lang):
    path = "/impact/source/behrenz-hammarstedt-2014-nystartsjobb"
    page = client.get(f"{path}?lang={lang}", "text/html").text
    for part in ("conclusions", "cells", "documents", "statements"):
        assert impact("source/behrenz-hammarstedt-2014-nystartsjobb")[part]
    document = client.get(f"{path}.json").json()
    assert client.get(path, "application/json").json() == document
    for record in (*document["conclusions"], *document["cells"], *document["documents"], *document["statements"]):
        assert record["id"].removeprefix(ID) in page
    heads = {"sv": ("Faller:", "Försvagas:", "blir okänd"), "en": ("Fall:", "Weaken:", "becomes unknown")}
    assert all(words in page for words in heads[lang])
    again = client.get(f"{path}?lang={lang}&standing=superseded", "text/html").text
    assert {"sv": "mot det som ersätter", "en": "against what replaces it"}[lang] in again
    assert heads[lang][0] not in again


def test_every_page_of_a_source_study_or_statement_leads_to_its_impact(client):
    for thing in (*TRIED, "appraisal/stockholmsjobb-bedomning"):
        assert f'href="/impact/{thing}"' in client.get(f"/doc/{thing}", "text/html").text


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        ("/impact/source/no-such", 404, "not-found"),
        ("/impact/intervention/hasky", 404, "not-found"),
        ("/impact/source/sou-2018-32?standing=gone", 400, "invalid-parameter"),
        ("/impact/source/sou-2018-32.ttl", 406, "not-acceptable"),
        ("/api/v1/sources/no-such/impact", 404, "not-found"),
        ("/api/v1/sources/sou-2018-32/impact?standing=current", 400, "invalid-parameter"),
    ],
)
def test_an_address_that_cannot_be_answered_says_why(client, path, status, name):
    response = client.get(path, "application/json")
    assert (response.status_code, response.json()["type"].rsplit("/", 1)[-1]) == (status, name)


def test_the_api_answers_with_the_document(client, impact):
    answer = client.get("/api/v1/studies/sweco-2016-stockholmsjobb/impact?standing=retracted").json()
    document = impact("study/sweco-2016-stockholmsjobb", "retracted")
    assert {key: answer[key] for key in document} == document


def test_claims_that_are_posted_are_tried_and_not_kept(client, engine, runner):
    expected = runner.run(impact_of(engine, read_claims("claims.ttl", CLAIM)))
    response = client.post("/impact", CLAIM, "text/turtle", Accept="application/json")
    assert {key: response.json()[key] for key in expected} == expected
    assert response.headers["cache-control"] == "no-store"
    form = urlencode({"claims": CLAIM.decode(), "lang": "sv"})
    page = client.post("/impact", form, "application/x-www-form-urlencoded", Accept="text/html").text
    assert "Det som prövas" in page
    assert all(c["id"].removeprefix(ID) in page for c in expected["conclusions"])


def test_the_example_of_the_form_can_be_tried(client):
    page = client.get("/impact?lang=en", "text/html").text
    form = urlencode({"claims": unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)[1])})
    tried = client.post("/impact", form, "application/x-www-form-urlencoded", Accept="text/html")
    assert tried.status_code == 200
    assert 'id="tried"' in tried.text
    assert tried.text.count("/doc/recommendation/") + tried.text.count("/doc/appraisal/") > 3


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b"<urn:a> <urn:b> 1 .", "text/turtle", 400, "no standing claim"),
        (b"<urn:a", "text/turtle", 400, ""),
        (b"PK\x03\x04", "text/turtle", 400, ""),
        (b"#" * 100_001, "text/turtle", 400, "longer than 100 kB"),
        (b"a=b&" * 20, "application/x-www-form-urlencoded", 400, "Too many fields"),
        (b"x", "image/png", 415, ""),
        (b"x", None, 415, ""),
    ],
)
def test_what_is_posted_and_has_no_claim_is_a_problem(client, body, kind, status, words):
    response = client.post("/impact?lang=en", body, kind, Accept="application/json")
    assert response.status_code == status
    assert response.headers["content-type"].startswith("application/problem+json")
    assert words in response.json()["detail"]


def test_a_form_without_a_claim_says_what_to_write_and_keeps_what_was_written(client):
    form = urlencode({"claims": "<urn:a> <urn:b> <urn:c> .", "lang": "en"})
    page = client.post("/impact", form, "application/x-www-form-urlencoded", Accept="text/html").text
    assert "no standing claim" in page
    assert "&lt;urn:a&gt;" in page


def test_an_engine_elsewhere_gives_the_same(remote, runner, impact):
    thing = "source/socialstyrelsen-2019-nationella-riktlinjer"
    assert runner.run(impact_of(remote, [Claim(ID + thing, "", EV + "withdrawn")])) == impact(thing)


def test_the_query_follows_relays_assessments_and_closed_gaps():
    """What the release has none of yet: a finding relayed twice, assessed, and filling a gap of a cell."""
    store = ox.Store()
    store.load(
        f"""@prefix ev: <{EV}> . @prefix oa: <http://www.w3.org/ns/oa#> . @prefix : <{ID}> .
        :primary ev:statedIn :p . :p oa:hasSource :report . :again ev:relays :relay . :relay ev:relays :primary .
        :assessment ev:assesses :again . :gap ev:closedBy :again . :gap ev:inCell :cell .
        :rec ev:hasEvidenceLine :line . :line ev:hasEvidenceItem :again ; ev:direction ev:Supports .
        :aside ev:statedIn :q . :q oa:hasSource :other .""".encode(),
        format=ox.RdfFormat.TURTLE,
    )
    rows = store.query(load()["impact-of-thing"].bind({"thing": f"{ID}report"}))
    names = [variable.value for variable in rows.variables]
    ties = [Tie(**{n: row[n].value for n in names if row[n] is not None}) for row in rows]
    found = Weighed(ties, {f"{ID}report": Impact.FALLS})
    hit = {iri.removeprefix(ID): impact.name for iri, impact in found.hit().items()}
    assert hit == {**dict.fromkeys(("primary", "relay", "again", "rec"), "FALLS"), "gap": "REREAD", "cell": "REREAD"}
    path = [tie.node.removeprefix(ID) for tie in found.paths(f"{ID}rec")[0]]
    assert path == ["primary", "relay", "again", "rec"]
