"""What the difference between two graphs means: recommendations strengthened, findings changed, gaps closed …

What is told of which kind of resource, and the scales, are data: ``differences.yaml``. A difference is a JSON object:
``kind`` (what happened), ``group``, ``id`` of the resource, ``property`` (a CURIE), and the values ``before`` and
``after``; of an evidence line also its ``direction``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import pyoxigraph as ox
import yaml

from evidensgraf.graph.side import Side, Term
from evidensgraf.ontology.namespaces import ID, curie, expand

Difference = dict[str, Any]
"""What happened to one resource in one respect."""
Value = dict[str, Any]
"""A value: ``id`` of a thing, ``text`` by language, ``value`` of a literal, and of a part its ``numbers``."""
_Rule = Mapping[str, Any]


@cache
def described() -> dict[str, Any]:
    """Return what is told: the content of ``differences.yaml``."""
    found: dict[str, Any] = yaml.safe_load((files("evidensgraf.graph") / "differences.yaml").read_bytes())
    return found


def differences(before: Side, after: Side, resources: Iterable[str]) -> list[Difference]:
    """Return what happened to resources, as far as it is told in words, in the order of groups and of their IRIs."""
    groups = described()["groups"]
    found = [entry for iri in sorted(resources) for entry in _of(before, after, iri)]
    return sorted(found, key=lambda entry: groups.index(entry["group"]))


def with_labels(found: list[Difference], labels: Mapping[str, Mapping[str, str]]) -> list[Difference]:
    """Return differences in which each thing that is named has its ``label`` by language; one without, none."""
    return [_labelled(entry, labels) for entry in found]


def _labelled(entry: Any, labels: Mapping[str, Mapping[str, str]]) -> Any:
    if isinstance(entry, list):
        return [_labelled(value, labels) for value in entry]
    if not isinstance(entry, dict):
        return entry
    whole = {key: _labelled(value, labels) for key, value in entry.items()}
    return whole | {"label": dict(labels[entry["id"]])} if entry.get("id") in labels else whole


def mentioned(found: Iterable[Difference]) -> set[str]:
    """Return the IRIs of all things that differences name."""
    return {iri for entry in found for iri in _mentioned(entry)}


def _mentioned(entry: Any) -> Iterator[str]:
    if isinstance(entry, dict):
        if "id" in entry:
            yield entry["id"]
        for value in entry.values():
            yield from _mentioned(value)
    elif isinstance(entry, list):
        for value in entry:
            yield from _mentioned(value)


def _of(before: Side, after: Side, iri: str) -> Iterator[Difference]:
    rules = described()["kinds"].get(iri.removeprefix(ID).partition("/")[0]) if iri.startswith(ID) else None
    if rules is None:
        return
    head = {"group": rules["group"], "id": iri}
    if iri not in before or iri not in after:
        if iri in before or iri in after:
            yield {"kind": rules["removed" if iri in before else "added"], **head}
        return
    for rule in rules["told"]:
        for entry in _COMPARE[rule["compare"]](before, after, iri, rule):
            yield {"kind": entry.pop("kind"), **head, **entry}


def _stance(before: Side, after: Side, iri: str, rule: _Rule) -> Iterator[Difference]:
    """Compare which side a recommendation takes, and how strongly."""
    sides = [_side_taken(side.values(iri, *rule["properties"])) for side in (before, after)]
    direction, strength = rule["properties"]
    if all(sides) and sides[0] != sides[1]:
        changed = [p for p in rule["properties"] if before.values(iri, p) != after.values(iri, p)]
        yield _entry(rule["turned"], changed[-1], before.values(iri, changed[-1]), after.values(iri, changed[-1]))
    elif before.values(iri, strength) != after.values(iri, strength):
        yield from _scale(before, after, iri, {**rule, "properties": [strength]})
    else:
        yield from _values(before, after, iri, {**rule, "properties": [direction]})


def _side_taken(values: Iterable[Term]) -> str | None:
    """Return ``for`` or ``against``; of a direction and a strength that differ, the first that says ``against``."""
    names = {curie(term.value) for term in values}
    return next((side for side in ("against", "for") if names & set(described()["sides"][side])), None)


def _scale(before: Side, after: Side, iri: str, rule: _Rule) -> Iterator[Difference]:
    """Compare places on a scale; the first is the highest."""
    order = described()["scales"][rule["scale"]]
    yield from _ordered(before, after, iri, rule, lambda term: _place(order, curie(term.value)))


def _place(order: list[str], name: str) -> int | None:
    return -order.index(name) if name in order else None


def _rank(before: Side, after: Side, iri: str, rule: _Rule) -> Iterator[Difference]:
    """Compare whole numbers, of which 1 is the highest."""
    yield from _ordered(before, after, iri, rule, lambda term: -int(term.value) if term.value.isdecimal() else None)


def _ordered(
    before: Side, after: Side, iri: str, rule: _Rule, place: Callable[[Term], int | None]
) -> Iterator[Difference]:
    for name in rule["properties"]:
        old, new = before.values(iri, name), after.values(iri, name)
        if old == new:
            continue
        places = [[place(term) for term in terms] for terms in (old, new)]
        match places:
            case [[int() as first], [int() as last]]:
                kind = rule["up"] if last > first else rule["down"]
            case _:
                kind = rule["other"]
        yield _entry(kind, name, old, new)


def _values(before: Side, after: Side, iri: str, rule: _Rule) -> Iterator[Difference]:
    """Compare sets of values."""
    for name in rule["properties"]:
        old, new = before.values(iri, name), after.values(iri, name)
        if old != new:
            yield _entry(rule["other"], name, old, new)


def _texts(before: Side, after: Side, iri: str, rule: _Rule) -> Iterator[Difference]:
    """Compare texts; those of the languages in which they differ are shown."""
    for name in rule["properties"]:
        old, new = before.values(iri, name), after.values(iri, name)
        if old != new:
            shown = [[{"text": text}] if (text := _text(terms)) else [] for terms in (old - new, new - old)]
            yield {"kind": rule["other"], "property": {"id": expand(name)}, "before": shown[0], "after": shown[1]}


def _text(terms: Iterable[Term]) -> dict[str, str]:
    return {t.language or "und": t.value for t in sorted(terms, key=str) if isinstance(t, ox.Literal)}


def _parts(before: Side, after: Side, iri: str, rule: _Rule) -> Iterator[Difference]:
    """Compare parts of a resource by what they say, not by their names."""
    name, of = rule["properties"][0], rule["of"]
    said = [{_said(side, part, of): part for part in side.iris(iri, name)} for side in (before, after)]
    if said[0].keys() != said[1].keys():
        old, new = (
            [_part(side, mine[key], of) for key in sorted(mine.keys() - other.keys())]
            for side, mine, other in ((before, said[0], said[1]), (after, said[1], said[0]))
        )
        yield {"kind": rule["other"], "property": {"id": expand(name)}, "before": old, "after": new}


def _said(side: Side, part: str, of: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(sorted(map(str, side.values(part, name)))) for name in (*of, "rdfs:label", "dcterms:date"))


def _part(side: Side, part: str, of: Iterable[str]) -> Value:
    """Return a part as a value: its label, its numbers, and the things that it names."""
    numbers = {
        name.removeprefix("ev:"): found.value
        for name in described()["numbers"]
        for found in side.values(part, name)
        if name in of
    }
    things = [{"id": thing} for name in of for thing in side.iris(part, name)]
    text = _text(side.values(part, "rdfs:label"))
    date = [found.value for found in side.values(part, "dcterms:date")]
    about = [{"id": thing} for thing in side.iris(part, "prov:wasAttributedTo", "dcterms:isReplacedBy")]
    optional = {"text": text, "numbers": numbers, "things": things, "date": min(date, default=""), "by": about}
    return {"part": part, **{key: value for key, value in optional.items() if value}}


def _lines(before: Side, after: Side, iri: str, rule: _Rule) -> Iterator[Difference]:
    """Compare the statements (or, where a line has none, the bases) that a claim rests on, and their directions."""
    old, new = (_rested(side, iri, rule["properties"][0]) for side in (before, after))
    for item in sorted(old.keys() | new.keys()):
        if item not in old or item not in new:
            added = item in new
            entry = {"kind": rule["added" if added else "removed"], "direction": (new if added else old)[item]}
            yield entry | {"after" if added else "before": [{"id": item}], "before" if added else "after": []}
        elif old[item] != new[item]:
            yield {"kind": rule["turned"], "item": {"id": item}, "before": old[item], "after": new[item]}


def _rested(side: Side, iri: str, name: str) -> dict[str, list[Value]]:
    found: dict[str, set[str]] = {}
    for line in side.iris(iri, name):
        for item in side.iris(line, "ev:hasEvidenceItem") or side.iris(line, "ev:basis"):
            found.setdefault(item, set()).update(side.iris(line, "ev:direction"))
    return {item: [{"id": direction} for direction in sorted(directions)] for item, directions in found.items()}


def _entry(kind: str, name: str, old: Iterable[Term], new: Iterable[Term]) -> Difference:
    return {"kind": kind, "property": {"id": expand(name)}, "before": _shown(old), "after": _shown(new)}


def _shown(terms: Iterable[Term]) -> list[Value]:
    ordered = sorted(terms, key=str)
    return [{"id": t.value} if isinstance(t, ox.NamedNode) else {"value": t.value} for t in ordered]


_COMPARE: dict[str, Callable[[Side, Side, str, _Rule], Iterator[Difference]]] = {
    "stance": _stance,
    "scale": _scale,
    "rank": _rank,
    "values": _values,
    "texts": _texts,
    "parts": _parts,
    "lines": _lines,
}
