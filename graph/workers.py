"""A pool of bounded worker processes, forked by a supervisor that has loaded what they need, which replaces them.

What they do is up to those who use the pool: queries (``graph.pool``) and checks of drafts (``graph.checking``).
"""

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
from typing import Any

from evidensgraf.graph.activity import Activity
from evidensgraf.graph.channel import Worker
from evidensgraf.graph.engine import EngineBusy, EngineUnavailable

RESTART = 1.0
"""How long after a supervisor could not load what its workers need the next one is started, in seconds."""


class Workers:
    """Keeps ``workers`` bounded processes, and gives each request to one that has nothing to do.

    ``source`` is what the supervisor loads (see ``graph.supervisor``): a kind, and a path. A process may use
    ``memory_mb`` mebibytes beyond that. At most ``queue`` requests wait, for ``wait`` seconds at most. With ``once`` a
    process ends with its first request, so that nothing of one is left for the next. What happens is counted in
    ``activity``.
    """

    def __init__(
        self,
        source: Sequence[str],
        memory_mb: int,
        *,
        workers: int,
        queue: int,
        wait: float,
        activity: Activity | None = None,
        once: bool = False,
    ) -> None:
        self.workers, self.queue, self.wait = workers, queue, wait
        self.activity = activity or Activity()
        self._arguments = (*source, str(memory_mb), str(workers))
        self._once = once
        self._idle: asyncio.LifoQueue[Worker | None] = asyncio.LifoQueue()
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._connecting: set[asyncio.Future[None]] = set()
        self._waiting = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._failure: str | None = None
        self._started = False
        self._again: asyncio.TimerHandle | None = None
        self._ready = asyncio.Event()

    @property
    def idle(self) -> int:
        """Workers that wait for a request."""
        return self._idle.qsize()

    @property
    def waiting(self) -> int:
        """Requests that wait for a worker."""
        return self._waiting

    async def start(self) -> None:
        """Start the supervisor and wait until a worker is ready.

        Raises ``EngineUnavailable`` when what the workers need cannot be loaded.
        """
        await self._load()
        self._refuse_when_failed()
        self._started = True

    async def _load(self) -> None:
        self._launch()
        await self._ready.wait()

    def _refuse_when_failed(self) -> None:
        if self._failure:
            raise EngineUnavailable(f"The release could not be loaded: {self._failure}")

    def _launch(self) -> None:
        self._failure = None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "evidensgraf.graph.supervisor", str(theirs.fileno()), *self._arguments],
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

    async def _ask(
        self, worker: Worker, request: dict[str, Any], seconds: float, body: bytes = b""
    ) -> tuple[dict[str, Any], bytes]:
        """Give a request to a worker and return the header and the body of its answer, or why there is none."""
        began = time.perf_counter()
        try:
            reply = await worker.exchange(json.dumps(request).encode(), seconds, body)
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
        if self._once:
            worker.close()
        else:
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
