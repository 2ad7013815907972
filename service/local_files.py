"""Files on the computer of whoever runs a command: read within bounds, and never written over."""

from __future__ import annotations

from pathlib import Path

from evidensgraf.graph.foreign import MAX_BYTES
from evidensgraf.service.running import CommandError


def content(path: Path) -> bytes:
    """Return a file, as far as one is read. Raises ``CommandError`` when it is not there or too large."""
    if not path.is_file():
        raise CommandError(f"{path}: no such file.")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise CommandError(f"{path}: larger than {MAX_BYTES // 10**6} MB. Split it.")
    return data


def new_file(path: Path) -> Path:
    """Return a path that nothing is at. Raises ``CommandError`` for one that is taken."""
    if path.exists():
        raise CommandError(f"{path} exists. Name another file with --output.")
    return path
