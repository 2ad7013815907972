"""How this service compares with other SPARQL servers on the same data, in one run: ``python -m benchmarks.serving``.

For each dataset every server loads, starts, and answers the same questions; answers are compared before anything is
timed. Then ``wrk`` asks over 1, 16 and 64 connections. Results are written as JSON; ``benchmarks.report`` makes the
table and the plot of docs/performance.md from them.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from benchmarks import load, workloads
from benchmarks.catalogue import PARAMETERS
from benchmarks.generate import generate, quads
from benchmarks.peers import SERVERS, Evidensgraf, Missing, Server
from benchmarks.shape import Shape
from evidensgraf.graph.build import build
from evidensgraf.graph.release import QUADS

CONNECTIONS = (1, 16, 64)
"""Numbers of connections that requests are sent over."""
SAMPLE = 12
"""Queries of each workload whose answers are compared between the servers."""
LARGE = {"gap map", "aggregate", "10 000 rows"}
"""Workloads of large answers, asked over 16 connections only."""
REAL = "real"
"""The size of the curated data; other sizes are generated."""
EVIDENCE_CHAIN = "evidence chain"
"""The workload of the service's own evidence chains (JSON), which no other server has."""
FEW = 20_000
"""Requests that are prepared where answers take long."""
SLOW = {"rdflib-endpoint"}
"""Servers that are asked over one connection only."""


class Different(Exception):
    """Two servers answer a query differently; ``str()`` has the query and the numbers of rows."""


def rows(body: bytes) -> list[str]:
    """Return the rows of a SPARQL JSON answer in a form that is equal for equal answers, sorted.

    >>> rows(b'{"results": {"bindings": [{"x": {"type": "literal", "value": "a", "xml:lang": "SV"}}]}}')
    ['x=literal a sv ']
    """

    def term(name: str, value: dict[str, str]) -> str:
        kind = value["type"].removeprefix("typed-")
        datatype = value.get("datatype", "").removesuffix("http://www.w3.org/2001/XMLSchema#string")
        text = "" if kind == "bnode" else value["value"]
        return f"{name}={kind} {text} {value.get('xml:lang', '').lower()} {datatype}"

    found = json.loads(body)["results"]["bindings"]
    return sorted(" ".join(term(name, value) for name, value in sorted(row.items())) for row in found)


def compare(servers: list[Server], found: workloads.Resources) -> int:
    """Ask all servers a sample of everything, and return how many queries it was. Raises ``Different``."""
    asked = [q for name, qs in workloads.distinct(found).items() if name != "10 000 rows" for q in islice(qs, SAMPLE)]
    asked += [text for _, text in workloads.entries(PARAMETERS)]
    for query in asked:
        answers = [rows(server.ask(query)) for server in servers]
        for server, answer in zip(servers, answers, strict=True):
            if answer != answers[0]:
                counts = f"{len(answers[0])} rows from {servers[0].name}, {len(answer)} from {server.name}"
                raise Different(f"{counts}, or not the same:\n{query}")
    return len(asked)


def throughput(server: Server, found: workloads.Resources, seconds: int) -> Iterator[dict[str, Any]]:
    """Yield a measurement for each workload and number of connections; distinct queries stay distinct throughout."""
    tasks = {name: map(server.target, queries) for name, queries in workloads.distinct(found).items()}
    tasks |= {name: map(server.target, cycle(queries)) for name, queries in workloads.repeated(found).items()}
    if isinstance(server, Evidensgraf):
        tasks[EVIDENCE_CHAIN] = cycle(workloads.chains(found))
    for name, targets in tasks.items():
        accept = ("application/json", "distinct") if name == EVIDENCE_CHAIN else ()
        most = FEW if name in LARGE or name == EVIDENCE_CHAIN else load.MOST
        for number in (1,) if server.name in SLOW else (16,) if name in LARGE else CONNECTIONS:
            prepared = load.write(islice(targets, most), server.scratch / "requests")
            measured = load.run(server.port, server.scratch / "requests", number, seconds, *accept)
            yield {"workload": name, "connections": number, "prepared": prepared} | measured


def latencies(server: Server) -> dict[str, float]:
    """Return the median milliseconds of each query of the catalogue, as one client waits for it; each text is new."""
    found = {}
    for name, text in workloads.entries(PARAMETERS):
        seconds = []
        for size in range(5 if server.name not in SLOW else 3):
            target = server.target(f"{text} LIMIT {workloads.BEYOND + size}")
            start = time.perf_counter()
            server.get(target)
            seconds.append(time.perf_counter() - start)
        found[name] = round(statistics.median(seconds) * 1000, 3)
    return found


def measure(server: Server, found: workloads.Resources, seconds: int) -> dict[str, Any]:
    """Return what is measured of one server that has started."""
    idle = server.memory()
    runs = []
    for run in throughput(server, found, seconds):
        print(
            f"  {run['workload']:24} {run['connections']:3} {run['rps']:10.1f}/s  p99 {run['p99_ms']:9.2f} ms"
            f"  errors {run['errors']}",
            file=sys.stderr,
        )
        runs.append(run)
    return {"memory_idle": idle, "runs": runs, "catalogue_ms": latencies(server), "memory_after": server.memory()}


def dataset(release: Path, names: list[str], seconds: int) -> dict[str, Any]:
    """Return all measurements of some servers over one release, each alone on the machine while it is timed."""
    store = ox.Store()
    store.bulk_load(path=str(release / QUADS), format=ox.RdfFormat.N_QUADS)
    found, quads = workloads.resources(store), len(store)
    del store
    result: dict[str, Any] = {"quads": quads, "servers": {}}
    with tempfile.TemporaryDirectory() as scratch:
        servers = [SERVERS[name](release, Path(scratch)) for name in names]
        for server in servers:
            began = time.perf_counter()
            server.load()
            loading = time.perf_counter() - began
            first = server.start()
            print(f"{server.name}: load {loading:.1f} s, first answer {first:.2f} s", file=sys.stderr)
            result["servers"][server.name] = {"load_s": round(loading, 3), "first_answer_s": round(first, 3)}
        try:
            result["compared"] = compare(servers, found)
        finally:
            for server in servers:
                server.stop()
        for server in servers:
            again = server.start()
            try:
                result["servers"][server.name] |= {"start_s": round(again, 3)} | measure(server, found, seconds)
            finally:
                server.stop()
    return result


def main(arguments: list[str]) -> int:
    """Run what is asked for and write the result as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--sizes", default=REAL, help="real, or numbers of triples such as 100k or 10m, with commas")
    parser.add_argument("--peers", default=",".join(SERVERS), help=f"servers, with commas: {', '.join(SERVERS)}")
    parser.add_argument("--seconds", type=int, default=3, help="length of each run (default: 3)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks.json"), help="result (default: benchmarks.json)")
    options = parser.parse_args(arguments)
    names = []
    for name in options.peers.split(","):
        try:
            SERVERS[name].require()
            names.append(name)
        except Missing as missing:
            print(f"{name} is left out: {missing}", file=sys.stderr)
    load.require()
    result = {"python": platform.python_version(), "machine": platform.machine(), "datasets": {}}
    with tempfile.TemporaryDirectory() as directory:
        for size in options.sizes.split(","):
            like = build(Path(directory))
            release = like if size == REAL else generate(quads(size), Path(directory) / size, Shape(like))
            result["datasets"][size] = dataset(release.path, names, options.seconds)
            if release is not like:
                shutil.rmtree(release.path)
            options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
