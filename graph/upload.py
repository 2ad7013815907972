"""Uploading a release to a SPARQL 1.1 endpoint: every graph is replaced and counted, and only then it is announced."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox

from evidensgraf.graph.announcement import ANNOUNCEMENT, OWN, UNION, announce, announced, differences
from evidensgraf.graph.endpoint import Endpoint
from evidensgraf.graph.engine import EngineFault
from evidensgraf.graph.release import Release
from evidensgraf.graph.writing import Writer

Progress = Callable[[str], None]


def upload(
    endpoint: Endpoint, writer: Writer, release: Release, *, settle: float = 0.0, progress: Progress = lambda _: None
) -> None:
    """Make an endpoint hold a release, and nothing of the release that it held before.

    What is announced there is removed first, and announced again when every graph has been counted: whoever asks
    meanwhile finds no release, never half of one. After the removal, ``settle`` seconds are waited when there was a
    release, so that services which answer from it notice. ``progress`` gets one line for each graph. To publish once
    more mends what was interrupted.

    Raises ``EngineUnavailable`` and ``EngineFault``.
    """
    former = announced(endpoint)
    progress(f"the endpoint announces {former.manifest['id'] if former else 'no release'}")
    writer.delete(ANNOUNCEMENT)
    if former:
        time.sleep(settle)
    with tempfile.TemporaryDirectory(prefix="evidensgraf-") as directory:
        counts = _load(writer, _split(release, Path(directory)), progress)
    for graph in sorted(set(former.counts if former else ()) - set(counts) - set(OWN)):
        writer.delete(graph)
        progress(f"removed {graph}")
    progress("counting")
    if problems := differences(endpoint, counts):
        raise EngineFault(f"{endpoint.query} does not hold what was sent, and nothing is announced: {problems[0]}.")
    announcement = ox.serialize(announce(release, counts), format=ox.RdfFormat.N_TRIPLES) or b""
    writer.replace(ANNOUNCEMENT, [announcement])
    progress(f"announced release {release.id} (sha256 {release.digest[:12]}…)")


def _load(writer: Writer, files: dict[str, tuple[Path, int]], progress: Progress) -> dict[str, int]:
    """Replace every graph and make the union; return the number of triples of each."""
    counts = {}
    for graph, (path, count) in sorted(files.items()):
        writer.replace(graph, batches(path, writer.batch))
        counts[graph] = count
        progress(f"{count:>9} triples  {graph}")
    progress("making the union")
    writer.unite(UNION, {graph: path for graph, (path, _) in files.items()})
    return counts | {UNION: sum(counts.values())}


def _split(release: Release, directory: Path) -> dict[str, tuple[Path, int]]:
    """Write each graph of a release as N-Triples; return the file and the number of triples of each graph."""
    files = {graph: (directory / f"{i}.nt").open("wb") for i, graph in enumerate(release.graphs)}
    counts = dict.fromkeys(files, 0)
    try:
        with release.quads.open("rb") as quads:
            for line in quads:
                triple, _, graph = line.rstrip(b" .\n").rpartition(b" <")
                name = graph[:-1].decode()
                files[name].write(triple + b" .\n")
                counts[name] += 1
    finally:
        for file in files.values():
            file.close()
    return {graph: (Path(file.name), counts[graph]) for graph, file in files.items()}


def batches(path: Path, size: int) -> Iterator[bytes]:
    """Yield the lines of an N-Triples file in parts of about ``size`` bytes.

    The first part has every line with a blank node, whatever its size: a blank node is one within one request only.
    """
    with path.open("rb") as lines:
        part = [line for line in lines if _has_blank(line)]
        lines.seek(0)
        held = sum(map(len, part))
        for line in lines:
            if _has_blank(line):
                continue
            if held >= size:
                yield b"".join(part)
                part, held = [], 0
            part.append(line)
            held += len(line)
    yield b"".join(part)


def _has_blank(line: bytes) -> bool:
    subject, _, rest = line.partition(b" ")
    return subject.startswith(b"_:") or rest.partition(b" ")[2].startswith(b"_:")
