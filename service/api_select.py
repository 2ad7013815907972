"""What a list is asked for: page, order, fields and filters, read from the address and checked against the list."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from evidensgraf.ontology.namespaces import EV, curie
from evidensgraf.service.collections import Collection, Filter
from evidensgraf.service.facts import Record
from evidensgraf.service.near import near
from evidensgraf.service.problems import Problem
from evidensgraf.service.tables import order_key

DEFAULT_LIMIT, MAX_LIMIT, MAX_PAGE = 20, 500, 1_000_000
"""Records on a page without ``limit``, records on a page at most, and the largest number of a page."""
LARGEST = 1_000_000_000
"""The largest number that a bound takes."""
IDENTITY = ("id", "type", "slug")
"""Members that every record has."""
COMMON = frozenset({"format", "lang"})
"""Parameters that every operation takes."""
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
Things = Callable[[str], Awaitable[Sequence[str]]]
"""Gives the IRIs of the things of a class (a CURIE)."""
_Wanted = tuple[Filter, frozenset[str] | str | float]
_Fault = dict[str, Any]


@dataclass(frozen=True)
class Selection:
    """A page of a list: which records (``wanted``), in which order, which page of which length, and which fields."""

    page: int = 1
    limit: int = DEFAULT_LIMIT
    sort: str = ""
    fields: tuple[str, ...] = ()
    wanted: tuple[_Wanted, ...] = ()


async def select(given: QueryParams, collection: Collection, things: Things) -> Selection:
    """Return what the parameters of an address ask of a list.

    Raises ``Problem`` (400) that names every parameter that cannot be used: one that the list does not have, one that
    is given twice, and one with a value that does not fit, with the values that do, or near ones.
    """
    filters = collection.filters
    faults = unusable(given, {"page", "limit", "sort", "fields", *filters})
    read = Reader(given, faults)
    names = (*IDENTITY, *(f.name for f in collection.fields))
    page, limit = read.whole("page", 1, 1, MAX_PAGE), read.whole("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    sort = read.choice("sort", collection.order, collection.sorts)
    fields = read.choices("fields", names)
    wanted = [await _wanted(read, filters[name], things) for name in given if name in filters]
    refuse(faults)
    return Selection(page, limit, sort, fields, tuple(w for w in wanted if w))


def unusable(given: QueryParams, accepted: Iterable[str]) -> list[_Fault]:
    """Return what is wrong with the names of parameters: those that an operation does not have or that come twice."""
    accepted = {*accepted} | COMMON
    faults = []
    for name in dict.fromkeys(given):
        if name not in accepted:
            faults.append(fault(name, "Okänd parameter.", "Unknown parameter.", sorted(accepted), near(name, accepted)))
        elif name in COMMON and not given[name]:
            faults.append(fault(name, "Saknar värde.", "Has no value."))
        elif len(given.getlist(name)) > 1:
            faults.append(fault(name, "Gavs flera gånger; en gång räcker.", "Given more than once; once is enough."))
    return faults


def fault(name: str, sv: str, en: str, allowed: Sequence[str] = (), suggestions: Sequence[str] = ()) -> _Fault:
    """Return one entry of ``errors``: the parameter, what is wrong in both languages, and what it takes instead."""
    found: _Fault = {"parameter": name}
    if suggestions:
        listed = ", ".join(suggestions)
        sv, en = f"{sv} Menade du: {listed}?", f"{en} Did you mean: {listed}?"
    if allowed:
        sv, en = f"{sv} Det finns: {', '.join(allowed)}.", f"{en} There are: {', '.join(allowed)}."
    found["detail"] = {"sv": sv, "en": en}
    return (
        found | ({"allowed": list(allowed)} if allowed else {}) | ({"suggestions": suggestions} if suggestions else {})
    )


def refuse(faults: Sequence[_Fault]) -> None:
    """Raise ``Problem`` (400) that says each fault, if there is any."""
    if faults:
        said = {lang: " ".join(f"{f['parameter']}: {f['detail'][lang]}" for f in faults) for lang in ("sv", "en")}
        raise Problem("invalid-parameter", said, errors=faults)


class Reader:
    """Reads single parameters and adds to ``faults`` what is wrong with their values."""

    def __init__(self, given: QueryParams, faults: list[_Fault]) -> None:
        self.given, self.faults = given, faults

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number between two bounds, or the default."""
        value = self.given.get(name)
        if value is None:
            return default
        number = int(value) if re.fullmatch(r"[0-9]{1,10}", value) else -1
        if not least <= number <= most:
            sv = f"Ska vara ett heltal från {least} till {most}."
            self.faults.append(fault(name, sv, f"Must be a whole number from {least} to {most}."))
        return number

    def choice(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """Return one of the allowed values, or the default."""
        value = self.given.get(name, default)
        if value not in allowed:
            self.faults.append(fault(name, "Okänt värde.", "Unknown value.", allowed, near(value, allowed)))
        return value

    def choices(self, name: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """Return some of the allowed values, and ``id``, in their own order; none when the parameter is not given."""
        if name not in self.given:
            return ()
        chosen = self.given[name].split(",")
        if unknown := [value for value in chosen if value not in allowed]:
            said = ", ".join(unknown) or "–"
            near_to = [n for value in unknown for n in near(value, allowed)]
            self.faults.append(fault(name, f"Finns inte: {said}.", f"Does not exist: {said}.", allowed, near_to))
        return tuple(n for n in allowed if n in chosen or n == "id")

    def date(self, name: str) -> str:
        """Return a year, a month or a date (RFC 3339 full-date, shortened)."""
        if not _DATE.fullmatch(value := self.given[name]):
            sv = "Ska vara ett år, ett år och en månad eller ett datum: 2016, 2016-05 eller 2016-05-31."
            self.faults.append(fault(name, sv, "Must be a year, a month or a date: 2016, 2016-05 or 2016-05-31."))
        return value


async def _wanted(read: Reader, asked: Filter, things: Things) -> _Wanted | None:
    if asked.field.kind == "number":
        return asked, float(read.whole(asked.name, 0, 0, LARGEST))
    if asked.field.kind == "date":
        return asked, read.date(asked.name)
    value, known = read.given[asked.name], await things(asked.field.target)
    found = frozenset(iri for iri in known if value in (iri, curie(iri)) or value.lower() == tail(iri).lower())
    if found:
        return asked, found
    tails = [tail(iri) for iri in known]
    if is_closed(known):
        read.faults.append(fault(asked.name, "Okänt värde.", "Unknown value.", tails))
    else:
        suggestions = near(tail(value).lower(), tails)
        sv, en = "Utgåvan har ingen sådan.", "The release has no such thing."
        read.faults.append(fault(asked.name, sv, en, (), suggestions))
    return None


def is_closed(known: Sequence[str]) -> bool:
    """Say whether the things of a class are a closed list: the concepts of a scheme of the ontology."""
    return bool(known) and all(iri.startswith(EV) for iri in known)


def tail(iri: str) -> str:
    """Return the last part of an IRI, which is its name in a parameter.

    >>> tail("https://w3id.org/evidensgraf/id/intervention/hasky")
    'hasky'
    """
    return iri.rstrip("/").rsplit("/", 1)[-1]


def chosen(records: Iterable[Record], collection: Collection, selection: Selection) -> list[Record]:
    """Return the records of a list that are wanted, all pages of them, in the order that is asked for.

    ``records`` are in the order of the list. What is not said stands last both ways, and equals stand by their IRI.
    """
    found = [record for record in records if all(_fits(record, *wanted) for wanted in selection.wanted)]
    if selection.sort == collection.order:
        return found
    name, down = selection.sort.removeprefix("-"), selection.sort.startswith("-")
    keys = {str(record["id"]): order_key(record[name]) for record in found}
    said = sorted((r for r in found if not keys[str(r["id"])][0]), key=lambda r: str(r["id"]))
    said.sort(key=lambda record: keys[str(record["id"])], reverse=down)
    return said + sorted((r for r in found if keys[str(r["id"])][0]), key=lambda r: str(r["id"]))


def _fits(record: Record, asked: Filter, value: frozenset[str] | str | float) -> bool:
    mine = record[asked.field.name]
    if isinstance(value, frozenset):
        linked = mine if isinstance(mine, list) else [mine] if mine else []
        return any(thing["id"] in value for thing in linked)
    if mine is None:
        return False
    if isinstance(value, str):
        length = min(len(mine), len(value))
        mine, value = mine[:length], value[:length]
    return bool(mine >= value) if asked.bound == "min" else bool(mine <= value)


def sparse(record: Mapping[str, Any], fields: Sequence[str]) -> Record:
    """Return a record with the chosen fields only, or whole when none are chosen."""
    return {name: record[name] for name in fields} if fields else dict(record)


def pages(total: int, limit: int) -> int:
    """Return how many pages a list has; an empty list has one.

    >>> pages(41, 20)
    3
    """
    return max(1, math.ceil(total / limit))
