"""Rewriting a query for an endpoint: the prologue that it takes for granted here, and a query that counts its rows."""

from __future__ import annotations

from evidensgraf.graph.guard import FORMS, Token, plain, tokens
from evidensgraf.ontology.namespaces import BASE, PREFIXES

_COUNT = "evidensgrafCount"


def with_prologue(text: str) -> str:
    """Return a query with the base IRI, and with the declaration of each known prefix that it uses undeclared.

    >>> with_prologue("ASK { ?s a ev:Finding }").splitlines()[1:]
    ['PREFIX ev: <https://w3id.org/evidensgraf/def/>', 'ASK { ?s a ev:Finding }']
    """
    found = list(tokens(plain(text)))
    declared = {after.value[:-1] for word, after in zip(found, found[1:], strict=False) if _is(word, "PREFIX")}
    used = {token.value.partition(":")[0] for token in found if token.kind == "name"}
    missing = [f"PREFIX {p}: <{iri}>\n" for p, iri in PREFIXES.items() if p in used - declared]
    return f"BASE <{BASE}>\n{''.join(missing)}{text}"


def counting(text: str) -> str | None:
    """Return a query for the number of solutions of a CONSTRUCT or DESCRIBE; None for one without a pattern.

    >>> counting("CONSTRUCT { ?s ?p 1 } FROM <urn:g> WHERE { ?s ?p ?o } LIMIT 5").splitlines()
    ['SELECT (COUNT(*) AS ?evidensgrafCount) FROM <urn:g> WHERE { { SELECT * WHERE { ?s ?p ?o } LIMIT 5', '} }']
    >>> counting("DESCRIBE <urn:s>")
    """
    found = list(tokens(text))
    form = next(i for i, token in enumerate(found) if token.kind == "word" and token.value.upper() in FORMS)
    start = after = _after_head(found, form)
    while after < len(found) and _is(found[after], "FROM"):
        after += 3 if _is(found[after + 1], "NAMED") else 2
    if after >= len(found):
        return None
    clauses, rest = text[found[start].start : found[after].start], text[found[after].start :]
    return f"{text[: found[form].start]}SELECT (COUNT(*) AS ?{_COUNT}) {clauses}WHERE {{ {{ SELECT * {rest}\n}} }}"


def _is(token: Token, word: str) -> bool:
    return token.kind == "word" and token.value.upper() == word


def _after_head(found: list[Token], form: int) -> int:
    """Return the index of the token after a template, or after what is described."""
    at = form + 1
    if _is(found[form], "CONSTRUCT") and found[at].value == "{":
        depth = 1
        while depth:
            at += 1
            depth += (found[at].value == "{") - (found[at].value == "}")
        return at + 1
    while at < len(found) and not (found[at].value == "{" or _is(found[at], "FROM") or _is(found[at], "WHERE")):
        at += 1
    return at
