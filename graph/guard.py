"""Reading a query before it runs: its form, and what it asks for that is never done (SPARQL 1.1 Query, §19.8).

The tokens of SPARQL form a regular language, so one pass of a lexer finds every keyword that is really a keyword
and none that stands in a string, a comment, an IRI or a name. The text is read twice, with and without its
codepoint escapes resolved (§19.2), so that an escape can neither hide a keyword nor hide a quotation mark.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from evidensgraf.graph.engine import QueryRefused
from evidensgraf.ontology.namespaces import BASE, PREFIXES

_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\r\n]*)
  | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
  | (?P<string>\"{3}(?:[^"\\]|\\.|\"{1,2}(?!\"))*\"{3} | '{3}(?:[^'\\]|\\.|'{1,2}(?!'))*'{3}
             | "(?:[^"\\\r\n]|\\.)*" | '(?:[^'\\\r\n]|\\.)*')
  | (?P<variable>[?$]\w+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<name>(?:[^\W\d_](?:[\w.\-·]*[\w\-·])?)?:(?:[\w.\-:·]|%[0-9A-Fa-f]{2}|\\.)* | _:\w[\w.\-]*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<other>\S)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_FORMS = {"SELECT": "SELECT", "ASK": "ASK", "CONSTRUCT": "CONSTRUCT", "DESCRIBE": "DESCRIBE"}
_UPDATES = {"LOAD", "CLEAR", "DROP", "ADD", "MOVE", "COPY", "CREATE", "INSERT", "DELETE", "WITH"}


@dataclass(frozen=True)
class Reading:
    """What a query says about itself: its form (upper case; empty when it has none, which is an error of syntax) and
    the IRIs after ``FROM`` and ``FROM NAMED``.
    """

    form: str
    graphs: frozenset[str]


def read(text: str, known_graphs: Collection[str] | None = None) -> Reading:
    """Read a query; refuse it when it federates, updates, or names a graph outside ``known_graphs``.

    Raises ``QueryRefused`` with a sentence that says what was refused and what to do instead.

    >>> read("SELECT * { ?s ?p 'SERVICE' } # SERVICE").form
    'SELECT'
    >>> read("ASK { SERVI\\\\u0043E <http://example.org/> { ?s ?p ?o } }")
    Traceback (most recent call last):
    evidensgraf.graph.engine.QueryRefused: SERVICE is refused: this endpoint does not call other endpoints. Query them \
yourself, or download a release and load it beside them.
    """
    plain = _ESCAPE.sub(_character, text)
    readings = [_read(version) for version in dict.fromkeys((text, plain))]
    if known_graphs is not None:
        for unknown in sorted(set().union(*(r.graphs for r in readings)) - set(known_graphs)):
            raise QueryRefused(
                f"FROM <{unknown}> is refused: the release has no such graph and nothing is fetched. "
                "List the graphs with: SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
            )
    return readings[-1]


def _character(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else match[0]


def _read(text: str) -> Reading:
    form, graphs, prefixes, base = "", set(), dict(PREFIXES), BASE
    tokens = list(_tokens(text))
    for i, (kind, value) in enumerate(tokens):
        if kind != "word":
            continue
        word, following = value.upper(), tokens[i + 1 : i + 3]
        if word == "SERVICE":
            raise QueryRefused(
                "SERVICE is refused: this endpoint does not call other endpoints. "
                "Query them yourself, or download a release and load it beside them."
            )
        if word == "BASE" and following[:1]:
            base = following[0][1].strip("<>")
        elif word == "PREFIX" and len(following) == 2:
            prefixes[following[0][1].rstrip(":")] = urljoin(base, following[1][1].strip("<>"))
        elif word == "FROM":
            named = following[0][1].upper() == "NAMED" if following else False
            if len(following) > named:
                graphs.add(_resolve(*following[named], prefixes, base))
        elif not form and word in _FORMS:
            form = word
        elif not form and word in _UPDATES:
            raise QueryRefused(f"{word} is refused: this endpoint is read-only and has no update operation.")
    return Reading(form, frozenset(graphs))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup and match.lastgroup != "comment":
            yield match.lastgroup, match[0]


def _resolve(kind: str, value: str, prefixes: dict[str, str], base: str) -> str:
    if kind == "iri":
        return urljoin(base, value[1:-1])
    prefix, _, local = value.partition(":")
    return prefixes.get(prefix, prefix + ":") + local.replace("\\", "")
