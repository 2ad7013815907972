"""Golden results of the catalogue: ``python -m tests.golden [NAME …]`` writes them anew; the tests compare.

A golden file is the SPARQL JSON result (or sorted N-Triples for CONSTRUCT) of a query with the parameters below, over
the graph as it is curated. Read what a change does to it against the sources before you commit it.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from evidensgraf.graph.build import build
from evidensgraf.graph.pool import LocalEngine
from evidensgraf.queries import catalogue

DIRECTORY = Path(__file__).parent / "queries"
PARAMETERS = json.loads((DIRECTORY / "parameters.json").read_text(encoding="utf-8"))


def cases():
    """Return (file stem, query name, parameters) for every golden file that there must be."""
    return [
        (f"{name}.{i}" if i else name, name, values)
        for name in catalogue.load()
        for i, values in enumerate(PARAMETERS.get(name, [{}]))
    ]


def suffix(name):
    """Return the suffix of a query's golden file."""
    return ".nt" if catalogue.load()[name].form in ("CONSTRUCT", "DESCRIBE") else ".srj"


async def result(engine, name, values):
    """Return the golden text of a query."""
    query = catalogue.load()[name]
    if suffix(name) == ".nt":
        body = (await engine.query(query.bind(values), "application/n-triples")).body.decode()
        return "".join(sorted(body.splitlines(keepends=True)))
    body = (await engine.query(query.bind(values))).body
    return _one_row_a_line(json.loads(body))


def _one_row_a_line(document):
    """Return a result set in SPARQL 1.1 Query Results JSON with each solution on a line of its own."""
    if "results" not in document:
        return json.dumps(document, ensure_ascii=False, sort_keys=True) + "\n"
    head = json.dumps(document["head"], ensure_ascii=False)
    rows = ",\n".join(json.dumps(r, ensure_ascii=False, sort_keys=True) for r in document["results"]["bindings"])
    return f'{{"head": {head}, "results": {{"bindings": [\n{rows}\n]}}}}\n'


async def write(names):
    """Write the golden files of the named queries, or of all."""
    with tempfile.TemporaryDirectory() as directory:
        engine = LocalEngine(build(Path(directory)), workers=1)
        await engine.start()
        for stem, name, values in cases():
            if not names or name in names:
                (DIRECTORY / (stem + suffix(name))).write_text(await result(engine, name, values), encoding="utf-8")
                print(stem)
        await engine.close()


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1:]))
