"""Reading RDF that others wrote: within bounds of size and depth, without the network, every error with its line.

No parser of it fetches anything: not the entities of an XML document, not the context of a JSON-LD document. The
bounds hold before a parser sees the text, for a parser that recurses, or that expands entities, ends the process.
"""

from __future__ import annotations

import json
import re
from itertools import islice
from pathlib import Path
from typing import Any
from xml.parsers import expat

import pyoxigraph as ox

from evidensgraf.graph.load import DataFile, LoadError, syntax_fault
from evidensgraf.ontology.context import CONTEXT_IRI, context

MAX_BYTES = 10_000_000
"""Largest document that is read, in bytes."""
MAX_DEPTH = 100
"""How deep brackets, elements, objects and lists may be nested."""
MAX_QUADS = 500_000
"""Most statements of one document."""
MAX_CONTEXTS = 100
"""How often a document may name the context of this project, in whose place it is put each time."""

SYNTAXES: dict[str, ox.RdfFormat] = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".trig": ox.RdfFormat.TRIG,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".jsonld": ox.RdfFormat.JSON_LD,
    ".json": ox.RdfFormat.JSON_LD,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".owl": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
}
"""Suffix of a file's name → its syntax."""

_MARKS = re.compile(
    r"""
    \#[^\n]* | <[^<>"{}|^`\\\x00-\x20]*>
  | \"{3}(?:[^"\\]|\\.|\"{1,2}(?!\"))*+\"{3} | '{3}(?:[^'\\]|\\.|'{1,2}(?!'))*+'{3}
  | "(?:[^"\\\r\n]|\\.)*+" | '(?:[^'\\\r\n]|\\.)*+'
  | (?P<open><<|[\[({]) | (?P<close>>>|[\])}])
    """,
    re.VERBOSE | re.DOTALL,
)
_JSON_MARKS = re.compile(r'"(?:[^"\\]|\\.)*+"|(?P<open>[\[{])|(?P<close>[\]}])', re.DOTALL)


def read_foreign(name: str, data: bytes) -> DataFile:
    """Return a parsed document; its syntax is that of the suffix of ``name`` (Turtle for one that is not known).

    A JSON-LD document may name the context of this project by its IRI, or carry its own. Raises ``LoadError``, which
    names the line, for a document that is too large or too deep, is not UTF-8, is not of its syntax, declares entities
    (XML 1.0 §4.2), or names another context.

    >>> len(read_foreign("draft.ttl", b"<http://example.org/a> <http://example.org/b> 1 .").quads)
    1
    >>> read_foreign("draft.jsonld", b'{"@context": "https://example.org/c"}')
    Traceback (most recent call last):
    evidensgraf.graph.load.LoadError: draft.jsonld:1: the context https://example.org/c is elsewhere, and nothing is \
fetched. Use https://w3id.org/evidensgraf/context/v1.jsonld, or write the context into the document.
    """
    syntax = SYNTAXES.get(Path(name).suffix.lower(), ox.RdfFormat.TURTLE)
    if len(data) > MAX_BYTES:
        raise LoadError(name, 0, f"larger than {MAX_BYTES / 1e6:g} MB. Divide it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LoadError(name, line, f"not UTF-8 at byte {error.start}; save the file as UTF-8.") from error
    if syntax == ox.RdfFormat.RDF_XML:
        readable = _checked_xml(name, text)
    elif syntax == ox.RdfFormat.JSON_LD:
        readable = _with_context(name, text)
    else:
        _check_depth(name, text, _MARKS)
        readable = text
    return DataFile(name, text, _parse(name, readable, syntax))


def read_foreign_file(path: Path) -> DataFile:
    """Return a parsed file; see ``read_foreign``. Raises ``OSError`` when it cannot be opened."""
    with path.open("rb") as file:
        return read_foreign(path.name, file.read(MAX_BYTES + 1))


def _parse(name: str, text: str, syntax: ox.RdfFormat) -> tuple[ox.Quad, ...]:
    try:
        quads = tuple(islice(ox.parse(text, format=syntax), MAX_QUADS + 1))
    except SyntaxError as error:
        raise syntax_fault(name, error) from error
    if len(quads) > MAX_QUADS:
        raise LoadError(name, 0, f"more than {MAX_QUADS} statements. Divide it.")
    return quads


def _check_depth(name: str, text: str, marks: re.Pattern[str]) -> None:
    depth = 0
    for mark in marks.finditer(text):
        if mark.lastgroup:
            depth += 1 if mark.lastgroup == "open" else -1
            if depth > MAX_DEPTH:
                raise _too_deep(name, text.count("\n", 0, mark.start()) + 1)


def _too_deep(name: str, line: int) -> LoadError:
    return LoadError(name, line, f"nested more than {MAX_DEPTH} deep.")


def _checked_xml(name: str, text: str) -> str:
    """Return an XML document that is well-formed, declares no entities and is not too deep."""
    parser, depth = expat.ParserCreate(encoding="utf-8"), 0

    def declared(*_: object) -> None:
        raise LoadError(name, parser.CurrentLineNumber, "it declares entities. Write out what they stand for.")

    def opened(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep(name, parser.CurrentLineNumber)

    def closed(_: object) -> None:
        nonlocal depth
        depth -= 1

    parser.EntityDeclHandler = declared
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise LoadError(name, error.lineno, f"not XML: {expat.ErrorString(error.code)}.") from error
    return text


def _with_context(name: str, text: str) -> str:
    """Return a JSON-LD document with this project's context in the place of its IRI."""
    _check_depth(name, text, _JSON_MARKS)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise LoadError(name, error.lineno, f"not JSON: {error.msg}.") from error
    except ValueError as error:  # a number of thousands of digits
        raise LoadError(name, 0, f"not JSON that can be read: {error}.") from error
    return json.dumps(_Contexts(name, text).inlined(document))


class _Contexts:
    """Puts this project's context in the place of its IRI in a document, and refuses every other IRI of a context."""

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text, self._left = name, text, MAX_CONTEXTS

    def inlined(self, value: Any) -> Any:
        """Return a part of the document with its contexts inlined."""
        if isinstance(value, list):
            return [self.inlined(item) for item in value]
        if not isinstance(value, dict):
            return value
        if isinstance(imported := value.get("@import"), str):
            raise self._elsewhere(imported)
        return {key: (self._context if key == "@context" else self.inlined)(item) for key, item in value.items()}

    def _context(self, given: Any) -> Any:
        if isinstance(given, list):
            return [self._context(one) for one in given]
        if not isinstance(given, str):
            return self.inlined(given)
        if given != CONTEXT_IRI:
            raise self._elsewhere(given)
        self._left -= 1
        if self._left < 0:
            raise LoadError(self._name, 0, f"it names a context more than {MAX_CONTEXTS} times. Name it once, first.")
        return context()

    def _elsewhere(self, iri: str) -> LoadError:
        line = self._text.count("\n", 0, max(0, self._text.find(f'"{iri}"'))) + 1
        said = f"the context {iri[:200]} is elsewhere, and nothing is fetched. Use {CONTEXT_IRI}, or write the context "
        return LoadError(self._name, line, said + "into the document.")
