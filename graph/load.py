"""Reading the files of the graph: Turtle and TriG into quads, every error with its file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import pyoxigraph as ox

from evidensgraf.ontology.namespaces import ID, alignment_file, area_file, graph_iri, ontology_files

DATA_GRAPHS_MAY_NOT = "Give every fact a named graph: GRAPH <…> { … }."
"""What to do about a fact outside a named graph."""


class LoadError(Exception):
    """A file that could not be read; ``str()`` is ``file:line: reason`` and nothing of the file is kept.

    Line 0 stands for the whole file or directory and is not shown.
    """

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")
        self.file, self.line, self.reason = file, line, reason


@dataclass(frozen=True)
class DataFile:
    """One file of the graph: its name, its text and its quads."""

    name: str
    text: str
    quads: tuple[ox.Quad, ...]

    @cached_property
    def _subjects(self) -> frozenset[str]:
        return frozenset(str(getattr(quad.subject, "value", "")) for quad in self.quads)

    @cached_property
    def _first_lines(self) -> dict[str, int]:
        """The line on which each resource stands at the start of a line, as the normal form writes its subjects."""
        found: dict[str, int] = {}
        for number, line in enumerate(self.text.splitlines(), start=1):
            if line.startswith("<") and (end := line.find(">")) > 0:
                found.setdefault(line[1:end].removeprefix(ID), number)
        return found

    def line_of(self, iri: str) -> int:
        """Return the line (from 1) on which a resource is first described, or 1 when it is not found."""
        if known := self._first_lines.get(iri.removeprefix(ID)):
            return known
        names = f"(?:{re.escape(iri)}|{re.escape(iri.removeprefix(ID))})"
        patterns = (rf"^\s*<{names}>\s+[\w-]*:?\w", rf"<{names}>")
        found = next(filter(None, (re.search(p, self.text, re.MULTILINE) for p in patterns)), None)
        return self.text.count("\n", 0, found.end()) + 1 if found else 1

    def describes(self, iri: str) -> bool:
        """Return whether the file has a statement about a resource."""
        return iri in self._subjects


def data_files(directory: Path | None = None) -> list[Traversable]:
    """Return the TriG files of the graph, sorted by name: those in ``directory``, or those of the package."""
    room: Traversable = directory or files("evidensgraf.graph") / "data"
    if not room.is_dir():
        raise LoadError(str(room), 0, "not a directory. Name one with .trig files.")
    found = sorted((f for f in room.iterdir() if f.name.endswith(".trig")), key=lambda f: f.name)
    if not found:
        raise LoadError(str(room), 0, "there are no .trig files here.")
    return found


def read_data(directory: Path | None = None) -> list[DataFile]:
    """Return the parsed data files.

    Raises ``LoadError`` for the first file with a syntax error, a fact outside a named graph or a blank node.
    """
    return [_checked(read_file(f)) for f in data_files(directory)]


def read_file(file: Traversable) -> DataFile:
    """Return one parsed Turtle or TriG file. Raises ``LoadError`` on a syntax error or bytes that are not UTF-8."""
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise LoadError(file.name, 1, f"not UTF-8 at byte {error.start}; save the file as UTF-8.") from error
    syntax = ox.RdfFormat.TRIG if file.name.endswith(".trig") else ox.RdfFormat.TURTLE
    try:
        quads = tuple(ox.parse(text, format=syntax))
    except SyntaxError as error:
        raise syntax_fault(file.name, error) from error
    return DataFile(file.name, text, quads)


def in_graph(quads: Iterable[ox.Quad], slug: str) -> Iterator[ox.Quad]:
    """Yield the triples of quads as quads of one named graph of the release."""
    graph = ox.NamedNode(graph_iri(slug))
    for quad in quads:
        yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)


def read_vocabulary() -> Iterator[ox.Quad]:
    """Yield the ontology, its links and its areas as quads of ``…/graph/ontology``. Raises ``LoadError``."""
    for file in [*ontology_files(), alignment_file(), area_file()]:
        yield from in_graph(read_file(file).quads, "ontology")


def syntax_fault(name: str, error: SyntaxError) -> LoadError:
    """Return the error of a document that its parser could not read, with the line and the column if there is one."""
    reason = re.sub(r"^Parser error at line \d+ between columns? (\d+) and(?: column)? (\d+): ", "", error.msg)
    return LoadError(name, error.lineno or 1, f"column {error.offset}: {reason}" if error.offset else reason)


def _checked(file: DataFile) -> DataFile:
    outside = (q for q in file.quads if isinstance(q.graph_name, ox.DefaultGraph))
    for quad in outside:
        raise _fault(file, quad, f"{quad.subject} is outside a named graph. {DATA_GRAPHS_MAY_NOT}")
    nameless = [q for q in file.quads if ox.BlankNode in (type(q.subject), type(q.object))]
    for quad in sorted(nameless, key=lambda q: isinstance(q.subject, ox.BlankNode)):  # those with an owner first
        raise _fault(file, quad, f"{quad.predicate} of {quad.subject}: a blank node. Give it an IRI.")
    return file


def _fault(file: DataFile, quad: ox.Quad, reason: str) -> LoadError:
    return LoadError(file.name, file.line_of(str(getattr(quad.subject, "value", ""))), reason)
