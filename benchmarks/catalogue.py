"""How long every query of the catalogue takes in the engine, in process: ``python -m benchmarks.catalogue [RELEASE]``.

Each query runs as a worker runs it (union default graph, answer serialised), with the parameters of its golden results
and, where no parameter is required, without any. Prints the least and the median of seven runs in milliseconds of
processor time (one thread, so a busy machine disturbs little), rows, bytes and the query, the slowest first.
Without a release directory the curated data is built first.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from evidensgraf.graph.build import build
from evidensgraf.graph.release import open_release
from evidensgraf.graph.worker import answer
from evidensgraf.queries import catalogue

RUNS = 7
"""Runs of each query that least and median are of."""
PARAMETERS = Path(__file__).parent.parent / "tests" / "queries" / "parameters.json"
"""The parameters of the golden results, by query."""


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one query with some parameters, and the rows (or triples) and bytes of its answer."""

    name: str
    values: Mapping[str, str]
    least: float
    median: float
    rows: int
    size: int


def cases() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield (query, parameters): those of the golden results, and none where none is required."""
    given = json.loads(PARAMETERS.read_text(encoding="utf-8"))
    for name, query in catalogue.load().items():
        bound = [values for values in given.get(name, []) if values]
        yield from ((name, values) for values in bound)
        if not any(p.required for p in query.parameters):
            yield name, {}


def measure(store: ox.Store, name: str, values: Mapping[str, str], runs: int = RUNS) -> Timing:
    """Return the timing of one query. Raises ``RuntimeError`` when it is not answered."""
    query = catalogue.load()[name]
    triples = query.form in ("CONSTRUCT", "DESCRIBE")
    request = {
        "query": query.bind(values),
        "media_type": "application/n-triples" if triples else "application/sparql-results+json",
        "default_graphs": (),
        "named_graphs": (),
        "union": True,
        "rows": 10**9,
        "size_mb": 10**4,
    }
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        header, body = answer(store, request)
        seconds.append(time.process_time() - start)
        if "error" in header:
            raise RuntimeError(f"{name}: {header}")
    rows = body.count(b"\n") if triples else len(json.loads(body)["results"]["bindings"])
    return Timing(name, values, min(seconds) * 1000, statistics.median(seconds) * 1000, rows, len(body))


def main(arguments: list[str]) -> None:
    """Print the table for a release directory, or for a release built from the curated data."""
    with tempfile.TemporaryDirectory() as directory:
        release = open_release(Path(arguments[0])) if arguments else build(Path(directory))
        store = ox.Store()
        store.bulk_load(path=release.quads, format=ox.RdfFormat.N_QUADS)
    timings = sorted((measure(store, *case) for case in cases()), key=lambda t: -t.median)
    print(f"{len(store)} quads, {len(timings)} cases\n{'least':>9} {'median':>9} {'rows':>7} {'bytes':>9}  query")
    for t in timings:
        bound = " ".join(f"{k}={v.rsplit('/', 1)[-1]}" for k, v in t.values.items())
        print(f"{t.least:9.2f} {t.median:9.2f} {t.rows:7} {t.size:9}  {t.name} {bound or '(unbound)'}")


if __name__ == "__main__":
    main(sys.argv[1:])
