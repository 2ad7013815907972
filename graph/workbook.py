"""Reading a filled workbook: the author's rows become the statements of a draft, or everything that is wrong is said.

Every row of a sheet is a thing; its cells are the values of its properties. ``workbook.yaml`` says which, and what an
empty cell means. Values are recognised by label in either language, by name or by address; formulas are never read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

import pyoxigraph as ox

from evidensgraf.graph.draft import Draft, Place
from evidensgraf.graph.workbook_cells import Term, read_cell
from evidensgraf.graph.workbook_layout import Column, layout
from evidensgraf.graph.workbook_names import Names, known_names
from evidensgraf.graph.workbook_other import read_other
from evidensgraf.graph.workbook_problems import CellProblem, Problem, Problems, WorkbookError
from evidensgraf.graph.workbook_rows import Thing, graph_of, part_iri, parts, root_part, scheme_iri, things
from evidensgraf.graph.workbook_tables import Tables, read_tables
from evidensgraf.ontology.namespaces import EV, expand, graph_iri, slugify

_TYPE = expand("rdf:type")


def read_workbook(name: str, data: bytes, known: Names | None = None) -> Draft:
    """Return the draft in a filled workbook; ``known`` has what it may refer to, else the curated graph of the package.

    Raises ``WorkbookError``, which names the sheet and the cell of everything that is wrong.
    """
    problems = Problems()
    tables = read_tables(name, data, problems)
    draft = draft_of(name, tables, known or known_names(), problems)
    problems.raise_if_any(name)
    if not draft.quads:
        raise WorkbookError(name, [Problem("empty", values={"sheet": layout().sheet("recommendations").titles})])
    return draft


def draft_of(name: str, tables: Tables, known: Names, problems: Problems) -> Draft:
    """Return the draft in tables; what is wrong with them is noted."""
    rows = [t for table in tables.tables if not table.sheet.owner for t in things(table, problems)]
    names = Names(own_names(rows), known)
    rows += [t for table in tables.tables if table.sheet.owner for t in parts(table, names, problems)]
    for thing in rows:
        _read(thing, names, problems)
    _check_lines(rows, problems)
    said = _Statements(rows, name)
    quads = said.quads
    if tables.other:
        more, less = read_other(tables.other, lambda iri: graph_of(iri, said.graph), problems, said.places)
        quads = (quads | more) - less
    return Draft(name, tuple(sorted(quads, key=str)), said.places, tables.language, workbook=True)


def own_names(rows: list[Thing]) -> Iterator[ox.Quad]:
    """Yield the classes and the labels of the author's own things, which cells may refer to."""
    for thing in rows:
        for cls in (*thing.classes, thing.table.sheet.cls):
            yield _quad(thing.iri, _TYPE, ox.NamedNode(cls), EV)
        for i, cell in thing.row.cells.items():
            if thing.columns[i].naming:
                label = ox.Literal(cell.text.strip(), language=thing.columns[i].language)
                yield _quad(thing.iri, thing.columns[i].property, label, EV)


def _read(thing: Thing, names: Names, problems: Problems) -> None:
    for i, cell in thing.row.cells.items():
        if thing.columns[i].property:
            try:
                thing.terms[i] = read_cell(thing.columns[i], cell, names)
            except CellProblem as problem:
                problems.add(problem.at(thing.table.title, cell.place))


def _check_lines(rows: list[Thing], problems: Problems) -> None:
    """Note where two rows of one evidence line say different things of it."""
    said: dict[tuple[str, int], tuple[list[Term], str]] = {}
    for thing in (t for t in rows if t.table.sheet.owner):
        for i, terms in thing.terms.items():
            here = thing.row.cells[i].place
            before, place = said.setdefault((thing.iri, i), (terms, here))
            if before != terms and not thing.columns[i].many:
                problems.add(CellProblem("row-differs", thing.key, cell=place).at(thing.table.title, here))


class _Statements:
    """The statements that the rows of a workbook make, and where each of them stands."""

    def __init__(self, rows: list[Thing], name: str) -> None:
        self.quads: set[ox.Quad] = set()
        self.places: dict[str | tuple[str, str], Place] = {}
        self.guideline = next((t.iri for t in rows if t.table.sheet.form), "")
        slug = self.guideline.rpartition("/")[2] or slugify(PurePath(name).stem) or "draft"
        self.graph = graph_iri(slug)
        for thing in rows:
            self._write(thing)
            self._place(thing)

    def _write(self, thing: Thing) -> None:
        sheet = thing.table.sheet
        graph = graph_iri(sheet.graph) if sheet.graph else self.graph
        for cls in thing.classes:
            self._add(thing.iri, _TYPE, ox.NamedNode(cls), graph)
        if sheet.owner:
            self._add(thing.iri.partition("#")[0], sheet.owner.property, ox.NamedNode(thing.iri), graph)
        values = self._filled(thing)
        for i, terms in values.items():
            self._values(thing, thing.columns[i], terms, graph)
        if sheet.scheme:
            scheme = ox.NamedNode(scheme_iri(thing.classes[-1]))
            self._add(thing.iri, expand("skos:inScheme"), scheme, graph)
            if not any(values[i] for i in values if thing.columns[i].property == expand("skos:broader")):
                self._add(thing.iri, expand("skos:topConceptOf"), scheme, graph)

    def _values(self, thing: Thing, column: Column, terms: list[Term], graph: str) -> None:
        subject = self._subject(thing.iri, column.part, graph) if terms else thing.iri
        for term in terms:
            self._add(subject, column.property, term, graph)
            if column.inverse and isinstance(term, ox.NamedNode):
                self._add(term.value, column.inverse, ox.NamedNode(subject), graph_of(term.value, self.graph))
            if cls := column.implies.get(term.value):
                self._add(subject, _TYPE, ox.NamedNode(cls), graph)

    def _filled(self, thing: Thing) -> dict[int, list[Term]]:
        """Return the values of the columns, those of empty cells too; of a part only where the part has something."""
        values = {i: thing.terms.get(i, []) for i, c in enumerate(thing.columns) if c.property}
        there = {
            root_part(thing.columns[i].part)
            for i in values
            if values[i] or (thing.columns[i].default.get("makes") and self._default(thing, thing.columns[i]))
        }
        for i in values:
            column = thing.columns[i]
            if not values[i] and column.default and (column.part is None or root_part(column.part) in there):
                values[i] = self._default(thing, column)
        return values

    def _default(self, thing: Thing, column: Column) -> list[Term]:
        if "guideline" in column.default:
            return [ox.NamedNode(self.guideline)] if self.guideline else []
        if "value" in column.default:
            return [ox.NamedNode(expand(column.default["value"]))]
        how, prop = next((how, prop) for how, prop in column.default.items() if how.endswith("words"))
        texts = (thing.terms[i][0].value for i in sorted(thing.terms) if thing.columns[i].property == expand(prop))
        words = next(texts, "").split()
        chosen = {"words": words, "first-words": words[:6], "last-words": words[-6:]}[how]
        return [ox.Literal(" ".join(chosen))] if chosen else []

    def _subject(self, iri: str, part: str | None, graph: str) -> str:
        """Return the IRI of a part of a thing, after adding what leads to it."""
        if part is None:
            return iri
        given = layout().parts[part]
        owner, subject = self._subject(iri, given.of, graph), part_iri(iri, part)
        self._add(owner, given.property, ox.NamedNode(subject), graph)
        self._add(subject, _TYPE, ox.NamedNode(given.cls), graph)
        return subject

    def _place(self, thing: Thing) -> None:
        """Note where a thing and its properties stand; of the two cells of a text an empty one comes first."""
        title, owner = thing.table.title, thing.table.sheet.owner
        first = Place(sheet=title, cell=thing.first)
        self.places.setdefault(thing.iri, first)
        if owner:
            self.places.setdefault((thing.iri.partition("#")[0], owner.property), first)
        for i in sorted(thing.row.places, key=lambda i: (i in thing.row.cells, i)):
            column, place = thing.columns[i], Place(sheet=title, cell=thing.row.places[i])
            if column.property:
                subject = part_iri(thing.iri, column.part)
                self.places.setdefault((subject, column.property), place)
                self.places.setdefault(subject, place)
        self.places[thing.iri] = first

    def _add(self, subject: str, predicate: str, value: Term, graph: str) -> None:
        self.quads.add(_quad(subject, predicate, value, graph))


def _quad(subject: str, predicate: str, value: Term, graph: str) -> ox.Quad:
    return ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), value, ox.NamedNode(graph))
