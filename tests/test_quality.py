"""What is derived about the whole graph: gap map, flags, rules with their origin, and the quality figures (DQV)."""

import json
from decimal import Decimal

import pyoxigraph as ox
import pytest

from evidensgraf.graph.build import assemble
from evidensgraf.graph.derive import DERIVED, derive, rule_iri
from evidensgraf.graph.quality import QUALITY, measure
from evidensgraf.ontology.namespaces import EV, PREFIXES, resource
from evidensgraf.queries.catalogue import load_quality, load_rules


@pytest.fixture(scope="module")
def store(release):
    store = ox.Store()
    store.load(path=str(release.quads), format=ox.RdfFormat.N_QUADS)
    return store


def ask(store, query):
    return store.query(query, prefixes=PREFIXES, use_default_graph_as_union=True)


def small(text):
    """A store with the ontology and a few facts, with all that follows."""
    store = assemble()[0]
    for quad in store.quads_for_pattern(None, None, None, ox.NamedNode("https://w3id.org/evidensgraf/graph/concepts")):
        store.remove(quad)
    store.load(
        "".join(f"@prefix {p}: <{iri}> .\n" for p, iri in PREFIXES.items()).encode()
        + b"@prefix : <https://w3id.org/evidensgraf/id/> .\n"
        + f"<https://w3id.org/evidensgraf/graph/test> {{ {text} }}".encode(),
        format=ox.RdfFormat.TRIG,
    )
    derive(store)
    return store


CONCEPTS = """
<https://w3id.org/evidensgraf/id/intervention/a> a ev:Intervention ; skos:prefLabel "a"@sv , "a"@en .
<https://w3id.org/evidensgraf/id/outcome/b> a ev:Outcome ; skos:prefLabel "b"@sv , "b"@en .
"""
A, B = resource("intervention", "a"), resource("outcome", "b")


def test_every_rule_names_what_it_derives_and_is_the_origin_of_the_derived_graph(store):
    for name, rule in load_rules().items():
        assert rule.derives, name
        assert ask(store, f"ASK {{ <{DERIVED.value}> prov:wasGeneratedBy <{rule_iri(name)}> }}")
        for term in rule.derives:
            assert ask(store, f"ASK {{ <{rule_iri(name)}> ev:derives {term} }}")


def test_what_is_derived_is_what_the_rules_say_they_derive(store):
    told = {term for rule in load_rules().values() for term in rule.derives}
    told |= {"rdfs:label", "prov:wasGeneratedBy", "dcterms:title", "dcterms:description", "sh:construct", "ev:derives"}
    rows = ask(store, f"SELECT DISTINCT ?p WHERE {{ GRAPH <{DERIVED.value}> {{ ?s ?p ?o }} }}")
    found = {row["p"].value for row in rows}
    assert found <= {PREFIXES[t.split(":")[0]] + t.split(":")[1] for t in told}


def test_a_derived_resource_names_its_rule(store):
    for cls in ("GapMapCell", "TensionNote"):
        assert ask(store, f"ASK {{ ?x a ev:{cls} }}")
        assert not ask(store, f"ASK {{ ?x a ev:{cls} FILTER NOT EXISTS {{ ?x prov:wasGeneratedBy ?rule }} }}")


def test_a_cell_counts_findings_and_gaps_and_there_is_none_for_the_unknown():
    store = small(
        CONCEPTS
        + f"""
:finding\\/1 a ev:Finding ; ev:about <{A}> ; ev:outcome <{B}> .
:finding\\/2 a ev:Finding ; ev:about <{A}> ; ev:outcome <{B}> .
:evidence-gap\\/1 a ev:EvidenceGap ; ev:about <{A}> ; ev:outcome <{B}> .
:observation\\/1 a ev:Observation ; ev:about <{A}> ; ev:outcome <{resource("outcome", "c")}> .
"""
    )
    cell = resource("gap-map-cell", "a-x-b")
    assert ask(
        store, f"ASK {{ <{cell}> ev:findingCount 2 ; ev:gapCount 1 . ?gap a ev:EvidenceGap ; ev:inCell <{cell}> }}"
    )
    assert not ask(store, f"ASK {{ ?cell ev:cellIntervention <{A}> ; ev:cellOutcome <{resource('outcome', 'c')}> }}")


def claim(lines, statements=""):
    return small(":appraisal\\/x a ev:Appraisal ; ev:hasEvidenceLine " + lines + " .\n" + statements)


def flags(store):
    rows = ask(store, f"SELECT ?f WHERE {{ <{resource('appraisal', 'x')}> ev:hasFlag ?f }}")
    return {row["f"].value.removeprefix(EV) for row in rows}


LINE = ":l1 . :l1 ev:direction ev:Supports ; ev:basis {} ; ev:hasEvidenceItem {}"


@pytest.mark.parametrize(
    ("basis", "items", "statements", "expected"),
    [
        ("ev:interviews , ev:userExperience", ":o", ":o a ev:Observation .", {"OnlyInterviews"}),
        ("ev:interviews , ev:survey", ":o", ":o a ev:Observation .", set()),
        ("ev:provenExperience", ":o", ":o a ev:Observation .", {"OnlyProvenExperience"}),
        ("ev:noneStated", ":o", ":o a ev:Observation .", {"NoBasisStated"}),
        ("ev:scientific", ":g", ":g a ev:EvidenceGap .", {"OnlyGaps"}),
        ("ev:scientific", ":g , :o", ":g a ev:EvidenceGap . :o a ev:Observation .", set()),
        ("ev:practiceExampleBasis", ":p", ":p a ev:PracticeExample .", {"OnlyPracticeExamples"}),
        (
            "ev:scientific",
            ":f , :h",
            ":f a ev:Finding ; ev:verification ev:notVerified ; prov:hadPrimarySource :s . "
            ":h a ev:Finding ; ev:verification ev:notVerified ; prov:hadPrimarySource :t .",
            {"OnlyRelayedUnverified"},
        ),
        (
            "ev:scientific",
            ":f , :h",
            ":f a ev:Finding ; ev:verification ev:notVerified ; prov:hadPrimarySource :s . "
            ":h a ev:Finding ; ev:statedIn :p . :p oa:hasSource :t .",
            set(),
        ),
        (
            "ev:scientific",
            ":f , :h",
            ":f a ev:Observation ; prov:hadPrimarySource :s ; ev:statedIn :p . :p oa:hasSource :t . "
            ":h a ev:Observation ; prov:hadPrimarySource :s .",
            {"OnlyOneSource"},
        ),
    ],
)
def test_a_flag_is_given_only_where_everything_is_so(basis, items, statements, expected):
    assert flags(claim(LINE.format(basis, items), statements)) == expected


def test_two_lines_of_different_basis_have_no_flag_of_basis():
    one, two = (f":l{n} ev:direction ev:Supports ; ev:basis {b}" for n, b in ((1, "ev:interviews"), (2, "ev:survey")))
    assert flags(claim(f":l1 , :l2 . {one} . {two}")) == set()


def test_a_line_that_does_not_support_does_not_take_a_flag_away():
    lines = (
        ":l1 ev:direction ev:Supports ; ev:basis ev:provenExperience . :l2 ev:direction ev:Neutral ; ev:basis ev:law"
    )
    assert flags(claim(f":l1 , :l2 . {lines}")) == {"OnlyProvenExperience"}


def test_every_figure_is_published_with_its_metric_in_two_languages(store, release):
    for metric in load_quality().values():
        assert metric.unit in ("percent", "count")
        assert metric.dimension
    for slug, value in release.manifest["quality"].items():
        node = resource("quality-measurement", slug)
        rows = list(ask(store, f"SELECT ?v WHERE {{ GRAPH <{QUALITY.value}> {{ <{node}> dqv:value ?v }} }}"))
        assert [Decimal(row["v"].value) for row in rows] == [Decimal(value.rstrip("%"))], slug
    lacking = """SELECT ?m WHERE { ?m a dqv:Metric
      FILTER NOT EXISTS { ?m skos:prefLabel ?l FILTER(LANG(?l) = "sv") }
      FILTER NOT EXISTS { ?m skos:definition ?l FILTER(LANG(?l) = "en") } }"""
    assert list(ask(store, lacking)) == []


def test_nothing_in_the_graph_hangs_loose(release):
    quality = release.manifest["quality"]
    nought = ("m01-chains-without-place", "m11-orphan-concepts", "m11-orphan-sources", "m11-orphan-statements")
    assert {name: quality[name] for name in nought} == dict.fromkeys(nought, "0")
    assert quality["m10-languages"] == quality["m03-passages-found"] == "100.0%"
    assert quality["shacl-violation"] == "0"


def test_a_share_of_nothing_is_left_out():
    store = ox.Store()
    assert {m.metric.unit for m in measure(store)} == {"count"}


def test_the_quality_page_shows_every_figure(client, release):
    for lang, comma in (("sv", ","), ("en", ".")):
        text = client.get(f"/quality?lang={lang}", accept="text/html").text
        for metric in load_quality().values():
            if any(slug.startswith(metric.name) for slug in release.manifest["quality"]):
                assert metric.summary[lang] in text
        share = release.manifest["quality"]["m02-passages-with-page"].rstrip("%").removesuffix(".0")
        assert share.replace(".", comma) + " %" in text


def test_figures_as_rows(client):
    rows = json.loads(client.get("/queries/quality-figures?format=json").text)["results"]["bindings"]
    assert {row["metric"]["value"].rsplit("/", 1)[-1] for row in rows} >= {"m01-complete-chains", "m05-effects"}
