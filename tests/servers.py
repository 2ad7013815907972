"""Real server processes for tests, and the processes below them."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

COMMAND = [str(Path(sys.executable).parent / "evidensgraf"), "serve", "--port", "0"]


class Server:
    """A running server: its process, its address, and the lines that it has written to standard error."""

    def __init__(self, process):
        self.process, self.lines, self.news = process, [], threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        self.banner = process.stdout.readline()
        self.url = process.stdout.readline().strip().rstrip("/")
        assert self.url.startswith("http"), "".join(self.lines)

    def _read(self):
        for line in self.process.stderr:
            with self.news:
                self.lines.append(line)
                self.news.notify_all()

    def wait_for(self, words, seconds=60):
        """Wait until a line with some words is written, and return it; it is not found again."""

        def found():
            return next((i for i, line in enumerate(self.lines) if words in line), None)

        with self.news:
            assert self.news.wait_for(lambda: found() is not None, seconds), f"never said: {words}"
            return self.lines.pop(found())

    def signal(self, number):
        self.process.send_signal(number)


@contextmanager
def serving(release, **settings):
    """Run a server over a release (its directory, or a link to it), with settings by name."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EVIDENSGRAF_")}
    environment |= {f"EVIDENSGRAF_{name.upper()}": str(value) for name, value in settings.items()}
    command = [*COMMAND, "--release", str(release)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield Server(process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()


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
