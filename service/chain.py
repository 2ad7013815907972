"""The evidence chain: what an appraisal, a recommendation or a prerequisite rests on, down to the primary sources."""

from __future__ import annotations

from evidensgraf.graph.engine import Engine
from evidensgraf.ontology.namespaces import resource
from evidensgraf.service.facts import Facts, Record, Row, ask, kind_of
from evidensgraf.service.statements import statement

CLAIMS = ("appraisal", "recommendation", "prerequisite")
"""The kinds that have an evidence chain."""


async def evidence_chain(engine: Engine, kind: str, slug: str) -> Record | None:
    """Return the evidence chain of a conclusion (one of ``CLAIMS``) as a JSON-ready document, or None if there is none.

    The document is the statement itself (see ``statements.statement``) with ``lines``: the evidence lines with
    ``direction``, ``basis`` and ``statements`` (none where the source gives no evidence). A statement that is itself a
    conclusion nests its own ``lines``; one that has been met further up is not followed again.

    Raises what ``Engine.query`` raises.
    """
    if kind not in CLAIMS:
        return None
    claim = resource(kind, slug)
    facts = Facts(await ask(engine, "record", resource=claim))
    if claim not in facts:
        return None
    return unfold(facts, claim, outline(await ask(engine, "evidence-chain", claim=claim)))


Outline = dict[str, dict[str, list[str]]]
"""Conclusion → evidence line → statements, as IRIs in the order in which they are shown."""


def outline(rows: list[Row]) -> Outline:
    """Return the skeleton of a chain from the rows of the query ``evidence-chain``."""
    skeleton: Outline = {}
    for row in rows:
        statements = skeleton.setdefault(row["conclusion"]["value"], {}).setdefault(row["line"]["value"], [])
        if "statement" in row and row["statement"]["value"] not in statements:
            statements.append(row["statement"]["value"])
    return skeleton


def unfold(facts: Facts, claim: str, skeleton: Outline, above: tuple[str, ...] = ()) -> Record:
    """Return a conclusion with its evidence lines, and theirs where a statement is a conclusion itself."""
    record = statement(facts, claim)
    above = (*above, claim)
    if claim in skeleton or kind_of(claim) in CLAIMS:
        record["lines"] = [
            {
                "id": line,
                "direction": facts.first_link(line, "ev:direction"),
                "basis": facts.links(line, "ev:basis"),
                "statements": [
                    statement(facts, item) if item in above else unfold(facts, item, skeleton, above) for item in items
                ],
            }
            for line, items in sorted(skeleton.get(claim, {}).items(), key=lambda pair: _number(pair[0]))
        ]
    return record


def _number(line: str) -> tuple[int, str]:
    tail = line.rsplit("-", 1)[-1]
    return (int(tail) if tail.isdigit() else 0, line)
