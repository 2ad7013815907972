"""The embedded engine: a pool of bounded worker processes over one release, with a store of recent answers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from evidensgraf.graph.activity import Activity, outcome
from evidensgraf.graph.channel import Worker
from evidensgraf.graph.engine import (
    GRAPH_TYPES,
    RESULT_TYPES,
    Answer,
    EngineBusy,
    EngineError,
    EngineUnavailable,
    LimitExceeded,
    Limits,
    NotAcceptable,
    QueryFailed,
    QueryRefused,
)
from evidensgraf.graph.guard import Reading, apart, read
from evidensgraf.graph.recent import Recent
from evidensgraf.graph.release import Release
from evidensgraf.graph.stores import DISK, MEMORY
from evidensgraf.graph.syntax import explain

_SENTENCES = {
    "seconds": "The query was stopped after {value:g} seconds. Ask for less, or download the release and run it there.",
    "memory_mb": "The query was stopped: it needed more than {value:g} MB of memory. Ask for less at a time.",
    "rows": "The answer has more than {value:g} rows. Add LIMIT and OFFSET, or download the release.",
    "size_mb": "The answer is larger than {value:g} MB. Add LIMIT and OFFSET, or download the release.",
}


ATTEMPTS = 2
"""How often a query is tried when its worker is killed by somebody else."""
RESTART = 1.0
"""How long after a supervisor could not load its release the next one is started, in seconds."""


class LocalEngine:
    """Answers queries over a release in forked worker processes (see ``graph.supervisor``).

    ``workers`` processes evaluate at once; at most ``queue`` further queries wait, for ``wait`` seconds at most;
    ``recent_mb`` mebibytes of answers are kept: a release never changes. ``store`` is where the release is kept:
    ``memory`` or ``disk`` (see ``graph.stores``). What it does is counted in ``activity``.
    """

    def __init__(
        self,
        release: Release,
        limits: Limits | None = None,
        *,
        workers: int = 2,
        queue: int = 128,
        recent_mb: int = 64,
        activity: Activity | None = None,
        store: str = MEMORY,
        wait: float = 30.0,
    ) -> None:
        self.release, self.limits = release, limits or Limits()
        self.workers, self.queue, self.wait, self.store = workers, queue, wait, store
        self._graphs = frozenset(release.graphs)
        self.activity = activity or Activity()
        self._idle: asyncio.LifoQueue[Worker | None] = asyncio.LifoQueue()
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._connecting: set[asyncio.Future[None]] = set()
        self._waiting = 0
        self._recent: Recent[Answer] = Recent(recent_mb * 2**20, self.activity.answers)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._failure: str | None = None
        self._started = False
        self._again: asyncio.TimerHandle | None = None
        self._ready = asyncio.Event()

    @property
    def idle(self) -> int:
        """Workers that wait for a query."""
        return self._idle.qsize()

    @property
    def waiting(self) -> int:
        """Queries that wait for a worker."""
        return self._waiting

    async def start(self) -> None:
        """Start the supervisor and wait until a worker is ready.

        Raises ``EngineUnavailable`` when the release cannot be loaded.
        """
        if self.store == DISK:
            await self._make_store()
        self._launch()
        await self._ready.wait()
        if self.store == DISK and not self._failure:
            try:
                await self.query("ASK { ?s ?p ?o }")
            except EngineError as error:
                self._failure = self._failure or f"its store on disk cannot be read. {error}"
        self._refuse_when_failed()
        self._started = True

    def _refuse_when_failed(self) -> None:
        if self._failure:
            raise EngineUnavailable(f"The release could not be loaded: {self._failure}")

    async def _make_store(self) -> None:
        """Have the store on disk made, once for each release; a process that is not waited for any more is killed."""
        command = [sys.executable, "-m", "evidensgraf.graph.stores", str(self.release.quads)]
        loader = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        try:
            _, said = await loader.communicate()
        except BaseException:
            loader.kill()
            raise
        if loader.returncode:
            reason = said.decode(errors="replace").strip().rsplit("\n", 1)[-1] or f"it ended with {loader.returncode}"
            raise EngineUnavailable(f"The release could not be loaded: {reason}")

    def _launch(self) -> None:
        self._failure = None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = [self.store, str(self.release.quads), str(theirs.fileno()), str(self.workers)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "evidensgraf.graph.supervisor", *arguments, str(self.limits.memory_mb)],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "MALLOC_ARENA_MAX": "1"},  # an arena of its own would take from a worker's memory cap
        )
        theirs.close()
        ours.setblocking(False)
        self._control = ours
        asyncio.get_running_loop().add_reader(ours.fileno(), self._hear)

    def _hear(self) -> None:
        """Take every message that the supervisor has sent."""
        assert self._control is not None
        while True:
            try:
                data, descriptors, _, _ = socket.recv_fds(self._control, 4096, 1)
            except BlockingIOError:
                return
            except OSError:
                data, descriptors = b"", []
            if not data:
                self._lost()
                return
            message = json.loads(data)
            if "worker" in message:
                self._ended[message["worker"]] = asyncio.get_running_loop().create_future()
                self.activity.started += 1
                self._connect(message["worker"], descriptors[0])
            elif "ended" in message:
                self.activity.ended += 1
                future = self._ended.pop(message["ended"], None)
                if future is not None and not future.done():
                    future.set_result(message["signal"])
            elif "failed" in message:
                self._fail(message["failed"])

    def _connect(self, pid: int, descriptor: int) -> None:
        async def connect() -> None:
            channel, worker = socket.socket(fileno=descriptor), Worker(pid)
            await asyncio.get_running_loop().create_unix_connection(lambda: worker, sock=channel)
            self._idle.put_nowait(worker)
            self._ready.set()

        task = asyncio.ensure_future(connect())
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def _lost(self) -> None:
        """Start over when the supervisor is gone and nobody asked it to go."""
        if self._control is None:
            return
        self._hang_up().wait(timeout=10)
        for future in self._ended.values():
            if not future.done():
                future.set_result(signal.SIGKILL)
        self._ended.clear()
        self._drain()
        if not self._ready.is_set():
            self._fail("its process ended before it was ready")
        if self._failure is None:
            self._launch()
        elif self._started:
            self._again = asyncio.get_running_loop().call_later(RESTART, self._launch)

    def _fail(self, reason: str) -> None:
        """Note why there is no worker, and wake everybody who waits for one."""
        self._failure = reason
        self._ready.set()
        for _ in range(self._waiting):
            self._idle.put_nowait(None)

    async def query(
        self,
        text: str,
        media_type: str = "application/sparql-results+json",
        *,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> Answer:
        """Evaluate a query in a worker; see ``graph.engine.Engine.query``. Cancelling the call kills the worker."""
        try:
            answer = await self._query(text, media_type, default_graphs, named_graphs, limits or self.limits)
        except BaseException as error:
            self.activity.outcomes[outcome(error)] += 1
            raise
        self.activity.outcomes["ok"] += 1
        return answer

    async def _query(
        self, text: str, media_type: str, default_graphs: Sequence[str], named_graphs: Sequence[str], limits: Limits
    ) -> Answer:
        check = partial(self._read, text, media_type, [*default_graphs, *named_graphs])
        reading = await apart(text, check)
        key = (text, media_type, tuple(default_graphs), tuple(named_graphs))
        if reading.constant and (known := self._recent.get(key)) is not None:
            return known
        request = {
            "query": text,
            "media_type": media_type,
            "default_graphs": list(default_graphs),
            "named_graphs": list(named_graphs),
            "union": not reading.graphs,
            "rows": limits.rows,
            "size_mb": limits.size_mb,
        }
        for _ in range(ATTEMPTS):
            worker = await self._acquire(self.wait)
            header, body = await self._ask(worker, request, limits)
            if header.get("error") != "lost":
                break
        if header.get("error") == "lost":
            self._refuse_when_failed()
        if "error" in header:
            say = partial(failure, header, limits, text, reading.form)
            raise await apart(text, say)
        answer = Answer(body, media_type, reading.form)
        if reading.constant:
            self._recent.put(key, answer, len(answer.body))
        return answer

    def _read(self, text: str, media_type: str, graphs: Sequence[str]) -> Reading:
        reading = read(text, self._graphs)
        for unknown in sorted(set(graphs).difference(self._graphs)):
            raise QueryRefused(f"The release has no graph <{unknown}>, and nothing is fetched.")
        fitting = GRAPH_TYPES if reading.form in ("CONSTRUCT", "DESCRIBE") else RESULT_TYPES
        if reading.form and media_type not in fitting:
            raise NotAcceptable(reading.form, list(fitting))
        return reading

    async def _acquire(self, seconds: float) -> Worker:
        self._refuse_when_failed()
        if not self._waiting and self._idle.qsize() and (worker := self._idle.get_nowait()) and worker.alive:
            self.activity.waiting.add(0.0)
            return worker
        if self._waiting >= self.queue + self._idle.qsize():
            raise EngineBusy(retry_after=1)
        self._waiting += 1
        began = time.perf_counter()
        try:
            async with asyncio.timeout(seconds):
                while (worker := await self._idle.get()) is None or not worker.alive:
                    self._refuse_when_failed()  # else it ended while it was idle: its replacement is on its way
            return worker
        except TimeoutError:
            raise EngineBusy(1, seconds) from None
        finally:
            self._waiting -= 1
            self.activity.waiting.add(time.perf_counter() - began)

    async def _ask(self, worker: Worker, request: dict[str, Any], limits: Limits) -> tuple[dict[str, Any], bytes]:
        began = time.perf_counter()
        try:
            reply = await worker.exchange(json.dumps(request).encode(), limits.seconds)
        except TimeoutError:
            self._kill(worker)
            return {"error": "limit", "limit": "seconds"}, b""
        except (EOFError, OSError):
            return await self._post_mortem(worker), b""
        except BaseException:
            self._kill(worker)
            raise
        finally:
            self.activity.evaluating.add(time.perf_counter() - began)
        self._idle.put_nowait(worker)
        return reply

    def _kill(self, worker: Worker) -> None:
        self.activity.killed += 1
        worker.close()
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.send(json.dumps({"kill": worker.pid}).encode())

    async def _post_mortem(self, worker: Worker) -> dict[str, Any]:
        """Say why a worker ended: out of memory (SIGABRT), out of stack, or killed by somebody else (lost)."""
        worker.close()
        future = self._ended.get(worker.pid)
        signal_number = int(signal.SIGKILL)
        if future is not None:
            with contextlib.suppress(TimeoutError):
                signal_number = await asyncio.wait_for(asyncio.shield(future), timeout=1)
        if signal_number == signal.SIGSEGV:
            return {"error": "evaluation", "message": "it is nested too deeply"}
        return {"error": "limit", "limit": "memory_mb"} if signal_number == signal.SIGABRT else {"error": "lost"}

    async def close(self) -> None:
        """End the supervisor and its workers."""
        if self._again is not None:
            self._again.cancel()
        if self._control is not None:
            await asyncio.to_thread(self._hang_up().wait, timeout=10)
        self._drain()

    def _hang_up(self) -> subprocess.Popen[bytes]:
        """Close the control channel, on which the supervisor ends its workers and itself, and return its process."""
        assert self._control is not None and self._process is not None
        asyncio.get_running_loop().remove_reader(self._control.fileno())
        self._control.close()
        self._control = None
        self.activity.ended += len(self._ended)  # those of whose end nobody will tell any more
        if not self._ready.is_set():  # it is loading, and would not notice
            self._process.kill()
        return self._process

    def _drain(self) -> None:
        while not self._idle.empty():
            if (worker := self._idle.get_nowait()) is not None:
                worker.close()


def failure(header: dict[str, Any], limits: Limits, text: str, form: str) -> EngineError:
    """Return the error of a query, ``text`` with query form ``form``, from the header of its answer."""
    match header["error"]:
        case "limit":
            name = header["limit"]
            value = float(getattr(limits, name))
            return LimitExceeded(name, value, _SENTENCES[name].format(value=value))
        case "lost":  # twice: most likely the system is out of memory
            return LimitExceeded("memory_mb", limits.memory_mb, _SENTENCES["memory_mb"].format(value=limits.memory_mb))
        case "syntax":
            return explain(text, str(header["message"]))
        case "format":
            fitting = GRAPH_TYPES if form in ("CONSTRUCT", "DESCRIBE") else RESULT_TYPES
            return NotAcceptable(
                form, [m for m in fitting if "xml" not in m and "ld+json" not in m]
            )  # these hold anything
        case _:
            return QueryFailed(f"The query could not be evaluated: {header['message']}.")
