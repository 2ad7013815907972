"""How the two SHACL engines compare on the whole graph, in one run: ``python -m benchmarks.validation``.

Prints the median of five runs of the fast engine, one run of pySHACL (the peer), and their ratio.
"""

import statistics
import time
from collections.abc import Callable

from evidensgraf.graph.build import assemble, violations
from evidensgraf.shapes.validate import Violation, validate_fast, validate_reference

RUNS = 5
"""Runs of the fast engine that the median is of."""


def main() -> None:
    """Print seconds of both engines and their ratio; raises ``AssertionError`` when their verdicts differ."""
    store, _ = assemble()

    def timed(engine: Callable[[bytes], list[Violation]]) -> tuple[float, list[Violation]]:
        start = time.perf_counter()
        found = violations(store, engine)
        return time.perf_counter() - start, found

    timed(validate_fast)  # compile the shapes
    fast = [timed(validate_fast) for _ in range(RUNS)]
    reference, expected = timed(validate_reference)
    assert all(found == expected for _, found in fast)
    median = statistics.median(seconds for seconds, _ in fast)
    print(f"{len(store)} quads, {len(expected)} results, the same from both")
    print(f"shacl   {median:8.3f} s (median of {RUNS})\npySHACL {reference:8.3f} s\nratio   {reference / median:8.1f}")


if __name__ == "__main__":
    main()
