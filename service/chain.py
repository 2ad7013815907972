"""The evidence chain: what an appraisal, a recommendation or a prerequisite rests on, down to the primary sources."""

from __future__ import annotations

from evidensgraf.graph.engine import Engine
from evidensgraf.ontology.namespaces import resource
from evidensgraf.service.facts import Facts, Record, ask, kind_of
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
    facts = Facts(await ask(engine, "record-of-claim", claim=claim))
    return unfold(facts, claim) if claim in facts else None


def unfold(facts: Facts, claim: str, above: tuple[str, ...] = ()) -> Record:
    """Return a conclusion with its evidence lines, and theirs where a statement is a conclusion itself."""
    record = statement(facts, claim)
    lines = _lines(facts, claim)
    above = (*above, claim)
    if lines or kind_of(claim) in CLAIMS:
        record["lines"] = [
            {
                "id": line,
                "direction": facts.first_link(line, "ev:direction"),
                "basis": facts.links(line, "ev:basis"),
                "statements": [
                    statement(facts, item) if item in above else unfold(facts, item, above)
                    for item in sorted(facts.iris(line, "ev:hasEvidenceItem"))
                ],
            }
            for line in lines
        ]
    return record


def _lines(facts: Facts, claim: str) -> list[str]:
    """Return the evidence lines of a conclusion that say how it is weighed and on what basis, by their numbers."""
    whole = ("ev:direction", "ev:basis")
    found = facts.iris(claim, "ev:hasEvidenceLine")
    return sorted((line for line in found if all(facts.terms(line, p) for p in whole)), key=_number)


def _number(line: str) -> tuple[int, str]:
    tail = line.rsplit("-", 1)[-1]
    return (int(tail) if tail.isdigit() else 0, line)
