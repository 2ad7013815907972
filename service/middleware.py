"""What surrounds every request, as plain ASGI: headers of every answer, HEAD, the bound on bodies, and disconnects."""

from __future__ import annotations

import asyncio
import re
import uuid

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evidensgraf.service.connection import Connection
from evidensgraf.service.negotiation import VARY
from evidensgraf.service.problems import LOG, Problem, respond
from evidensgraf.service.serving import KEY

MAX_BODY = 1_000_000
"""Largest request body, in bytes."""

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Headers that tell a browser what a page may do: nothing but its own style and images."""

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link, ETag, Location, Content-Language, Content-Location, Retry-After, "
    "Evidensgraf-Release, X-Request-Id",
}
METHODS = "GET, HEAD, OPTIONS, POST"
"""``Allow`` of the service as a whole (``OPTIONS *``, RFC 9110 §9.3.7)."""
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type, If-Match, If-Modified-Since, "
    "If-None-Match, If-Unmodified-Since, X-Request-Id",
    "Access-Control-Max-Age": "86400",
}


_EVERYWHERE = Headers({"Vary": VARY, "Cache-Control": "no-cache", **SECURITY, **CORS}).raw


class EveryAnswer:
    """Gives every answer its request id, release, ``Vary``, security and CORS headers; answers CORS preflights and
    ``OPTIONS *``.

    ``root_path`` is the path that a proxy serves the service under.
    """

    def __init__(self, app: ASGIApp, root_path: str = "") -> None:
        self.app, self.root_path = app, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI 3)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        scope["request_id"] = given if re.fullmatch(r"[A-Za-z0-9._-]{8,64}", given) else str(uuid.uuid4())
        everything = scope["method"] == "OPTIONS" and scope["path"] == "*"
        if self.root_path and not everything:
            scope["root_path"] = self.root_path
            if not f"{scope['path']}/".startswith(f"{self.root_path}/"):  # a proxy has taken the prefix away
                scope["path"] = self.root_path + scope["path"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._add_to(list(message["headers"]), scope)}
            await send(message)

        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await Response(status_code=204, headers=PREFLIGHT)(scope, receive, send_with_headers)
            return
        if everything:
            await Response(status_code=204, headers={"Allow": METHODS})(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)

    def _add_to(self, headers: list[tuple[bytes, bytes]], scope: Scope) -> list[tuple[bytes, bytes]]:
        there = {name for name, _ in headers}
        own = [
            (b"evidensgraf-release", scope[KEY].release.id.encode()),
            (b"x-request-id", scope["request_id"].encode()),
        ]
        return [*headers, *own, *(pair for pair in _EVERYWHERE if pair[0] not in there)]


class HeadAsGet:
    """Answers HEAD as GET without its body (RFC 9110 §9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI 3)."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app({**scope, "method": "GET"}, receive, send_without_body)


class LastResort:
    """Answers an exception that nobody expected with a 500 problem, and logs it under the request's id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI 3)."""
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            if not isinstance(error, Problem):
                LOG.exception("request %s failed", scope.get("request_id"))
            response = await respond(Request(scope, receive), error)
            await response(scope, receive, send)


class WhileConnected:
    """Reads the request's body within ``MAX_BODY``, and cancels the work on it when its client goes away."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI 3). Raises ``Problem`` (413) for a body that is too large."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            return
        connection = Connection(receive)
        unread = True

        async def replay() -> Message:
            nonlocal unread
            if unread:
                unread = False
                return {"type": "http.request", "body": body, "more_body": False}
            await connection.gone()
            return {"type": "http.disconnect"}

        try:
            await self.app(scope, replay, send)
        except asyncio.CancelledError:
            connection.forgive()
        finally:
            connection.leave()


async def _read(receive: Receive) -> bytes | None:
    """Return the whole body, or None when the client went away while sending it."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise Problem("content-too-large")
        if not message.get("more_body", False):
            return bytes(body)
