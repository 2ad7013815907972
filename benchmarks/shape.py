"""The shape of a release: which of its quads stand once in a graph of any size, and which make up a block that repeats.

What grows with the number of documents read (sources, studies, statements, claims, interventions, outcomes …) makes up
a block; the ontology, the shapes and the kinds in ``ONCE`` do not grow. A block is made of parts: families, that is
records of documents that refer to each other, and common records that several families refer to.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from evidensgraf.graph.release import Release
from evidensgraf.ontology.namespaces import BASE, ID, PREFIXES

ONCE = frozenset(
    ("category", "concept-scheme", "dataset", "derivation-rule", "domain", "organisation", "place")
    + ("quality-measurement", "quality-metric")
)
"""Kinds of resources that do not grow with the number of documents read."""
_GRAPHS = f"{BASE}graph/"
_LINE = re.compile(r"(<[^>]*>|_:\S+) (<[^>]*>) (.*) (<[^>]*>) \.\n")
_IRI = re.compile(rf"<({re.escape(BASE)}(?:id|graph)/[^>#]+)(#[^>]*)?>")
_TEXT = re.compile(r'("(?:[^"\\]|\\.)* (?:[^"\\]|\\.)*)(".*)')  # a literal with a space in it
_NAME, _WORD = "\x00", "\x01"  # where a block's number goes: at the end of a name, and at the end of a text
_TYPE = f"<{PREFIXES['rdf']}type>"


@dataclass
class Part:
    """Quads that are written together: their lines as a template, the records that they refer to, and their counts.

    ``counts`` has (``triple``, ``""``), (``subject``, ``""``), (``class``, IRI) and (``graph``, IRI template).
    """

    lines: list[str] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @cached_property
    def template(self) -> str:
        """All lines; read it when they are complete."""
        return "".join(self.lines)

    def text(self, block: int) -> bytes:
        """Return the lines for one block: 0 with the names of the release, the others with a number in every name."""
        return numbered(self.template, block).encode()


def numbered(template: str, block: int) -> str:
    """Return a template for one block.

    >>> numbered("<a" + _NAME + "#b> x", 7)
    '<a-b7#b> x'
    """
    name, word = (f"-b{block}", f"·{block}") if block else ("", "")
    return template.replace(_NAME, name).replace(_WORD, word)


def merged(parts: Iterable[Part]) -> Part:
    """Return several parts as one."""
    whole = Part()
    for part in parts:
        whole.lines += part.lines
        whole.needs |= part.needs
        whole.counts += part.counts
    return whole


class Shape:
    """What a release is made of: the part that stands ``once``, the ``families``, and the ``common`` records."""

    def __init__(self, release: Release) -> None:
        self.release = release
        with release.quads.open(encoding="utf-8", newline="\n") as file:
            quads = [match.groups() for line in file if (match := _LINE.fullmatch(line))]
        subjects = {_owner(quad[0]) for quad in quads}
        self._documents = {g for g in release.graphs if ID + "source/" + g.removeprefix(_GRAPHS) in subjects}
        self._growing = {s for s in subjects if s.startswith(ID) and s[len(ID) :].split("/")[0] not in ONCE}
        self._growing |= self._documents
        self.properties = {predicate for _, predicate, _, _ in quads}
        records, read = self._records(quads)
        self.once = records.pop("")
        self.common = {key: part for key, part in records.items() if key not in read}
        self.families = [self._family(records, keys) for keys in _connected(records, read, self.common)]

    def _records(self, quads: Iterable[tuple[str, ...]]) -> tuple[dict[str, Part], set[str]]:
        """Return the quads by the record that they belong to, and the records that stand in a document's graph."""
        records: dict[str, Part] = defaultdict(Part)
        stated: dict[str, set[str]] = defaultdict(set)
        described, read = set(), set()
        for subject, predicate, value, graph in quads:
            named = [i for i in map(_owner, (subject, value, graph)) if i in self._growing]
            key = named[0] if named and named[0] != _owner(graph) else ""
            part = records[key]
            part.lines.append(self._template(subject, predicate, value, graph))
            part.needs.update(named[1:])
            part.counts["graph", self._marked(graph)[1:-1]] += 1
            if _owner(graph) in self._documents:
                read.add(key)
            triple = f"{subject} {predicate} {value}"
            if triple not in stated[key]:
                stated[key].add(triple)
                part.counts["triple", ""] += 1
                if predicate == _TYPE:
                    part.counts["class", value[1:-1]] += 1
            if subject not in described:
                described.add(subject)
                part.counts["subject", ""] += 1
        for key, part in records.items():
            part.needs.discard(key)
        return dict(records), read - {""}

    def _family(self, records: dict[str, Part], keys: list[str]) -> Part:
        """Return records as one part that needs common records only, and all that these need in turn."""
        part = merged(records[key] for key in keys)
        waiting, needs = list(part.needs), set[str]()
        while waiting:
            key = waiting.pop()
            if key in self.common and key not in needs:
                needs.add(key)
                waiting += self.common[key].needs
        part.needs = needs
        return part

    def _template(self, subject: str, predicate: str, value: str, graph: str) -> str:
        value = _TEXT.sub(rf"\1{_WORD}\2", value) if value[0] == '"' else self._marked(value)
        return f"{self._marked(subject)} {predicate} {value} {self._marked(graph)} .\n"

    def _marked(self, term: str) -> str:
        match = _IRI.fullmatch(term)
        return f"<{match[1]}{_NAME}{match[2] or ''}>" if match and match[1] in self._growing else term


def _owner(term: str) -> str:
    return term.strip("<>").partition("#")[0]


def _connected(records: dict[str, Part], read: set[str], common: dict[str, Part]) -> Iterator[list[str]]:
    """Yield groups of records that refer to each other; a common record that refers to one of them joins it."""
    while joining := [key for key, part in common.items() if part.needs & read]:
        for key in joining:
            read.add(key)
            del common[key]
    root = {key: key for key in records if key in read}

    def find(key: str) -> str:
        while root[key] != key:
            root[key] = root[root[key]]
            key = root[key]
        return key

    for key in root:
        for other in records[key].needs & root.keys():
            root[find(key)] = find(other)
    groups: dict[str, list[str]] = defaultdict(list)
    for key in root:
        groups[find(key)].append(key)
    yield from groups.values()
