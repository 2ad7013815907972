"""The impact of a lost standing as a JSON-ready document: what falls, weakens or must be read again, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from evidensgraf.graph.collation import swedish_order
from evidensgraf.graph.engine import Engine
from evidensgraf.graph.impact import CELL, STANDINGS, STATED, Impact, Tie, Weighed
from evidensgraf.graph.standing import Claim, latest
from evidensgraf.ontology.namespaces import ID, curie
from evidensgraf.service.chain import CLAIMS
from evidensgraf.service.facts import Record, Text, ask, identity, kind_of
from evidensgraf.service.records import STATEMENT_KINDS, labels_of

KINDS = ("source", "study", *STATEMENT_KINDS)
"""The kinds of things whose loss can be tried."""
COLLECTIONS = ("sources", "studies", "findings")
"""The lists of the API whose records say what their loss would do."""
_APART = (*CLAIMS, "study", "source", "gap-map-cell")
"""Kinds that are not among ``statements``."""


async def impact_of(engine: Engine, claims: Iterable[Claim]) -> Record:
    """Return what falls, weakens or must be read again if the claims hold, as a JSON-ready document.

    ``things`` are those that the claims are about, with ``standing``, ``successors`` and whether the release has them
    (``known``). Below ``conclusions`` are the appraisals, recommendations and prerequisites that are hit, the hardest
    first: each with its ``impact`` (``falls``, ``weakens`` or ``reread``), how many of its supporting statements are
    lost, weakened and left (``support``), how many it takes into account otherwise (``considered``), and the ``paths``
    along which it is hit. ``cells`` of the gap map tell the numbers of findings and gaps before and after;
    ``statements``, ``studies`` and ``documents`` are what is hit on the way, and what relays or cites it.

    Standings that the release itself knows count as lost already. Raises what ``Engine.query`` raises.
    """
    tried = latest(claims)
    known = latest(await _standings(engine))
    before = {t: STANDINGS.get(c.standing, Impact.NONE) for t, c in known.items() if t not in tried}
    seeds = {t: STANDINGS[c.standing] for t, c in tried.items()}
    ties = [tie for thing in (*seeds, *before) for tie in await _ties(engine, thing)]  # one after another: no crowd
    weighed = Weighed(ties, seeds, before)
    successors = {t: sorted({*c.successors, *(known[t].successors if t in known else ())}) for t, c in tried.items()}
    names = await labels_of(engine, _named(weighed, tried, successors))
    return _document(weighed, tried, successors, names)


async def _standings(engine: Engine) -> list[Claim]:
    found: dict[tuple[str, str, str], set[str]] = {}
    for row in await ask(engine, "standings"):
        value = {name: term["value"] for name, term in row.items()}
        key = (value["source"], value.get("date", ""), value["standing"])
        found.setdefault(key, set()).update({value["successor"]} if "successor" in value else ())
    return [Claim(*key, tuple(sorted(successors))) for key, successors in found.items()]


async def _ties(engine: Engine, thing: str) -> list[Tie]:
    rows = await ask(engine, "impact-of-thing", thing=thing)
    return [Tie(**{name: term["value"] for name, term in row.items()}) for row in rows]


def _named(weighed: Weighed, tried: Mapping[str, Claim], successors: Mapping[str, Sequence[str]]) -> set[str]:
    """Return everything that the document names."""
    hit = [*tried, *weighed.hit()]
    ways = {end for thing in hit for way in weighed.paths(thing) for tie in way for end in (tie.ground, tie.direction)}
    read_in = {ground for thing in hit for ground in weighed.items(thing, STATED)}
    return {*hit, *ways, *read_in, *(c.standing for c in tried.values()), *(s for v in successors.values() for s in v)}


def _document(
    weighed: Weighed, tried: Mapping[str, Claim], successors: Mapping[str, Sequence[str]], names: Mapping[str, Text]
) -> Record:
    things = [
        _thing(thing, names)
        | {"standing": _link(claim.standing, names), "successors": [_link(s, names) for s in successors[thing]]}
        | {"known": thing in names}
        for thing, claim in tried.items()
    ]
    hit = weighed.hit()
    found = {
        "conclusions": [_conclusion(weighed, t, i, names) for t, i in hit.items() if kind_of(t) in CLAIMS],
        "cells": [_cell(weighed, t, names) for t in hit if kind_of(t) == "gap-map-cell"],
        "statements": [_on_the_way(weighed, t, i, names) for t, i in hit.items() if kind_of(t) not in _APART],
        "studies": [_on_the_way(weighed, t, i, names) for t, i in hit.items() if kind_of(t) == "study"],
        "documents": _documents(weighed, names),
    }
    for name, records in found.items():
        records.sort(key=_order if name != "documents" else lambda r: (-r["statements"], swedish_order(_first(r))))
    counts = {name: dict(Counter(r["impact"] for r in found[name])) for name in ("conclusions", "cells", "statements")}
    return {"things": things, "counts": counts, **found}


def _order(record: Record) -> tuple[int, tuple[str, str]]:
    ranks = ("falls", "unknown", "weakens", "changes", "reread")
    return ranks.index(record["impact"]), swedish_order(_first(record))


def _first(record: Record) -> str:
    return str(next(iter(record["label"].values())))


def _conclusion(weighed: Weighed, thing: str, impact: Impact, names: Mapping[str, Text]) -> Record:
    support = [item for item in weighed.items(thing, firm=True) if not weighed.fallen(item, before=True)]
    other = weighed.items(thing, firm=False)
    lost = [item for item in support if weighed.fallen(item)]
    weakened = [item for item in support if weighed.impact(item) == Impact.WEAKENS]
    return _thing(thing, names) | {
        "impact": impact.name.lower(),
        "support": {
            "total": len(support),
            "lost": len(lost),
            "weakened": len(weakened),
            "left": len(support) - len(lost),
        },
        "considered": {"total": len(other), "lost": sum(weighed.fallen(item) for item in other)},
        "paths": [[_step(weighed, tie, names) for tie in way] for way in weighed.paths(thing)],
    }


def _cell(weighed: Weighed, thing: str, names: Mapping[str, Text]) -> Record:
    members = weighed.items(thing, CELL)
    record = _thing(thing, names)
    for key, kind in (("findings", "finding"), ("gaps", "evidence-gap")):
        of_kind = [m for m in members if kind_of(m) == kind]
        counts = {when: sum(not weighed.fallen(m, before=when == "before") for m in of_kind) for when in _WHEN}
        record[key] = counts
    left = record["findings"]["after"] + record["gaps"]["after"]
    changed = any(record[key]["before"] != record[key]["after"] for key in ("findings", "gaps"))
    hit = [m for m in members if weighed.impact(m) or m in weighed.tried]
    record["impact"] = "unknown" if not left else "changes" if changed else "reread"
    return record | {"statements": [_link(m, names) for m in hit]}


_WHEN = ("before", "after")


def _on_the_way(weighed: Weighed, thing: str, impact: Impact, names: Mapping[str, Text]) -> Record:
    way = next(iter(weighed.paths(thing)), ())
    return _thing(thing, names) | {"impact": impact.name.lower(), "path": [_step(weighed, tie, names) for tie in way]}


def _documents(weighed: Weighed, names: Mapping[str, Text]) -> list[Record]:
    """Return the documents in which something was read that is hit, other than those that were tried themselves."""
    read_in = Counter(d for thing in weighed.hit() for d in weighed.items(thing, STATED) if d not in weighed.tried)
    return [_thing(document, names) | {"statements": count} for document, count in read_in.items()]


def _step(weighed: Weighed, tie: Tie, names: Mapping[str, Text]) -> Record:
    """Return one step of a path: from a ground to what stands on it, and the passages in which that is stated."""
    passages = [tie] if tie.relation == STATED else [t for t in weighed.grounds[tie.node] if t.relation == STATED]
    return {
        "from": _link(tie.ground, names),
        "relation": curie(tie.relation),
        "to": _link(tie.node, names),
        "via": tie.via or None,
        "direction": _link(tie.direction, names) if tie.direction else None,
        "statedIn": [
            {"id": p.via, "document": _link(p.ground, names), "section": p.section or None, "page": p.page or None}
            for p in passages
        ],
    }


def _thing(iri: str, names: Mapping[str, Text]) -> Record:
    return identity(iri) | {"label": _label(iri, names)}


def _link(iri: str, names: Mapping[str, Text]) -> Record:
    return {"id": iri, "label": _label(iri, names)}


def _label(iri: str, names: Mapping[str, Text]) -> Text:
    return dict(names.get(iri) or {"und": iri.removeprefix(ID)})
