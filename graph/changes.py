"""What changed between two releases: the quads added and removed, and the resources, each by its kind and its name."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from evidensgraf.graph.differences import Difference, described, differences, mentioned, with_labels
from evidensgraf.graph.names import named
from evidensgraf.graph.release import QUADS, Release
from evidensgraf.graph.side import MADE_LINE, OWNER, read_side

ADDED, REMOVED = "added.nq", "removed.nq"
"""N-Quads that were not in the release before, and that are no longer in this one; both sorted."""
KINDS = ("added", "removed", "changed")
"""What can have happened to a resource."""
MOST_TOLD = 50_000
"""Two releases that differ in more resources than this are not told apart in words, which would need much memory."""
_BLANK = re.compile(rb"(?:^| )_:")


def compare(before: Path, after: Path) -> Iterator[tuple[int, bytes]]:
    """Yield every line of two sorted files once: -1 for one of ``before`` only, 1 for ``after`` only, 0 for both.

    Raises ``OSError``.
    """
    with before.open("rb") as left, after.open("rb") as right:
        old, new = next(left, None), next(right, None)
        while old is not None or new is not None:
            if new is None or (old is not None and old < new):
                assert old is not None
                yield -1, old
                old = next(left, None)
            elif old is None or new < old:
                yield 1, new
                new = next(right, None)
            else:
                yield 0, new
                old, new = next(left, None), next(right, None)


def write_changes(directory: Path, release_id: str, digest: str, prior: Release) -> dict[str, Any]:
    """Write what changed since a prior release into the directory of a new one, and return it.

    ``added.nq`` and ``removed.nq`` are exact: the prior lines without the removed and with the added ones, sorted, are
    the new release. The returned document (``changes.json``) is that of ``changes_between``. Raises ``OSError``.
    """
    with (directory / ADDED).open("wb") as added, (directory / REMOVED).open("wb") as removed:

        def write(side: int, line: bytes) -> None:
            (added if side > 0 else removed).write(line)

        found = changes_between(prior.quads, directory / QUADS, write)
    return {
        "release": {"id": release_id, "sha256": digest},
        "prior": {"id": prior.id, "sha256": prior.digest},
        **found,
    }


def compared(before: Release, after: Release) -> dict[str, Any]:
    """Return what changed from one release to another, in the form of ``changes.json``. Raises ``OSError``."""
    return {
        "release": {"id": after.id, "sha256": after.digest},
        "prior": {"id": before.id, "sha256": before.digest},
        **changes_between(before.quads, after.quads),
    }


def changes_between(
    before: Path, after: Path, differing: Callable[[int, bytes], None] = lambda side, line: None
) -> dict[str, Any]:
    """Return what changed between two files of sorted N-Quads, whose every differing line ``differing`` gets.

    ``differences`` are those that have words (see ``differences.py``; left out where there are more than ``MOST_TOLD``
    resources), ``resources`` all resources of the graph and
    terms of the ontology: those with statements only now (``added``), those with none any more (``removed``), and those
    about which or whose parts something else is stated (``changed``); what is derived or measured at build, and blank
    nodes, whose names may differ, do not make a resource changed. Raises ``OSError``.
    """
    found: dict[str, set[str]] = {"before": set(), "after": set()}
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    quads: Counter[int] = Counter()
    for side, line in compare(before, after):
        owner = _owner(line)
        if owner and side <= 0:
            found["before"].add(owner)
        if owner and side >= 0:
            found["after"].add(owner)
        if side:
            quads[side] += 1
            differing(side, line)
            if owner and not line.endswith(MADE_LINE) and not _BLANK.search(line):
                counts[owner][side] += 1
    touched = {iri: _kind(iri, found) for iri in counts}
    return {
        "quads": {"added": quads[1], "removed": quads[-1]},
        **({"differences": _told(before, after, set(touched))} if len(touched) <= MOST_TOLD else {}),
        "resources": listed(touched, counts, before, after),
    }


def _told(before: Path, after: Path, touched: set[str]) -> list[Difference]:
    links = described()["parts"]
    (old, first), (new, last) = (read_side(quads, touched, links) for quads in (before, after))
    return labelled(differences(old, new, first | last), before, after)


def labelled(found: list[Difference], *quads: Path) -> list[Difference]:
    """Return differences in which everything that they name has its label, in that of the files that says it last."""
    wanted = mentioned(found)
    names: dict[str, dict[str, Any]] = {}
    for file in quads:
        names |= {iri: name for iri, name in named(file, wanted).items() if name["label"]}
    return with_labels(found, {iri: name["label"] for iri, name in names.items()})


def listed(
    touched: Mapping[str, str], counts: Mapping[str, Counter[int]], before: Path, after: Path
) -> list[dict[str, Any]]:
    """Return the entries of resources, each with what happened to it, and with how many statements more and fewer."""
    names = named(after, {iri for iri, kind in touched.items() if kind != "removed"})
    names |= named(before, {iri for iri, kind in touched.items() if kind == "removed"})
    return [
        {"id": iri, "change": kind, **names.get(iri, {}), "added": counts[iri][1], "removed": counts[iri][-1]}
        for iri, kind in sorted(touched.items(), key=lambda pair: (KINDS.index(pair[1]), pair[0]))
    ]


def summary(changes: Mapping[str, Any]) -> dict[str, int]:
    """Return how many resources were added, removed and changed."""
    counted = Counter(entry["change"] for entry in changes["resources"])
    return {kind: counted[kind] for kind in KINDS}


def to_json(changes: Mapping[str, Any]) -> bytes:
    """Return changes as UTF-8 JSON, a difference or a resource a line, so that they can be read and compared."""
    lists = ("differences", "resources")
    text = json.dumps({k: v for k, v in changes.items() if k not in lists}, ensure_ascii=False, indent=1)[:-2]
    for name in (name for name in lists if name in changes):
        lines = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in changes[name])
        text += f',\n "{name}": [\n{lines}\n ]'
    return f"{text}\n}}\n".encode()


def _owner(line: bytes) -> str | None:
    """Return the resource that a line is about, or whose part it is about."""
    match = OWNER.match(line)
    return match[1].decode() if match else None


def _kind(iri: str, found: Mapping[str, set[str]]) -> str:
    if iri not in found["before"]:
        return "added"
    return "changed" if iri in found["after"] else "removed"
