"""Verifying a graph against its sources: is every passage where the graph says it is?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from evidensgraf.graph.passages import SourceText
from evidensgraf.ontology.namespaces import ID, PREFIXES

_PASSAGES = """
SELECT ?passage ?source ?section ?first ?last WHERE {
  ?passage a ev:Passage .
  OPTIONAL { ?passage oa:hasSource ?source }
  OPTIONAL { ?passage bibo:section ?section }
  OPTIONAL {
    ?passage oa:hasSelector ?range .
    ?range oa:hasStartSelector/oa:exact ?first ; oa:hasEndSelector/oa:exact ?last .
  }
} ORDER BY ?source ?section ?passage
"""
KINDS = ("found", "no text", "incomplete", "no section", "not found")
"""What a check can end in; all but the first are failures."""


@dataclass(frozen=True)
class Check:
    """The check of one passage: its IRI, its source's slug, the section, one of ``KINDS``, and its line if found."""

    passage: str
    source: str
    section: str
    kind: str
    line: int = 0


class SourcesError(Exception):
    """A directory of sources that cannot be used; ``str()`` says why."""


def verify(store: ox.Store, sources: Path) -> list[Check]:
    """Check every passage of a store against ``{source-slug}.txt`` in a directory.

    Raises ``SourcesError`` when the directory does not exist or a text in it is not UTF-8.
    """
    if not sources.is_dir():
        raise SourcesError(f"{sources} is not a directory. Name the directory with the source texts (SLUG.txt).")
    rows = store.query(_PASSAGES, prefixes=PREFIXES, use_default_graph_as_union=True)
    assert isinstance(rows, ox.QuerySolutions)
    texts: dict[str, SourceText | None] = {}
    return [_check(row, sources, texts) for row in rows]


def summary(checks: list[Check]) -> dict[str, Counter[str]]:
    """Return the number of checks of each kind by source slug."""
    table: dict[str, Counter[str]] = {}
    for check in checks:
        table.setdefault(check.source or "(no source)", Counter())[check.kind] += 1
    return table


def _check(row: ox.QuerySolution, sources: Path, texts: dict[str, SourceText | None]) -> Check:
    passage, source, section, first, last = (
        getattr(row[n], "value", "") for n in ("passage", "source", "section", "first", "last")
    )
    slug = source.removeprefix(f"{ID}source/")
    if not (source and first and last):
        return Check(passage, slug, section, "incomplete")
    if slug not in texts:
        texts[slug] = _read(sources / f"{slug}.txt")
    text = texts[slug]
    if text is None:
        return Check(passage, slug, section, "no text")
    place = text.find(section, first, last)
    if place is not None:
        return Check(passage, slug, section, "found", place.line)
    return Check(passage, slug, section, "not found" if text.regions(section) else "no section")


def _read(path: Path) -> SourceText | None:
    if not path.exists():
        return None
    try:
        return SourceText(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SourcesError(f"{path} is not UTF-8 at byte {error.start}; save it as UTF-8.") from error
