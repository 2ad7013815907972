"""Findings in tension, side by side: what each pair says, and in which of its facts the two differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from evidensgraf.graph.collation import swedish_order
from evidensgraf.graph.engine import Engine
from evidensgraf.service.facts import Facts, Record, ask, fold
from evidensgraf.service.statements import statement

DIFFERS, SAME, ONE, NEITHER = "differs", "same", "one", "neither"
"""How two facts compare: they differ, are the same, or are stated for one finding only, or for neither."""


@dataclass(frozen=True)
class Pair:
    """A pair of findings in tension: IRIs of the derived note, of both, and of what they share."""

    note: str
    findings: tuple[str, str]
    interventions: tuple[str, ...]
    outcomes: tuple[str, ...]


async def pairs(engine: Engine) -> list[Pair]:
    """Return every pair of findings in tension, by intervention and outcome. Raises what ``Engine.query`` raises."""
    rows = await ask(engine, "shape-of-tensions")
    sides = fold(rows, "finding")
    found = []
    for note, row in fold(rows, "note").items():
        if len(row["finding"]) == 2:
            one, other = (sides[finding] for finding in row["finding"])
            shared = (tuple(x for x in one[key] if x in other[key]) for key in ("intervention", "outcome"))
            found.append(Pair(note, (row["finding"][0], row["finding"][1]), *shared))
    return sorted(found, key=lambda pair: (pair.interventions, pair.outcomes, pair.note))


async def side_by_side(engine: Engine, chosen: Sequence[Pair]) -> list[Record]:
    """Return pairs as JSON-ready objects.

    ``findings`` are two statements (see ``statements.statement``) with ``issued``, the years of their primary sources;
    ``facts`` compare them: ``name``, ``values`` of each, and ``compared`` (``differs``, ``same``, ``one`` or
    ``neither``).
    Raises what ``Engine.query`` raises.
    """
    iris = sorted({finding for pair in chosen for finding in pair.findings})
    known = {iri: await _finding(engine, iri) for iri in iris}  # one after another: no crowd in the queue
    return [_compared(pair, known) for pair in chosen]


async def _finding(engine: Engine, iri: str) -> Record:
    facts = Facts(await ask(engine, "record", resource=iri))
    record = statement(facts, iri)
    years = {facts.one(source["id"], "dcterms:issued") for source in record["primarySources"]}
    return record | {"issued": sorted(year for year in years if year)}


def _compared(pair: Pair, known: dict[str, Record]) -> Record:
    one, other = (known[finding] for finding in pair.findings)
    facts = []
    for name, of in FACTS.items():
        values = [of(one), of(other)]
        facts.append({"name": name, "values": values, "compared": compare(*values)})
    things = {name: [x for x in one[key] if x["id"] in ids] for name, key, ids in _shared(pair)}
    return {"id": pair.note, **things, "findings": [one, other], "facts": facts}


def _shared(pair: Pair) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    return (("interventions", "about", pair.interventions), ("outcomes", "outcome", pair.outcomes))


def compare(one: Sequence[object], other: Sequence[object]) -> str:
    """Return how the values of a fact of two findings compare.

    >>> compare([{"id": "a"}], [{"id": "a"}]), compare([1], [2]), compare([], [2]), compare([], [])
    ('same', 'differs', 'one', 'neither')
    """
    if not (one or other):
        return NEITHER
    if not (one and other):
        return ONE
    return SAME if _keys(one) == _keys(other) else DIFFERS


def _keys(values: Iterable[object]) -> set[str]:
    return {str(value["id"] if isinstance(value, dict) else value) for value in values}


def _studies(key: str) -> Callable[[Record], list[object]]:
    """Return what gives a fact of the studies of a finding, each value once."""

    def of(record: Record) -> list[object]:
        values = [value for study in record["study"] for value in _listed(study[key])]
        return [value for i, value in enumerate(values) if value not in values[:i]]

    return of


def _own(key: str) -> Callable[[Record], list[object]]:
    return lambda record: _listed(record[key])


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _magnitudes(record: Record) -> list[object]:
    """Return the numbers of a finding, known by their value and unit rather than by their IRI."""
    keys = ("value", "minimum", "maximum")
    return [m | {"id": f"{[m[k] for k in keys]} {(m['unit'] or {}).get('id')}"} for m in record["magnitudes"]]


def _period(record: Record) -> list[object]:
    ends = (record["periodStart"], record["periodEnd"])
    return [{"id": str(ends), "periodStart": ends[0], "periodEnd": ends[1]}] if any(ends) else []


FACTS: dict[str, Callable[[Record], list[object]]] = {
    "effect": _own("effect"),
    "numbers": _magnitudes,
    "certainty": _own("certainty"),
    "design": _studies("design"),
    "sampleSize": _studies("sampleSize"),
    "population": _own("population"),
    "comparator": _own("comparator"),
    "followUp": _own("followUp"),
    "period": _period,
    "place": _own("place"),
    "basis": _own("basis"),
    "primarySources": _own("primarySources"),
    "issued": _own("issued"),
    "documents": lambda record: list({p["document"]["id"]: p["document"] for p in record["statedIn"]}.values()),
}
"""What two findings are compared by, in the order in which it is shown, and what gives its values."""


def by_name(pair: Record) -> tuple[tuple[str, str], ...]:
    """Return what a pair is sorted by: the names of its interventions and outcomes, as Swedish sorts them."""
    named = (*pair["interventions"], *pair["outcomes"])
    return tuple(swedish_order(next(iter(thing["label"].values()))) for thing in named)
