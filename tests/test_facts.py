"""The hard ones of the first document come out as what they are (checked against the report by hand)."""

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from evidensgraf.ontology.namespaces import PREFIXES, resource


@pytest.fixture(scope="module")
def select(release):
    store = ox.Store()
    store.load(path=str(release.quads), format=ox.RdfFormat.N_QUADS)

    def run(query):
        rows = store.query(
            "PREFIX id: <https://w3id.org/evidensgraf/id/> " + query, prefixes=PREFIXES, use_default_graph_as_union=True
        )
        return [tuple(getattr(v, "value", None) for v in row) for row in rows]

    return run


def local(iri):
    return iri.rsplit("/", 1)[-1]


def numbers(select, intervention, **conditions):
    """Return (value, unit, measured group, effect) of every magnitude of an intervention's findings."""
    rows = select(f"""SELECT ?value ?unit ?group ?effect {{
        ?f ev:about <{resource("intervention", intervention)}> ; ev:effect ?effect ; ev:hasMagnitude ?m .
        ?m ev:value ?value ; ev:unit ?unit ; ev:measuredIn ?group }}""")
    return {(float(v), local(u), local(g), local(e)) for v, u, g, e in rows}


def verdicts(select, intervention):
    """Return the verdicts of the box on an intervention."""
    rows = select(f"SELECT ?v {{ <{resource('appraisal', intervention + '-bedomning')}> ev:verdict ?v }}")
    return {local(v) for (v,) in rows}


def test_the_thirteen_boxes_each_have_description_placement_verdict_and_evidence(select):
    rows = select("""SELECT ?i { ?i a ev:Intervention .
        FILTER(STR(?a) = CONCAT(REPLACE(STR(?i), "/intervention/", "/appraisal/"), "-bedomning"))
        ?d a ev:Description ; ev:about ?i . ?p ev:intervention ?i ; ev:category ?c ; ev:timing ev:Early .
        ?a a ev:Appraisal ; ev:about ?i ; ev:restsOn ?s .
        { ?f a ev:Finding ; ev:about ?i } UNION { ?f a ev:EvidenceGap ; ev:about ?i }
    } GROUP BY ?i""")
    assert len(rows) == 13


@pytest.mark.parametrize("intervention", ["individanpassat-stod-till-arbete", "bostad-forst"])
def test_timing_depends_on_the_domain(select, intervention):
    rows = select(f"""SELECT ?domain ?timing {{
        ?p ev:intervention <{resource("intervention", intervention)}> ; ev:domain ?domain ; ev:timing ?timing }}""")
    assert {(local(d), local(t)) for d, t in rows} == {
        ("ekonomiskt-bistand", "Early"),
        ("missbruk-och-beroende", "Late"),
    }
    assert verdicts(select, intervention) == {"EffectiveByEvidence"}


def test_ips_has_its_two_shares_and_bostad_forst_its_four_fifths(select):
    ips = numbers(select, "individanpassat-stod-till-arbete")
    assert {(58.0, "Percent", "participants", "Beneficial"), (21.0, "Percent", "comparisonGroup", "Beneficial")} <= ips
    assert (80.0, "Percent", "participants", "DescriptiveOnly") in numbers(select, "bostad-forst")
    effects = {
        local(e)
        for (e,) in select(f"SELECT ?e {{ ?f ev:about <{resource('intervention', 'bostad-forst')}> ; ev:effect ?e }}")
    }
    assert {"Beneficial", "NotWorse", "DescriptiveOnly"} <= effects


def test_the_sign_flips_in_vaxjo_and_the_two_findings_are_in_tension(select):
    found = numbers(select, "nystartsjobb-vaxjo")
    for value, effect in ((-56.0, "Beneficial"), (-50.0, "Beneficial"), (7.0, "Beneficial"), (5.0, "Beneficial")):
        assert (value, "PercentagePoint", "betweenGroups", effect) in found
    pairs = select(f"""SELECT ?a ?b {{ ?a ev:about <{resource("intervention", "nystartsjobb-vaxjo")}> ;
        ev:effect ev:Beneficial ; ev:outcome ?o ; ev:inTensionWith ?b . ?b ev:effect ev:Harmful ; ev:outcome ?o }}""")
    assert len(pairs) >= 2
    assert verdicts(select, "nystartsjobb-vaxjo") == {"CannotBeAssessed"}


def test_stockholmsjobb_rises_from_8_to_34_and_still_does_worse_than_its_comparison_group(select):
    found = numbers(select, "stockholmsjobb")
    assert {
        (8.0, "Percent", "participantsBefore", "DescriptiveOnly"),
        (34.0, "Percent", "participants", "DescriptiveOnly"),
    } <= found
    assert (58.0, "Percent", "comparisonGroup", "Harmful") in found
    assert verdicts(select, "stockholmsjobb") == {"EvaluationNeeded"}


def test_osa_lowers_the_probability_by_seven_percentage_points(select):
    assert (-7.0, "PercentagePoint", "changeOverTime", "DescriptiveOnly") in numbers(
        select, "offentligt-skyddad-anstallning"
    )
    assert verdicts(select, "offentligt-skyddad-anstallning") == {"NotEffective"}


def test_no_study_of_self_sufficiency_is_a_gap_of_case_management_and_not_a_finding(select):
    about = f"ev:about <{resource('intervention', 'case-management')}>"
    outcome = f"ev:outcome <{resource('outcome', 'sjalvforsorjning')}>"
    assert select(f"SELECT ?g {{ ?g a ev:EvidenceGap ; {about} ; {outcome} ; ev:gapType ev:OutcomeNotStudied }}")
    assert not select(f"SELECT ?f {{ ?f a ev:Finding ; {about} ; {outcome} }}")


def test_nothing_is_graded_that_the_reports_did_not_grade(select):
    assert select("SELECT DISTINCT ?c { ?f ev:certainty ?c }") == [("https://w3id.org/evidensgraf/def/notGraded",)]


def test_what_is_only_described_never_supports_an_effect(select):
    """A share without comparison, a view or a cost never stands alone behind a verdict of effect."""
    rows = select("""SELECT ?a { ?a ev:verdict ev:EffectiveByEvidence ; ev:restsOn ?s . ?s a ev:Finding
        FILTER NOT EXISTS { ?a ev:hasEvidenceLine ?l . ?l ev:direction ev:Supports ; ev:hasEvidenceItem ?f .
            ?f ev:effect ?e FILTER(?e != ev:DescriptiveOnly) } }""")
    assert rows == []


def test_the_counts_in_the_documentation_are_those_of_the_graph(select):
    text = (Path(__file__).parent.parent / "docs" / "curation.md").read_text(encoding="utf-8")
    header, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    documents = re.findall(r"^- `([a-z0-9-]+)`: ", text, re.MULTILINE)
    assert len(documents) == len(header) - 1 == 5
    counted = [row for row in rows if re.fullmatch(r"\w+", row[0])]
    assert len(counted) > 20
    for name, *written in counted:
        for document, number in zip(documents, written, strict=True):
            graph = f"<https://w3id.org/evidensgraf/graph/{document}>"
            ((found,),) = select(f"SELECT (COUNT(?x) AS ?n) {{ GRAPH {graph} {{ ?x a ev:{name} }} }}")
            assert found == number, f"{name} in {document}"
