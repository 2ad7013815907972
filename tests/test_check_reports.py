"""The report of a check in every form: text, SHACL, SARIF, HTML and JSON, by the command that makes them."""

import json
import re

import jsonschema_rs
import pytest
from rdflib import RDF, SH, Graph, Literal, URIRef

from evidensgraf.graph.check_rules import Record
from evidensgraf.ontology.namespaces import ID, PREFIXES
from evidensgraf.service.check_page import html_document, report_html
from evidensgraf.service.check_sarif import sarif_report
from evidensgraf.service.check_shacl import shacl_report
from evidensgraf.service.check_text import text_report
from evidensgraf.service.cli import main
from evidensgraf.shapes.validate import SHAPE

PREFIX = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items()) + f"@base <{ID}> .\n"
EVIL = "<script>alert(1)</script>\"'>{{ 7*7 }}{$this}"
DRAFT = (
    PREFIX
    + f"""<recommendation/prova> a ev:Recommendation ;
    dcterms:title {json.dumps("Prova " + EVIL)}@sv ;
    ev:strenght ev:May ;
    ev:order "tre" ;
    ev:hasEvidenceLine <recommendation/prova#line> .
<recommendation/prova#line> a ev:EvidenceLine ; ev:direction "stöder"@sv .
<recommendation/prova#lost> a ev:EvidenceLine .
<recommendation/annan#importance-1> a ev:ImportanceRating .
<intervention/bostad-forst> skos:prefLabel "Bostad sist"@sv .
"""
)


@pytest.fixture(scope="module")
def draft(tmp_path_factory):
    """The file of a draft with faults."""
    path = tmp_path_factory.mktemp("draft") / "mitt utkast.ttl"
    path.write_text(DRAFT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def report(draft):
    """Its report, from the command."""
    output = draft.with_suffix(".json")
    assert main(["check", str(draft), "-f", "json", "-o", str(output)]) == 1
    found: Record = json.loads(output.read_text(encoding="utf-8"))
    return found


def every(report):
    return [r for group in report["groups"] for r in group["results"]]


def test_the_text_begins_each_result_with_its_place(report):
    text = text_report(report, "sv")
    assert text.startswith("mitt utkast.ttl, kontrollerat mot utgåva 2026-11-27: ")
    line = PREFIX.count("\n") + 3
    assert f"  mitt utkast.ttl:{line}: Fel unknown-term: ”Prova {EVIL}” använder ev:strenght" in text
    assert len(re.findall(r"^  mitt utkast\.ttl:\d+: ", text, re.MULTILINE)) == len(every(report))
    assert "Varför: " in text and "kontrollerat" not in text_report(report, "en")


def test_the_shacl_report_is_one(report):
    graph = Graph().parse(data=shacl_report(report), format="turtle")
    (whole,) = graph.subjects(RDF.type, SH.ValidationReport)
    assert graph.value(whole, SH.conforms).toPython() is False
    results = list(graph.objects(whole, SH.result))
    assert len(results) == len(every(report)) == len(set(graph.subjects(RDF.type, SH.ValidationResult)))
    for result in results:
        one = {p: list(graph.objects(result, p)) for p in graph.predicates(result)}
        for name in (SH.focusNode, SH.resultSeverity, SH.sourceConstraintComponent):
            assert len(one[name]) == 1, name
        assert one[SH.resultSeverity][0] in (SH.Violation, SH.Warning, SH.Info)
        assert {message.language for message in one[SH.resultMessage]} == {"sv", "en"}
        assert all(len(one.get(name, ())) <= 1 for name in (SH.sourceShape, SH.resultPath, SH.value))
    components = set(graph.objects(None, SH.sourceConstraintComponent))
    assert SH.MinCountConstraintComponent in components
    assert URIRef("https://w3id.org/evidensgraf/check#redefines") in components
    paths = [graph.value(result, SH.resultPath) for result in results]
    assert any(graph.value(path, SH.inversePath) for path in paths if path is not None)
    assert Literal("stöder", lang="sv") in set(graph.objects(None, SH.value))


def test_a_draft_without_faults_conforms():
    empty = {"groups": [], "conforms": True}
    graph = Graph().parse(data=shacl_report(empty), format="turtle")
    assert [o.toPython() for o in graph.objects(None, SH.conforms)] == [True]


# What the JSON schema of SARIF 2.1.0 demands of the members that are written here; all others are refused.
TEXT = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {"text": {"type": "string"}},
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}


def closed(required, **properties):
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def array(items):
    return {"type": "array", "items": items}


STRING, INDEX, BAG = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "object"}
ARTIFACT = closed(["uri"], uri={"type": "string", "format": "uri-reference"}, index=INDEX)
REGION = closed(["startLine"], startLine={"type": "integer", "minimum": 1})
LOCATION = closed(
    [],
    physicalLocation=closed(["artifactLocation"], artifactLocation=ARTIFACT, region=REGION),
    logicalLocations={**array(closed([], fullyQualifiedName=STRING, kind=STRING)), "uniqueItems": True},
)
RULE = closed(
    ["id"],
    id=STRING,
    shortDescription=TEXT,
    fullDescription=TEXT,
    help=TEXT,
    helpUri={"type": "string", "format": "uri"},
    defaultConfiguration=closed([], level=LEVEL),
)
RESULT = closed(
    ["message"],
    ruleId=STRING,
    ruleIndex=INDEX,
    level=LEVEL,
    message=TEXT,
    locations={**array(LOCATION), "uniqueItems": True},
    partialFingerprints={"type": "object", "additionalProperties": STRING},
    properties=BAG,
)
DRIVER = closed(
    ["name"],
    name=STRING,
    version=STRING,
    informationUri={"type": "string", "format": "uri"},
    language={"type": "string", "pattern": "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$"},
    rules={**array(RULE), "uniqueItems": True},
)
SARIF = closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs=array(
        closed(
            ["tool"],
            tool=closed(["driver"], driver=DRIVER),
            language=STRING,
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            artifacts={
                **array(closed([], location=ARTIFACT, roles=array({"enum": ["analysisTarget"]}))),
                "uniqueItems": True,
            },
            results=array(RESULT),
            properties=BAG,
        )
    ),
)


def test_the_sarif_log_has_what_the_standard_demands(report):
    log = sarif_report(report, "en", "https://example.org/")
    jsonschema_rs.validator_for({**SARIF, "$schema": "https://json-schema.org/draft/2020-12/schema"}).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len(run["results"]) == len(every(report))
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        location = result["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uri"] == "mitt%20utkast.ttl" and location["region"]["startLine"] > 0
    assert rules[-1]["helpUri"].startswith(SHAPE) and "give or change" in rules[-1]["help"]["text"]


def test_a_result_in_a_workbook_has_its_cell_as_a_logical_location(report):
    for result in every(report):
        result["place"] = {"line": None, "sheet": "Källor", "cell": "B7"}
    location = sarif_report(report, "sv", "https://example.org/")["runs"][0]["results"][0]["locations"][0]
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "Källor!B7"
    assert "region" not in location["physicalLocation"]
    assert "bladet Källor, cell B7" in text_report(report, "sv")
    assert "sheet Källor, cell B7" in report_html(report, "en", lambda iri: None)


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_page_says_it_all_and_escapes_what_the_draft_says(report, lang):
    page = html_document(report, lang)
    assert "<script" not in page and "{{ 7*7 }}" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count('<article class="check-result') == len(every(report))
    assert f'<html lang="{lang}">' in page and "ev:strength" in page


def test_exit_status_and_errors_of_the_command(draft, tmp_path, capsys):
    sound = tmp_path / "d.ttl"
    sound.write_text(PREFIX + "<recommendation/x> rdfs:seeAlso <urn:a> .", encoding="utf-8")
    assert main(["check", str(sound)]) == 0
    assert main(["check", str(sound), "--fail-on", "warning"]) == 1
    assert main(["check", str(tmp_path / "none.ttl")]) == 2
    assert main(["check", str(draft), "-f", "xlsx"]) == 2
    (tmp_path / "x.ttl").write_text("<a", encoding="utf-8")
    capsys.readouterr()
    assert main(["check", str(tmp_path / "x.ttl"), "--lang", "sv"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("evidensgraf: x.ttl:1: Kolumn ") and said.count("\n") == 1


def test_a_draft_is_checked_with_a_release_that_is_named(draft, release, capsysbinary):
    assert main(["check", str(draft), "-f", "turtle", "--release", str(release.path)]) == 1
    assert b"sh:ValidationReport" in capsysbinary.readouterr().out
