"""The load: ``wrk`` (a generator in C; Debian package ``wrk``) sends prepared requests over some connections.

A client in Python would measure itself. Where wrk is not installed nothing is measured and ``Missing`` says so.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.peers import RESULTS, Missing

SCRIPT = Path(__file__).parent / "requests.lua"
"""What wrk runs."""
MOST, LARGEST = 200_000, 64 * 2**20
"""Requests, and bytes of requests, that are prepared for one run: more than a fast server answers in five seconds."""


def require() -> None:
    """Raise ``Missing`` when wrk is not installed."""
    if shutil.which("wrk") is None:
        raise Missing("wrk, the load generator: apt-get install wrk")


def write(targets: Iterable[str], path: Path) -> int:
    """Write request targets to a file, one a line, until ``LARGEST`` or the last, and return how many there are."""
    written = 0
    with path.open("w", encoding="ascii") as file:
        for target in targets:
            file.write(target + "\n")
            written += 1
            if written == MOST or file.tell() > LARGEST:
                break
    return written


def run(port: int, requests: Path, connections: int, seconds: int, *accept: str) -> dict[str, Any]:
    """Send the requests in a file over some connections for some seconds, and return what was measured.

    ``accept`` is the media type to ask for, and ``distinct`` when the lines of the file are too few to differ.
    The result has ``requests``, ``seconds``, ``rps`` (requests per second), ``errors`` (answers of 400 and above, and
    broken connections), ``timeouts`` and the latencies ``p50_ms`` and ``p99_ms``.
    Raises ``subprocess.CalledProcessError`` when wrk fails.
    """
    options = ["-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s", "-s", str(SCRIPT)]
    arguments = [f"http://127.0.0.1:{port}/", "--", str(requests), *(accept or [RESULTS])]
    made = subprocess.run(["wrk", *options, *arguments], check=True, capture_output=True, text=True)
    line = next(line for line in made.stdout.splitlines() if line.startswith("JSON "))
    measured: dict[str, Any] = json.loads(line.removeprefix("JSON "))
    measured["rps"] = round(measured["requests"] / measured["seconds"], 1)
    return measured
