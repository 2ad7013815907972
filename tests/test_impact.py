"""What falls, weakens or must be read again: weighed as a small independent computation does, and as deletion does."""

import pyoxigraph as ox
import pytest

from evidensgraf.graph.build import assemble
from evidensgraf.graph.derive import derive
from evidensgraf.graph.draft import DraftError
from evidensgraf.graph.impact import ITEM, STANDINGS, STATED, WHAT_IF, Impact, Tie, Weighed
from evidensgraf.graph.standing import MAX_CLAIMS, Claim, latest, read_claims
from evidensgraf.ontology.namespaces import EV, ID, expand
from evidensgraf.queries.catalogue import load
from evidensgraf.service.impact import impact_of
from tests.standing_claims import CLAIM, DELETED, TRIED

SUPPORTS, NEUTRAL = expand("ev:Supports"), expand("ev:Neutral")
CLAIMS = ("appraisal", "recommendation", "prerequisite")


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
