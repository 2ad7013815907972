"""Checking a draft with the release: what is found, whose it is, where it stands, and what its author is told."""

import json

import pytest

from evidensgraf.graph.build import assemble
from evidensgraf.graph.draft import Draft, DraftError, Place, read_draft
from evidensgraf.ontology.namespaces import EV, ID, PREFIXES

PREFIX = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items()) + f"@prefix id: <{ID}> .\n"
REC = f"{ID}recommendation/prova"
RECOMMENDATION = (
    '<recommendation/prova> a ev:Recommendation ; dcterms:title "Prova"@sv , "Try"@en ;\n'
    "ev:recommendationKind ev:Suggestion ; ev:hasEvidenceLine <recommendation/prova#line> .\n"
    "<recommendation/prova#line> a ev:EvidenceLine ; ev:hasEvidenceItem <finding/provat> .\n"
    "<finding/provat> a ev:Finding ; ev:statedIn <finding/provat#passage> .\n"
    '<finding/provat#passage> a ev:Passage ; bibo:section "2.1" ; bibo:pages "7" ; oa:hasSource <source/rapporten> .\n'
    '<source/rapporten> a ev:Source ; dcterms:title "Rapporten"@sv .\n'
)


@pytest.fixture
def check(checker):
    return lambda text, name="draft.ttl": checker.check(read_draft(name, f"{PREFIX}@base <{ID}> .\n{text}".encode()))


@pytest.fixture(scope="module")
def narrower():
    """A population of the release, and the one above it."""
    quads = [q for q in assemble()[0] if q.predicate.value == PREFIXES["skos"] + "broader" and "/population/" in str(q)]
    return min((q.subject.value, q.object.value) for q in quads)


def results(report, rule=None):
    return [r for group in report["groups"] for r in group["results"] if rule in (None, r["rule"])]


def test_what_is_missing_is_told_in_both_languages_with_its_place_and_what_can_be_given(check):
    report = check(RECOMMENDATION)
    (found,) = results(report, "EvidenceLine-direction")
    assert found["severity"] == "Violation" and found["inDraft"] and not found["alsoWithoutDraft"]
    assert found["message"]["sv"].startswith("”evidenslinje: Prova”: Evidenslinjen säger inte om den stöder")
    assert found["message"]["en"].startswith("“evidence line: Try”: ")
    assert found["place"]["line"] == PREFIX.count("\n") + 4
    rule = next(r for r in report["rules"] if r["shape"] == found["shape"])
    (remedy,) = rule["remedies"]
    assert remedy["property"]["id"] == EV + "direction" and remedy["definition"]["sv"]
    assert {value["id"] for value in remedy["allowed"]} == {EV + name for name in ("Supports", "Disputes", "Neutral")}
    assert report["conforms"] is False and report["counts"]["violation"] == len(
        [r for r in results(report) if r["severity"] == "Violation"]
    )


def test_what_a_recommendation_rests_on_is_in_its_group_with_the_passage(check):
    report = check(RECOMMENDATION + "<source/annan> a ev:Source .\n")
    first, last = report["groups"][0], report["groups"][-1]
    assert first["recommendation"] == {"id": REC, "label": {"sv": "Prova", "en": "Try"}}
    assert {f"{ID}source/rapporten", f"{ID}finding/provat", REC} <= {r["focus"]["id"] for r in first["results"]}
    assert last["recommendation"] is None and {r["focus"]["id"] for r in last["results"]} == {f"{ID}source/annan"}
    effect = next(r for r in first["results"] if r["rule"] == "Finding-effect")
    source = {"id": f"{ID}source/rapporten", "label": {"sv": "Rapporten"}}
    assert effect["passages"] == [
        {"id": f"{ID}finding/provat#passage", "section": "2.1", "page": "7", "source": source}
    ]


def test_the_worst_comes_first_and_the_same_draft_gives_the_same_report(check):
    other = (
        RECOMMENDATION.split("\n.")[0].replace("prova", "annan").split(".\n")[0]
        + "; ev:strength ev:May , ev:Should .\n"
    )
    report = check(RECOMMENDATION + other)
    counts = [tuple(group["counts"].values()) for group in report["groups"] if group["recommendation"]]
    assert counts == sorted(counts, reverse=True) and len(counts) == 2
    for group in report["groups"]:
        order = [["Violation", "Warning", "Info"].index(r["severity"]) for r in group["results"]]
        assert order == sorted(order)
    assert json.dumps(report) == json.dumps(check(RECOMMENDATION + other))


def test_a_draft_that_adds_to_the_release_is_told_so_and_not_blamed_for_it(check):
    report = check("<intervention/bostad-forst> rdfs:seeAlso <https://example.org/> .")
    assert [a["id"] for a in report["additions"]] == [f"{ID}intervention/bostad-forst"]
    assert [r["rule"] for r in results(report) if not r["alsoWithoutDraft"]] == ["no-recommendation"]


def test_a_draft_that_contradicts_the_release_gets_one_clear_result_for_each_value(check):
    report = check(
        '<intervention/bostad-forst> skos:prefLabel "Bostad sist"@sv , "Housing First"@en . ' + RECOMMENDATION
    )
    (found,) = (r for r in results(report) if r["focus"]["id"].endswith("bostad-forst"))
    assert found["rule"] == "redefines" and found["severity"] == "Violation"
    assert "”Bostad först”" in found["message"]["sv"] and "”Bostad sist”" in found["message"]["sv"]
    assert found["path"] == "skos:prefLabel" and found["place"]["line"]


def test_a_thing_of_another_kind_than_in_the_release_gets_one_result(check):
    report = check("<intervention/bostad-forst> a ev:Finding . " + RECOMMENDATION)
    (found,) = (r for r in results(report) if r["focus"]["id"].endswith("bostad-forst"))
    assert found["rule"] == "redefines" and "slag" in found["message"]["sv"] and "kind" in found["message"]["en"]


def test_a_result_on_the_release_that_the_draft_causes_is_reported(check, narrower):
    """The draft says only one end of a circle; the other concept is the release's, and not described in the draft."""
    below, above = narrower
    report = check(f"<{above}> skos:broader <{below}> .")
    circles = {r["focus"]["id"]: r for r in results(report, "Concept-no-cycle")}
    assert circles[above]["inDraft"] and not circles[below]["inDraft"]
    assert circles[below]["place"] is None and not circles[below]["alsoWithoutDraft"]


def test_a_word_that_is_not_in_the_ontology_is_named_with_the_one_that_was_meant(check):
    report = check("<recommendation/prova> a ev:Recommendation ; ev:strenght ev:Shuold .")
    said = {r["value"]["id"]: r["message"]["en"] for r in results(report, "unknown-term")}
    assert said[EV + "strenght"].endswith("Did you mean ev:strength?")
    assert said[EV + "Shuold"].endswith("Did you mean ev:Should?")


@pytest.mark.parametrize(
    "statement",
    [
        'ev:Finding skos:prefLabel "Fynd"@sv .',
        "<x> rdfs:subClassOf ev:Finding .",
        "<x> rdfs:domain ev:Finding .",
        "prov:Entity owl:equivalentClass ev:Recommendation .",
        "<https://w3id.org/evidensgraf/def/shape/R06> sh:deactivated true .",
    ],
)
def test_a_draft_that_changes_the_ontology_is_refused_with_the_line(check, statement):
    with pytest.raises(DraftError, match=r"cannot change the ontology") as raised:
        check("<recommendation/prova> a ev:Recommendation .\n" + statement)
    assert raised.value.line == PREFIX.count("\n") + 3 and "ontologin" in raised.value.reasons["sv"]


def test_nothing_is_found_in_statements_that_are_the_releases_own(checker, check):
    quads = [q for q in assemble()[0] if str(getattr(q.subject, "value", "")).startswith(f"{ID}recommendation/")][:200]
    report = checker.check(Draft("d.nq", tuple(quads)))
    assert all(r["alsoWithoutDraft"] for r in results(report)), results(report)


def test_a_workbook_points_at_the_empty_cell_where_a_value_goes(checker):
    draft = read_draft("d.ttl", f"{PREFIX}@base <{ID}> .\n{RECOMMENDATION}".encode())
    places = {REC: Place(0, "Rekommendationer", "A2"), (REC, EV + "issuer"): Place(0, "Rekommendationer", "F2")}
    report = checker.check(Draft("d.xlsx", draft.quads, places, "sv", True))
    (found,) = results(report, "Recommendation-issuer")
    cell = {"line": None, "sheet": "Rekommendationer", "cell": "F2"}
    assert found["place"] == cell
    assert found["remedies"] == [{"property": EV + "issuer", "place": cell}]


def test_what_somebody_wrote_is_shown_on_one_line_without_characters_that_control(check):
    long = "x" * 5000
    title = f'"a\\u001b[31m\\u202Eb\\nc {long}"@sv'
    report = check(f'<recommendation/a> a ev:Recommendation ; dcterms:title {title} ; ev:order "{long}" .')
    said = json.dumps(report, ensure_ascii=False)
    assert "\\u001b" not in said and "\u202e" not in said and long not in said
    assert all("\n" not in r["message"]["sv"] and len(r["message"]["sv"]) < 2000 for r in results(report))
