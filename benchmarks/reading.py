"""How reading a query before it runs compares with parsing it in rdflib: ``python -m benchmarks.reading``.

Prints medians over the query catalogue in one run: the lexer, rdflib's parser and algebra (the peer), and the ratio.
"""

import statistics
import time
from collections.abc import Callable

from rdflib.plugins.sparql import prepareQuery

from evidensgraf.graph.guard import read
from evidensgraf.queries import catalogue


def main() -> None:
    """Print the median milliseconds of both and their ratio."""

    def median(work: Callable[[str], object]) -> float:
        seconds = []
        for query in catalogue.load().values():
            start = time.perf_counter()
            work(query.text)
            seconds.append(time.perf_counter() - start)
        return statistics.median(seconds) * 1000

    lexer, parser = median(read), median(prepareQuery)
    print(f"lexer  {lexer:8.2f} ms\nrdflib {parser:8.2f} ms\nratio  {parser / lexer:8.0f}")


if __name__ == "__main__":
    main()
