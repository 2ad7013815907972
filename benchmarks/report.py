"""What the benchmarks measured, as docs/performance.md and a plot beside it: ``python -m benchmarks.report FILE …``.

The files are what ``benchmarks.serving --out`` and ``benchmarks.validation --out`` have written.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from benchmarks.workloads import REPEATED

DOCS = Path(__file__).parent.parent / "docs"
"""Where the report is written."""
OURS, PEER, RDFLIB = "evidensgraf", "oxigraph serve", "rdflib-endpoint"
"""The service, the server that throughput is compared with, and the one that the catalogue is compared with."""
_HEAD = """# Performance

Measured by `python -m benchmarks.serving --sizes real,100k,1m,10m --out serving.json` and
`python -m benchmarks.validation --out validation.json` (extra `benchmarks`, and `wrk`); this page is made from their
results by `python -m benchmarks.report serving.json validation.json`. All servers stand on the machine that asks them,
one at a time, and have the union of the named graphs as default graph; their answers were compared before. Distinct
queries are never sent twice. `real` is the curated data, the other graphs are generated in its shape.

{machine}

![Requests per second of each server]({plot})
"""
_TARGETS = "\n## Targets\n\n| target | measured | reached |\n|---|---|---|\n"
_COLOURS = ("#005ea5", "#b45309", "#4d7c0f", "#7e22ce")


def table(head: Iterable[str], body: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table.

    >>> print(table(["a"], [[1]]), end="")
    | a |
    |---|
    | 1 |
    """
    titles = list(head)
    lines = [titles, *[[str(cell) for cell in row] for row in body]]
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([rows[0], "|" + "---|" * len(titles), *rows[1:]]) + "\n"


class Results:
    """The results of the serving benchmark, by dataset, server, workload and connections."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.machine, self.datasets = document["machine"], document["datasets"]

    def run(self, size: str, server: str, workload: str, connections: int) -> dict[str, Any] | None:
        """Return one measurement, or None where there is none."""
        runs = self.datasets.get(size, {}).get("servers", {}).get(server, {}).get("runs", [])
        return next((r for r in runs if (r["workload"], r["connections"]) == (workload, connections)), None)

    def ratio(self, size: str, workload: str, connections: int, peer: str = PEER) -> float | None:
        """Return the throughput of the service divided by that of a peer."""
        ours, theirs = (self.run(size, server, workload, connections) for server in (OURS, peer))
        return ours["rps"] / theirs["rps"] if ours and theirs and theirs["rps"] else None

    def catalogue(self, size: str, peer: str) -> float | None:
        """Return the median over the catalogue of a peer's milliseconds divided by the service's."""
        servers = self.datasets.get(size, {}).get("servers", {})
        ours, theirs = (servers.get(name, {}).get("catalogue_ms", {}) for name in (OURS, peer))
        shared = ours.keys() & theirs.keys()
        return statistics.median(theirs[name] / ours[name] for name in shared) if shared else None


def dataset(results: Results, size: str) -> str:
    """Return the section of one dataset: loading and memory, then every workload."""
    data = results.datasets[size]
    names = list(data["servers"])
    text = f"\n## {size}: {data['quads']:,} quads\n\n{data['compared']} queries were compared. ".replace(",", " ", 1)
    for name, server in data["servers"].items():
        if server.get("failed"):
            text += f"{name} did not start. "
        elif server["otherwise"]:
            text += f"{name} answers otherwise, or not in time, and is left out: {', '.join(server['otherwise'])}. "
    rows = []
    for label, keys in (
        ("load, s", ("load_s",)),
        ("first answer after loading, s", ("first_answer_s",)),
        ("first answer when started again, s", ("start_s",)),
        ("memory before (PSS), MiB", ("idle_mb", "pss")),
        ("memory after (PSS), MiB", ("busy_mb", "pss")),
    ):
        rows.append([label, *(_dig(data["servers"][name], keys) for name in names)])
    text += (
        "\n\n" + table(["", *names], rows) + "\nRequests per second (p50 / p99 in ms; errors where there are any):\n\n"
    )
    seen = {(r["workload"], r["connections"]): None for n in names for r in data["servers"][n].get("runs", [])}
    body = [
        [workload, connections, *(_cell(results.run(size, name, workload, connections)) for name in names)]
        + [_times(results.ratio(size, workload, connections))]
        for workload, connections in seen
    ]
    return text + table(["workload", "connections", *names, f"to {PEER}"], body)


def _dig(found: Any, keys: tuple[str, ...]) -> object:
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return "–" if found is None else found


def _cell(run: dict[str, Any] | None) -> str:
    if run is None:
        return "–"
    failed = f"; {run['errors'] + run['timeouts']} errors" if run["errors"] + run["timeouts"] else ""
    return f"{run['rps']:.0f} ({run['p50_ms']:.2f} / {run['p99_ms']:.2f}{failed})"


def _times(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.2f} ×"


def targets(results: Results, validation: dict[str, Any] | None) -> Iterator[tuple[str, str, str]]:
    """Yield each target, what was measured, and whether it was reached."""

    def judged(text: str, values: list[float], reached: bool, unit: str) -> tuple[str, str, str]:
        shown = ", ".join(f"{value:.2f}" for value in values)
        return (
            text,
            f"{shown} {unit}" if values else "not measured",
            ("yes" if reached else "**no**") if values else "–",
        )

    for name in ("point", "chain"):
        for suffix, least in (("", 0.5), (REPEATED, 1.0)):
            found = [results.ratio("real", name + suffix, n) for n in (1, 16, 64)]
            values = [value for value in found if value is not None]
            what = f"{name}{suffix or ', distinct'}: at least {least} × {PEER} (1, 16, 64 connections, real)"
            yield judged(what, values, bool(values) and min(values) >= least, "×")
    median = [r for size in results.datasets if (r := results.catalogue(size, RDFLIB)) is not None]
    yield judged(
        f"catalogue: at least 20 × {RDFLIB} (median of queries)", median, bool(median) and min(median) >= 20, "×"
    )
    for name in ("evidence chain", f"evidence chain{REPEATED}"):
        chains = [r for size in results.datasets if (r := results.run(size, OURS, name, 16))]
        tails, middles = [run["p99_ms"] for run in chains], [run["p50_ms"] for run in chains]
        what = f"{name} over HTTP: p99 under 10 ms at 16 connections ({', '.join(results.datasets)})"
        yield judged(what, tails, bool(tails) and max(tails) < 10, "ms")
        what = f"{name}: its cost flat over the sizes (p50, at most 1.5 × between least and most)"
        yield judged(what, middles, bool(middles) and max(middles) <= 1.5 * min(middles), "ms")
    servers = {size: data["servers"].get(OURS, {}) for size, data in results.datasets.items()}
    for what, size, keys, most, unit in (
        ("first answer within 1.5 s of process start", "real", ("start_s",), 1.5, "s"),
        ("10 M loaded on disk and answering in under 120 s", "10m", ("first_answer_s",), 120, "s"),
        ("10 M served in under 1 GB", "10m", ("busy_mb", "pss"), 1024, "MiB"),
    ):
        value = _dig(servers.get(size, {}), keys)
        yield judged(what, [float(str(value))] if value != "–" else [], value != "–" and float(str(value)) < most, unit)
    ratios = [row["ratio"] for row in validation["graphs"].values()] if validation else []
    yield judged("validation: at least 50 × pySHACL, same report", ratios, bool(ratios) and min(ratios) >= 50, "×")


def plot(results: Results, connections: int = 16) -> str:
    """Return a plot (SVG 1.1) of requests per second: a row for each dataset and workload, a bar for each server."""
    groups: list[tuple[str, list[tuple[str, float]]]] = []
    for size, data in results.datasets.items():
        for name in ("point", "chain", f"point{REPEATED}", f"chain{REPEATED}"):
            runs = [(server, results.run(size, server, name, connections)) for server in data["servers"]]
            if bars := [(server, run["rps"]) for server, run in runs if run]:
                groups.append((f"{name} ({size})", bars))
    most = max((value for _, bars in groups for _, value in bars), default=1.0)
    servers = list(dict.fromkeys(server for _, bars in groups for server, _ in bars))
    out, y = [], 40
    for i, server in enumerate(servers):
        out.append(f'<rect x="{20 + i * 160}" y="12" width="12" height="12" fill="{_COLOURS[i]}"/>')
        out.append(f'<text x="{38 + i * 160}" y="23">{escape(server)}</text>')
    for label, bars in groups:
        out.append(f'<text x="190" y="{y + 7 * len(bars) + 4}" text-anchor="end">{escape(label)}</text>')
        for server, value in bars:
            width = max(1.0, 480 * value / most)
            out.append(
                f'<rect x="200" y="{y}" width="{width:.1f}" height="12" fill="{_COLOURS[servers.index(server)]}"/>'
            )
            out.append(f'<text x="{204 + width:.1f}" y="{y + 10}" font-size="10">{value:.0f}</text>')
            y += 14
        y += 10
    title = f"Requests per second over {connections} connections"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {y}" role="img" font-family="sans-serif" '
        f'font-size="12"><title>{title}</title><rect width="760" height="{y}" fill="#fff"/>{"".join(out)}</svg>\n'
    )


def write(documents: list[dict[str, Any]], directory: Path = DOCS) -> None:
    """Write the report and the plot into a directory. Raises ``StopIteration`` without results of serving."""
    results = Results(next(d for d in documents if "datasets" in d))
    validation = next((d for d in documents if "graphs" in d), None)
    machine = "; ".join(f"{name} {value}" for name, value in results.machine.items()) + "."
    text = _HEAD.format(machine=machine, plot="performance.svg") + _TARGETS
    text += "".join(f"| {' | '.join(row)} |\n" for row in targets(results, validation))
    text += "".join(dataset(results, size) for size in results.datasets)
    for size in results.datasets:
        for peer in (PEER, RDFLIB):
            if (ratio := results.catalogue(size, peer)) is not None:
                text += (
                    f"\nThe catalogue, {size}: the median query takes {peer} {ratio:.1f} × as long as this service.\n"
                )
    if validation:
        head = ("graph", "quads", "results", "shacl, s", "pySHACL, s", "ratio")
        text += "\n## Validation\n\n" + table(head, ([n, *row.values()] for n, row in validation["graphs"].items()))
    (directory / "performance.md").write_text(text, encoding="utf-8")
    (directory / "performance.svg").write_text(plot(results), encoding="utf-8")


if __name__ == "__main__":
    write([json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]])
