"""The sheet of other facts: what has no column in the other sheets, and what they imply that does not hold."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping

import pyoxigraph as ox

from evidensgraf.graph.draft import Place
from evidensgraf.graph.workbook_layout import layout
from evidensgraf.graph.workbook_names import fold, short
from evidensgraf.graph.workbook_package import Cell, RawSheet
from evidensgraf.graph.workbook_problems import CellProblem, Problems
from evidensgraf.ontology.namespaces import ID, PREFIXES, curie, expand


def read_other(
    raw: RawSheet,
    graph_of: Callable[[str], str],
    problems: Problems,
    places: MutableMapping[str | tuple[str, str], Place],
) -> tuple[set[ox.Quad], set[ox.Quad]]:
    """Return the facts that the sheet adds, and those that it says do not hold."""
    more: set[ox.Quad] = set()
    less: set[ox.Quad] = set()
    texts = layout().texts["other"]
    headers = {fold(t) for header in texts["headers"] for t in header.values()}
    no = {fold(t) for t in texts["except"].values()}
    yes = {fold(t) for t in texts["holds"].values()} | {""}
    for number, cells in raw.rows.items():
        if sum(fold(c.text) in headers for c in cells) >= 3 or (len(cells) == 1 and number < 4):
            continue
        by_column = {cell.column: cell for cell in cells}
        try:
            quad = _quad(by_column, graph_of)
            holds = by_column.get(5)
            if holds and fold(holds.text) not in yes | no:
                raise CellProblem("other-holds", holds.text)
        except CellProblem as problem:
            at = {"other-subject": 1, "other-property": 2, "other-kind": 4, "other-holds": 5}.get(problem.key, 3)
            problems.add(problem.at(raw.title, f"{'ABCDE'[at - 1]}{number}"))
            continue
        (less if holds and fold(holds.text) in no else more).add(quad)
        subject, place = str(getattr(quad.subject, "value", "")), Place(sheet=raw.title, cell=f"C{number}")
        places.setdefault(subject, place)
        places.setdefault((subject, quad.predicate.value), place)
    return more, less


def other_row(quad: ox.Quad, lang: str, *, holds: bool) -> list[str]:
    """Return the row of a fact, or of one that does not hold."""
    texts, value = layout().texts["other"], quad.object
    if isinstance(value, ox.NamedNode):
        shown, kind = short(value.value), texts["resource"][lang]
    elif isinstance(value, ox.Literal):
        shown, kind = value.value, value.language or curie(value.datatype.value)
    else:
        raise ValueError(f"{value} has no name; give it an IRI.")
    subject = short(str(getattr(quad.subject, "value", "")))
    return [subject, curie(quad.predicate.value), shown, kind, texts["holds" if holds else "except"][lang]]


def _quad(cells: dict[int, Cell], graph_of: Callable[[str], str]) -> ox.Quad:
    given = [cells[i].text if i in cells else "" for i in range(1, 5)]
    subject = _node(given[0].strip(), "other-subject")
    predicate = _node(given[1].strip(), "other-property")
    kind = given[3].strip()
    if fold(kind) in {fold(t) for t in layout().texts["other"]["resource"].values()}:
        value: ox.NamedNode | ox.Literal = _node(given[2].strip(), "other-subject")
    elif ":" in kind:
        value = ox.Literal(given[2], datatype=_node(kind, "other-kind"))
    else:
        try:
            value = ox.Literal(given[2], language=kind or None)
        except ValueError as error:
            raise CellProblem("other-kind", kind) from error
    if not kind:
        raise CellProblem("other-kind", kind)
    return ox.Quad(subject, predicate, value, ox.NamedNode(graph_of(subject.value)))


def _node(text: str, key: str) -> ox.NamedNode:
    prefix, colon, name = text.partition(":")
    try:
        if colon and prefix in PREFIXES:
            return ox.NamedNode(expand(text))
        if colon:
            return ox.NamedNode(text)
        if "/" in text and text:
            return ox.NamedNode(ID + text)
    except ValueError:
        pass
    raise CellProblem(key, text)
