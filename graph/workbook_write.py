"""Writing the author's workbook: the empty template, one with an example, or a draft as it stands.

What is written can be read again without loss (``workbook.read_workbook``). A text is always written as text: what
begins with a sign of calculation is never a formula.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from importlib.resources import files

import pyoxigraph as ox
from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from evidensgraf.graph import workbook_design as design
from evidensgraf.graph.workbook_design import FIRST_ROW, HEADER_ROW, LAST_ROW
from evidensgraf.graph.workbook_fill import Content, Filled, fill
from evidensgraf.graph.workbook_guide import add_glossary, add_known, add_start, put_text
from evidensgraf.graph.workbook_layout import Sheet, layout, requirement
from evidensgraf.graph.workbook_lists import Lists
from evidensgraf.graph.workbook_names import Names, known_names
from evidensgraf.graph.workbook_package import MAX_TEXT, escape
from evidensgraf.graph.workbook_problems import Problem, WorkbookError
from evidensgraf.graph.workbook_saving import saved

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a ZIP archive can name."""


def write_workbook(name: str, quads: Iterable[ox.Quad], lang: str, known: Names | None = None) -> bytes:
    """Return a workbook in a language (``sv`` or ``en``) with the statements of a draft; the empty template without.

    ``known`` has what the lists offer, else it is the curated graph of the package. Raises ``WorkbookError`` for a text
    that no cell can hold, and ``ValueError`` for blank nodes.

    >>> write_workbook("", (), "sv")[:2]
    b'PK'
    """
    names = known or known_names()
    filled = fill(name, quads, lang, names)
    book = Workbook()
    book.remove(book.active)
    lists = Lists(book, names, lang)
    add_start(book, lang)
    for sheet in layout().sheets:
        page = book.create_sheet(sheet.titles[lang])
        (_form if sheet.form else _table)(page, sheet, filled.rows[sheet.name], lang, lists)
    _other(book, filled, lang)
    add_glossary(book, names, lang)
    add_known(book, names, lang)
    lists.write()
    book.properties.title = layout().texts["start"]["heading"][lang]
    book.properties.creator = "Evidensgraf"
    return steady(book)


def template(lang: str, known: Names | None = None, *, example: bool = True) -> bytes:
    """Return the template in a language, with a filled example or without."""
    text = (files("evidensgraf.graph") / "workbook-example.trig").read_text(encoding="utf-8")
    quads = ox.parse(text, format=ox.RdfFormat.TRIG) if example else iter(())
    return write_workbook("template", quads, lang, known)


def steady(book: Workbook) -> bytes:
    """Return a workbook as a file that is the same whenever it is made: without the time of its making."""
    made, out = io.BytesIO(saved(book)), io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>", b"", content)
            new.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def put(cell: Cell, content: Content, sheet: str) -> None:
    """Put content into a cell, a text as a text. Raises ``WorkbookError`` for a text that is too long for Excel."""
    if not isinstance(content, str):
        cell.value = content
        return
    if len(escape(content)) > MAX_TEXT:
        raise WorkbookError("", [Problem("long", sheet, cell.coordinate, {"most": MAX_TEXT})])
    put_text(cell, content)


def _table(page: Worksheet, sheet: Sheet, rows: list[dict[int, Content]], lang: str, lists: Lists) -> None:
    put(page.cell(1, 1), sheet.about[lang], page.title)
    band = None
    for i, column in enumerate(sheet.columns):
        if column.group and column.group != band:
            put(page.cell(2, i + 1), layout().texts["groups"][column.group][lang], page.title)
        band = column.group
        put(page.cell(HEADER_ROW, i + 1), column.header(lang), page.title)
        put(page.cell(HEADER_ROW + 1, i + 1), requirement(sheet, column, lang), page.title)
    for n, row in enumerate(rows, FIRST_ROW):
        for i, content in row.items():
            put(page.cell(n, i + 1), content, page.title)
    design.table(page, sheet, lang)
    for i, column in enumerate(sheet.columns):
        lists.validate(page, sheet, column, f"{design.letter(i)}{FIRST_ROW}:{design.letter(i)}{LAST_ROW}")


def _form(page: Worksheet, sheet: Sheet, rows: list[dict[int, Content]], lang: str, lists: Lists) -> None:
    put(page.cell(1, 1), sheet.about[lang], page.title)
    for i, header in enumerate(layout().texts["form"]["headers"]):
        put(page.cell(HEADER_ROW, i + 1), header[lang], page.title)
    values = rows[0] if rows else {}
    number, band, label = HEADER_ROW, None, ""
    for i, column in enumerate(sheet.columns):
        if column.group and column.group != band:
            number += 1
            band = column.group
            put(page.cell(number, 1), layout().texts["groups"][band][lang], page.title)
            design.band(page, number)
        if column.labels[lang] != label:
            number += 1
            label = column.labels[lang]
            put(page.cell(number, 1), label, page.title)
            put(page.cell(number, 4), requirement(sheet, column, lang), page.title)
            put(page.cell(number, 5), column.explanation(lang), page.title)
            design.form_row(page, number, column, bilingual=bool(column.language))
        where = page.cell(number, 3 if column.language == "en" else 2)
        if i in values:
            put(where, values[i], page.title)
        lists.validate(page, sheet, column, where.coordinate)
    design.form(page)


def _other(book: Workbook, filled: Filled, lang: str) -> None:
    texts = layout().texts["other"]
    page = book.create_sheet(texts["title"][lang])
    put(page.cell(1, 1), texts["about"][lang], page.title)
    for i, header in enumerate(texts["headers"]):
        put(page.cell(HEADER_ROW, i + 1), header[lang], page.title)
    for n, row in enumerate(filled.other, HEADER_ROW + 1):
        for i, text in enumerate(row):
            put(page.cell(n, i + 1), text, page.title)
    design.plain(page, HEADER_ROW, (44, 26, 80, 16, 10))
