"""What is outermost around every request: its id, the time it takes, its line in the access log, and its count.

Plain ASGI, and cheap: whatever answers a request inside, by any path, is seen here.
"""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_PREFIX, _NUMBERS = secrets.token_hex(8), itertools.count(1)


class Record:
    """What is known of one request when it has been answered.

    ``began`` is in seconds since the epoch, ``seconds`` how long it took, ``size`` the bytes of content sent,
    ``status`` 0 when nothing was sent; ``headers`` are those of the answer. What answers may note two things here:
    ``outcome``, the name of the problem that was the answer, and ``cache``, whether it was a recent answer
    (``hit``) or could have been one (``miss``). ``route`` is the template of the path.
    """

    __slots__ = ("began", "cache", "headers", "id", "outcome", "route", "scope", "seconds", "size", "status")

    def __init__(self, scope: Scope) -> None:
        self.scope, self.id = scope, request_id(scope)
        self.began, self.seconds = time.time(), 0.0
        self.status, self.size = 0, 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.outcome = self.cache = self.route = ""

    def asked(self, name: bytes) -> str:
        """Return a header of the request, or nothing."""
        for key, value in self.scope["headers"]:
            if key == name:
                return str(value.decode("latin-1"))
        return ""


def request_id(scope: Scope) -> str:
    """Return the id of a request: the one in its ``X-Request-Id`` when it is 8–64 harmless characters, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return value.decode("ascii") if _GIVEN.fullmatch(value) else _new_id()
    return _new_id()


def _new_id() -> str:
    return f"{_PREFIX}-{next(_NUMBERS):x}"


def note(scope: Scope, **noted: str) -> None:
    """Note something on the record of a request, if there is one: ``outcome``, ``cache`` or ``route``."""
    if (record := scope.get("record")) is not None:
        for name, value in noted.items():
            setattr(record, name, value)


def route_of(scope: Scope) -> str:
    """Return the template of the path that a request was routed by, or ``other`` where there is none."""
    if (route := scope.get("route")) is not None:
        return str(route.path)
    literal = "endpoint" in scope and not scope.get("path_params")
    return str(scope["path"]) if literal else "other"


class Watched:
    """Watches every request, and tells each of the ``watchers`` its ``Record`` when it is over.

    ``scope["request_id"]`` and ``scope["record"]`` are there for what is inside.
    """

    def __init__(self, app: ASGIApp, watchers: list[Callable[[Record], None]]) -> None:
        self.app, self.watchers = app, watchers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI 3)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        record = Record(scope)
        scope["request_id"], scope["record"] = record.id, record

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status, record.headers = message["status"], message["headers"]
            else:
                record.size += len(message.get("body", b""))
            await send(message)

        began = time.perf_counter()
        try:
            await self.app(scope, receive, send_and_note)
        finally:
            record.seconds = time.perf_counter() - began
            for watcher in self.watchers:
                watcher(record)
