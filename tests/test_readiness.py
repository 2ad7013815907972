"""Readiness of guidelines: the items of AGREE II and of the national method, in a draft and in the release."""

import json
import re
from pathlib import Path

import jsonschema_rs
import pyoxigraph as ox
import pytest

from evidensgraf.graph.draft import read_draft
from evidensgraf.graph.readiness import STATES, described, guidelines_of, readiness_of
from evidensgraf.ontology.namespaces import ID, LANGUAGES, expand
from evidensgraf.service.cli import main
from tests.test_pages import Page

SOUND = Path(__file__).parent / "drafts" / "sound.ttl"
GUIDELINE = f"{ID}source/exempelriktlinje"
CITED = f"{ID}source/socialstyrelsen-2019-nationella-riktlinjer"
DRAFT = read_draft(SOUND.name, SOUND.read_bytes())
RECOMMENDATION = f"{ID}recommendation/exempel-erbjud-ips"
ITEMS = {item["id"]: item for item in described()["items"]}


@pytest.fixture(scope="module")
def together(release):
    """The release with a sound draft laid in it."""
    store = ox.Store()
    store.bulk_load(path=str(release.quads), format=ox.RdfFormat.N_QUADS)
    store.extend(DRAFT.quads)
    return store


@pytest.fixture
def store():
    """The sound draft alone."""
    store = ox.Store()
    store.extend(DRAFT.quads)
    return store


def items_of(report):
    return {i["id"]: i for method in report["methods"] for domain in method["domains"] for i in domain["items"]}


def update(store, text):
    prefixes = "".join(f"PREFIX {name}: <{expand(name + ':')}>\n" for name in ("ev", "dcterms"))
    store.update(f"BASE <{ID}>\n{prefixes}{text}")


def test_every_item_is_there_in_both_languages():
    assert [f"agree-{n}" for n in range(1, 24)] == [name for name in ITEMS if name.startswith("agree-")]
    domains = {d for method in described()["methods"].values() for d in method["domains"]}
    for item in ITEMS.values():
        assert item["domain"] in domains
        assert len(item["name"]) == len(item["do"]) == len(LANGUAGES)
        assert all(re.fullmatch(r"R(0[1-9]|[1-4]\d|5[0-4])", rule) for rule in item.get("rules", []))
    people = {int(name.removeprefix("agree-")) for name, item in ITEMS.items() if item.get("human")}
    assert people == {4, 5, *range(17, 23)}


def test_a_sound_draft_shows_what_it_has_and_asks_a_person_for_the_rest(together):
    found = items_of(readiness_of(together, GUIDELINE))
    people = {name for name, item in ITEMS.items() if item.get("human")}
    assert {name for name, item in found.items() if item["state"] == "judgement"} == people
    assert found["agree-1"]["shown"] == [{"text": {"sv": "Att fler får ett arbete och en bostad.",
                                                   "en": "That more people get a job and a home."}}]  # fmt: skip
    assert found["agree-12"]["total"] == 2
    assert not found["agree-12"]["lacking"]
    assert all(value["label"] for value in found["agree-12"]["shown"])


TAKEN = {  # what is taken away → the items that are no longer met
    "ev:objective": {"agree-1"},
    "ev:coveredQuestion": {"agree-2"},
    "ev:targetPopulation": {"agree-3"},
    "ev:stakeholderInvolvement": {"agree-4", "agree-5"},
    "ev:addressee": {"agree-6"},
    "ev:searchStrategy": {"agree-7", "national-search"},
    "ev:searchDate": {"agree-7", "national-search"},
    "ev:selectionCriteria": {"agree-8"},
    "ev:hasCertaintyAssessment": {"agree-9"},
    "ev:formulationMethod": {"agree-10"},
    "ev:hasEvidenceItem": {"agree-12"},
    "ev:externalReview": {"agree-13", "national-review"},
    "ev:updatePlan": {"agree-14", "national-update"},
    "ev:action": {"agree-15"},
    "ev:comparator": {"agree-16", "national-question"},
    "ev:strength": {"agree-15", "agree-17", "national-strength"},
    "ev:criterion": {"agree-18", "agree-20", "national-transferability"},
    "ev:fundingStatement": {"agree-22"},
    "ev:conflictOfInterestStatement": {"agree-23"},
    "ev:overallCertainty": {"national-certainty"},
    "ev:population": {"national-question"},
}


@pytest.mark.parametrize("taken", TAKEN)
def test_what_is_taken_away_is_missing(store, taken):
    before = items_of(readiness_of(store, GUIDELINE))
    for predicate in (taken, "ev:assesses") if taken == "ev:hasCertaintyAssessment" else (taken,):
        for quad in list(store.quads_for_pattern(None, ox.NamedNode(expand(predicate)), None, None)):
            store.remove(quad)
    after = items_of(readiness_of(store, GUIDELINE))
    for name in TAKEN[taken]:
        assert before[name]["state"] in ("met", "judgement"), name
        assert after[name]["state"] == "missing", name
        assert after[name]["lacking"]


def test_what_a_guideline_does_not_have_is_not_asked_for(store):
    names = ("national-priority", "national-consensus", "national-gaps")
    found = items_of(readiness_of(store, GUIDELINE))
    assert [found[name]["state"] for name in names] == ["none"] * 3
    line = f"<{RECOMMENDATION}#line-90>"
    update(
        store,
        f"""INSERT DATA {{ <{RECOMMENDATION}> ev:priorityRank 3 ; ev:hasEvidenceLine {line} .
        {line} ev:basis ev:consensusProvenExperience ; ev:hasEvidenceItem <evidence-gap/x> .
        <evidence-gap/x> a ev:EvidenceGap }}""",
    )
    found = items_of(readiness_of(store, GUIDELINE))
    assert [found[name]["state"] for name in names] == ["missing"] * 3
    update(
        store,
        f"""INSERT DATA {{ <{RECOMMENDATION}> ev:priorityGround ev:NeedOfPersons .
        <evidence-gap/x> ev:withinScope <search-scope/x> .
        {line} ev:panelSize 9 ; ev:agreementShare 80 ; ev:panelParticipants "x"@sv ; dcterms:date "2026" }}""",
    )
    found = items_of(readiness_of(store, GUIDELINE))
    assert [found[name]["state"] for name in names] == ["met"] * 3


def test_harms_and_outcomes_that_matter_are_shown_by_rated_outcomes(store):
    for shown in ("ev:harmReason ?x", "ev:outcomeKind ?x", "ev:effect ev:Harmful"):
        update(store, f"DELETE WHERE {{ ?r {shown} }}")
    for kind, item in (("ev:UndesirableOutcome", "national-harm"), ("ev:FinalOutcome", "national-outcomes")):
        assert items_of(readiness_of(store, GUIDELINE))[item]["state"] == "missing"
        update(
            store,
            f"""INSERT {{ ?r ev:hasImportanceRating <x#importance> . <x#importance> ev:ratedOutcome <outcome/{item}> .
            <outcome/{item}> ev:outcomeKind {kind} }} WHERE {{ ?r ev:partOfGuideline ?g }}""",
        )
        assert items_of(readiness_of(store, GUIDELINE))[item]["state"] == "met"


def test_a_violation_of_a_rule_that_bears_on_an_item_says_that_it_is_not_met(store):
    result = {"rule": "R14", "severity": "Violation", "focus": f"{RECOMMENDATION}#line-1"}
    found = items_of(readiness_of(store, GUIDELINE, [result]))["agree-12"]
    assert found["state"] == "missing"
    assert {"rule": "R14", "violation": 1, "warning": 0, "info": 0} in found["rules"]
    for other in ({"focus": f"{ID}recommendation/annan#line-1"}, {"severity": "Warning"}, {"rule": "R50"}):
        assert items_of(readiness_of(store, GUIDELINE, [result | other]))["agree-12"]["state"] == "met"


def test_of_a_guideline_that_is_only_cited_nothing_is_said(together):
    assert {entry["id"]: entry["read"] for entry in guidelines_of(together)} == {GUIDELINE: True, CITED: False}
    report = readiness_of(together, CITED)
    assert not report["read"]
    assert report["counts"] == dict.fromkeys(STATES, 0) | {"unread": len(ITEMS)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_say_that_the_cited_guideline_has_not_been_read(client, lang):
    listing = client.get(f"/readiness?lang={lang}", "text/html").text
    Page(listing)
    assert f'href="/readiness/{CITED.rpartition("/")[2]}?lang={lang}"' in listing
    page = client.get(f"/readiness/{CITED.rpartition('/')[2]}?lang={lang}", "text/html").text
    Page(page)
    assert {"sv": "Riktlinjen är inte läst.", "en": "The guideline has not been read."}[lang] in page
    assert {"sv": "saknas eller fel</span>", "en": "missing or wrong</span>"}[lang] not in page


def test_the_report_is_there_in_json_and_another_address_is_a_problem(client, release):
    found = client.get(f"/readiness/{CITED.rpartition('/')[2]}", "application/json").json()
    assert (found["guideline"]["id"], found["read"], found["release"]) == (CITED, False, release.id)
    assert [e["id"] for e in client.get("/readiness?format=json").json()["guidelines"]] == [CITED]
    assert client.get("/readiness/socialstyrelsen-2019-nationella-riktlinje", "application/json").status_code == 404


def test_the_report_in_the_api_is_as_it_is_described(client, document):
    path = f"/api/v1/guidelines/{CITED.rpartition('/')[2]}/readiness"
    schema = {"$ref": "#/components/schemas/Readiness", "components": document["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema)
    answer = client.get(path)
    validator.validate(answer.json())
    assert answer.json()["guideline"]["id"] == CITED
    assert client.get("/api/v1/guidelines/nowhere/readiness").status_code == 404
    assert client.get(f"{path}?x=1").status_code == 400


def test_a_whole_report_fits_its_schema_too(together, document):
    schema = {"$ref": "#/components/schemas/Readiness", "components": document["components"]}
    stated = {"completeness": {"assumption": "open-world", "sv": "", "en": "", "coverage": "https://x.test/"}}
    found = {**readiness_of(together, GUIDELINE), **stated, "release": "2026-11-27", "license": "https://x.test/"}
    jsonschema_rs.Draft202012Validator(schema).validate(found)


def run(capsys, release, *arguments):
    status = main(["readiness", *map(str, arguments), "--release", str(release.path)])
    return (status, *capsys.readouterr())


def test_the_command_reports_on_a_draft(capsys, release):
    status, out, _ = run(capsys, release, SOUND, "--lang", "sv")
    assert status == 0
    assert out.startswith("Exempelriktlinje om stöd till arbete och bostad\n")
    assert "  [uppfyllt] Det framgår vad riktlinjen ska leda till.\n      Att fler får ett arbete" in out
    assert "  [behöver bedömas] " in out


def test_the_command_says_which_rules_a_careless_draft_breaks(capsys, release):
    status, out, _ = run(capsys, release, SOUND.with_name("careless.ttl"), "--lang", "en")
    assert status == 0
    first, _ = out.split("\nTyst riktlinje\n")
    items = {part.partition("] ")[2].partition("\n")[0]: part for part in first.split("\n  [")}
    clear = items["The recommendations are specific and cannot be misunderstood."]
    assert clear.startswith("missing or wrong")
    assert "      Missing for 1 of " in clear
    assert "      R47: violations 1, warnings 0, remarks 0" in clear
    standing = items["The sources still stand, and there is a plan for updating."]
    assert "\n      The information is there, but a rule that bears on it is broken.\n      R12: " in standing


def test_the_command_reports_on_the_release(capsys, release):
    status, out, _ = run(capsys, release, "guideline/socialstyrelsen-2019-nationella-riktlinjer", "--json")
    assert status == 0
    assert json.loads(out)["read"] is False
    status, _, err = run(capsys, release, "guideline/nowhere")
    assert status == 1
    assert "There are: source/socialstyrelsen-2019-nationella-riktlinjer" in err


def test_the_command_says_when_a_draft_has_no_guideline(capsys, release, tmp_path):
    draft = tmp_path / "d.ttl"
    draft.write_text(f"<{ID}recommendation/x> a <{expand('ev:Recommendation')}> .")
    status, _, err = run(capsys, release, draft)
    assert status == 1
    assert "no guideline" in err
