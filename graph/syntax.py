"""Saying what is wrong with a query that is not SPARQL: the place, and the reason in a writer's words.

The engine reports how far its grammar could follow, which is seldom where the mistake is. What people get wrong most is
found from the tokens; for the rest the engine's place is given, moved to the token that stands there.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from evidensgraf.graph.engine import QuerySyntaxError
from evidensgraf.graph.guard import FORMS, Token, tokens
from evidensgraf.ontology.namespaces import PREFIXES

_PLACE = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_SENTENCE = re.compile(r"\b[A-Z][A-Za-z]+(?: [A-Za-z]+){2,}")
_PAIRS = {"}": "{", ")": "(", "]": "["}

Fault = tuple[int, str]
"""An offset in the query, and what is wrong there."""


def explain(text: str, message: str) -> QuerySyntaxError:
    """Return the syntax error of a query from its text and the engine's message.

    >>> str(explain("SELECT * { ?s nope:x ?o }", "error at 1:21: expected one of …"))
    'Syntax error at line 1, column 15: the prefix nope: is not declared'
    """
    found = list(tokens(text))
    for finder in _FINDERS:
        if (fault := finder(found)) is not None:
            return _error(text, *fault)
    place = _PLACE.match(message)
    if place is None:
        return _error(text, 0, message)
    line, column, reason = int(place[1]), int(place[2]), place[3]
    offset = sum(len(part) for part in text.splitlines(keepends=True)[: line - 1]) + column - 1
    at = max((t.start for t in found if t.start <= offset), default=0)
    said = _SENTENCE.search(reason)
    near = " ".join(text[at : at + 30].split())
    return _error(text, at, f"{said[0]}, near '{near}'" if said else f"unexpected or incomplete at '{near}'")


def _error(text: str, offset: int, reason: str) -> QuerySyntaxError:
    before = text[:offset]
    return QuerySyntaxError(reason, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def _open_string(found: list[Token]) -> Fault | None:
    for token in found:
        if token.kind == "other" and token.value in "\"'":
            return token.start, f"the text that starts with {token.value} here is not closed"
    return None


def _undeclared_prefix(found: list[Token]) -> Fault | None:
    declared = set(PREFIXES)
    for i, token in enumerate(found):
        if token.kind != "name" or token.value.startswith("_:"):
            continue
        prefix = token.value.partition(":")[0]
        if i and found[i - 1].value.upper() == "PREFIX":
            declared.add(prefix)
        elif prefix not in declared:
            return token.start, f"the prefix {prefix}: is not declared"
    return None


def _no_form(found: list[Token]) -> Fault | None:
    words = [t for t in found if t.kind == "word" and t.value.upper() not in ("PREFIX", "BASE")]
    forms = f"{', '.join(FORMS[:-1])} or {FORMS[-1]}"
    if not words:
        return 0, f"a query has one of {forms}"
    return (
        None
        if words[0].value.upper() in FORMS
        else (words[0].start, f"a query starts with {forms}, not with {words[0].value}")
    )


def _brackets(found: list[Token]) -> Fault | None:
    opened: list[Token] = []
    for token in found:
        if token.kind != "other":
            continue
        if token.value in _PAIRS.values():
            opened.append(token)
        elif token.value in _PAIRS:
            if not opened:
                return token.start, f"there is no {_PAIRS[token.value]} for this {token.value}"
            if opened[-1].value != _PAIRS[token.value]:
                return token.start, f"the {opened[-1].value} before this {token.value} is not closed"
            opened.pop()
    return (opened[-1].start, f"this {opened[-1].value} is not closed") if opened else None


def _two_queries(found: list[Token]) -> Fault | None:
    depth, seen = 0, False
    for token in found:
        depth += (token.value in _PAIRS.values()) - (token.value in _PAIRS) if token.kind == "other" else 0
        if token.kind == "word" and token.value.upper() in FORMS and depth == 0:
            if seen:
                return token.start, f"one query at a time: a second one starts with this {token.value}"
            seen = True
    return None


_FINDERS: tuple[Callable[[list[Token]], Fault | None], ...] = (
    _open_string, _no_form, _undeclared_prefix, _brackets, _two_queries,
)  # fmt: skip
