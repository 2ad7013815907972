"""The annotated workbook: the cells that are wrong are marked, everything is listed, and nothing else is changed."""

import io

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font

from evidensgraf.graph.draft import Place, Remark
from evidensgraf.graph.load import read_vocabulary
from evidensgraf.graph.workbook import read_workbook
from evidensgraf.graph.workbook_annotate import AUTHOR, annotate_workbook
from evidensgraf.graph.workbook_names import Names
from evidensgraf.graph.workbook_problems import WorkbookError
from evidensgraf.graph.workbook_write import template

SCHEMES = Names(read_vocabulary())
"""The schemes alone, without the known things, which would make the workbooks large."""
REMARKS = [
    Remark(Place(sheet="Rekommendationer", cell="D5"), "Info", "En upplysning."),
    Remark(Place(sheet="Rekommendationer", cell="D5"), "Violation", "Åtgärden saknas. Skriv den."),
    Remark(Place(sheet="Evidens", cell="C6"), "Warning", '=HYPERLINK("https://a.example")'),
    Remark(Place(sheet="Anteckningar", cell="B2"), "Warning", "I sammanslagna celler."),
    Remark(Place(), "Violation", "Utan plats."),
]


@pytest.fixture(scope="module")
def own():
    """The template as an author may have changed it: a sheet, a width, a comment, a font of their own."""
    book = openpyxl.load_workbook(io.BytesIO(template("sv", SCHEMES)))
    page = book.create_sheet("Anteckningar")
    page["A1"] = "Minns"
    page["A1"].font = Font(bold=True, color="FF0000")
    page["A1"].comment = Comment("Min egen", "Anna")
    page.merge_cells("A2:C3")
    page.column_dimensions["A"].width = 61
    book["Rekommendationer"]["D5"].comment = Comment("Fråga Bo", "Anna")
    return saved(book)


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def looks(cell):
    return [repr(part) for part in (cell.fill, cell.border, cell.font, cell.alignment, cell.number_format)]


def opened(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def test_cells_are_marked_with_the_worst_first_and_other_comments_kept(own):
    book = opened(annotate_workbook(own, REMARKS, "sv"))
    cell = book["Rekommendationer"]["D5"]
    said = cell.comment.text
    assert cell.comment.author == AUTHOR and cell.border.left.style == "thick" and cell.fill.fill_type == "solid"
    assert said.index("Fel: Åtgärden saknas") < said.index("Upplysning: En") < said.index("Fråga Bo")
    assert book["Anteckningar"]["A2"].comment.text == "Varning: I sammanslagna celler."
    assert book["Anteckningar"]["A1"].comment.text == "Min egen" and book["Anteckningar"]["A1"].font.bold


@pytest.mark.parametrize(("lang", "title", "word"), [("sv", "Granskning", "Fel"), ("en", "Check", "Error")])
def test_everything_is_listed_worst_first_with_links_and_no_formula(own, lang, title, word):
    page = opened(annotate_workbook(own, REMARKS, lang))[title]
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=4)]
    assert [row[3] for row in rows] == [REMARKS[i].message for i in (1, 4, 2, 3, 0)]
    assert rows[0][:3] == [word, "Rekommendationer", "D5"] and rows[1][1] is None
    assert page["C4"].hyperlink.location == "'Rekommendationer'!D5"
    assert {cell.data_type for row in page.iter_rows() for cell in row if cell.value} == {"s"}


def test_nothing_else_is_changed(own):
    before, after = opened(own), opened(annotate_workbook(own, REMARKS, "sv"))
    assert after.sheetnames == ["Granskning", *before.sheetnames]
    marked = {("Rekommendationer", "D5"), ("Evidens", "C6")}
    marked |= {("Anteckningar", f"{column}{row}") for column in "ABC" for row in "23"}
    for page in before:
        twin = after[page.title]
        assert twin.sheet_state == page.sheet_state and twin.freeze_panes == page.freeze_panes
        assert {k: v.width for k, v in twin.column_dimensions.items()} == {
            k: v.width for k, v in page.column_dimensions.items()
        }
        assert [str(r.sqref) for r in twin.data_validations.dataValidation] == [
            str(r.sqref) for r in page.data_validations.dataValidation
        ]
        for row in page.iter_rows():
            for cell in row:
                other = twin[cell.coordinate]
                assert other.value == cell.value
                if (page.title, cell.coordinate) not in marked:
                    assert looks(other) == looks(cell)
                    assert (other.comment and other.comment.text) == (cell.comment and cell.comment.text)


def test_it_is_still_the_same_draft_and_a_second_check_takes_the_marks_away(own):
    once = annotate_workbook(own, REMARKS, "sv")
    assert read_workbook("a.xlsx", once, SCHEMES).quads == read_workbook("a.xlsx", own, SCHEMES).quads
    book = opened(annotate_workbook(once, [], "en"))
    assert "Granskning" not in book.sheetnames and book["Check"]["A1"].value.startswith("The check found nothing")
    cell = book["Rekommendationer"]["D5"]
    assert cell.fill.fill_type is None and cell.border.left is None and cell.border.bottom.style == "thin"
    assert cell.comment is None or cell.comment.author != AUTHOR


def test_what_is_no_workbook_is_refused():
    with pytest.raises(WorkbookError):
        annotate_workbook(b"PK\x03\x04", REMARKS, "sv")
