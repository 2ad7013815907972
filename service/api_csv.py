"""CSV of a list (RFC 4180): a header row, a row for each record, texts by language, and nothing that is a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from evidensgraf.ontology.namespaces import LANGUAGES
from evidensgraf.service.api_select import IDENTITY
from evidensgraf.service.collections import Collection, Field
from evidensgraf.service.facts import Record

_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
BETWEEN = "; "
"""What stands between the labels of several linked things in one cell; IRIs are separated by a space."""


def csv_bytes(collection: Collection, every: Iterable[Record], page: Iterable[Record], fields: Sequence[str]) -> bytes:
    """Return records as CSV in UTF-8.

    A text has a column for each language that it has anywhere in the list (``titleSv``, ``titleEn`` …); a linked thing
    has its IRI and its label in Swedish and English. ``every`` are all records of the list, so that every page of it
    has the same columns; ``fields`` are the chosen ones, none for all.
    """
    shown = [f for f in collection.fields if not fields or f.name in fields]
    common = [name for name in IDENTITY if not fields or name in fields]
    tags = {f.name: _languages(f, every) for f in shown if f.kind == "text"}
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*common, *(column for f in shown for column in _columns(f, tags.get(f.name, ())))])
    for record in page:
        cells = [str(record[name]) for name in common]
        cells += [cell for f in shown for cell in _cells(f, record[f.name], tags.get(f.name, ()))]
        writer.writerow([harmless(cell) for cell in cells])
    return out.getvalue().encode()


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: such a text has an apostrophe before it, numbers do not.

    >>> harmless("=1+1"), harmless("-4.5")
    ("'=1+1", '-4.5')
    """
    return "'" + cell if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _languages(shown: Field, every: Iterable[Record]) -> tuple[str, ...]:
    found = {tag for record in every for tag in record[shown.name] or ()}
    return (*LANGUAGES, *sorted(found - set(LANGUAGES)))


def _columns(shown: Field, tags: Sequence[str]) -> Iterator[str]:
    if shown.kind == "text":
        yield from (shown.name + _camel(tag) for tag in tags)
        return
    yield shown.name
    if shown.linked:
        yield from (f"{shown.name}Label{_camel(tag)}" for tag in LANGUAGES)


def _camel(tag: str) -> str:
    return "".join(part.capitalize() for part in tag.split("-"))


def _cells(shown: Field, value: Any, tags: Sequence[str]) -> Iterator[str]:
    if shown.kind == "text":
        yield from ((value or {}).get(tag, "") for tag in tags)
    elif shown.linked:
        linked: list[Mapping[str, Any]] = value if isinstance(value, list) else [value] if value else []
        yield " ".join(thing["id"] for thing in linked)
        yield from (BETWEEN.join(_label(thing["label"], tag) for thing in linked) for tag in LANGUAGES)
    elif isinstance(value, list):
        yield " ".join(value)
    else:
        yield "" if value is None else str(value)


def _label(label: Mapping[str, str], tag: str) -> str:
    return label.get(tag) or next(iter(label.values()))
