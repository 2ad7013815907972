"""The processes below a server, and what they take, as Linux tells it."""

from pathlib import Path


def descendants(pid):
    """Return the ids of the processes below one, which is Linux's to say."""
    children = [int(p) for t in Path(f"/proc/{pid}/task").glob("*/children") for p in t.read_text().split()]
    return [*children, *(below for child in children for below in descendants(child))]


def alive(pid):
    """Return whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def resident_mb(pids):
    """Return the memory of processes in mebibytes, what they share counted once (PSS)."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024
