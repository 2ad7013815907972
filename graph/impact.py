"""Impact: what falls, weakens or must be read again when sources, studies or statements lose their standing.

The ties between things and their grounds come from the query ``impact-of-thing``; here they are only weighed. A thing
has grounds of several kinds: where it is read, its primary sources, its studies, the findings that it relays, the
items that support it. It falls when all of one kind have fallen, weakens when some of a kind have fallen or weakened,
and must be read again when anything else that it takes into account is no longer as it was.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from evidensgraf.ontology.namespaces import expand


class Impact(IntEnum):
    """How hard something is hit, from not at all."""

    NONE = 0
    REREAD = 1
    WEAKENS = 2
    FALLS = 3


STANDINGS: Mapping[str, Impact] = {
    expand(f"ev:{name}"): impact
    for name, impact in {
        "retracted": Impact.FALLS,
        "withdrawn": Impact.FALLS,
        "superseded": Impact.REREAD,
        "corrected": Impact.REREAD,
        "expressionOfConcern": Impact.REREAD,
        "olderThanPolicy": Impact.REREAD,
        "current": Impact.NONE,
    }.items()
}
"""Standing of a source (IRI) → what it does to the source itself."""
WHAT_IF = tuple(iri.rpartition("/")[2] for iri, impact in STANDINGS.items() if impact)
"""Local names of the standings that can be tried, the hardest first."""
ITEM, CELL, STATED = expand("ev:hasEvidenceItem"), expand("ev:inCell"), expand("ev:statedIn")
"""The relations of a conclusion to what it weighs, of a cell to its members, and of a statement to where it is read."""
_SUPPORTS = expand("ev:Supports")
_FIRM = {expand(c) for c in ("ev:statedIn", "prov:hadPrimarySource", "ev:reportedIn", "ev:fromStudy", "ev:relays")}


@dataclass(frozen=True, order=True)
class Tie:
    """One ground of a thing: IRIs of both and of their relation.

    ``via`` is the passage or the evidence line between them, ``direction`` that of the line; ``section`` and ``page``
    say where the passage is.
    """

    node: str
    relation: str
    ground: str
    via: str = ""
    direction: str = ""
    section: str = ""
    page: str = ""

    @property
    def firm(self) -> bool:
        """Whether the thing stands on this ground, rather than takes it into account."""
        return self.relation in _FIRM or (self.relation == ITEM and self.direction == _SUPPORTS)


class Weighed:
    """Ties that have been weighed: the impact on each thing, and the paths along which it comes.

    ``before`` are things whose standing is lost already, whatever is asked: what they take with them is not counted
    again.

    >>> read = Tie("finding", STATED, "report")
    >>> Weighed([read], {"report": Impact.FALLS}).impact("finding").name
    'FALLS'
    """

    def __init__(
        self, ties: Iterable[Tie], tried: Mapping[str, Impact], before: Mapping[str, Impact] | None = None
    ) -> None:
        self.grounds: dict[str, list[Tie]] = defaultdict(list)
        self._upward: dict[str, list[Tie]] = defaultdict(list)
        for tie in sorted(set(ties)):
            self.grounds[tie.node].append(tie)
            self._upward[tie.ground].append(tie)
        self.tried = tried
        self._before = self._spread(before or {})
        self._after = self._spread({**(before or {}), **tried})
        self._first = self._shortest()

    def impact(self, thing: str) -> Impact:
        """Return the impact on a thing; ``NONE`` where it is hit no harder than it was before."""
        after = self._after.get(thing, Impact.NONE)
        return after if after > self._before.get(thing, Impact.NONE) else Impact.NONE

    def hit(self) -> dict[str, Impact]:
        """Return every thing that is hit, by IRI, without those that were tried."""
        found = ((thing, self.impact(thing)) for thing in sorted(self.grounds) if thing not in self.tried)
        return {thing: impact for thing, impact in found if impact}

    def fallen(self, thing: str, *, before: bool = False) -> bool:
        """Return whether a thing has fallen after what is tried, or ``before`` it."""
        return (self._before if before else self._after).get(thing) == Impact.FALLS

    def items(self, thing: str, relation: str = ITEM, *, firm: bool | None = None) -> list[str]:
        """Return the distinct grounds of a thing by one relation: all, or only the firm ones, or only the others."""
        ties = self.grounds.get(thing, ())
        return sorted({t.ground for t in ties if t.relation == relation and firm in (None, t.firm)})

    def paths(self, thing: str) -> list[tuple[Tie, ...]]:
        """Return a shortest path for each tie of a thing whose ground is hit, the hardest first.

        A path begins with the tie to what was tried, and ends with the tie of the thing.
        """
        hit = (tie for tie in self.grounds.get(thing, ()) if tie.ground in self.tried or self.impact(tie.ground))
        ways = [(*self._to(tie.ground), tie) for tie in hit]
        sound = [way for way in ways if len({tie.node for tie in way}) == len(way)]
        return sorted(sound, key=lambda way: (not way[-1].firm, -self._after[way[-1].ground], len(way)))

    def _to(self, thing: str) -> Iterator[Tie]:
        back = []
        while thing not in self.tried:
            back.append(self._first[thing])
            thing = back[-1].ground
        return reversed(back)

    def _spread(self, seeds: Mapping[str, Impact]) -> dict[str, Impact]:
        """Return the impact on everything: the least that agrees with the seeds, found by going up from them."""
        found, queue = dict(seeds), deque(sorted(seeds))
        while queue:
            for tie in self._upward[queue.popleft()]:
                impact = max(self._weigh(tie.node, found), found.get(tie.node, Impact.NONE))
                if impact > found.get(tie.node, Impact.NONE):
                    found[tie.node] = impact
                    queue.append(tie.node)
        return {thing: impact for thing, impact in found.items() if impact}

    def _weigh(self, thing: str, found: Mapping[str, Impact]) -> Impact:
        kinds: dict[str, list[Impact]] = defaultdict(list)
        worst = Impact.NONE
        for tie in self.grounds[thing]:
            impact = found.get(tie.ground, Impact.NONE)
            worst = max(worst, impact)
            if tie.firm:
                kinds[tie.relation].append(impact)
        if any(min(impacts) == Impact.FALLS for impacts in kinds.values()):
            return Impact.FALLS
        if any(max(impacts) >= Impact.WEAKENS for impacts in kinds.values()):
            return Impact.WEAKENS
        return Impact.REREAD if worst else Impact.NONE

    def _shortest(self) -> dict[str, Tie]:
        """Return the last tie of a shortest path from what was tried to each thing that is hit, firm ties first."""
        found: dict[str, Tie] = {}
        queue = deque(sorted(self.tried))
        while queue:
            for tie in sorted(self._upward[queue.popleft()], key=lambda tie: (not tie.firm, tie)):
                if tie.node not in found and tie.node not in self.tried and tie.node in self._after:
                    found[tie.node] = tie
                    queue.append(tie.node)
        return found
