"""The sheets of a filled workbook as tables: which cell belongs to which column of the layout, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from evidensgraf.graph.workbook_layout import Column, Sheet, layout, requirement
from evidensgraf.graph.workbook_names import fold
from evidensgraf.graph.workbook_package import Cell, RawSheet, open_workbook
from evidensgraf.graph.workbook_problems import Problem, Problems, WorkbookError, near
from evidensgraf.ontology.namespaces import LANGUAGES

_HEADER_ROWS = 10
"""The header of a sheet is among so many first rows."""


@dataclass(frozen=True)
class Row:
    """A row: its cells with content, and the place of every cell, by the number of the column in the layout."""

    number: int
    cells: dict[int, Cell]
    places: dict[int, str]


@dataclass(frozen=True)
class Table:
    """A sheet of the layout as it is filled in, and its title in the workbook."""

    sheet: Sheet
    title: str
    rows: list[Row]


@dataclass(frozen=True)
class Tables:
    """All tables of a workbook in the order of the layout, the sheet of other facts, and the workbook's language."""

    tables: list[Table]
    other: RawSheet | None
    language: str


def read_tables(name: str, data: bytes, problems: Problems) -> Tables:
    """Return the tables of a workbook; what is wrong with their form is noted.

    Raises ``WorkbookError`` for what is no workbook, or none with a sheet of the layout.
    """
    found = layout()
    names = {fold(title): sheet for title, sheet in found.titles.items()}
    titles: list[str] = []

    def wanted(title: str) -> bool:
        titles.append(title)
        return names.get(fold(title)) in {"other", *(s.name for s in found.sheets)}

    raw: dict[str, RawSheet] = {}
    for sheet in open_workbook(name, data, wanted, problems):
        which = names[fold(sheet.title)]
        if which in raw:
            values = {"given": sheet.title, "other": raw[which].title}
            problems.add(Problem("sheet-twice", sheet.title, values=values))
        raw[which] = sheet
    _check_titles(titles, problems)
    if not any(s.name in raw for s in found.sheets):
        raise WorkbookError(name, [*problems.found, Problem("not-template")])
    tables = [
        Table(s, raw[s.name].title, list((_form if s.form else _rows)(s, raw[s.name], problems)))
        for s in found.sheets
        if s.name in raw
    ]
    return Tables(tables, raw.get("other"), _language(titles))


def _check_titles(titles: list[str], problems: Problems) -> None:
    known = {fold(title) for title in layout().titles}
    for title in titles:
        if fold(title) not in known and not title.startswith("#") and (nearest := near(title, layout().titles, 1, 0.8)):
            problems.add(Problem("sheet-name", title, values={"given": title, "nearest": nearest[0]}))


def _language(titles: list[str]) -> str:
    """Return the language in which most sheets are named."""
    named = Counter(
        lang for s in layout().sheets for lang, title in s.titles.items() for t in titles if fold(t) == fold(title)
    )
    return max(LANGUAGES, key=lambda lang: named[lang])


def _rows(sheet: Sheet, raw: RawSheet, problems: Problems) -> Iterator[Row]:
    by_header = {fold(c.header(lang)): i for i, c in enumerate(sheet.columns) for lang in LANGUAGES}
    header = max(
        (n for n in raw.rows if n <= _HEADER_ROWS),
        key=lambda n: (sum(fold(c.text) in by_header for c in raw.rows[n]), -n),
        default=0,
    )
    found = {c.column: by_header[fold(c.text)] for c in raw.rows.get(header, []) if fold(c.text) in by_header}
    if not found:
        if raw.rows:
            problems.add(Problem("header-missing", raw.title, f"A{min(raw.rows)}"))
        return
    _check_header(raw, header, by_header, problems)
    named = {c.column for c in raw.rows[header]}
    words = {fold(requirement(sheet, c, lang)) for c in sheet.columns for lang in LANGUAGES}
    for number, cells in raw.rows.items():
        if number <= header or all(fold(c.text) in words for c in cells):
            continue
        for cell in cells:
            if cell.column not in named:
                problems.add(Problem("header-none", raw.title, f"{get_column_letter(cell.column)}{header}"))
        mine = {found[c.column]: c for c in cells if c.column in found and c.text.strip()}
        if mine:
            yield Row(number, mine, {i: f"{get_column_letter(c)}{number}" for c, i in found.items()})


def _check_header(raw: RawSheet, header: int, by_header: dict[str, int], problems: Problems) -> None:
    seen: set[int] = set()
    for cell in raw.rows[header]:
        text = cell.text.strip()
        index = by_header.get(fold(text))
        if index is None and not text.startswith("#"):
            problems.add(
                Problem("header-unknown", raw.title, cell.place, {"given": text[:80]}, near(text, by_header, 2))
            )
        elif index in seen:
            problems.add(Problem("header-twice", raw.title, cell.place, {"given": text[:80]}))
        elif index is not None:
            seen.add(index)


def _form(sheet: Sheet, raw: RawSheet, problems: Problems) -> Iterator[Row]:
    """Yield the one row of a form, whose columns stand below one another: label, value or Swedish, English."""
    by_label: dict[str, list[tuple[int, Column]]] = {}
    for i, column in enumerate(sheet.columns):
        for folded in {fold(text) for text in column.labels.values()}:
            by_label.setdefault(folded, []).append((i, column))
    heads = {fold(text) for header in layout().texts["form"]["headers"] for text in header.values()}
    heads |= {fold(t) for group in layout().texts["groups"].values() for t in group.values()}
    heads |= {fold(t) for texts in (sheet.titles, sheet.about) for t in texts.values()}
    cells: dict[int, Cell] = {}
    places: dict[int, str] = {}
    for number, row in raw.rows.items():
        given = {cell.place.rstrip("0123456789"): cell for cell in row}
        label = given.get("A")
        if label is None or fold(label.text) in heads or label.text.startswith("#"):
            continue
        if fold(label.text) not in by_label:
            values = {"given": label.text[:80]}
            nearest = near(label.text, by_label, 2)
            problems.add(Problem("header-unknown", raw.title, label.place, values, nearest))
            continue
        for i, column in by_label[fold(label.text)]:
            letter = "C" if column.language == "en" else "B"
            places[i] = f"{letter}{number}"
            if letter in given and given[letter].text.strip():
                cells[i] = given[letter]
    if cells:
        yield Row(1, cells, places)
