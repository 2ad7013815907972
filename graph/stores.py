"""The store of a release: loaded into memory at each start, or kept on disk, where it is made once.

Run as ``python -m evidensgraf.graph.stores QUADS`` it makes the store on disk of an N-Quads file, beside that file. A
process of its own does that because loading takes much memory, which is given back when it ends.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pyoxigraph as ox

from evidensgraf.graph.confine import die_with_parent
from evidensgraf.graph.directories import locked, sync

MEMORY, DISK = "memory", "disk"
"""The two kinds of store that workers query."""
CHECK = "check"
"""The kind of those that check drafts instead (see ``graph.checking``)."""
_SPARE = 64  # open files beside those that the store has when it is opened: log, lock, directory, and room


@dataclass(frozen=True)
class Source:
    """Where a worker gets its store from: ``open`` gives it, and ``files`` is how many files it may have open."""

    open: Callable[[], ox.Store]
    files: int


def source(kind: str, quads: Path) -> Source:
    """Return the store of an N-Quads file: loaded now into memory, or on disk, opened by each worker for itself.

    Raises ``OSError`` or ``SyntaxError`` when it cannot be read.
    """
    if kind == DISK:
        path = disk_path(quads)
        return Source(lambda: ox.Store.read_only(str(path)), sum(1 for _ in path.iterdir()) + _SPARE)
    store = ox.Store()
    store.extend(_parsed(quads))
    return Source(lambda: store, 0)


def _parsed(quads: Path) -> Iterator[ox.Quad]:
    """Yield the quads of a file, their blank nodes with the names that they have there: a load would rename them."""
    return ox.parse(path=str(quads), format=ox.RdfFormat.N_QUADS)


def disk_path(quads: Path) -> Path:
    """Return where the store on disk of an N-Quads file is: its format belongs to a version of the engine."""
    return quads.parent / f"store-{version('pyoxigraph')}"


def make(quads: Path) -> Path:
    """Make the store on disk of an N-Quads file unless it is there, and return its directory.

    It has its name only when it is whole: what a killed process leaves is cleared by the next one. One process at a
    time works in a directory. Raises ``OSError`` or ``SyntaxError``.
    """
    target = disk_path(quads)
    with locked(quads.parent):
        if not target.exists():
            for left in quads.parent.glob(".store-*"):
                shutil.rmtree(left)
            _load(quads, target)
            sync(quads.parent)
    return target


def _load(quads: Path, target: Path) -> None:
    draft = Path(tempfile.mkdtemp(prefix=".store-", dir=quads.parent))
    try:
        store = ox.Store(str(draft))
        store.bulk_extend(_parsed(quads))
        store.optimize()  # else a look-up asks each of the batches that were loaded
        store.flush()
        del store
        draft.chmod(0o755)
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def main(quads: str) -> int:
    """Make a store on disk; say on standard error why that cannot be done. Returns the exit status."""
    die_with_parent()
    try:
        make(Path(quads))
    except (OSError, SyntaxError) as error:
        print(str(error)[:2000], file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
