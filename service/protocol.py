"""HTTP/1.1 over one connection, bounded: how much of a head is read, how slowly, and how slowly an answer is taken.

The bounds of ``service.bounds`` that have to hold before there is a request, and after there is an answer. Whatever is
refused here is answered with a problem too (RFC 9457), and its connection is closed.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from evidensgraf.service.access import Record
from evidensgraf.service.bounds import HEAD_SECONDS, MAX_HEAD, SEND_BYTES, SEND_SECONDS
from evidensgraf.service.negotiation import choose_language
from evidensgraf.service.problem_types import PROBLEM_TYPES


@dataclass
class Watch:
    """What the connections of one server share: the most of them, the base of problem types, and who is told of what
    is refused.
    """

    connections: int
    public_base: str
    watchers: list[Any]


class BoundedProtocol(HttpToolsProtocol):
    """One connection of a server."""

    watch: Watch

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection; refuse it when there are too many (503)."""
        super().connection_made(transport)
        self._head, self._in_head = 0, True
        self._late: asyncio.TimerHandle | None = self.loop.call_later(HEAD_SECONDS, self._refuse, "request-timeout")
        self._slow: asyncio.TimerHandle | None = None
        if len(self.connections) > self.watch.connections:
            self._refuse("busy")

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of a connection."""
        self._cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what has come; refuse a head that is too large (431)."""
        was_in_head = self._in_head
        super().data_received(data)
        if self._in_head:
            self._head += len(data) if was_in_head else 0
            if self._head > MAX_HEAD:
                self._refuse("headers-too-large")
            elif self._late is None:
                self._late = self.loop.call_later(HEAD_SECONDS, self._refuse, "request-timeout")

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin to answer a request."""
        self._head, self._in_head = 0, False
        if self._late is not None:
            self._late.cancel()
            self._late = None
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """Wait for a client that reads more slowly than it is sent to, but not for ever."""
        super().pause_writing()
        self._watch_reading(self.transport.get_write_buffer_size())

    def _watch_reading(self, left: int) -> None:
        def look() -> None:
            now_left = self.transport.get_write_buffer_size()
            if left - now_left < SEND_BYTES:
                self.transport.abort()
            else:
                self._watch_reading(now_left)

        self._slow = self.loop.call_later(SEND_SECONDS, look)

    def resume_writing(self) -> None:
        """Go on writing."""
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None
        super().resume_writing()

    def _cancel(self) -> None:
        for timer in (self._late, self._slow):
            if timer is not None:
                timer.cancel()
        self._late = self._slow = None

    def _unsupported_upgrade_warning(self) -> None:
        """Go on in HTTP/1.1 (RFC 9110 §7.8), for this one request: what comes after it cannot be told apart."""
        self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP."""
        self._refuse("bad-request")

    def _refuse(self, name: str) -> None:
        """Answer a problem, unless an answer is under way, and close the connection."""
        self._cancel()
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            self._answer(name)
        self.transport.close()

    def _answer(self, name: str) -> None:
        begun: Any = self.scope  # None before the first byte
        record = Record({"method": "", "path": "", "client": self.client, "headers": [], **(begun or {})})
        lang = choose_language(record.asked(b"accept-language")) or "sv"
        kind = PROBLEM_TYPES[name]
        problem = {
            "type": f"{self.watch.public_base}problems/{name}",
            "title": kind.title[lang],
            "status": kind.status,
            "detail": kind.explanation[lang],
            "instance": f"#{record.id}",
            "errors": [],
        }
        body = json.dumps(problem, ensure_ascii=False, indent=2).encode()
        record.headers = [
            *self.server_state.default_headers,
            (b"content-type", b"application/problem+json"),
            (b"content-language", lang.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-request-id", record.id.encode()),
            (b"connection", b"close"),
        ]
        head = b"".join(b"%b: %b\r\n" % pair for pair in record.headers)
        self.transport.write(STATUS_LINE[kind.status] + head + b"\r\n" + body)
        record.status, record.size, record.outcome = kind.status, len(body), name
        for watcher in self.watch.watchers:
            watcher(record)
