"""Reading sheets: what they become, what is wrong with them in words, and how they are merged."""

import hashlib
import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest
import yaml

from evidensgraf.graph.build import assemble, violations
from evidensgraf.graph.curate import merge, new_sheet, record
from evidensgraf.graph.format import normalise
from evidensgraf.graph.load import data_files
from evidensgraf.graph.sheet import SheetError, cited_forms, read_sheet
from evidensgraf.graph.verify import verify
from evidensgraf.ontology.namespaces import PREFIXES, resource
from evidensgraf.service.cli import main

DOCUMENT = "rapport-2-ekonomiskt-bistand"
FINDING = {
    "kind": "finding",
    "slug": "prov-arbete",
    "title": ["Fler fick arbete", "More got jobs"],
    "summary": ["Andelen i arbete steg.", "The share in work rose."],
    "about": ["intervention/bostad-forst"],
    "effect": "DescriptiveOnly",
    "outcome": ["arbete"],
    "population": ["deltagare-i-insatsen"],
    "basis": ["localEvaluation"],
    "certainty": "notGraded",
    "cites": ["Angelov & Eliason, 2014"],
    "period": [2018, "2019-05"],
    "numbers": [
        {"v": 58, "unit": "Percent", "in": "participants", "label": ["andel", "share"], "printed": "58 procent"},
        {"min": 1.5, "max": 2, "unit": "Year", "label": ["tid", "time"], "printed": "1,5 till 2 år"},
    ],
    "note": [["En.", "One."], ["Två.", "Two."]],
    "at": [{"sec": "Provet", "from": "Fler fick", "to": "ett arbete", "page": 12}],
}
RECOMMENDATION = {
    "kind": "recommendation",
    "slug": "prov-gor-sa",
    "title": ["Gör så", "Do so"],
    "summary": ["Det bör göras.", "It should be done."],
    "action": ["Gör det.", "Do it."],
    "recommendationKind": "Proposal",
    "issuer": "ifau",
    "addressee": "kommuner",
    "lines": [{"dir": "Supports", "basis": ["localEvaluation"], "items": ["finding/prov-arbete"]}],
    "at": [{"sec": "Provet", "from": "Gör", "to": "så"}],
}


@pytest.fixture(scope="module")
def known():
    return assemble()[0]


@pytest.fixture
def sheet(tmp_path):
    """A function that writes a sheet and returns its path."""

    def write(document=DOCUMENT, **sections):
        path = tmp_path / "sheet.yaml"
        path.write_text(yaml.safe_dump({"document": document, **sections}, allow_unicode=True), encoding="utf-8")
        return path

    return write


@pytest.fixture
def data(tmp_path):
    """A copy of the curated data."""
    directory = tmp_path / "data"
    shutil.copytree(Path(str(data_files()[0])).parent, directory)
    return directory


def ask(quads, query):
    store = ox.Store()
    store.extend(quads)
    return store.query(query, prefixes=PREFIXES, use_default_graph_as_union=True)


def test_a_statement_becomes_what_its_fields_say(known, sheet):
    quads = read_sheet(sheet(statements=[FINDING]), known).quads
    assert {q.graph_name.value for q in quads} == {f"https://w3id.org/evidensgraf/graph/{DOCUMENT}"}
    assert ask(
        quads,
        f"""ASK {{
  <{resource("finding", "prov-arbete")}> a ev:Finding ;
    dcterms:title "Fler fick arbete"@sv , "More got jobs"@en ;
    ev:about <{resource("intervention", "bostad-forst")}> ;
    ev:effect ev:DescriptiveOnly ;
    ev:outcome <{resource("outcome", "arbete")}> ;
    ev:periodStart "2018"^^xsd:gYear ; ev:periodEnd "2019-05"^^xsd:gYearMonth ;
    ev:editorialNote "Två."@sv ;
    prov:hadPrimarySource <{resource("source", "angelov-eliason-2014-lonebidrag")}> ;
    ev:verification ev:notVerified ;
    ev:hasMagnitude ?number , ?range ;
    ev:statedIn ?passage .
  ?number ev:value 58.0 ; ev:unit ev:Percent ; ev:measuredIn ev:participants ; ev:printedForm "58 procent" .
  ?range ev:minimum 1.5 ; ev:maximum 2.0 ; ev:measuredIn ev:wholePopulation .
  ?passage bibo:section "Provet" ; bibo:pages "12" ; oa:hasSelector ?selector .
  ?selector oa:hasStartSelector/oa:exact "Fler fick" ; oa:hasEndSelector/oa:exact "ett arbete" .
}}""",
    )


def test_a_sheet_conforms_to_the_shapes_once_it_is_merged(known, sheet, data):
    found = read_sheet(sheet(statements=[FINDING, RECOMMENDATION]), known)
    assert merge(found, data)[f"{DOCUMENT}.trig"] == len(set(found.quads))
    store, _ = assemble(data)
    assert [v for v in violations(store) if v.severity == "Violation"] == []
    text = (data / f"{DOCUMENT}.trig").read_text(encoding="utf-8")
    assert normalise(text) == text
    assert sum(merge(found, data).values()) == 0, "merging twice adds nothing"


def test_a_new_document_gets_its_source_and_its_provenance(known, data, tmp_path):
    path = tmp_path / "ny.yaml"
    path.write_text(new_sheet("ny-rapport", "En ny rapport", 2026), encoding="utf-8")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["sources"][0]["publisher"] = "ifau"
    content["statements"] = [FINDING | {"cites": ["En ny rapport"]}]
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    found = read_sheet(path, known)
    assert found.unresolved == [
        f"{resource('finding', 'prov-arbete')}: 'En ny rapport' is no citation key of ny-rapport."
    ], "a document does not relay itself"
    merge(found, data)
    store, _ = assemble(data)
    assert [v for v in violations(store) if v.severity == "Violation"] == []
    assert store.query(
        """ASK { GRAPH <https://w3id.org/evidensgraf/graph/provenance> {
          <https://w3id.org/evidensgraf/graph/ny-rapport> prov:wasDerivedFrom ?source ; dcterms:license ?licence .
          ?dataset dcterms:hasPart <https://w3id.org/evidensgraf/graph/ny-rapport> } }""",
        prefixes=PREFIXES,
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"effect": "Good"}, "effect: 'Good' is none of Beneficial"),
        ({"outcom": ["arbete"]}, "'outcom' is no field"),
        ({"title": ["Bara svenska"]}, "write a pair of texts, [Swedish, English]"),
        ({"about": ["bostad-forst"]}, "write 'bostad-forst' as kind/slug"),
        ({"about": ["insats/bostad-forst"]}, "'insats' is no kind"),
        ({"slug": "Fel Slug"}, "needs a kind and a slug"),
        ({"period": "2019–2020"}, "is no date"),
        ({"kind": "resultat"}, "'resultat' is no kind"),
        (
            {"numbers": [{"v": "många", "unit": "Percent", "label": ["a", "b"], "printed": "många"}]},
            "'många' is no number",
        ),
        ({"numbers": [{"v": 1, "label": ["a", "b"], "printed": "1"}]}, "'unit' is missing"),
        ({"at": [{"sec": "Provet", "from": "Fler"}]}, "'to' is missing"),
    ],
)
def test_what_is_wrong_is_said_with_its_entry(known, sheet, change, words):
    with pytest.raises(SheetError) as error:
        read_sheet(sheet(statements=[FINDING | change, RECOMMENDATION]), known)
    (problem,) = error.value.problems
    assert problem.startswith("sheet.yaml: statements 1 (")
    assert words in problem


def test_every_problem_of_a_sheet_is_told_at_once(known, sheet):
    with pytest.raises(SheetError) as error:
        read_sheet(sheet(statements=[FINDING | {"effect": "X"}, FINDING | {"basis": ["Y"]}], thoughts=[]), known)
    assert len(error.value.problems) == 3


@pytest.mark.parametrize("text", ["document: [", "- 1", "statements: []"])
def test_a_file_that_is_no_sheet_is_refused(known, tmp_path, text):
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SheetError):
        read_sheet(path, known)


def test_a_key_that_stands_for_two_sources_is_not_guessed(known):
    keys = cited_forms(known, DOCUMENT)
    assert "angelov och eliason 2014" in keys
    assert "skr 2020" not in keys


def test_a_verification_is_recorded_with_the_digest_of_the_text(data, tmp_path):
    sources = tmp_path / "sources"
    sources.mkdir()
    text = "Provet\nFler fick till slut ett arbete.\nGör alltid så.\n"
    (sources / f"{DOCUMENT}.txt").write_text(text, encoding="utf-8")
    store = ox.Store()
    store.extend(read_sheet_quads(tmp_path))
    checks = verify(store, sources)
    assert record(checks, sources, data) == {DOCUMENT: 2}
    bibliography = (data / "bibliography.trig").read_text(encoding="utf-8")
    assert f'ev:textDigest "sha256:{hashlib.sha256(text.encode()).hexdigest()}"' in bibliography
    assert bibliography.count("ev:passagesFound 2 ") == 1


def read_sheet_quads(directory):
    path = directory / "v.yaml"
    path.write_text(yaml.safe_dump({"document": DOCUMENT, "statements": [FINDING, RECOMMENDATION]}), encoding="utf-8")
    return read_sheet(path, assemble()[0]).quads


def test_the_commands_of_a_curator(data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["new-source", "ny-rapport", "--title", "Ny: rapport", "--data", str(data)]) == 0
    assert main(["new-source", "ny-rapport", "--title", "x", "--data", str(data)]) == 1
    assert "exists" in capsys.readouterr().err
    assert main(["new-source", "Ny Rapport", "--title", "x", "--data", str(data)]) == 1
    assert "Write it as 'ny-rapport'" in capsys.readouterr().err
    assert main(["add-sheet", "--check", "ny-rapport.yaml", "--data", str(data)]) == 0
    assert main(["add-sheet", "ny-rapport.yaml", "--data", str(data)]) == 0
    assert "bibliography.trig" in capsys.readouterr().out
    Path("ny-rapport.yaml").write_text("document: ny-rapport\nstatements: [{kind: x}]\n", encoding="utf-8")
    assert main(["add-sheet", "ny-rapport.yaml", "--data", str(data)]) == 1
    assert "not added: 1 problem(s) in the sheet" in capsys.readouterr().err
    assert main(["add-sheet", "missing.yaml", "--data", str(data)]) == 1
    assert main(["new-source", DOCUMENT, "--title", "x", "--data", str(data)]) == 1
