"""The supervisor: a single-threaded process that loads a release once and forks the workers that use it.

Run as ``python -m evidensgraf.graph.supervisor``. A forked worker shares the loaded pages, or opens the store on disk
for itself; it reaches neither the network nor other files and has a bounded address space (``graph.confine``). The
supervisor kills a worker when told to, and replaces every worker that ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from evidensgraf.graph import confine
from evidensgraf.graph.framing import recv_message, send_message
from evidensgraf.graph.load import LoadError
from evidensgraf.graph.stores import CHECK, source
from evidensgraf.graph.worker import answer

MAX_COMMAND = 4096
"""Largest control message, in bytes."""
UNABLE = 3
"""Exit status of a worker that cannot open its store or cannot be bounded: another one could not either."""


class _Unable(Exception):
    """A worker ended with ``UNABLE``."""


Answering = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]
"""What a worker does with a request, which has a header and a body: it answers with a header and a body."""


@dataclass(frozen=True)
class Work:
    """What workers are for: ``open`` is called in each of them, and ``files`` is how many it may have open.

    With ``once`` a worker ends with its first request.
    """

    open: Callable[[], Answering]
    files: int = 0
    once: bool = False


def work(kind: str, path: str) -> Work:
    """Return the work of a kind, with what it needs loaded: queries of a store, or checks with a release.

    ``path`` is an N-Quads file; for checks it may be empty, which stands for the curated graphs of the package. Raises
    ``OSError``, ``SyntaxError`` or ``LoadError`` when it cannot be read.
    """
    if kind == CHECK:
        from evidensgraf.graph.checking import answering  # takes long, and is not needed for queries

        ready = answering(path)
        return Work(lambda: ready, once=True)
    found = source(kind, Path(path))
    return Work(lambda: partial(_query, found.open()), found.files)


def _query(store: ox.Store, request: dict[str, Any], _: bytes) -> tuple[dict[str, Any], bytes]:
    return answer(store, request)


def _serve(answering: Answering, once: bool) -> None:
    with socket.socket(fileno=confine.CHANNEL) as channel:
        while (request := recv_message(channel)) is not None:
            header, body = answering(json.loads(request[0]), request[1])
            send_message(channel, json.dumps(header).encode(), body)
            if once:
                return


class Supervisor:
    """Keeps ``count`` workers alive and hands their channels to the process at the other end of ``control``."""

    def __init__(self, work: Work, control: socket.socket, count: int, memory_mb: int) -> None:
        self.work, self.control, self.count, self.memory_mb = work, control, count, memory_mb
        self.workers: set[int] = set()
        self.wakeup_read, self.wakeup_write = os.pipe()
        os.set_blocking(self.wakeup_read, False)
        os.set_blocking(self.wakeup_write, False)
        signal.set_wakeup_fd(self.wakeup_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for asked_to_stop in (signal.SIGINT, signal.SIGTERM):  # often sent to the whole group: the service decides
            signal.signal(asked_to_stop, signal.SIG_IGN)

    def run(self) -> None:
        """Serve until the other end of the control channel closes; then end every worker."""
        try:
            for _ in range(self.count):
                self.spawn()
            while self._step():
                pass
        except _Unable:
            self._tell({"failed": "its store cannot be opened by a bounded process"})
        except OSError:  # the service is gone
            pass
        finally:
            for pid in self.workers:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

    def _step(self) -> bool:
        ready, _, _ = select.select([self.control.fileno(), self.wakeup_read], [], [])
        if self.wakeup_read in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self.wakeup_read, 4096)
            self._reap()
        if self.control.fileno() in ready:
            command = self.control.recv(MAX_COMMAND)
            if not command:
                return False
            pid = json.loads(command)["kill"]
            if pid in self.workers:
                os.kill(pid, signal.SIGKILL)
        return True

    def _reap(self) -> None:
        while self.workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self.workers.discard(pid)
            self._tell({"ended": pid, "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0})
            if os.WIFEXITED(status) and os.WEXITSTATUS(status) == UNABLE:
                raise _Unable
            self.spawn()

    def spawn(self) -> None:
        """Fork one worker and send its channel to the service."""
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                self._work(theirs.detach())
            except MemoryError:
                os.abort()
            except (OSError, SyntaxError):
                os._exit(UNABLE)
            finally:
                os._exit(0)
        self.workers.add(pid)
        theirs.close()
        self._tell({"worker": pid}, ours)
        ours.close()

    def _work(self, channel: int) -> None:
        confine.die_with_parent()
        confine.keep_only(channel)
        answering = self.work.open()
        # a thread of its own: the engine's random generator belongs to a thread, and a fork copies its state
        serving = threading.Thread(target=_serve, args=[answering, self.work.once])
        confine.bound(self.memory_mb, self.work.files)
        serving.start()
        serving.join()

    def _tell(self, message: dict[str, Any], channel: socket.socket | None = None) -> None:
        data = json.dumps(message).encode()
        if channel is None:
            self.control.send(data)
        else:
            socket.send_fds(self.control, [data], [channel.fileno()])


def main(control_fd: str, kind: str, path: str, memory_mb: str, count: str) -> None:
    """Supervise ``count`` workers of a kind over the inherited control descriptor; see ``work``."""
    confine.die_with_parent()
    with socket.socket(fileno=int(control_fd)) as control:
        try:
            loaded = work(kind, path)
        except (OSError, SyntaxError, LoadError) as error:
            control.send(json.dumps({"failed": str(error)[:2000]}).encode())
            return
        Supervisor(loaded, control, int(count), int(memory_mb)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
