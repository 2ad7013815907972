"""A draft as the tables of a workbook: what its rows and cells are, and the facts that no column has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from evidensgraf.graph.workbook import draft_of
from evidensgraf.graph.workbook_cells import Term, read_cell, write_cell
from evidensgraf.graph.workbook_layout import Column, Sheet, class_labels, layout, local
from evidensgraf.graph.workbook_names import Names
from evidensgraf.graph.workbook_other import other_row
from evidensgraf.graph.workbook_package import Cell
from evidensgraf.graph.workbook_problems import CellProblem, Problems
from evidensgraf.graph.workbook_rows import part_iri, part_key
from evidensgraf.graph.workbook_tables import Row, Table, Tables
from evidensgraf.ontology.namespaces import EV, expand, kebab, resource

_TYPE = expand("rdf:type")
Content = str | int | float


@dataclass(frozen=True)
class Filled:
    """A draft as tables: for each sheet its rows, each cell by the number of its column; and rows of other facts."""

    rows: dict[str, list[dict[int, Content]]]
    other: list[list[str]]


def fill(name: str, quads: Iterable[ox.Quad], lang: str, known: Names) -> Filled:
    """Return the tables of a draft, such that reading them gives its statements again, and no others.

    The names of graphs are not kept: ``workbook_rows.graph_of`` gives them. Raises ``ValueError`` for blank nodes and
    triple terms, which have no name that a cell could hold.
    """
    given = set(quads)
    for quad in given:
        if not (isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal)):
            raise ValueError(f"{quad.subject} {quad.predicate}: what has no IRI cannot stand in a workbook.")
    rows = _Filler(given, lang, known).rows()
    while True:
        problems = Problems()
        found = draft_of(name, _tables(rows, lang), known, problems)
        if not problems.found:
            break
        _leave_out(rows, problems, lang)
    wanted, had = ({(q.subject, q.predicate, q.object): q for q in some} for some in (given, found.quads))
    other = [(quad, True) for key, quad in wanted.items() if key not in had]
    other += [(quad, False) for key, quad in had.items() if key not in wanted]
    other.sort(key=lambda entry: str(entry[0]))
    return Filled(rows, [other_row(quad, lang, holds=holds) for quad, holds in other])


class _Filler:
    """Makes rows of the things in a draft."""

    def __init__(self, quads: set[ox.Quad], lang: str, known: Names) -> None:
        self.lang, self.names = lang, Names(sorted(quads, key=str), known)
        self.facts: dict[str, dict[str, set[Term]]] = defaultdict(lambda: defaultdict(set))
        for quad in quads:
            self.facts[str(getattr(quad.subject, "value", ""))][quad.predicate.value].add(quad.object)  # type: ignore[arg-type]
        self.guideline = min((iri for iri in self.facts if EV + "Guideline" in self._types(iri)), default="")

    def rows(self) -> dict[str, list[dict[int, Content]]]:
        """Return the rows of every sheet."""
        return {sheet.name: list(self._rows(sheet)) for sheet in layout().sheets}

    def _types(self, iri: str) -> set[str]:
        return {t.value for t in self.facts[iri].get(_TYPE, ())}

    def _rows(self, sheet: Sheet) -> Iterator[dict[int, Content]]:
        for iri in sorted(self.facts):
            cls = next((c for c in sheet.classes if c in self._types(iri)), None)
            if cls is None or (iri == self.guideline) != sheet.form:
                continue
            owner, hash_, fragment = iri.partition("#")
            kind = kebab(local(cls)) if sheet.column("class") else sheet.kind
            if sheet.owner:
                linked = ox.NamedNode(iri) in self.facts[owner].get(sheet.owner.property, ())
                if fragment and linked and self.names.is_a(owner, sheet.owner.classes):
                    yield from self._split(sheet, self._row(sheet, iri, cls))
            elif not hash_ and iri == resource(kind, iri.rpartition("/")[2]):
                yield self._row(sheet, iri, cls)

    def _row(self, sheet: Sheet, iri: str, cls: str) -> dict[int, Content]:
        row: dict[int, Content] = {}
        for i, column in enumerate(sheet.columns):
            if column.kind == "id":
                row[i] = iri.rpartition("/")[2]
            elif column.kind == "class":
                row[i] = class_labels(cls)[self.lang]
            elif column.kind == "key":
                row[i] = part_key(sheet, iri)
            elif column.kind == "owner" and sheet.owner:
                row[i] = self.names.shown(iri.partition("#")[0], self.lang, sheet.owner.classes)
            elif (content := self._content(column, part_iri(iri, column.part))) is not None:
                row[i] = content
        return row

    def _content(self, column: Column, subject: str) -> Content | None:
        """Return the content of a cell, with those values of a property that it can hold and give back."""
        terms = sorted(self.facts[subject].get(column.property, ()), key=str) if subject in self.facts else []
        if column.language:
            terms = [t for t in terms if isinstance(t, ox.Literal) and t.language == column.language]
        kept = [t for t in terms if self._kept(column, [t])]
        content = write_cell(column, kept if column.many else kept[:1], self.names, self.lang)
        return content if content is not None and self._kept(column, kept if column.many else kept[:1]) else None

    def _kept(self, column: Column, terms: list[Term]) -> bool:
        content = write_cell(column, terms, self.names, self.lang)
        try:
            return content is not None and set(read_cell(column, Cell(content, "A1", 1), self.names)) == set(terms)
        except CellProblem:
            return False

    @staticmethod
    def _split(sheet: Sheet, row: dict[int, Content]) -> Iterator[dict[int, Content]]:
        """Yield a row for each value of the column whose values have rows of their own; the first has all the rest."""
        index = next((i for i, c in enumerate(sheet.columns) if c.rows and i in row), None)
        if index is None:
            yield row
            return
        first, *others = str(row[index]).split("; ")
        yield row | {index: first}
        shared = {i: v for i, v in row.items() if sheet.columns[i].kind in ("owner", "key")}
        yield from (shared | {index: value} for value in others)


def _leave_out(rows: dict[str, list[dict[int, Content]]], problems: Problems, lang: str) -> None:
    """Take out the rows that could not be read again; their facts are written as other facts."""
    for sheet in layout().sheets:
        wrong = {p.cell.partition("C")[0] for p in problems.found if p.sheet == sheet.titles[lang]}
        rows[sheet.name] = [row for n, row in enumerate(rows[sheet.name], 1) if f"R{n}" not in wrong]


def _tables(rows: dict[str, list[dict[int, Content]]], lang: str) -> Tables:
    """Return rows as the tables that would be read of a workbook with them."""
    tables = []
    for sheet in layout().sheets:
        filled = [
            Row(n, {i: Cell(content, f"R{n}C{i}", i + 1) for i, content in row.items()}, {})
            for n, row in enumerate(rows[sheet.name], 1)
        ]
        tables.append(Table(sheet, sheet.titles[lang], filled))
    return Tables(tables, None, lang)
