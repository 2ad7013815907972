"""One cell of a workbook and the terms that it stands for, read and written by the kind of its column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pyoxigraph as ox

from evidensgraf.graph.workbook_layout import Column, layout
from evidensgraf.graph.workbook_names import Names
from evidensgraf.graph.workbook_package import Cell
from evidensgraf.graph.workbook_problems import CellProblem
from evidensgraf.ontology.namespaces import PREFIXES

Term = ox.NamedNode | ox.Literal
_XSD = PREFIXES["xsd"]
_DATES = {4: "gYear", 7: "gYearMonth", 10: "date"}
_UNITS = {"d": "D", "v": "W", "w": "W", "m": "M", "å": "Y", "y": "Y"}
"""First letter of a unit of time in Swedish or English → its letter in a duration."""
_TRUE = {"true", "sant", "ja", "yes", "x", "1"}
_FALSE = {"false", "falskt", "nej", "no", "0"}


def read_cell(column: Column, cell: Cell, names: Names) -> list[Term]:
    """Return the terms that a cell stands for, in order. Raises ``CellProblem``."""
    if column.kind == "text":
        return [ox.Literal(_string(cell).strip(), language=column.language)]
    if column.kind == "string" and not column.many:
        return [ox.Literal(_string(cell).strip())]
    if column.kind in ("resource", "concept", "string", "iri"):
        return _several(column, _string(cell), names)
    return [_READERS[column.kind](cell)]


def _several(column: Column, text: str, names: Names) -> list[Term]:
    """Return the terms of a cell that may have several values: the whole text as one, or each part of it."""

    def one(part: str) -> Term:
        if column.kind == "string":
            return ox.Literal(part)
        if column.kind == "iri":
            return _iri(part)
        return ox.NamedNode(names.resolve(part, column.classes, concept=column.kind == "concept"))

    parts = [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
    if len(parts) > 1 and column.kind in ("resource", "concept"):
        try:
            return [one(" ".join(text.split()))]  # a label may have a semicolon in it
        except CellProblem:
            pass
    if len(parts) > 1 and not column.many:
        raise CellProblem("many", text, count=len(parts))
    return [one(part) for part in parts]


def write_cell(column: Column, terms: Iterable[Term], names: Names, lang: str) -> str | int | float | None:
    """Return the content of a cell that stands for terms of a column, None where no content does."""
    found = sorted(terms, key=str)
    if not found:
        return None
    if column.kind in ("resource", "concept"):
        shown = [names.shown(t.value, lang, column.classes) if isinstance(t, ox.NamedNode) else str(t) for t in found]
        return "; ".join(sorted(shown))
    values = [term.value for term in found]
    if column.kind == "boolean":
        return str(layout().texts["booleans"].get(values[0], {}).get(lang, values[0]))
    if column.kind in ("integer", "decimal") and len(values) == 1:
        return _number(values[0])
    return "; ".join(values)


def _number(text: str) -> str | int | float:
    """Return a number as one that a cell can have, where it has all its digits; else the text."""
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    if re.fullmatch(r"-?\d+\.\d+", text) and _decimal_text(Decimal(repr(float(text)))) == text:
        return float(text)
    return text


def typed(text: str, datatype: str) -> ox.Literal:
    """Return a literal of a datatype of XML Schema, by its local name."""
    return ox.Literal(text, datatype=ox.NamedNode(_XSD + datatype))


def _string(cell: Cell) -> str:
    if isinstance(cell.value, date | time | timedelta):
        raise CellProblem("string-date")
    if isinstance(cell.value, bool):
        return str(cell.value).lower()
    return cell.text


def _integer(cell: Cell) -> ox.Literal:
    text = _plain(cell)
    if isinstance(cell.value, bool) or not re.fullmatch(r"[+-]?\d{1,30}", text):
        raise CellProblem("integer", cell.text)
    return typed(str(int(text)), "integer")


def _decimal(cell: Cell) -> ox.Literal:
    text = _plain(cell).replace(",", ".")
    if isinstance(cell.value, float):
        text = f"{Decimal(repr(cell.value)):f}"
    if isinstance(cell.value, bool) or not re.fullmatch(r"[+-]?(\d{1,30}(\.\d{1,30})?|\.\d{1,30})", text):
        raise CellProblem("decimal", cell.text)
    number = Decimal(text)
    return typed(_decimal_text(number * 100 if cell.percent else number), "decimal")


def _decimal_text(number: Decimal) -> str:
    """Return the canonical form of a decimal (XML Schema 1.0, §3.2.3.2), as Turtle writes it.

    >>> _decimal_text(Decimal("58")), _decimal_text(Decimal("0.10"))
    ('58.0', '0.1')
    """
    text = f"{number:f}"
    text = text.rstrip("0") if "." in text else f"{text}."
    return text + "0" if text.endswith(".") else text


def _plain(cell: Cell) -> str:
    """Return the text of a number without spaces and with a plain minus sign."""
    return re.sub(r"(?<=\d)[\s\u00a0\u202f]+(?=\d{3}(?!\d))", "", cell.text.strip()).replace("\u2212", "-")


def _boolean(cell: Cell) -> ox.Literal:
    text = cell.text.strip().lower()
    if text not in _TRUE | _FALSE:
        raise CellProblem("boolean", cell.text)
    return typed("true" if text in _TRUE else "false", "boolean")


def _date(cell: Cell) -> ox.Literal:
    text = _day_text(cell)
    if not (re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text) and _exists(text)):
        raise CellProblem("date", cell.text)
    return typed(text, _DATES[len(text)])


def _day(cell: Cell) -> ox.Literal:
    text = _day_text(cell)
    if not (re.fullmatch(r"\d{4}-\d\d-\d\d", text) and _exists(text)):
        raise CellProblem("day", cell.text)
    return typed(text, "date")


def _year(cell: Cell) -> ox.Literal:
    text = cell.text.strip()
    if not re.fullmatch(r"[12]\d{3}", text):
        raise CellProblem("year", cell.text)
    return typed(text, "gYear")


def _day_text(cell: Cell) -> str:
    if isinstance(cell.value, datetime):
        return cell.value.date().isoformat()
    return cell.value.isoformat() if isinstance(cell.value, date) else cell.text.strip()


def _exists(text: str) -> bool:
    """Return whether there is such a year, month or day."""
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return False
    return True


def _duration(cell: Cell) -> ox.Literal:
    """Return a length of time: in words of Swedish or English, or as a duration (XML Schema, §3.2.6)."""
    text = _string(cell).strip()
    if re.fullmatch(r"P(?=.)(\d+Y)?(\d+M)?(\d+D)?", text):
        return typed(text, "duration")
    match = re.fullmatch(r"(\d{1,4})\s*(d|v|w|m|å|y)\w*\.?", text.lower())
    if not match:
        raise CellProblem("duration", text)
    number, unit = int(match[1]), _UNITS[match[2]]
    return typed(f"P{number * 7}D" if unit == "W" else f"P{number}{unit}", "duration")


def _iri(text: str) -> ox.NamedNode:
    try:
        if re.match(r"https?://[^/\s]+\.?[^/\s]*", text):
            return ox.NamedNode(text)
    except ValueError:
        pass
    raise CellProblem("iri", text)


_READERS: Mapping[str, Callable[[Cell], ox.Literal]] = {
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "day": _day,
    "year": _year,
    "duration": _duration,
}
