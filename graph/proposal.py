"""What a draft would change: its statements laid over those of a release, and what that means in words.

A draft says only what it says. A property that it states of a resource which exists has the values of the draft then
(texts each in its language, and what ``accumulates`` in ``differences.yaml`` in addition); everything else stays as it
is. Only of a guideline that it states as a whole (``ev:partOfGuideline``, of a guideline in the release) does a draft
say all: recommendations of that guideline which are not in it are dropped, and so are evidence lines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import pyoxigraph as ox

from evidensgraf.graph.changes import KINDS
from evidensgraf.graph.differences import described, differences, mentioned, with_labels
from evidensgraf.graph.draft import Draft
from evidensgraf.graph.names import named, names_in
from evidensgraf.graph.release import Release
from evidensgraf.graph.side import Side, Term, read_side, subjects_with
from evidensgraf.ontology.namespaces import EV, ID, expand, owner

PART_OF = "ev:partOfGuideline"
"""The property of a recommendation that leads to its guideline."""


def compare_draft(release: Release, draft: Draft) -> dict[str, Any]:
    """Return what the statements of a draft would change in a release, in the form of ``changes.json``.

    In the place of the newer release stands ``draft``, its name. Raises ``OSError``.
    """
    stated = Side(draft.quads)
    mine = {owner(iri) for iri in stated.subjects() if iri.startswith((ID, EV))}
    guidelines = {guideline for iri in stated.subjects() for guideline in stated.iris(iri, PART_OF)}
    whole = set(subjects_with(release.quads, PART_OF, guidelines))
    before, found = read_side(release.quads, mine | whole, described()["parts"])
    after = Side(_laid_over(before, stated, whole))
    told = differences(before, after, found)
    names = _names(release, stated, mentioned(told))
    return {
        "draft": draft.name,
        "prior": {"id": release.id, "sha256": release.digest},
        "differences": with_labels(told, {iri: found["label"] for iri, found in names.items()}),
        "resources": _resources(release, stated, _by_owner(before), _by_owner(after)),
    }


def _laid_over(before: Side, draft: Side, whole: Collection[str]) -> Iterator[ox.Quad]:
    """Yield what a release says when a draft has been laid over it; ``whole`` are recommendations that it restates."""
    mine = {owner(iri) for iri in draft.subjects()}
    kept = (iri for iri in before.subjects() if owner(iri) in mine or owner(iri) not in whole)
    several = {expand(name) for name in described()["accumulates"]}
    for iri in {*kept, *draft.subjects()}:
        old, new = before.properties(iri), draft.properties(iri)
        for predicate in old.keys() | new.keys():
            adds = predicate in several and owner(iri) not in whole
            for term in _values(old.get(predicate, set()), new.get(predicate, set()), adds):
                yield ox.Quad(ox.NamedNode(iri), ox.NamedNode(predicate), term)


def _values(old: set[Term], new: set[Term], adds: bool) -> set[Term]:
    """Return the values that a property has when the new ones are stated."""
    if adds or not new:
        return old | new
    tags = {term.language for term in new if isinstance(term, ox.Literal)} - {None}
    return new | {term for term in old if tags and isinstance(term, ox.Literal) and term.language not in {*tags, None}}


def _names(release: Release, draft: Side, wanted: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return names, in the words of the draft where it has any."""
    known, here = named(release.quads, wanted), names_in((quad for iri in wanted for quad in draft.about(iri)), wanted)
    return {iri: {key: here[iri][key] or known[iri][key] for key in ("type", "label")} for iri in wanted}


def _by_owner(side: Side) -> dict[str, set[ox.Quad]]:
    found: dict[str, set[ox.Quad]] = {}
    for iri in side.subjects():
        if iri.startswith((ID, EV)):
            found.setdefault(owner(iri), set()).update(side.about(iri))
    return found


def _resources(
    release: Release, draft: Side, before: dict[str, set[ox.Quad]], after: dict[str, set[ox.Quad]]
) -> list[dict[str, Any]]:
    """Return the resources that are new, changed or dropped, each with how many statements more and fewer."""
    entries: list[dict[str, Any]] = []
    for iri in sorted(before.keys() | after.keys()):
        old, new = before.get(iri, set()), after.get(iri, set())
        if old != new:
            kind = "added" if not old else "changed" if new else "removed"
            entries.append({"id": iri, "change": kind, "added": len(new - old), "removed": len(old - new)})
    names = _names(release, draft, {entry["id"] for entry in entries})
    ordered = sorted(entries, key=lambda entry: KINDS.index(entry["change"]))
    return [{"id": e["id"], "change": e["change"], **names[e["id"]], **e} for e in ordered]
