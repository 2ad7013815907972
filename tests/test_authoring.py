"""The doors of the workbook: the commands template, import and export, and the template over HTTP."""

import io

import openpyxl
import pyoxigraph as ox
import pytest

from evidensgraf.graph.draft import XLSX, read_draft
from evidensgraf.graph.format import normalise
from evidensgraf.graph.workbook import read_workbook
from evidensgraf.ontology.namespaces import EV, ID
from evidensgraf.service.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the Swedish template, filled with its example."""
    path = tmp_path_factory.mktemp("author")
    assert main(["template", "--lang", "sv", "-o", str(path / "mall.xlsx")]) == 0
    return path


def triples(path):
    return {(q.subject, q.predicate, q.object) for q in read_draft(path.name, path.read_bytes()).quads}


def test_import_and_export_are_each_others_inverse(folder, capsys):
    draft, turtle, workbook, again = (folder / n for n in ("mall.trig", "mall.ttl", "copy.xlsx", "copy.trig"))
    assert main(["import", str(folder / "mall.xlsx")]) == 0
    assert "evidensgraf check" in capsys.readouterr().out
    assert normalise(draft.read_text("utf-8")) == draft.read_text("utf-8")
    assert main(["export", str(draft), "-o", str(workbook), "--lang", "en"]) == 0
    assert main(["import", str(workbook), "-o", str(again)]) == 0
    assert again.read_text("utf-8") == draft.read_text("utf-8")
    assert main(["import", str(workbook), "-o", str(turtle)]) == 0
    assert triples(turtle) == triples(draft)


def test_nothing_is_written_over_and_what_is_wrong_is_listed(folder, capsys):
    assert main(["template", "--lang", "sv", "-o", str(folder / "mall.xlsx")]) == 1
    assert "exists. Name another" in capsys.readouterr().err
    book = openpyxl.load_workbook(folder / "mall.xlsx")
    book["Rekommendationer"]["K5"], book["Evidens"]["C5"] = "Socialstyrlsen", "stödjer inte"
    book.save(folder / "fel.xlsx")
    assert main(["import", str(folder / "fel.xlsx"), "--lang", "sv"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(
        "Rekommendationer!K5: ”Socialstyrlsen” är inte känt här. Menar du ”Socialstyrelsen” eller "
    )
    assert lines[1].startswith("Evidens!C5: ”stödjer inte” är inget av värdena.")
    assert lines[-1].startswith("evidensgraf: not imported: 2 problem(s)")
    assert not (folder / "fel.trig").exists()


def test_files_that_cannot_be_read_are_one_line(folder, capsys):
    (folder / "text.xlsx").write_bytes(b"text")
    for arguments in (["import", "missing.xlsx"], ["import", str(folder / "text.xlsx")], ["export", "missing.trig"]):
        assert main(arguments) == 1
        assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(("lang", "sheet"), [("sv", "Rekommendationer"), ("en", "Recommendations")])
def test_the_template_over_http(client, lang, sheet):
    answer = client.get(f"/template.xlsx?lang={lang}&example=no")
    assert answer.status_code == 200 and answer.headers["content-type"] == XLSX
    assert answer.headers["content-language"] == lang and answer.headers["etag"]
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert sheet in book.sheetnames
    title, where = next(book.defined_names["list_Intervention"].destinations)
    listed = {cell.value for row in book[title][where] for cell in row}
    assert ("Bostad först" if lang == "sv" else "Housing First") in listed
    again = client.get(f"/template.xlsx?lang={lang}&example=no", **{"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_the_template_over_http_has_the_example_unless_told_otherwise(client):
    draft = read_workbook("mall.xlsx", client.get("/template.xlsx?lang=sv").content)
    assert ox.NamedNode(ID + "recommendation/exempel-erbjud-exempelinsats") in {q.subject for q in draft.quads}
    assert ox.NamedNode(EV + "EvidenceLine") in {q.object for q in draft.quads}
    assert client.get("/template.xlsx?example=maybe").status_code == 400
    assert client.get("/template.xlsx?lang=de").status_code == 406
    assert client.get("/template.xlsx", accept="text/turtle").status_code == 406
