"""The sheets of the author's workbook that are read, not filled in: how it works, its terms, the known statements."""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.cell.cell import Cell

from evidensgraf.graph import workbook_design as design
from evidensgraf.graph.collation import swedish_order
from evidensgraf.graph.workbook_layout import class_labels, definition, layout
from evidensgraf.graph.workbook_names import Names, short
from evidensgraf.graph.workbook_package import escape
from evidensgraf.ontology.namespaces import EV

_KNOWN = ("Finding", "EvidenceGap", "Appraisal")
_HEADER = 3


def put_text(cell: Cell, text: str) -> None:
    """Put a text into a cell as a text, whatever it begins with."""
    cell.value = escape(text)
    cell.data_type = "s"
    if text[:1] in "=+-@\t\r":
        cell.quotePrefix = True


def add_start(book: Workbook, lang: str) -> None:
    """Add the sheet that says how the workbook is filled in, checked and given back."""
    texts = layout().texts["start"]
    page = book.create_sheet(texts["title"][lang])
    put_text(page["A1"], texts["heading"][lang])
    number, headings = 2, {1}
    for section in texts["sections"]:
        number += 1
        headings.add(number)
        put_text(page.cell(number, 1), section["heading"][lang])
        for entry in section["entries"]:
            number += 1
            put_text(page.cell(number, 2), entry["what"][lang])
            put_text(page.cell(number, 3), entry["text"][lang])
        if section.get("sheets"):
            for sheet in layout().sheets:
                number += 1
                put_text(page.cell(number, 2), sheet.titles[lang])
                design.link(page.cell(number, 2), sheet.titles[lang], "A1")
                put_text(page.cell(number, 3), sheet.about[lang])
        number += 1
    design.text_page(page, headings)


def add_glossary(book: Workbook, names: Names, lang: str) -> None:
    """Add the sheet with every value of every scheme that a column takes, and what it means."""
    classes = {cls: None for s in layout().sheets for c in s.columns if c.kind == "concept" for cls in c.classes}
    rows = [
        [class_labels(cls)[lang].capitalize(), names.label(iri, lang), definition(iri, lang)]
        for cls in classes
        for iri in sorted(names.members([cls]), key=lambda i: swedish_order(names.label(i, lang)))
    ]
    _reference(book, "glossary", lang, rows, (30, 34, 90))


def add_known(book: Workbook, names: Names, lang: str) -> None:
    """Add the sheet of the statements that are in the graph, for authors to find and cite."""
    found = {cls: sorted(names.members([EV + cls])) for cls in _KNOWN}
    rows = [
        [short(iri), class_labels(EV + cls)[lang], names.label(iri, lang)]
        for cls, iris in found.items()
        for iri in iris
    ]
    _reference(book, "known", lang, rows, (48, 20, 100))


def _reference(book: Workbook, name: str, lang: str, rows: list[list[str]], widths: tuple[int, ...]) -> None:
    texts = layout().texts[name]
    page = book.create_sheet(texts["title"][lang])
    put_text(page["A1"], texts["about"][lang])
    for i, header in enumerate(texts["headers"], 1):
        put_text(page.cell(_HEADER, i), header[lang])
    for n, row in enumerate(rows, _HEADER + 1):
        for i, text in enumerate(row, 1):
            put_text(page.cell(n, i), text)
    design.plain(page, _HEADER, widths)
