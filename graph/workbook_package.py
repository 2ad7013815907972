"""Opening a workbook that somebody else made: within bounds, without formulas, macros, entities and links.

A workbook is a ZIP archive of XML (ECMA-376). The bounds of the archive hold before any of it is unpacked; what is left
is read row by row by openpyxl, which leaves the XML to defusedxml.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

from evidensgraf.graph.workbook_problems import Problem, Problems, WorkbookError

MAX_ENTRIES = 500
"""Most parts of the archive."""
MAX_UNPACKED = 24 * 2**20
"""Largest workbook when unpacked, in bytes."""
MAX_RATIO = 200
"""How many times smaller a part may be packed; parts below ``SMALL`` are not looked at."""
SMALL = 2**20
MAX_STYLES = 8 * 2**20
"""Largest style sheet of a workbook, in bytes: reading it is what costs most."""
MAX_SHEETS = 60
MAX_ROWS = 5_000
"""Most rows of a sheet that have content."""
MAX_COLUMNS = 150
MAX_CELLS = 200_000
"""Most cells of a workbook that have content."""
MAX_TEXT = 32_767
"""Longest text of a cell, in characters; Excel has no longer ones."""
_LAST_ROW = 1_048_576  # ECMA-376, part 1, §18.3.1.73
_MACROS = re.compile(rb"macroEnabled|vbaProject", re.IGNORECASE)
_DOCTYPE = (b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_OLE = b"\xd0\xcf\x11\xe0"

Value = str | int | float | bool | date | time | timedelta
"""What a cell may have: a text, a number, a truth value, a date or a time."""


@dataclass(frozen=True)
class Cell:
    """A cell with content; ``percent`` says that its number is shown as a percentage."""

    value: Value
    place: str
    column: int
    percent: bool = False

    @property
    def text(self) -> str:
        """Return the content as text, a whole number without a decimal point."""
        if isinstance(self.value, float) and self.value.is_integer() and abs(self.value) < 1e15:
            return str(int(self.value))
        return str(self.value)


@dataclass(frozen=True)
class RawSheet:
    """A sheet as it was found: its title, and the cells with content of every row, by the number of the row."""

    title: str
    rows: dict[int, list[Cell]]


def check_archive(name: str, data: bytes) -> None:
    """Raise ``WorkbookError`` for what is no workbook, has macros or document types, or is out of bounds unpacked."""
    if data.startswith(_OLE):
        raise WorkbookError(name, [Problem("old-format")])
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = _archive_problem(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError) as error:
        raise WorkbookError(name, [Problem("not-zip")]) from error
    except Exception as error:  # zlib.error and the like, of an archive that is damaged on purpose
        raise WorkbookError(name, [Problem("damaged")]) from error
    if found:
        raise WorkbookError(name, [found])


def _archive_problem(archive: zipfile.ZipFile) -> Problem | None:
    return _out_of_bounds(archive.infolist()) or _not_a_workbook(archive)


def _out_of_bounds(entries: list[zipfile.ZipInfo]) -> Problem | None:
    if len(entries) > MAX_ENTRIES:
        return Problem("entries", values={"most": MAX_ENTRIES})
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        return Problem("unpacked", values={"most": MAX_UNPACKED >> 20})
    for entry in entries:
        times = entry.file_size // max(entry.compress_size, 1)
        if entry.file_size > SMALL and times > MAX_RATIO:
            return Problem("ratio", values={"part": entry.filename[:80], "times": times})
        if entry.filename.endswith("styles.xml") and entry.file_size > MAX_STYLES:
            return Problem("unpacked", values={"most": MAX_STYLES >> 20})
    return None


def _not_a_workbook(archive: zipfile.ZipFile) -> Problem | None:
    names = set(archive.namelist())
    if "[Content_Types].xml" not in names:
        return Problem("not-zip")
    types = archive.read("[Content_Types].xml")
    if _MACROS.search(types) or any(_MACROS.search(n.encode()) for n in names):
        return Problem("macros")
    if b"sheet.binary" in types:
        return Problem("binary")
    for name in sorted(names):
        if name.endswith((".xml", ".rels", ".vml")):
            content = archive.read(name)
            if any(mark in content for mark in _DOCTYPE):
                return Problem("doctype", values={"part": name[:80]})
    return None


def open_workbook(name: str, data: bytes, wanted: Callable[[str], bool], problems: Problems) -> list[RawSheet]:
    """Return the wanted sheets of a workbook, in order. Links of it are dropped, and nothing of it is evaluated.

    Cells that cannot be read, such as formulas, are noted. Raises ``WorkbookError`` for a workbook out of bounds.
    """
    check_archive(name, data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
            try:
                if len(book.sheetnames) > MAX_SHEETS:
                    raise WorkbookError(name, [Problem("sheets", values={"most": MAX_SHEETS})])
                sheets = list(_sheets(name, book, wanted, problems))
            finally:
                book.close()
    except WorkbookError:
        raise
    except Exception as error:  # a hostile file may raise anything in the library
        raise WorkbookError(name, [Problem("damaged")]) from error
    return sheets


def _sheets(name: str, book: Any, wanted: Callable[[str], bool], problems: Problems) -> Iterator[RawSheet]:
    count = 0
    for sheet in book.worksheets:
        if not wanted(sheet.title):
            continue
        rows = _rows(name, sheet, problems)
        count += sum(map(len, rows.values()))
        if count > MAX_CELLS:
            raise WorkbookError(name, [Problem("cells", sheet.title, values={"most": MAX_CELLS})])
        yield RawSheet(sheet.title, rows)


def _rows(name: str, sheet: Any, problems: Problems) -> dict[int, list[Cell]]:
    sheet.reset_dimensions()
    rows: dict[int, list[Cell]] = {}
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells = [cell for i, raw in enumerate(row, 1) if (cell := _cell(raw, number, i, sheet.title, problems))]
        if not cells and number <= _LAST_ROW:
            continue
        if len(rows) == MAX_ROWS or number > _LAST_ROW:
            raise WorkbookError(name, [Problem("rows", sheet.title, f"A{number}", {"most": MAX_ROWS, "row": number})])
        rows[number] = cells
    return rows


def _cell(raw: Any, row: int, column: int, sheet: str, problems: Problems) -> Cell | None:
    value = raw.value
    if value is None or value == "":
        return None
    place = f"{get_column_letter(column)}{row}"
    if column > MAX_COLUMNS:
        problems.add(Problem("columns", sheet, place, {"last": get_column_letter(MAX_COLUMNS)}))
        return None
    if raw.data_type == "f":
        problems.add(Problem("formula", sheet, place))
        return None
    if raw.data_type == "e":
        problems.add(Problem("error-value", sheet, place, {"given": str(value)[:20]}))
        return None
    if isinstance(value, str):
        value = unescape(value)
        if len(value) > MAX_TEXT:
            problems.add(Problem("long", sheet, place, {"most": MAX_TEXT}))
            return None
    return Cell(value, place, column, "%" in str(getattr(raw, "number_format", "") or ""))


def unescape(text: str) -> str:
    """Return a text of a cell with its ``_xHHHH_`` read as characters (ECMA-376, part 1, §22.9.2.19).

    >>> unescape("a_x000D_b"), unescape("_x005F_x000D_")
    ('a\\rb', '_x000D_')
    """
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


def escape(text: str) -> str:
    """Return a text with what XML cannot have, and what would be read as ``_xHHHH_``, escaped for a cell.

    >>> unescape(escape("a\\rb _x000D_ \\x00")) == "a\\rb _x000D_ \\x00"
    True
    """
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return re.sub("[\x00-\x08\x0b-\x1f\ufffe\uffff]", lambda m: f"_x{ord(m[0]):04X}_", text)
