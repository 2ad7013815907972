"""The evidence gap map: every intervention in a filter × every outcome, with what is known, a stated gap, or unknown.

What nobody has said is computed here, not stored: a pair without a finding or a stated gap is *unknown*.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from evidensgraf.graph.collation import swedish_order
from evidensgraf.graph.engine import Engine
from evidensgraf.service.facts import Record, Text, ask, fold, kind_of
from evidensgraf.service.records import labels

UNKNOWN, GAP, KNOWN = "unknown", "gap", "known"
"""What a cell is: nothing said, a stated gap only, or at least one finding."""
ORDERS = ("known", "name")
"""What interventions can be sorted by: how much is known of them, or their names."""


@dataclass(frozen=True)
class Entry:
    """A finding or a stated gap about an intervention; ``outcome`` is empty where none is stated.

    IRIs: what it ``says`` (an effect, or types of gap), its ``certainty``, the ``domains`` that it is in by itself, and
    its ``populations`` with the broader ones.
    """

    statement: str
    intervention: str
    outcome: str
    says: tuple[str, ...]
    certainty: str = ""
    domains: frozenset[str] = frozenset()
    populations: frozenset[str] = frozenset()

    @property
    def is_gap(self) -> bool:
        """Whether it is a stated gap."""
        return kind_of(self.statement) == "evidence-gap"


@dataclass(frozen=True)
class Chosen:
    """What of the map is asked for: IRIs of domain, population and outcome, and words in the names of interventions."""

    domain: str = ""
    population: str = ""
    outcome: str = ""
    words: str = ""
    order: str = ORDERS[0]


@dataclass
class GapMap:
    """A map: its interventions and outcomes in order (the outcome ``""`` is none in particular), and its entries.

    ``domains``, ``populations`` and ``every`` outcome are what it can be narrowed to, by name.
    """

    interventions: Sequence[str]
    outcomes: Sequence[str]
    entries: Iterable[Entry]
    names: Mapping[str, Text]
    domains: Sequence[str]
    populations: Sequence[str]
    every: Sequence[str]
    _cells: dict[tuple[str, str], list[Entry]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        rows, columns = set(self.interventions), set(self.outcomes)
        for entry in self.entries:
            if entry.intervention in rows and entry.outcome in columns:
                self._cells[entry.intervention, entry.outcome].append(entry)

    def cell(self, intervention: str, outcome: str) -> Record:
        """Return a cell as a JSON-ready object.

        ``status`` is ``known``, ``gap`` or ``unknown``; ``findings`` and ``gaps`` are numbers; ``effects``,
        ``certainties`` and ``gapTypes`` say how many of each; ``statements`` are IRIs.
        """
        entries = self._cells.get((intervention, outcome), [])
        findings, gaps = [e for e in entries if not e.is_gap], [e for e in entries if e.is_gap]
        return {
            "intervention": self.link(intervention),
            "outcome": self.link(outcome) if outcome else None,
            "status": KNOWN if findings else GAP if gaps else UNKNOWN,
            "findings": len(findings),
            "gaps": len(gaps),
            "effects": self._tally(says for e in findings for says in e.says),
            "certainties": self._tally(e.certainty for e in findings if e.certainty),
            "gapTypes": self._tally(says for e in gaps for says in e.says),
            "statements": [e.statement for e in entries],
        }

    def cells(self, interventions: Sequence[str]) -> Iterator[Record]:
        """Yield the cells of some rows, row by row, each with every outcome."""
        return (self.cell(*pair) for pair in product(interventions, self.outcomes))

    def counts(self) -> dict[str, int]:
        """Return how many pairs of intervention and outcome there are, and how many are known, gaps, or unknown."""
        pairs = len(self.interventions) * sum(1 for outcome in self.outcomes if outcome)
        found = Counter(
            KNOWN if any(not e.is_gap for e in entries) else GAP
            for (_, outcome), entries in self._cells.items()
            if outcome
        )
        return {"pairs": pairs, KNOWN: found[KNOWN], GAP: found[GAP], UNKNOWN: pairs - found.total()}

    def link(self, iri: str) -> Record:
        """Return a thing with its label."""
        return {"id": iri, "label": name_of(iri, self.names)}

    def _tally(self, iris: Iterable[str]) -> list[Record]:
        return [self.link(iri) | {"count": count} for iri, count in Counter(iris).most_common()]


async def gap_map(engine: Engine, interventions: Collection[str], outcomes: Collection[str], chosen: Chosen) -> GapMap:
    """Return the map of some interventions and outcomes (IRIs), as far as they are chosen.

    A statement is in the domains that it names, else in those that its intervention is placed in; an intervention is in
    a domain that it is placed in, or that a statement about it is in. A population has what is said of it, and of any
    narrower one. Raises what ``Engine.query`` raises.
    """
    names, placed = await labels(engine), await _placed(engine)
    every = await entries_of(engine)
    found = [e for e in every if _fits(e, chosen, placed)]
    rows = {i for i in interventions if not chosen.domain or chosen.domain in placed[i]}
    rows |= {e.intervention for e in found}
    if words := chosen.words.casefold().split():
        rows = {i for i in rows if all(w in " ".join(name_of(i, names).values()).casefold() for w in words)}
    known = Counter(e.intervention for e in found if chosen.outcome in ("", e.outcome))
    said = Counter(e.outcome for e in found if e.intervention in rows)
    by_name = sorted(rows, key=lambda i: swedish_order(first(i, names)))
    in_order = by_name if chosen.order == "name" else sorted(by_name, key=lambda i: -known[i])
    wanted = [chosen.outcome] if chosen.outcome else outcomes
    columns = sorted(wanted, key=lambda o: (-said[o], swedish_order(first(o, names))))
    domains = {d for e in every for d in e.domains} | {d for of in placed.values() for d in of}
    return GapMap(
        in_order,
        [*([""] if said[""] and not chosen.outcome else []), *columns],
        found,
        names,
        sorted(domains, key=lambda d: swedish_order(first(d, names))),
        sorted({p for e in every for p in e.populations}, key=lambda p: swedish_order(first(p, names))),
        sorted(outcomes, key=lambda o: swedish_order(first(o, names))),
    )


async def entries_of(engine: Engine, **values: str) -> list[Entry]:
    """Return every finding and stated gap about an intervention, once for each pair of intervention and outcome."""
    found: dict[tuple[str, str, str], dict[str, set[str]]] = {}
    for row in await ask(engine, "gap-map-statements", **values):
        said = {name: term["value"] for name, term in row.items()}
        key = (said["statement"], said["intervention"], said.get("outcome", ""))
        sets = found.setdefault(key, defaultdict(set))
        for name in ("says", "certainty", "domain", "population"):
            sets[name] |= {said[name]} if name in said else set()
    return [
        Entry(
            *key,
            says=tuple(sorted(sets["says"])),
            certainty=min(sets["certainty"], default=""),
            domains=frozenset(sets["domain"]),
            populations=frozenset(sets["population"]),
        )
        for key, sets in found.items()
    ]


async def _placed(engine: Engine) -> Mapping[str, Collection[str]]:
    rows = fold(await ask(engine, "placements"), "intervention")
    return defaultdict(tuple, {intervention: tuple(row["domain"]) for intervention, row in rows.items()})


def _fits(entry: Entry, chosen: Chosen, placed: Mapping[str, Collection[str]]) -> bool:
    domains = entry.domains or placed[entry.intervention]
    return chosen.domain in ("", *domains) and chosen.population in ("", *entry.populations)


def name_of(iri: str, names: Mapping[str, Text]) -> Text:
    """Return the label of a thing; the last part of its IRI where it has none."""
    return dict(names.get(iri) or {"und": iri.rpartition("/")[2]})


def first(iri: str, names: Mapping[str, Text]) -> str:
    """Return the label of a thing in its first language, by which it is sorted."""
    return next(iter(name_of(iri, names).values()))
