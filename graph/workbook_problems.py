"""What is wrong with a workbook: each thing with its sheet and cell, in Swedish and English, all of them at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from evidensgraf.graph.draft import DraftError
from evidensgraf.graph.workbook_layout import layout
from evidensgraf.ontology.namespaces import LANGUAGES

MAX_PROBLEMS = 500
"""So many things are said of one workbook at most."""
_SHOWN = 80
"""So many characters of what is given are repeated in a message."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: the key of its message in ``workbook.yaml``, where it is, and what the message names.

    A value may be a mapping of language to text. ``nearest`` are what may have been meant.
    """

    key: str
    sheet: str = ""
    cell: str = ""
    values: Mapping[str, object] = field(default_factory=dict, hash=False)
    nearest: tuple[str, ...] = ()

    def message(self, lang: str) -> str:
        """Return what is wrong and what to do, in a language."""
        texts = layout().texts["messages"]
        choices = texts["or"][lang].join(f"”{c}”" if lang == "sv" else f"“{c}”" for c in self.nearest)
        hint = texts["hint"][lang].format(choices=choices) if choices else ""
        values = {name: _said(value, lang) for name, value in self.values.items()}
        return str(texts[self.key][lang].format(**{"hint": hint, "choices": choices} | values))

    def line(self, lang: str) -> str:
        """Return the message with its sheet and cell in front."""
        place = "!".join(filter(None, (self.sheet, self.cell)))
        return f"{place}: {self.message(lang)}" if place else self.message(lang)


class WorkbookError(DraftError):
    """A workbook that cannot be read. ``problems`` has everything that is wrong, in the order of the sheets."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        super().__init__(name, {lang: "\n".join(p.line(lang) for p in problems) for lang in LANGUAGES})
        self.problems = list(problems)


class Problems:
    """Gathers problems up to a number, so that a workbook that is wrong everywhere is not read for ever."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Note a problem, once."""
        if len(self.found) < MAX_PROBLEMS and problem not in self.found:
            self.found.append(problem)

    def raise_if_any(self, name: str) -> None:
        """Raise ``WorkbookError`` when something was noted."""
        if self.found:
            raise WorkbookError(name, self.found)


class CellProblem(ValueError):
    """A value that cannot be read; becomes a ``Problem`` when its place is known."""

    def __init__(self, key: str, given: object = "", nearest: Iterable[str] = (), **values: object) -> None:
        super().__init__(key)
        text = str(given)
        shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
        self.key, self.values, self.nearest = key, {"given": shown, **values}, tuple(nearest)

    def at(self, sheet: str, cell: str) -> Problem:
        """Return the problem with its place."""
        return Problem(self.key, sheet, cell, self.values, self.nearest)


def near(text: str, names: Iterable[str], count: int = 3, alike: float = 0.6) -> tuple[str, ...]:
    """Return the names that look most like a text, best first; ``alike`` is how much at least, from 0 to 1.

    >>> near("Effekf", ["Effekt", "Utfall"])
    ('Effekt',)
    """
    folded = {name.casefold()[:200]: name for name in names}
    return tuple(folded[m] for m in difflib.get_close_matches(text.casefold()[:200], folded, count, alike))


def _said(value: object, lang: str) -> str:
    return str(value.get(lang, "")) if isinstance(value, Mapping) else str(value)
