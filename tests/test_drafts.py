"""Three drafts that were written to be checked: a sound one, a careless one and a hostile one."""

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
import yaml

from evidensgraf.graph.draft import read_draft
from evidensgraf.graph.workbook_write import write_workbook
from evidensgraf.ontology.namespaces import BASE, ID
from evidensgraf.service.check_page import html_document
from evidensgraf.service.check_sarif import sarif_report
from evidensgraf.service.check_shacl import shacl_report
from evidensgraf.service.check_text import text_report
from evidensgraf.shapes.validate import SHAPE

DRAFTS = Path(__file__).parent / "drafts"


@pytest.fixture(scope="module")
def check(checker):
    return lambda name, data: checker.check(read_draft(name, data))


def results(report):
    return [result for group in report["groups"] for result in group["results"]]


def found(report):
    return sorted({(r["shape"].removeprefix(SHAPE), r["focus"]["id"].removeprefix(ID)) for r in results(report)})


def test_nothing_is_found_in_the_sound_draft(check):
    report = check("sound.ttl", (DRAFTS / "sound.ttl").read_bytes())
    assert found(report) == []
    assert report["conforms"] and len(report["groups"]) == 2
    (readiness,) = report["readiness"]
    items = {item["id"]: item for m in readiness["methods"] for domain in m["domains"] for item in domain["items"]}
    assert readiness["read"] and readiness["counts"]["met"] >= 20
    lacking = {thing["id"] for item in items.values() if item["state"] == "missing" for thing in item["lacking"]}
    assert f"{ID}finding/case-management-mindre-intensiv" in lacking  # a finding of the release, which grades nothing


def test_each_fault_of_the_careless_draft_is_found_by_its_rule_and_nothing_else_is(check):
    expected = [tuple(pair) for pair in yaml.safe_load((DRAFTS / "careless.yaml").read_text(encoding="utf-8"))]
    report = check("careless.ttl", (DRAFTS / "careless.ttl").read_bytes())
    assert found(report) == sorted(expected)
    assert len({rule.split("-")[0] for rule, _ in expected}) >= 20
    assert not report["conforms"]


@pytest.mark.parametrize("name", ["sound", "careless"])
def test_a_draft_is_told_the_same_as_a_workbook_with_the_cells_concerned(check, name):
    draft = read_draft("d.ttl", (DRAFTS / f"{name}.ttl").read_bytes())
    report = check("d.xlsx", write_workbook("d", draft.quads, "sv"))
    assert found(report) == found(check("d.ttl", (DRAFTS / f"{name}.ttl").read_bytes()))
    assert all(result["place"]["sheet"] and result["place"]["cell"] for result in results(report))


def test_a_result_says_what_its_author_needs_in_both_languages(check):
    for result in results(check("careless.ttl", (DRAFTS / "careless.ttl").read_bytes())):
        assert result["place"]["line"], result
        for lang in ("sv", "en"):
            message = result["message"][lang]
            assert message.endswith(".") and "{" not in message and "http" not in message, message


class Tags(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.attributes = set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes.update(attrs)


def test_what_a_hostile_draft_says_is_shown_and_never_run(check):
    report = check("hostile.ttl", (DRAFTS / "hostile.ttl").read_bytes())
    assert not report["conforms"]
    html, text = html_document(report, "en"), text_report(report, "en")
    page = Tags(html)
    assert not page.elements & {"script", "img", "svg", "iframe", "object"}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert not [value for name, value in page.attributes if name in ("href", "src") and "javascript:" in (value or "")]
    assert "&lt;img src=x onerror" in html
    for said in (html, text):
        assert not re.search("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e]", said)
    assert sarif_report(report, "en", BASE)["runs"]
    assert read_draft("report.ttl", shacl_report(report)).quads


def test_a_workbook_of_a_hostile_draft_has_no_formula_and_is_read_again():
    draft = read_draft("hostile.ttl", (DRAFTS / "hostile.ttl").read_bytes())
    data = write_workbook("d", draft.quads, "sv")
    cells = [c for page in openpyxl.load_workbook(io.BytesIO(data)) for row in page.iter_rows() for c in row]
    assert not [c for c in cells if c.data_type == "f" or (c.hyperlink and c.hyperlink.target)]
    assert any(str(c.value).startswith("=HYPERLINK") and c.quotePrefix for c in cells)
