"""Finding the lines of a document of RDF on which things and their properties are described, for no parser says them.

The document is known to be of its syntax; what is found here is only ever shown as the place of something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urljoin
from xml.parsers import expat

import pyoxigraph as ox

from evidensgraf.ontology.namespaces import BASE, ID, PREFIXES, curie

Lines = dict[str | tuple[str, str], int]
"""Where things stand: an IRI, or an IRI and the IRI of a property → the line of its first description, from 1."""

_RDF = PREFIXES["rdf"]
_TOKENS = re.compile(
    r"""
    \#[^\n]*
  | (?P<literal> \"{3}(?:[^"\\]|\\.|\"{1,2}(?!\"))*+\"{3} | '{3}(?:[^'\\]|\\.|'{1,2}(?!'))*+'{3}
               | "(?:[^"\\\r\n]|\\.)*+" | '(?:[^'\\\r\n]|\\.)*+' )
  | <(?P<iri>[^<>"{}|^`\\\x00-\x20]*)>
  | (?P<mark>[\[\](){};,])
  | @(?!prefix\b|base\b)[A-Za-z-]+ | \^\^
  | (?P<word>(?:\\.|[^\s<>"'{}()\[\];,\#^\\])+)
    """,
    re.VERBOSE | re.DOTALL,
)
_JSON_ID = re.compile(r'"@?id"\s*:\s*"((?:[^"\\]|\\.)*+)"')


def lines_of(text: str, suffix: str, quads: Sequence[ox.Quad]) -> Lines:
    """Return where the subjects of quads, and where the syntax shows them their properties, stand in their document.

    >>> lines_of("@prefix e: <http://e/> .\\n\\ne:a e:p 1 ;\\n  e:q 2 .", ".ttl", ())[("http://e/a", "http://e/q")]
    4
    """
    if suffix in (".jsonld", ".json"):
        return _in_json(text, quads)
    if suffix in (".rdf", ".owl", ".xml"):
        return _in_xml(text)
    return _Turtle().lines(text)


class _Frame:
    """What is open at a bracket of Turtle: the subject, and what is expected next (``s``, ``p`` or ``o``)."""

    __slots__ = ("expected", "subject")

    def __init__(self, expected: str, subject: str | None = None) -> None:
        self.expected, self.subject = expected, subject


class _Turtle:
    """Reads Turtle and TriG, of which N-Triples and N-Quads are parts, term by term (RDF 1.1 Turtle §6.5)."""

    def __init__(self) -> None:
        self._frames, self._prefixes, self._base = [_Frame("s")], dict[str, str](), ""
        self._directive: list[str] | None = None
        self._found: Lines = {}

    def lines(self, text: str) -> Lines:
        """Return where the subjects and their properties stand."""
        for kind, value, line in _terms(text):
            if self._directive is not None:
                self._declare(kind, value)
            elif kind == "mark":
                self._mark(value)
            elif kind == "word" and value.lower() in ("@prefix", "prefix", "@base", "base"):
                self._directive = [value]
            elif not (kind == "word" and value.lower() == "graph"):
                self._term(self._iri(kind, value), line)
        return self._found

    def _declare(self, kind: str, value: str) -> None:
        assert self._directive is not None
        self._directive.append(value)
        if kind != "iri":
            return
        if len(self._directive) == 2:
            self._base = urljoin(self._base, value)
        else:
            self._prefixes[self._directive[1].rstrip(":")] = urljoin(self._base, value)
        self._directive = None

    def _iri(self, kind: str, value: str) -> str | None:
        """Return the IRI of a term, or None for what is none."""
        if kind == "iri":
            return urljoin(self._base, value) if self._base else value
        if kind != "word" or ":" not in value:
            return f"{_RDF}type" if value == "a" else None
        prefix, _, local = value.partition(":")
        return self._prefixes[prefix] + local.replace("\\", "") if prefix in self._prefixes else None

    def _mark(self, mark: str) -> None:
        frame = self._frames[-1]
        match mark:
            case "[" | "(" | "{":
                self._frames.append(_Frame({"[": "p", "(": "o", "{": "s"}[mark]))
            case "]" | ")" | "}" if len(self._frames) > 1:
                self._frames.pop()
                outer = self._frames[-1]
                if mark == "}" or outer.expected == "s":
                    outer.expected, outer.subject = "s" if mark == "}" else "p", None
            case ";":
                frame.expected = "p"
            case ".":
                frame.expected, frame.subject = "s", None

    def _term(self, iri: str | None, line: int) -> None:
        frame = self._frames[-1]
        if frame.expected == "s":
            frame.expected, frame.subject = "p", iri
            if iri:
                self._found.setdefault(iri, line)
        elif frame.expected == "p":
            frame.expected = "o"
            if frame.subject and iri:
                self._found.setdefault((frame.subject, iri), line)


def _terms(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield the kind, the value and the line of each term and mark of Turtle; a full stop is a mark."""
    line, counted = 1, 0
    for token in _TOKENS.finditer(text):
        kind = token.lastgroup
        if kind is None:
            continue
        line, counted = line + text.count("\n", counted, token.start()), token.start()
        value = token[kind]
        if kind == "word" and value.endswith("."):
            if value.rstrip("."):
                yield kind, value.rstrip("."), line
            kind, value = "mark", "."
        yield kind, value, line


def _in_xml(text: str) -> Lines:
    """Return where the nodes of RDF/XML and their property elements stand (RDF 1.1 XML Syntax §2.2)."""
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator="")
    found: Lines = {}
    open_nodes: list[str | None] = []  # the subject at every second level, and None for property elements
    bases = [""]

    def opened(name: str, attributes: dict[str, str]) -> None:
        bases.append(attributes.get("http://www.w3.org/XML/1998/namespacebase", bases[-1]))
        line, inside = parser.CurrentLineNumber, bool(open_nodes and open_nodes[-1])
        if name == f"{_RDF}RDF":
            open_nodes.append(None)
        elif inside:
            found.setdefault((str(open_nodes[-1]), name), line)
            open_nodes.append(None)
        else:
            named = attributes.get(f"{_RDF}about") or f"#{attributes.get(f'{_RDF}ID', '')}"
            open_nodes.append(urljoin(bases[-1], named))
            found.setdefault(str(open_nodes[-1]), line)

    def closed(_: str) -> None:
        open_nodes.pop()
        bases.pop()

    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.Parse(text.encode(), True)
    return found


def _in_json(text: str, quads: Sequence[ox.Quad]) -> Lines:
    """Return where the subjects of quads have their ``@id`` in JSON-LD, in full or in a short form."""
    ids: dict[str, int] = {}
    line, counted = 1, 0
    for name in _JSON_ID.finditer(text):
        line, counted = line + text.count("\n", counted, name.start()), name.start()
        for form in (name[1], name[1].partition(":")[2]):
            ids.setdefault(form, line)
    found: Lines = {}
    for iri in dict.fromkeys(str(getattr(quad.subject, "value", "")) for quad in quads):
        forms = (iri, iri.removeprefix(ID), iri.removeprefix(BASE), curie(iri), re.split(r"[/#]", iri)[-1])
        if line := next((ids[form] for form in forms if form in ids), 0):
            found[iri] = line
    return found
