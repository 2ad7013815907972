"""What the rows of a filled workbook are: the address and the classes of the thing that each stands for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from evidensgraf.graph.workbook_cells import Term
from evidensgraf.graph.workbook_layout import Column, Sheet, class_labels, kinds, layout, local
from evidensgraf.graph.workbook_names import Names, fold
from evidensgraf.graph.workbook_package import Cell
from evidensgraf.graph.workbook_problems import CellProblem, Problems, near
from evidensgraf.graph.workbook_tables import Row, Table
from evidensgraf.ontology.namespaces import ID, LANGUAGES, curie, graph_iri, kebab, resource, slugify

_LONGEST = 80
"""Longest slug that is made of a title, in characters."""
_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"


@dataclass
class Thing:
    """What a row stands for: its IRI, its classes, the key that the author gave a part, the terms of its columns."""

    table: Table
    row: Row
    iri: str
    classes: tuple[str, ...]
    key: str = ""
    terms: dict[int, list[Term]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns of the sheet of the row."""
        return self.table.sheet.columns

    @property
    def first(self) -> str:
        """Return the cell that stands for the whole row: that of its title, or the first."""
        named = [i for i in sorted(self.row.cells) if self.columns[i].naming]
        return self.row.cells[named[0]].place if named else first_cell(self.row)


def things(table: Table, problems: Problems) -> Iterator[Thing]:
    """Yield what the rows of a sheet stand for; a row that does not say it is noted and left out."""
    seen: dict[str, str] = {}
    sheet = table.sheet
    for row in table.rows:
        place = first_cell(row)
        try:
            cls = _class(sheet, row)
            iri, place = _iri(sheet, row, kebab(local(cls)) if sheet.column("class") else sheet.kind, seen)
            if iri in seen:
                values = {"cell": seen[iri], "column": headers(sheet.column("id") or sheet.columns[0])}
                raise CellProblem("twice", iri.removeprefix(ID), **values)
        except CellProblem as problem:
            problems.add(problem.at(table.title, getattr(problem, "place", "") or place))
            continue
        seen[iri] = place
        yield Thing(table, row, iri, (*sheet.types, *([cls] if sheet.column("class") else [])))


def parts(table: Table, names: Names, problems: Problems) -> list[Thing]:
    """Return what the rows of a sheet stand for whose things are parts of others: evidence lines, ratings, judgements.

    A part is numbered as its row says, else with the next free number of its owner.
    """
    sheet, owner = table.sheet, table.sheet.owner
    index, number = (sheet.columns.index(c) for kind in ("owner", "key") if (c := sheet.column(kind)))
    found: list[tuple[Row, str, str]] = []
    for row in table.rows:
        cell, key = row.cells.get(index), row.cells.get(number)
        try:
            if cell is None or owner is None:
                raise CellProblem("ownerless", column=headers(sheet.columns[index]))
            iri = names.resolve(cell.text.strip(), owner.classes)
            if key and not re.fullmatch(_SLUG, key.text.strip()):
                raise CellProblem("key", key.text)
            found.append((row, iri, key.text.strip() if key else ""))
        except CellProblem as problem:
            at = key if key and problem.key == "key" else cell
            problems.add(problem.at(table.title, at.place if at else row.places.get(index, first_cell(row))))
    return list(_numbered(table, found))


def _numbered(table: Table, rows: list[tuple[Row, str, str]]) -> Iterator[Thing]:
    fragment = table.sheet.owner.fragment if table.sheet.owner else ""
    taken: dict[str, set[str]] = defaultdict(set)
    for _, owner, key in rows:
        taken[owner].add(key)
    free: dict[str, int] = defaultdict(int)
    for row, owner, given in rows:
        key = given
        while not key:
            free[owner] += 1
            key = "" if str(free[owner]) in taken[owner] else str(free[owner])
        iri = f"{owner}#{fragment}-{key}" if key.isdigit() else f"{owner}#{key}"
        yield Thing(table, row, iri, table.sheet.types, key)


def part_key(sheet: Sheet, iri: str) -> str:
    """Return what stands in the column of keys for a part: its number, or its fragment."""
    fragment = iri.partition("#")[2]
    number = fragment.removeprefix(f"{sheet.owner.fragment}-") if sheet.owner else fragment
    return number if number.isdigit() else fragment


def part_iri(iri: str, part: str | None) -> str:
    """Return the IRI of a part of a thing.

    >>> part_iri("https://w3id.org/evidensgraf/id/finding/x", "passage-start").rpartition("/")[2]
    'x#passage-start'
    """
    return f"{iri}#{layout().parts[part].fragment}" if part else iri


def root_part(part: str | None) -> str | None:
    """Return the part that a part hangs on in the end (``passage`` for ``passage-start``)."""
    while part and (above := layout().parts[part].of):
        part = above
    return part


def scheme_iri(cls: str) -> str:
    """Return the IRI of the scheme of the concepts of a class."""
    schemes: Mapping[str, str] = layout().texts["schemes"]
    return resource("concept-scheme", schemes.get(curie(cls), kebab(local(cls))))


def graph_of(iri: str, otherwise: str) -> str:
    """Return the IRI of the graph that facts on a thing stand in: a shared one for its kind, or that of the draft."""
    kind = iri.removeprefix(ID).partition("/")[0]
    for sheet in layout().sheets:
        if sheet.graph and kind in {sheet.kind, *(kebab(local(c)) for c in sheet.classes)}:
            return graph_iri(sheet.graph)
    return otherwise


def headers(column: Column) -> dict[str, str]:
    """Return the header of a column in each language."""
    return {lang: column.header(lang) for lang in LANGUAGES}


def first_cell(row: Row) -> str:
    """Return the place of the first cell with content."""
    return row.cells[min(row.cells)].place


def _class(sheet: Sheet, row: Row) -> str:
    column = sheet.column("class")
    if column is None:
        return sheet.cls
    index = sheet.columns.index(column)
    cell = row.cells.get(index)
    if cell is None:
        raise _Placed(row.places.get(index, ""), "classless", column=headers(column))
    text = fold(cell.text)
    known = {fold(name): cls for cls in sheet.classes for name in (*class_labels(cls).values(), local(cls), curie(cls))}
    if text not in known:
        labels = (label for cls in sheet.classes for label in class_labels(cls).values())
        raise _Placed(cell.place, "unknown-concept", cell.text, near(cell.text, labels))
    return known[text]


def _iri(sheet: Sheet, row: Row, kind: str, seen: Mapping[str, str]) -> tuple[str, str]:
    """Return the IRI of a row and the cell that it comes from: the name given, or the title, or the first value."""
    column = sheet.column("id")
    index = sheet.columns.index(column) if column else -1
    if given := row.cells.get(index):
        return _given_iri(given, kind), given.place
    naming = [i for i, c in enumerate(sheet.columns) if c.naming]
    for i in naming or [i for i in sorted(row.cells) if sheet.columns[i].kind == "resource"][:1]:
        cell = row.cells.get(i)
        if cell and (slug := _slug(cell.text if naming else cell.text.rpartition("/")[2])):
            iri, count = resource(kind, slug), 1
            while not naming and iri in seen:
                count += 1
                iri = resource(kind, f"{slug}-{count}")
            return iri, cell.place
    nameless = sheet.columns[naming[0] if naming else 0]
    raise _Placed(row.places.get(naming[0], "") if naming else "", "nameless", column=headers(nameless))


def _given_iri(cell: Cell, kind: str) -> str:
    text = cell.text.strip().removeprefix(ID)
    given, slash, slug = text.rpartition("/")
    if slash and given in kinds() and given != kind and re.fullmatch(_SLUG, slug):
        raise _Placed(cell.place, "slug-kind", text, kind=kind)
    if not re.fullmatch(_SLUG, slug) or (slash and given != kind):
        raise _Placed(cell.place, "slug", text)
    return resource(kind, slug)


def _slug(text: str) -> str:
    slug = slugify(text[:1000])
    return slug if len(slug) <= _LONGEST else slug[: _LONGEST + 1].rpartition("-")[0] or slug[:_LONGEST]


class _Placed(CellProblem):
    """A problem that knows its cell."""

    def __init__(
        self, place: str, key: str, given: object = "", nearest: tuple[str, ...] = (), **values: object
    ) -> None:
        super().__init__(key, given, nearest, **values)
        self.place = place
