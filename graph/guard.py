"""Reading a query before it runs: its form, and what it asks for that is never done (SPARQL 1.1 Query, §19.8).

The tokens of SPARQL form a regular language, so one pass of a lexer finds every keyword that is really a keyword
and none that stands in a string, a comment, an IRI or a name. The text is read twice, with and without its
codepoint escapes resolved (§19.2), so that an escape can neither hide a keyword nor hide a quotation mark.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, TypeVar
from urllib.parse import urljoin

from evidensgraf.graph.engine import QueryFailed, QueryRefused
from evidensgraf.ontology.namespaces import BASE, PREFIXES

T = TypeVar("T")

_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\r\n]*)
  | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
  | (?P<string>\"{3}(?:[^"\\]|\\.|\"{1,2}(?!\"))*+\"{3} | '{3}(?:[^'\\]|\\.|'{1,2}(?!'))*+'{3}
             | "(?:[^"\\\r\n]|\\.)*+" | '(?:[^'\\\r\n]|\\.)*+')
  | (?P<variable>[?$]\w+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<name>:(?:[\w.\-:·]|%[0-9A-Fa-f]{2}|\\.)* | _:\w[\w.\-]*)
  | (?P<run>[^\W\d_](?:[\w.\-·]*[\w\-·])?)(?P<local>:(?:[\w.\-:·]|%[0-9A-Fa-f]{2}|\\.)*)?
  | (?P<word>_\w*)
  | (?P<other>\S)
    """,
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(r"(?P<word>[A-Za-z_]\w*)|(?P<other>\S)")
_PLAIN_WORD = re.compile(r"[A-Za-z]\w*").fullmatch
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
"""The four query forms (SPARQL 1.1 Query, §16)."""
DEEPEST = 500
"""How deep brackets may be nested; an engine that recurses would otherwise run out of stack."""
LONG = 20_000
"""How long a query may be, in characters, that is read where it is asked; see ``apart``."""
_READER = ThreadPoolExecutor(1, "reader")
_CHANGING = {"NOW", "RAND", "UUID", "STRUUID", "BNODE"}
_UPDATES = {"LOAD", "CLEAR", "DROP", "ADD", "MOVE", "COPY", "CREATE", "INSERT", "DELETE", "WITH"}
_TELLING = ("SERVICE", "FROM", *sorted(_CHANGING))
_AS_A_WORD = re.compile(rf"(?<![A-Z])(?:{'|'.join(_TELLING)})(?![A-Z])")
_OPENING = re.compile(
    r"\s*(?:PREFIX\s+(?:[A-Za-z][\w-]*)?:\s*<[^<>\s]*>\s*)*+(SELECT|ASK|CONSTRUCT|DESCRIBE)(?![\w:-])", re.IGNORECASE
)


class Token(NamedTuple):
    """One token: its kind (``iri``, ``string``, ``variable``, ``name``, ``word``, ``other`` …), text and offset."""

    kind: str
    value: str
    start: int


@dataclass(frozen=True)
class Reading:
    """What a query says about itself: its form (upper case; empty when it has none, which is an error of syntax) and
    the IRIs after ``FROM`` and ``FROM NAMED``; ``constant`` is false when asking twice may give two answers.
    """

    form: str
    graphs: frozenset[str]
    constant: bool = True


def read(text: str, known_graphs: Collection[str] | None = None) -> Reading:
    """Read a query; refuse it when it federates, updates, or names a graph outside ``known_graphs``.

    Raises ``QueryRefused`` with a sentence that says what was refused and what to do instead, and ``QueryFailed`` for
    brackets nested more than ``DEEPEST`` deep.

    >>> read("SELECT * { ?s ?p 'SERVICE' } # SERVICE").form
    'SELECT'
    >>> read("ASK { SERVI\\\\u0043E <http://example.org/> { ?s ?p ?o } }")
    Traceback (most recent call last):
    evidensgraf.graph.engine.QueryRefused: SERVICE is refused: this endpoint does not call other endpoints. Query them \
yourself, or download a release and load it beside them.
    """
    if reading := glance(text):
        return reading
    readings = [_read(version) for version in dict.fromkeys((text, plain(text)))]
    if known_graphs is not None:
        for unknown in sorted(set().union(*(r.graphs for r in readings)) - set(known_graphs)):
            raise QueryRefused(
                f"FROM <{unknown}> is refused: the release has no such graph and nothing is fetched. "
                "List the graphs with: SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
            )
    return readings[-1]


def glance(text: str) -> Reading | None:
    """Return the reading of a text that has nowhere, not even in a string, a word or sign that a lexer must judge.

    Such a query neither federates nor names a graph, and asking it twice gives the same answer. None for any other.

    >>> glance("ASK { ?s a ev:Finding }")
    Reading(form='ASK', graphs=frozenset(), constant=True)
    >>> glance("ASK { ?s a ev:Finding } # no SERVICE")
    """
    capitals = text.upper()
    if "\\" in text or (any(word in capitals for word in _TELLING) and _AS_A_WORD.search(capitals)):
        return None
    if sum(map(text.count, "{([")) > DEEPEST:
        return None
    opening = _OPENING.match(text)
    return Reading(opening[1].upper(), frozenset()) if opening else None


def plain(text: str) -> str:
    """Return a query with its codepoint escapes resolved (SPARQL 1.1 Query, §19.2)."""
    return _ESCAPE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else match[0]


def _read(text: str) -> Reading:
    form, graphs, base, prefixes = "", set(), BASE, dict(PREFIXES)
    found = list(tokens(text))
    _refuse_depth(found)
    words = [(token.value.upper(), found[i + 1 : i + 3]) for i, token in enumerate(found) if token.kind == "word"]
    for word, following in words:
        if word == "SERVICE":
            raise QueryRefused(
                "SERVICE is refused: this endpoint does not call other endpoints. "
                "Query them yourself, or download a release and load it beside them."
            )
        if word == "BASE" and following[:1]:
            base = following[0].value.strip("<>")
        elif word == "PREFIX" and len(following) == 2:
            prefixes[following[0].value.rstrip(":")] = _join(base, following[1].value.strip("<>"))
        elif word == "FROM":
            named = following[0].value.upper() == "NAMED" if following else False
            if len(following) > named:
                graphs.add(_resolve(following[named], prefixes, base))
        elif not form and word in FORMS:
            form = word
        elif not form and word in _UPDATES:
            raise QueryRefused(f"{word} is refused: this endpoint is read-only and has no update operation.")
    return Reading(form, frozenset(graphs), constant=not _CHANGING & {word for word, _ in words})


def _refuse_depth(found: list[Token]) -> None:
    depth = 0
    for token in found:
        if token.kind == "other":
            depth += (token.value in "{([") - (token.value in "})]")
            if depth > DEEPEST:
                raise QueryFailed(f"The query is nested more than {DEEPEST} deep. Write it with fewer brackets.")


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text, without white space and comments.

    >>> [token.value for token in tokens("ASK { ?s a ev:Finding } # why")]
    ['ASK', '{', '?s', 'a', 'ev:Finding', '}']
    """
    for match in _TOKEN.finditer(text):
        kind, value, start = match.lastgroup or "", match[0], match.start()
        if kind == "local":
            yield Token("name", value, start)
        elif kind == "run" and not _PLAIN_WORD(value):  # signs that a name may have, but there is no colon
            yield from (Token(m.lastgroup or "", m[0], start + m.start()) for m in _WORD.finditer(value))
        elif kind != "comment":
            yield Token("word" if kind == "run" else kind, value, start)


async def apart(text: str, work: Callable[[], T]) -> T:
    """Do work on a text; when it is longer than ``LONG``, in a thread: one at a time, while everything else goes on."""
    return await asyncio.get_running_loop().run_in_executor(_READER, work) if len(text) > LONG else work()


def _resolve(token: Token, prefixes: dict[str, str], base: str) -> str:
    if token.kind == "iri":
        return _join(base, token.value[1:-1])
    prefix, _, local = token.value.partition(":")
    return prefixes.get(prefix, prefix + ":") + local.replace("\\", "")


def _join(base: str, reference: str) -> str:
    """Resolve a reference (RFC 3986 §5); one that is none stays what it is, and is the engine's to refuse."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference
