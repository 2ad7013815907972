"""The drop-down lists of the author's workbook: the schemes, the known things, and the author's own rows."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from evidensgraf.graph import workbook_design as design
from evidensgraf.graph.collation import swedish_order
from evidensgraf.graph.workbook_layout import Column, Sheet, class_labels, layout, local
from evidensgraf.graph.workbook_names import Names
from evidensgraf.graph.workbook_package import escape

_LONGEST = 250
"""Longest prompt of a validation, in characters; Excel takes 255."""
_CLOSED = ("concept", "class", "boolean")


class Lists:
    """Makes the lists, each once, and the validations that refer to them; they stand in a sheet that is hidden."""

    def __init__(self, book: Workbook, names: Names, lang: str) -> None:
        self.book, self.names, self.lang = book, names, lang
        self.values: dict[str, list[str]] = {}

    def validate(self, page: Worksheet, sheet: Sheet, column: Column, cells: str) -> None:
        """Give cells of a column their list and their prompt. Only a single value of a scheme is held to its list."""
        name = self._list_of(sheet, column)
        if not name and not column.note[self.lang]:
            return
        rule = DataValidation(type="list" if name else None, formula1=name, allow_blank=True)
        rule.showErrorMessage = column.kind in _CLOSED and not column.many
        rule.errorTitle = column.labels[self.lang][:32]
        rule.error = layout().texts["messages"]["unknown-concept"][self.lang].format(given="…", hint="")
        rule.showInputMessage = True
        rule.promptTitle = column.labels[self.lang][:32]
        rule.prompt = shortened(column.note[self.lang], _LONGEST)
        rule.add(cells)
        page.add_data_validation(rule)

    def write(self) -> None:
        """Write the lists into their sheet, which is hidden and protected, and name them."""
        title = layout().texts["lists"]["title"][self.lang]
        page = self.book.create_sheet(title)
        for i, (name, values) in enumerate(self.values.items(), 1):
            letter = design.letter(i - 1)
            page.cell(1, i, name)
            for n, value in enumerate(values, 2):
                cell = page.cell(n, i, escape(value))
                cell.data_type = "s"
            where = f"'{title}'!${letter}$2:${letter}${max(len(values), 1) + 1}"
            self.book.defined_names[name] = DefinedName(name, attr_text=where)
        page.sheet_state = "hidden"
        page.protection.sheet = True

    def _list_of(self, sheet: Sheet, column: Column) -> str | None:
        """Return the name of the list of a column, or None where it has none."""
        if column.kind == "boolean":
            return self._list("list_boolean", [t[self.lang] for t in layout().texts["booleans"].values()])
        if column.kind == "class":
            return self._list(f"list_{sheet.name}_class", [class_labels(c)[self.lang] for c in sheet.classes])
        if column.kind == "owner":
            return self._own("recommendations")
        if column.rows:
            return self._own("statements")
        if column.kind not in ("concept", "resource") or not column.offered:
            return None
        name = "list_" + "_".join(local(cls) for cls in column.offered)
        if name not in self.values:
            shown = {self.names.shown(iri, self.lang, column.classes) for iri in self.names.members(column.offered)}
            if not shown:
                return None
            self.values[name] = sorted(shown, key=swedish_order)
        return name

    def _list(self, name: str, values: Sequence[str]) -> str:
        self.values[name] = list(values)
        return name

    def _own(self, name: str) -> str:
        """Return the name of the list of the author's own rows of a sheet: the cells of their titles."""
        sheet = layout().sheet(name)
        index = next(i for i, c in enumerate(sheet.columns) if c.naming and c.language == self.lang)
        letter, title = design.letter(index), sheet.titles[self.lang]
        where = f"'{title}'!${letter}${design.FIRST_ROW}:${letter}${design.LAST_ROW}"
        self.book.defined_names[f"own_{name}"] = DefinedName(f"own_{name}", attr_text=where)
        return f"own_{name}"


def shortened(text: str, most: int) -> str:
    """Return a text cut at a word when it is longer than so many characters.

    >>> shortened("one two three", 9)
    'one two …'
    """
    return text if len(text) <= most else text[: most - 1].rpartition(" ")[0] + " …"
