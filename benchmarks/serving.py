"""How this service compares with other SPARQL servers on the same data, in one run: ``python -m benchmarks.serving``.

For each dataset every server loads, starts, and answers the same questions; answers are compared before anything is
timed. Then ``wrk`` asks over 1, 16 and 64 connections. Results are written as JSON; ``benchmarks.report`` makes the
table and the plot of docs/performance.md from them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks import load, workloads
from benchmarks.catalogue import PARAMETERS
from benchmarks.generate import generate, quads
from benchmarks.peers import SERVERS, Evidensgraf, Missing, Server
from benchmarks.shape import Shape
from evidensgraf.graph.build import build
from evidensgraf.graph.release import Release

CONNECTIONS = (1, 16, 64)
"""Numbers of connections that requests are sent over."""
SAMPLE = 12
"""Queries of each workload whose answers are compared between the servers; one where the answers are large."""
LARGE = {"gap map", "aggregate", "10 000 rows"}
"""Workloads of large answers, asked over 16 connections only."""
REAL = "real"
"""The size of the curated data; other sizes are generated."""
CHAINS = {
    "evidence chain": ("application/json", "distinct"),
    f"evidence chain{workloads.REPEATED}": ("application/json",),
}
"""The workloads of the service's own evidence chains, which no other server has, and what ``load.run`` accepts."""
FEW = 20_000
"""Requests that are prepared where answers take long."""
PATIENCE = 30
"""Seconds that an answer that is compared may take."""
SMALL = 200_000
"""Quads up to which the whole catalogue is asked."""
PACKAGES = ("evidensgraf", "pyoxigraph", "oxigraph", "rdflib-endpoint", "rdflib")
"""Packages whose versions are told."""
SLOW = {"rdflib-endpoint"}
"""Servers that are asked over one connection only."""


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


def agree(servers: list[Server], query: str, *, exactly: bool = True) -> list[str]:
    """Return the names of the servers that do not answer a query as the first server does."""
    expected, failed = None, []
    for server in servers:
        answer = None
        try:
            answer = rows(server.get(server.target(query), PATIENCE))
        except TimeoutError:  # it may be at work on the query still
            server.stop()
            server.start()
        except (OSError, ValueError):
            pass
        expected = answer if expected is None else expected
        if answer is None or expected is None or (answer != expected if exactly else len(answer) != len(expected)):
            failed.append(server.name)
    return failed


def compare(servers: list[Server], found: workloads.Resources, catalogue: bool) -> tuple[int, dict[str, set[str]]]:
    """Ask all servers a sample of everything; return how many queries, and what each server answers otherwise.

    Where a limit cuts an answer whose order is free, only the numbers of rows are compared.
    """
    otherwise: dict[str, set[str]] = {server.name: set() for server in servers}
    asked = [
        (name, q)
        for name, queries in workloads.distinct(found).items()
        for q in islice(queries, 1 if name in LARGE else SAMPLE)
    ]
    asked += list(workloads.entries(PARAMETERS)) if catalogue else []
    for name, query in asked:
        for server in agree(servers, query, exactly=name != workloads.ROWS):
            if name not in otherwise[server]:
                print(f"{server} answers otherwise, or not: {name}", file=sys.stderr)
            otherwise[server].add(name)
    return len(asked), otherwise


def throughput(server: Server, found: workloads.Resources, seconds: int, omit: set[str]) -> Iterator[dict[str, Any]]:
    """Yield a measurement for each workload and number of connections; distinct queries stay distinct throughout."""
    tasks = {name: map(server.target, queries) for name, queries in workloads.distinct(found).items()}
    tasks |= {name: map(server.target, cycle(queries)) for name, queries in workloads.repeated(found).items()}
    if isinstance(server, Evidensgraf):
        tasks |= {name: cycle(workloads.chains(found)) for name in CHAINS}
    for name, targets in tasks.items():
        if name.removesuffix(workloads.REPEATED) in omit:
            continue
        accept = CHAINS.get(name, ())
        most = FEW if name in LARGE or name in CHAINS else load.MOST
        for number in (1,) if server.name in SLOW else (16,) if name in LARGE else CONNECTIONS:
            prepared = load.write(islice(targets, most), server.scratch / "requests")
            measured = load.run(server.port, server.scratch / "requests", number, seconds, *accept)
            run = {"workload": name, "connections": number, "prepared": prepared} | measured
            told = (
                "  {workload:22} {connections:3} {rps:10.1f}/s  p50 {p50_ms:8.2f} p99 {p99_ms:8.2f} ms errors {errors}"
            )
            print(told.format(**run), file=sys.stderr)
            yield run


def latencies(server: Server, omit: set[str]) -> dict[str, float]:
    """Return the median milliseconds of each query of the catalogue, as one client waits for it; each text is new."""
    found = {}
    for name, text in workloads.entries(PARAMETERS):
        seconds = []
        for number in range(0 if name in omit else 1 if server.name in SLOW else 5):
            target = server.target(workloads.new(text, number))
            start = time.perf_counter()
            server.get(target)
            seconds.append(time.perf_counter() - start)
        if seconds:
            found[name] = round(statistics.median(seconds) * 1000, 3)
    return found


def started(release: Release, names: list[str], scratch: Path) -> tuple[list[Server], dict[str, dict[str, Any]]]:
    """Load and start servers; return those that answer, and what is known of each."""
    servers, results = [], {}
    for server in (SERVERS[name](release.path, scratch) for name in names):
        if server.largest < release.manifest["quads"]:
            continue
        began = time.perf_counter()
        try:
            server.load()
            loading = time.perf_counter() - began
            first = server.start()
        except (TimeoutError, subprocess.SubprocessError) as error:
            results[server.name] = {"failed": str(error)}
            continue
        print(f"{server.name}: load {loading:.1f} s, first answer {first:.2f} s", file=sys.stderr)
        results[server.name] = {"load_s": round(loading, 3), "first_answer_s": round(first, 3)}
        servers.append(server)
    return servers, results


def dataset(release: Release, names: list[str], seconds: int) -> dict[str, Any]:
    """Return all measurements of some servers over one release, each alone while it is timed.

    The catalogue is asked where the release is small: its queries without parameters go through everything.
    """
    found, small = workloads.resources(release.quads), release.manifest["quads"] <= SMALL
    with tempfile.TemporaryDirectory() as scratch:
        servers, results = started(release, names, Path(scratch))
        try:
            asked, otherwise = compare(servers, found, small)
        finally:
            for server in servers:
                server.stop()
        for server in servers:
            result, omit = results[server.name], otherwise[server.name]
            result |= {"start_s": round(server.start(), 3), "otherwise": sorted(omit), "idle_mb": server.memory()}
            try:
                result["runs"] = list(throughput(server, found, seconds, omit))
                result["catalogue_ms"] = latencies(server, omit) if small else {}
                result["busy_mb"] = server.memory()
            finally:
                server.stop()
    return {"quads": release.manifest["quads"], "compared": asked, "servers": results}


def machine() -> dict[str, str]:
    """Return what the numbers depend on: processor, cores, memory, and the versions of what is compared."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    about = {"processor": model, "cores": str(os.cpu_count()), "memory": f"{memory} GiB"}
    versions = {name: version(name) for name in PACKAGES if _installed(name)}
    return about | {"Python": platform.python_version()} | versions


def _installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def main(arguments: list[str]) -> int:
    """Run what is asked for and write the result as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--sizes", default=REAL, help="real, or numbers of triples such as 100k or 10m, with commas")
    parser.add_argument("--peers", default=",".join(SERVERS), help=f"servers, with commas: {', '.join(SERVERS)}")
    parser.add_argument("--seconds", type=int, default=2, help="length of each run (default: 2)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks.json"), help="result (default: benchmarks.json)")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers are stopped
    names = []
    for name in options.peers.split(","):
        try:
            SERVERS[name].require()
            names.append(name)
        except Missing as missing:
            print(f"{name} is left out: {missing}", file=sys.stderr)
    load.require()
    result: dict[str, Any] = {"machine": machine(), "datasets": {}}
    with tempfile.TemporaryDirectory() as directory:
        for size in options.sizes.split(","):
            like = build(Path(directory))
            release = like if size == REAL else generate(quads(size), Path(directory) / size, Shape(like))
            result["datasets"][size] = dataset(release, names, options.seconds)
            if release is not like:
                shutil.rmtree(release.path)
            options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
