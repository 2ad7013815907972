"""Evidence graphs of any size in the shape of the release: ``python -m benchmarks.generate 1m DIRECTORY``.

Blocks of what grows with the number of documents are written one after the other (``benchmarks.shape``): classes,
fan-outs, lengths of texts and derived shortcuts keep the proportions measured in the release, and a question about one
claim has an answer of the same size in a graph of any size. Block 0 has the names of the release itself, so that
its questions can be asked; in later blocks names and texts have a number. The last block is made of families drawn by
a seed. Memory is that of one block.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.shape import Part, Shape, merged, numbered
from evidensgraf.graph.build import build
from evidensgraf.graph.describe import About, describe
from evidensgraf.graph.dumps import Survey
from evidensgraf.graph.release import DESCRIPTION, MANIFEST, QUADS, Release, directory_name, open_release

_POWERS = {"": 1, "k": 1000, "m": 1_000_000}


def quads(size: str) -> int:
    """Return a number of quads from a text. Raises ``ValueError``.

    >>> quads("100k"), quads("1M"), quads("250")
    (100000, 1000000, 250)
    """
    match = re.fullmatch(r"(\d+)([km]?)", size.lower())
    if match is None:
        raise ValueError(f"{size} is not a size: write 100k or 10m")
    return int(match[1]) * _POWERS[match[2]]


class _Writer:
    """Writes parts to a file, and counts and hashes what it has written."""

    def __init__(self, path: Path) -> None:
        self.file, self.digest, self.size = path.open("wb"), hashlib.sha256(), 0
        self.counts: Counter[tuple[str, str]] = Counter()

    def write(self, part: Part, block: int) -> None:
        text = part.text(block)
        self.file.write(text)
        self.digest.update(text)
        self.size += len(part.lines)
        self.counts += Counter({(kind, numbered(name, block)): n for (kind, name), n in part.counts.items()})

    def survey(self, properties: int) -> Survey:
        """Return the counts as a release describes them."""

        def by_name(wanted: str) -> dict[str, int]:
            return {name: n for (kind, name), n in sorted(self.counts.items()) if kind == wanted}

        triples, subjects = self.counts["triple", ""], self.counts["subject", ""]
        return Survey(self.size, triples, subjects, properties, by_name("class"), by_name("graph"))


def generate(size: int, releases: Path, shape: Shape, seed: int = 1) -> Release:
    """Write a release of at most ``size`` quads, and nearly as many, of some shape, below ``releases``.

    It has quads, description and manifest, and neither dumps nor sorted lines. The same arguments give the same bytes.
    Raises ``ValueError`` when the size is below what stands once.
    """
    like = shape.release
    releases.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".generating-", dir=releases) as draft:
        writer = _Writer(Path(draft) / QUADS)
        with writer.file:
            _write(shape, size, writer, random.Random(seed))
        digest, counted = writer.digest.hexdigest(), writer.survey(len(shape.properties))
        about = About(like.id, digest, counted, [], None, None)
        (Path(draft) / DESCRIPTION).write_bytes(describe(about, []))
        told = {"id": like.id, "sha256": digest, "quads": counted.quads, "triples": counted.triples}
        manifest = {
            **like.manifest,
            **told,
            "graphs": list(counted.graphs),
            "prior": None,
            "changes": None,
            "files": {},
        }
        (Path(draft) / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False), encoding="utf-8")
        target = releases / directory_name(like.id, digest)
        if not target.exists():
            target.mkdir()
            for name in (QUADS, DESCRIPTION, MANIFEST):
                (Path(draft) / name).rename(target / name)
    return open_release(target)


def _write(shape: Shape, size: int, writer: _Writer, draw: random.Random) -> None:
    if size < len(shape.once.lines):
        raise ValueError(f"{size} quads are too few: ontology, shapes and schemes alone are {len(shape.once.lines)}")
    writer.write(shape.once, 0)
    whole, block = merged([*shape.common.values(), *shape.families]), 0
    while size - writer.size >= len(whole.lines):
        writer.write(whole, block)
        block += 1
    written: set[str] = set()
    for family in draw.sample(shape.families, len(shape.families)):
        needed = merged(shape.common[key] for key in sorted(family.needs - written))
        if len(needed.lines) + len(family.lines) <= size - writer.size:
            writer.write(needed, block)
            writer.write(family, block)
            written |= family.needs


def main(arguments: list[str]) -> int:
    """Generate a graph in the shape of a release, or of the curated data, and print its directory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description=__doc__)
    parser.add_argument("size", type=quads, help="quads: a number, such as 100k, 1m or 10m")
    parser.add_argument("directory", type=Path, help="directory of releases to write in")
    parser.add_argument("--like", type=Path, help="release whose shape it gets (default: one of the curated data)")
    parser.add_argument("--seed", type=int, default=1, help="what the last block is drawn by (default: 1)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        like = open_release(options.like) if options.like else build(Path(directory))
        print(generate(options.size, options.directory, Shape(like), options.seed).path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
