"""The servers that are compared: how each loads N-Quads, starts, and is asked over HTTP (SPARQL 1.1 Protocol).

All answer with the union of the named graphs as default graph, and stand on 127.0.0.1 on a free port.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from evidensgraf.graph.release import QUADS

RESULTS = "application/sparql-results+json"
"""The media type that every server is asked for."""
BIN = Path(sys.executable).parent
"""Where the commands of the environment are."""


class Missing(Exception):
    """A server that is not installed here; ``str()`` says what to install."""


class Server:
    """One server over one release directory; ``scratch`` is a directory for what it stores."""

    name = ""
    path = "/"
    """Where the SPARQL endpoint is."""
    largest = sys.maxsize
    """Quads beyond which it is not asked to load."""

    def __init__(self, release: Path, scratch: Path) -> None:
        self.release, self.scratch = release, scratch / self.name.replace(" ", "-")
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def require() -> None:
        """Raise ``Missing`` when the server is not installed."""

    def load(self) -> None:
        """Load the quads into a store of the server's own, where it has one apart from starting."""

    def command(self) -> Sequence[str]:
        """Return the command that serves on ``self.port``."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Return variables beside those of this process."""
        return {}

    def start(self, seconds: float = 900) -> float:
        """Start, wait for the first answer, and return the seconds that it took. Raises ``TimeoutError``."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        with (self.scratch / "log").open("ab") as log:
            began = time.perf_counter()
            self.process = subprocess.Popen(
                self.command(),
                env=os.environ | self.environment(),
                cwd=self.scratch,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while time.perf_counter() - began < seconds:
            with contextlib.suppress(OSError):
                self.ask("ASK { ?s ?p ?o }")
                return time.perf_counter() - began
            if self.process.poll() is not None:
                break
            time.sleep(0.005)
        self.stop()
        said = (self.scratch / "log").read_text(encoding="utf-8", errors="replace")[-2000:]
        raise TimeoutError(f"{self.name} did not answer: {said}")

    def target(self, query: str) -> str:
        """Return the request target (path and query string) that asks a query."""
        return f"{self.path}?query={urllib.parse.quote(query, safe='')}"

    def get(self, target: str, seconds: float = 300, accept: str = RESULTS) -> bytes:
        """Return the body of the answer to a GET. Raises ``OSError`` when there is none or it is an error."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{target}", headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return bytes(answer.read())

    def ask(self, query: str) -> bytes:
        """Return the answer to a query as SPARQL JSON. Raises ``OSError``."""
        return self.get(self.target(query))

    def memory(self) -> dict[str, int]:
        """Return the resident (RSS) and the proportional (PSS) mebibytes of the whole process tree."""
        assert self.process
        total = {"rss": 0, "pss": 0}
        for pid in _tree(self.process.pid):
            with contextlib.suppress(OSError):  # it has just ended
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
                    if line.startswith(("Rss:", "Pss:")):
                        total[line[:3].lower()] += int(line.split()[1])
        return {kind: kilobytes // 1024 for kind, kilobytes in total.items()}

    def stop(self) -> None:
        """End the server and everything it started."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.process = None


def _tree(pid: int) -> list[int]:
    children = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            children += [int(child) for child in task.read_text(encoding="ascii").split()]
    return [pid, *(p for child in children for p in _tree(child))]


class Evidensgraf(Server):
    """This service, as ``evidensgraf serve`` starts it by default."""

    name = "evidensgraf"
    path = "/sparql"

    def command(self) -> Sequence[str]:
        """Serve the release directory."""
        return [str(BIN / "evidensgraf"), "serve", "--port", str(self.port), "--release", str(self.release)]


class Oxigraph(Server):
    """``oxigraph serve``: the same engine behind its own HTTP server, on disk."""

    name = "oxigraph serve"
    path = "/query"

    @staticmethod
    def require() -> None:
        """It is the ``oxigraph`` package."""
        if not (BIN / "oxigraph").exists():
            raise Missing("pip install 'evidensgraf[benchmarks]'")

    def load(self) -> None:
        """Bulk load into a store on disk."""
        store = self.scratch / "store"
        shutil.rmtree(store, ignore_errors=True)
        quads = str(self.release / QUADS)
        subprocess.run([BIN / "oxigraph", "load", "-l", store, "-f", quads], check=True, capture_output=True)

    def command(self) -> Sequence[str]:
        """Serve the store read-only."""
        store, bind = str(self.scratch / "store"), f"127.0.0.1:{self.port}"
        return [str(BIN / "oxigraph"), "serve-read-only", "-l", store, "-b", bind, "--union-default-graph"]


class RdflibEndpoint(Server):
    """``rdflib-endpoint serve``: rdflib in memory behind FastAPI; loads when it starts."""

    name = "rdflib-endpoint"
    largest = 200_000

    @staticmethod
    def require() -> None:
        """It is a package."""
        if importlib.util.find_spec("rdflib_endpoint") is None:
            raise Missing("pip install 'evidensgraf[benchmarks]'")

    def command(self) -> Sequence[str]:
        """Parse the quads and serve them."""
        quads = str(self.release / QUADS)
        return [str(BIN / "rdflib-endpoint"), "serve", "--host", "127.0.0.1", "--port", str(self.port), quads]


class Virtuoso(Server):
    """Virtuoso open source: a database of its own on disk, filled by its bulk loader."""

    name = "Virtuoso"
    path = "/sparql"
    largest = 2_000_000

    @staticmethod
    def require() -> None:
        """It is a Debian package."""
        if shutil.which("virtuoso-t") is None or shutil.which("isql-vt") is None:
            raise Missing("apt-get install virtuoso-opensource")

    def load(self) -> None:
        """Start, run the bulk loader, and stop."""
        self.start()
        statements = f"ld_dir('{self.release}', '{QUADS}', ''); rdf_loader_run(); checkpoint;"
        command = ["isql-vt", str(self.port + 1), "dba", "dba", "ERRORS=STDOUT", f"EXEC={statements}"]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=900)
        finally:
            self.stop()

    def command(self) -> Sequence[str]:
        """Serve the database, over SQL on the next port."""
        (self.scratch / "virtuoso.ini").write_text(
            f"[Database]\nDatabaseFile = {self.scratch}/virtuoso.db\nTransactionFile = {self.scratch}/virtuoso.trx\n"
            f"ErrorLogFile = {self.scratch}/virtuoso.log\nLockFile = {self.scratch}/virtuoso.lck\n"
            f"xa_persistent_file = {self.scratch}/virtuoso.pxa\nMaxCheckpointRemap = 2000\n"
            f"[TempDatabase]\nDatabaseFile = {self.scratch}/temp.db\nTransactionFile = {self.scratch}/temp.trx\n"
            f"[Parameters]\nServerPort = {self.port + 1}\nNumberOfBuffers = 170000\nMaxDirtyBuffers = 130000\n"
            f"DirsAllowed = {self.release}, {self.scratch}\n"
            f"[HTTPServer]\nServerPort = 127.0.0.1:{self.port}\nServerThreads = 70\nMaxClientConnections = 70\n"
            "[SPARQL]\nResultSetMaxRows = 1000000\n",
            encoding="ascii",
        )
        return ["virtuoso-t", "+foreground", "+configfile", str(self.scratch / "virtuoso.ini")]


SERVERS: dict[str, type[Server]] = {server.name: server for server in (Evidensgraf, Oxigraph, RdflibEndpoint, Virtuoso)}
"""Every server by its name; the first is the one that the others are peers of."""
