"""The author's own workbook with remarks: the cells that are wrong are marked and say why, and a sheet lists it all.

Values, formats and the author's other sheets stay. Marks of an earlier check are taken away first, so that a workbook
can be mended and checked again and again.
"""

from __future__ import annotations

import io
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Border, PatternFill, Side
from openpyxl.utils.cell import coordinate_from_string, range_boundaries

from evidensgraf.graph import workbook_design as design
from evidensgraf.graph.draft import Remark
from evidensgraf.graph.workbook_guide import put_text
from evidensgraf.graph.workbook_layout import layout
from evidensgraf.graph.workbook_lists import shortened
from evidensgraf.graph.workbook_names import fold
from evidensgraf.graph.workbook_package import MAX_TEXT, check_archive
from evidensgraf.graph.workbook_problems import Problem, WorkbookError
from evidensgraf.graph.workbook_saving import saved

AUTHOR = "Evidensgraf · granskning"
"""The author of the comments that are added."""
SEVERITIES = ("Violation", "Warning", "Info")
_COLOURS = {"Violation": ("F8D3D0", "B3261E"), "Warning": ("FCE8B8", "8A5A00"), "Info": ("D8E6F6", "1F5A99")}
"""Severity → the colours of the fill and of the border of a cell. The comment says it in words."""
_HEADER = 3
_LONGEST_COMMENT = 4_000
_LINK = 2_000
"""So many cells are linked to from the list at most: Excel takes 65 530."""


def annotate_workbook(data: bytes, remarks: Iterable[Remark], lang: str) -> bytes:
    """Return a workbook with remarks marked in its cells, and all of them listed in a sheet of their own, worst first.

    A remark whose sheet or cell is not there is only listed. Raises ``WorkbookError`` for what cannot be read.
    """
    check_archive("", data)
    ordered = sorted(remarks, key=lambda r: SEVERITIES.index(r.severity))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), rich_text=True)
            _clean(book)
            found = _mark(book, ordered, lang)
            _list(book, ordered, found, lang)
            made = saved(book)
    except Exception as error:  # a hostile file may raise anything in the library
        raise WorkbookError("", [Problem("damaged")]) from error
    return made


def _clean(book: Any) -> None:
    """Take away the marks and the list of an earlier check."""
    for title in layout().texts["check"]["title"].values():
        for page in [p for p in book.worksheets if fold(p.title) == fold(title)]:
            book.remove(page)
    fills = {f"00{fill}" for fill, _ in _COLOURS.values()}
    for page in book.worksheets:
        for row in page.iter_rows():
            for cell in row:
                if cell.comment is None:
                    continue
                if cell.comment.author != AUTHOR:
                    _resize(cell.comment)
                    continue
                cell.comment = None
                if cell.fill.fgColor.rgb in fills:
                    cell.fill, cell.border = PatternFill(), Border(bottom=Side(style="thin", color=design.LINE))


def _mark(book: Any, remarks: list[Remark], lang: str) -> dict[Remark, tuple[str, str]]:
    """Mark cells; return the title of the sheet and the cell of every remark that has one."""
    titles = {fold(page.title): page for page in book.worksheets}
    by_cell: dict[tuple[str, str], list[Remark]] = defaultdict(list)
    found: dict[Remark, tuple[str, str]] = {}
    for remark in remarks:
        page = titles.get(fold(remark.place.sheet))
        if page is not None and remark.place.cell and (place := _cell_of(page, remark.place.cell)):
            found[remark] = (page.title, place)
            by_cell[found[remark]].append(remark)
    for (title, place), here in by_cell.items():
        cell = book[title][place]
        fill, line = _COLOURS[here[0].severity]
        side = Side(style="thick", color=line)
        cell.fill = PatternFill("solid", fgColor=fill)
        cell.border = Border(left=side, right=side, top=side, bottom=side)
        said = [f"{_word(r.severity, lang)}: {r.message}" for r in here]
        before = [cell.comment.text] if cell.comment else []
        text = shortened("\n\n".join([*said, *before]), _LONGEST_COMMENT)
        cell.comment = _resize(Comment(text, AUTHOR))
    return found


def _cell_of(page: Any, place: str) -> str | None:
    """Return the place of a cell, or of the first cell of the merged ones that it belongs to; None for no place."""
    try:
        coordinate_from_string(place)
        column, row, *_ = range_boundaries(place)
    except ValueError:
        return None
    for merged in page.merged_cells.ranges:
        if merged.min_row <= row <= merged.max_row and merged.min_col <= column <= merged.max_col:
            return str(merged.start_cell.coordinate)
    return place


def _list(book: Any, remarks: list[Remark], found: Mapping[Remark, tuple[str, str]], lang: str) -> None:
    texts = layout().texts["check"]
    page = book.create_sheet(texts["title"][lang], 0)
    counts = {s: sum(r.severity == s for r in remarks) for s in SEVERITIES}
    summed = ", ".join(f"{_word(s, lang)}: {n}" for s, n in counts.items())
    put_text(page["A1"], texts["about"][lang] if remarks else texts["none"][lang])
    put_text(page["A2"], summed)
    for i, header in enumerate(texts["headers"], 1):
        put_text(page.cell(_HEADER, i), header[lang])
    for n, remark in enumerate(remarks, _HEADER + 1):
        title, place = found.get(remark, (remark.place.sheet, remark.place.cell))
        for i, text in enumerate((_word(remark.severity, lang), title, place, remark.message), 1):
            put_text(page.cell(n, i), shortened(text, MAX_TEXT // 2))
    design.plain(page, _HEADER, (16, 24, 10, 110), tab=_COLOURS["Violation"][1])
    for n, remark in enumerate(remarks[:_LINK], _HEADER + 1):
        page.cell(n, 1).fill = PatternFill("solid", fgColor=_COLOURS[remark.severity][0])
        if remark in found:
            title, place = found[remark]
            design.link(page.cell(n, 3), title, place)
    book.active = 0


def _word(severity: str, lang: str) -> str:
    return str(layout().texts["check"]["severities"][severity][lang])


def _resize(comment: Comment) -> Comment:
    comment.width, comment.height = 340, min(600, design.note_height(comment.text))
    return comment
