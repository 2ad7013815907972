"""The log: one line for each request, and one for each event, as JSON for machines or as text for people.

A line says nothing of who asked. What people search for may be sensitive, so the text of a query is never written, and
an address only as its network, when a setting says so.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring as quoted  # in C, and what json.dumps itself writes text with
from pathlib import Path

from evidensgraf.service.access import Record
from evidensgraf.service.clients import agent_class, client_address, network_of
from evidensgraf.service.settings import Settings

FLUSH_SECONDS = 0.1
"""How long a line may wait to be written together with others."""
MOST_WAITING = 500
"""How many lines may wait to be written."""
LONGEST_PATH = 500
"""How much of a path is written, in characters."""

_agent = lru_cache(1024)(agent_class)


class Sink:
    """Where lines go: a file, opened anew for each write so that it can be rotated, or standard error."""

    def __init__(self, path: str = "") -> None:
        self._path = path
        self._lines: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        atexit.register(self.flush)

    def write(self, line: str) -> None:
        """Write a line within ``FLUSH_SECONDS``; at once where no event loop runs."""
        self._lines.append(line)
        if self._timer is None:
            try:
                self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
            except RuntimeError:
                self.flush()
        if len(self._lines) >= MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        """Write what waits. A log that cannot be written is said on standard error, and stops nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        data = "".join(self._lines).encode("utf-8", "backslashreplace").decode()
        self._lines.clear()
        try:
            if self._path:
                with Path(self._path).open("a", encoding="utf-8") as file:
                    file.write(data)
                return
        except OSError as error:
            data = f"the log {self._path} cannot be written: {error.strerror}\n{data}"
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(data)
            sys.stderr.flush()


class AccessLog:
    """Writes the line of each request that it is called with, in the form that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self.sink = Sink(settings.log_file)
        self._line: Callable[[Record, str], str] = _json_line if settings.log == "json" else _text_line
        self._clients, self._proxies = settings.log_clients == "network", settings.proxies

    def __call__(self, record: Record) -> None:
        """Write the line of a request."""
        self.sink.write(self._line(record, self._network(record) if self._clients else ""))

    def _network(self, record: Record) -> str:
        address = client_address(record.scope, self._proxies)
        return network_of(address, v4=24, v6=48) if address else ""


def _json_line(record: Record, client: str) -> str:
    """Return a request as a line of JSON (RFC 8259). ``status`` is 0 when its client left before an answer."""
    scope, said = record.scope, dict(record.headers)
    line = (
        f'{{"time":"{_time(record.began)}","id":"{record.id}","method":{quoted(scope["method"])},'
        f'"path":{quoted(scope["path"][:LONGEST_PATH])},"status":{record.status},"bytes":{record.size},'
        f'"seconds":{record.seconds:.6f},"release":{quoted(said.get(b"evidensgraf-release", b"").decode("latin-1"))},'
        f'"variant":{quoted(said.get(b"content-type", b"").decode("latin-1"))},"outcome":"{_outcome(record)}",'
        f'"cache":"{record.cache}","agent":"{_agent(record.asked(b"user-agent"))}"'
    )
    return f'{line},"client":"{client}"}}\n' if client else f"{line}}}\n"


def _text_line(record: Record, client: str) -> str:
    scope = record.scope
    path = quoted(scope["path"][:LONGEST_PATH])[1:-1]
    ending = "".join(f" {said}" for said in (record.cache and f"cache-{record.cache}", client) if said)
    return (
        f"{_time(record.began)} {scope['method']} {path} {record.status} {record.size} B "
        f"{record.seconds * 1000:.1f} ms {_outcome(record)} {record.id}{ending}\n"
    )


def _time(seconds: float) -> str:
    """Return a time as RFC 3339 in UTC, with milliseconds."""
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


@lru_cache(16)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _outcome(record: Record) -> str:
    return record.outcome or ("ok" if record.status else "disconnected")


class _Events(logging.Formatter):
    """Events as JSON: what happened, when, where in the program, and the traceback of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        event = {"time": _time(record.created), "level": record.levelname, "logger": record.name}
        event["message"] = record.getMessage()
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False)


def configure(settings: Settings) -> None:
    """Send the warnings and errors of the whole program to standard error, in the form that the settings name."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Events() if settings.log == "json" else logging.Formatter("%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # a refused request has its line in the access log
