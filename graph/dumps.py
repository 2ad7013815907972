"""The dumps of a release: its canonical N-Quads counted, and written in every RDF syntax, plain and compressed.

Everything is read from the file once and written as it is read, so that a large release needs no more memory.
"""

from __future__ import annotations

import gzip
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from evidensgraf.graph.release import QUADS
from evidensgraf.ontology.namespaces import PREFIXES

STEM = "evidensgraf"
"""The name of every dump, before its suffix."""
MEDIA_TYPES = {
    "nq": "application/n-quads",
    "trig": "application/trig",
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
}
"""Suffix → media type of each dump. All hold the named graphs, but Turtle, which holds their union."""
GZIP = ".gz"
"""What the name of a compressed file ends with."""
_RDF_TYPE = b"<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_IN_GRAPH = re.compile(rb"(\S+ \S+ .+) (<[^<>\"]*>|_:\S+) \.\n", re.DOTALL)
_LEVEL = 6
_HELD = 32 * 2**20


@dataclass(frozen=True)
class Survey:
    """What a release holds: quads, and of the union of its graphs the triples, subjects and properties, each once.

    ``classes`` and ``graphs`` are IRIs with their number of instances and of triples, sorted by IRI.
    """

    quads: int
    triples: int
    subjects: int
    properties: int
    classes: dict[str, int]
    graphs: dict[str, int]


def survey(quads: Path, parts: Path) -> Survey:
    """Count what sorted N-Quads hold, and write the lines of each graph to a file of its own in ``parts``.

    The files are named so that they sort as the IRIs of their graphs do. Raises ``OSError``.
    """
    split, classes, predicates = _Parts(parts), Counter[str](), set[bytes]()
    triples = subjects = 0
    triple_before = subject_before = b""
    with quads.open("rb") as lines:
        for line in lines:
            match = _IN_GRAPH.fullmatch(line)
            triple, graph = (match[1], match[2]) if match else (line[:-3], b"")
            split.add(graph, line)
            if triple == triple_before:  # the same triple in another graph: sorted lines have it next
                continue
            triple_before = triple
            subject, predicate, value = triple.split(b" ", 2)
            triples += 1
            subjects += subject != subject_before
            subject_before = subject
            predicates.add(predicate)
            if predicate == _RDF_TYPE and value.startswith(b"<"):
                classes[value[1:-1].decode()] += 1
    graphs = split.close()
    return Survey(split.total, triples, subjects, len(predicates), dict(sorted(classes.items())), graphs)


class _Parts:
    """Lines set aside by graph, in files that are opened only to be written to."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.held, self.total = directory, 0, 0
        self.lines: dict[bytes, list[bytes]] = defaultdict(list)
        self.counts: Counter[bytes] = Counter()
        self.numbers: dict[bytes, int] = {}

    def add(self, graph: bytes, line: bytes) -> None:
        self.lines[graph].append(line)
        self.counts[graph] += 1
        self.held += len(line)
        self.total += 1
        if self.held > _HELD:
            self.flush()

    def flush(self) -> None:
        for graph, lines in self.lines.items():
            number = self.numbers.setdefault(graph, len(self.numbers))
            with (self.directory / f"{number}.part").open("ab") as out:
                out.writelines(lines)
        self.lines.clear()
        self.held = 0

    def close(self) -> dict[str, int]:
        """Name the files in the order of their graphs, and return the number of lines in each."""
        self.flush()
        ordered = sorted(self.numbers)
        for place, graph in enumerate(ordered):
            (self.directory / f"{self.numbers[graph]}.part").rename(self.directory / f"{place:08}.nq")
        return {graph.decode().strip("<>"): self.counts[graph] for graph in ordered if graph}


def write_dumps(directory: Path, parts: Path) -> None:
    """Write the dumps of the N-Quads in a directory beside it: TriG, Turtle and JSON-LD, and all four compressed.

    ``parts`` has the files that ``survey`` made. JSON-LD is in expanded form, so that no context is fetched to read it.
    The same release gives the same bytes. Raises ``OSError``.
    """
    quads = directory / QUADS
    for suffix, syntax in (("trig", ox.RdfFormat.TRIG), ("jsonld", ox.RdfFormat.JSON_LD)):
        prefixes = PREFIXES if suffix == "trig" else None
        ox.serialize(_by_graph(parts), str(directory / f"{STEM}.{suffix}"), format=syntax, prefixes=prefixes)
    ox.serialize(_union(quads), str(directory / f"{STEM}.ttl"), format=ox.RdfFormat.TURTLE, prefixes=PREFIXES)
    for suffix in MEDIA_TYPES:
        compress(directory / f"{STEM}.{suffix}")


def compress(path: Path) -> None:
    """Write a file compressed beside it (gzip, RFC 1952), without a name and a time in it. Raises ``OSError``."""
    target = path.with_name(path.name + GZIP)
    with (
        path.open("rb") as plain,
        target.open("wb") as out,
        gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=out, mtime=0) as packed,
    ):
        shutil.copyfileobj(plain, packed, 2**20)


def _by_graph(parts: Path) -> Iterator[ox.Quad]:
    for part in sorted(parts.glob("*.nq")):
        yield from ox.parse(path=str(part), format=ox.RdfFormat.N_QUADS)


def _union(quads: Path) -> Iterator[ox.Triple]:
    before = None
    for quad in ox.parse(path=str(quads), format=ox.RdfFormat.N_QUADS):
        if (triple := quad.triple) != before:
            yield triple
        before = triple
