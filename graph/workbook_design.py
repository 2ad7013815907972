"""How the author's workbook looks: colours, widths, notes, frozen headers and the printed page.

What a colour says, words say too: whether a column is required stands below its header.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from evidensgraf.graph.workbook_layout import Column, Sheet, layout, requirement

FIRST_ROW = 5
"""The first row of a sheet that is filled in; the rows above have its purpose, bands, headers and requirements."""
HEADER_ROW = 3
LAST_ROW = 1004
"""The last row of a sheet that has drop-down lists."""

_INK, _ACCENT, _SOFT, _PALE, _EXAMPLE = "1B2A33", "14505C", "D7E8EA", "F1F6F7", "5A6B73"
_FONT = "Calibri"
LINE = "B7C7CB"
"""The colour of the thin line below a row."""
_THIN = Side(style="thin", color=LINE)
_HEAD = PatternFill("solid", fgColor=_ACCENT)
_BAND = PatternFill("solid", fgColor=_SOFT)
_WORDS = PatternFill("solid", fgColor=_PALE)
_WIDTHS = {"text": 38, "string": 18, "resource": 28, "concept": 22, "owner": 34, "id": 22, "class": 20, "iri": 30}
_TABS = {True: _ACCENT, False: "9DB8BD"}
_PAPER_A4 = 9


def letter(index: int) -> str:
    """Return the letters of a column, counted from 0.

    >>> letter(0), letter(26)
    ('A', 'AA')
    """
    return str(get_column_letter(index + 1))


def table(page: Worksheet, sheet: Sheet, lang: str) -> None:
    """Give a sheet of rows its looks: bands, headers with notes, widths, frozen header, print."""
    _heading(page)
    for i, column in enumerate(sheet.columns, 1):
        band_, head, words = (page.cell(n, i) for n in range(HEADER_ROW - 1, FIRST_ROW))
        band_.fill, band_.font = _BAND, Font(_FONT, 10, bold=True, color=_ACCENT)
        _header(head)
        words.fill = _WORDS
        words.font = Font(_FONT, 9, bold=bool(column.required), italic=not column.required, color=_INK)
        words.alignment = Alignment(wrap_text=True, vertical="top")
        words.border = Border(bottom=Side(style="medium", color=_ACCENT))
        _note(page, head.coordinate, column, sheet, lang)
        dimension = page.column_dimensions[letter(i - 1)]
        dimension.width = _WIDTHS.get(column.kind, 14)
        if column.hidden:
            dimension.hidden, dimension.outlineLevel = True, 1
        dimension.number_format = "@" if column.kind not in ("integer", "decimal") else "General"
        dimension.alignment = Alignment(wrap_text=True, vertical="top")
        dimension.font = Font(_FONT, 11, color=_INK)
    page.row_dimensions[HEADER_ROW].height = 34
    page.row_dimensions[FIRST_ROW - 1].height = 28
    named = next((i for i, c in enumerate(sheet.columns) if c.naming or c.kind == "owner"), 0)
    page.freeze_panes = f"{letter(named + 1)}{FIRST_ROW}"
    page.sheet_properties.tabColor = _TABS[sheet.main]
    for row in page.iter_rows(min_row=FIRST_ROW):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.number_format = page.column_dimensions[cell.column_letter].number_format
            cell.border = Border(bottom=_THIN)
    _print(page, f"{HEADER_ROW}:{FIRST_ROW - 1}")


def band(page: Worksheet, number: int) -> None:
    """Give a row of a form the looks of a heading of a group."""
    for cell in page[f"A{number}:E{number}"][0]:
        cell.fill, cell.font = _BAND, Font(_FONT, 11, bold=True, color=_ACCENT)


def form_row(page: Worksheet, number: int, column: Column, *, bilingual: bool) -> None:
    """Give a row of a form its looks; a cell that is not used is grey."""
    for cell in page[f"A{number}:E{number}"][0]:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.border = Border(bottom=_THIN)
        cell.font = Font(_FONT, 10 if cell.column > 3 else 11, bold=cell.column == 1, color=_INK)
    page.cell(number, 2).number_format = page.cell(number, 3).number_format = "@"
    page.cell(number, 4).font = Font(_FONT, 10, bold=bool(column.required), italic=not column.required, color=_INK)
    if not bilingual:
        page.cell(number, 3).fill = _WORDS
    if column.hidden:
        page.row_dimensions[number].hidden = True
    lines = sum(-(-len(line) // 62) for line in column.explanation("sv").splitlines())
    page.row_dimensions[number].height = max(32 if bilingual else 18, 14 * lines)


def form(page: Worksheet) -> None:
    """Give a form its looks as a whole."""
    _heading(page)
    for i, width in enumerate((30, 46, 46, 18, 60)):
        page.column_dimensions[letter(i)].width = width
        _header(page.cell(HEADER_ROW, i + 1))
    page.freeze_panes = f"B{HEADER_ROW + 1}"
    page.sheet_properties.tabColor = _TABS[True]
    _print(page, f"{HEADER_ROW}:{HEADER_ROW}")


def plain(page: Worksheet, header: int, widths: tuple[int, ...], *, tab: str = "D0D7D9") -> None:
    """Give a sheet of reference its looks: a header that stays and filters, wrapped text."""
    _heading(page)
    for i, width in enumerate(widths):
        page.column_dimensions[letter(i)].width = width
        _header(page.cell(header, i + 1))
    model = None
    for row in page.iter_rows(min_row=header + 1, max_col=len(widths)):
        for cell in row:
            quoted = cell.quotePrefix
            if model is None:
                cell.alignment, cell.font = Alignment(wrap_text=True, vertical="top"), Font(_FONT, 10, color=_INK)
                model = cell
            cell._style = copy(model._style)  # a style is looked up in a list of all: once is enough
            cell.quotePrefix = quoted
    page.freeze_panes = f"A{header + 1}"
    page.auto_filter.ref = f"A{header}:{letter(len(widths) - 1)}{max(page.max_row, header + 1)}"
    page.sheet_properties.tabColor = tab
    _print(page, f"{header}:{header}")


def text_page(page: Worksheet, headings: set[int]) -> None:
    """Give a sheet of text its looks: one wide column, with headings in some rows."""
    page.column_dimensions["A"].width = 3
    page.column_dimensions["B"].width = 34
    page.column_dimensions["C"].width = 86
    for row in page.iter_rows():
        for cell in row:
            heading = cell.row in headings
            size = 18 if cell.row == 1 else 13 if heading else 11
            cell.font = Font(_FONT, size, bold=heading or cell.column == 2, color=_ACCENT if heading else _INK)
            cell.alignment = Alignment(wrap_text=cell.column == 3, vertical="top")
    page.sheet_view.showGridLines = False
    page.sheet_properties.tabColor = _INK
    _print(page, None)


def link(cell: Any, title: str, place: str) -> None:
    """Make a cell lead to a cell of a sheet."""
    quoted = title.replace("'", "''")
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{quoted}'!{place}")
    cell.font = Font(_FONT, 11, underline="single", color="0B5394")


def _heading(page: Worksheet) -> None:
    page["A1"].font = Font(_FONT, 12, italic=True, color=_INK)
    page["A1"].alignment = Alignment(vertical="center")
    page.row_dimensions[1].height = 24


def _header(cell: Any) -> None:
    cell.fill, cell.font = _HEAD, Font(_FONT, 11, bold=True, color="FFFFFF")
    cell.alignment = Alignment(wrap_text=True, vertical="center")


def _note(page: Worksheet, place: str, column: Column, sheet: Sheet, lang: str) -> None:
    lines = [f"{column.header(lang)} – {requirement(sheet, column, lang)}", column.explanation(lang)]
    if column.many:
        lines.append(layout().texts["several"][lang])
    text = "\n\n".join(filter(None, lines))
    page[place].comment = Comment(text, "Evidensgraf", width=340, height=note_height(text))


def note_height(text: str) -> int:
    """Return how high a note of 340 pixels' width must be for a text, in pixels."""
    return 60 + 17 * (len(text) // 48 + text.count("\n"))


def _print(page: Worksheet, repeated: str | None) -> None:
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = _PAPER_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    if repeated:
        page.print_title_rows = repeated
    page.oddFooter.left.text = "&A"
    page.oddFooter.right.text = "&P / &N"
