"""How the two SHACL engines compare, in one run: ``python -m benchmarks.validation [--out FILE]``.

Both validate the curated graph, and a generated graph of 100 000 quads with faults put in by a seed (triples left out,
values of the wrong kind). Their reports must be the same result for result: focus node, path, component, severity,
shape and value. Prints, and writes as JSON, seconds of processor time from N-Triples to results (either engine runs on
one thread): the median of five runs of the fast engine, one run of pySHACL (the peer), and their ratio.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from benchmarks.generate import generate
from benchmarks.shape import Shape
from evidensgraf.graph.build import assemble, build, violations
from evidensgraf.graph.stores import MEMORY, source
from evidensgraf.shapes.validate import Violation, validate_fast, validate_reference

RUNS = 5
"""Runs of the fast engine that the median is of."""
SIZE = 100_000
"""Quads of the generated graph."""
LEFT_OUT, WRONG = 0.002, 0.001
"""Shares of the triples that are left out, and that get a value of the wrong kind."""


class Different(Exception):
    """The engines do not agree; ``str()`` has the first result that only one of them has."""


def faulty(store: ox.Store, seed: int = 1) -> ox.Store:
    """Return a copy of a store with faults in the descriptions of its resources; the same seed, the same faults."""
    draw = random.Random(seed)

    def quads() -> Iterator[ox.Quad]:
        for quad in sorted(store, key=str):
            chance = draw.random()
            if "/evidensgraf/id/" not in str(quad.subject) or chance > LEFT_OUT + WRONG:
                yield quad
            elif chance > LEFT_OUT:
                yield ox.Quad(quad.subject, quad.predicate, ox.Literal("a fault"), quad.graph_name)

    copy = ox.Store()
    copy.bulk_extend(quads())
    return copy


def compare(store: ox.Store) -> dict[str, Any]:
    """Return what both engines take for a store. Raises ``Different`` when their reports are not the same."""

    def timed(engine: Callable[[bytes], list[Violation]]) -> tuple[float, list[Violation]]:
        seconds = 0.0

        def clocked(data: bytes) -> list[Violation]:
            nonlocal seconds
            start = time.process_time()
            found = engine(data)
            seconds = time.process_time() - start
            return found

        found = violations(store, clocked)
        return seconds, found

    expected = timed(validate_fast)[1]  # compiles the shapes too
    median = statistics.median(timed(validate_fast)[0] for _ in range(RUNS))
    reference, found = timed(validate_reference)
    if found != expected:
        raise Different(f"only one engine finds: {min(set(found) ^ set(expected))}")
    return {
        "quads": len(store),
        "results": len(found),
        "shacl_s": round(median, 3),
        "pyshacl_s": round(reference, 3),
        "ratio": round(reference / median, 1),
    }


def main(arguments: list[str]) -> None:
    """Print the comparison and, where asked to, write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validation", description=__doc__)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        generated = generate(SIZE, Path(directory) / "generated", Shape(build(Path(directory))))
        graphs = {"curated": assemble()[0], "100k, with faults": faulty(source(MEMORY, generated.quads).open())}
    result = {"versions": {name: version(name) for name in ("shacl", "pyshacl")}, "graphs": {}}
    print(f"{'graph':20} {'quads':>8} {'results':>8} {'shacl s':>8} {'pySHACL s':>10} {'ratio':>6}")
    for name, store in graphs.items():
        row = result["graphs"][name] = compare(store)
        print("{:20} {quads:8} {results:8} {shacl_s:8} {pyshacl_s:10} {ratio:6}".format(name, **row), flush=True)
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
