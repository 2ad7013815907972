"""What surrounds every request, as plain ASGI: headers of every answer, HEAD, the bound on bodies, and disconnects."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evidensgraf.service.access import note, request_id, route_of
from evidensgraf.service.bounds import check_head, read_body
from evidensgraf.service.connection import Connection
from evidensgraf.service.negotiation import VARY
from evidensgraf.service.problems import LOG, Problem, respond
from evidensgraf.service.serving import KEY
from evidensgraf.service.uploads import is_draft, place, receive_draft

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Headers that tell a browser what a page may do: nothing but its own style and images."""

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link, ETag, Location, Content-Language, Content-Location, Retry-After, "
    "Evidensgraf-Release, RateLimit, RateLimit-Policy, X-Request-Id, Accept-Ranges, Content-Range, Repr-Digest",
}
METHODS = "GET, HEAD, OPTIONS, POST"
"""``Allow`` of the service as a whole (``OPTIONS *``, RFC 9110 §9.3.7)."""
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type, If-Match, If-Modified-Since, "
    "If-None-Match, If-Range, If-Unmodified-Since, Range, X-Request-Id",
    "Access-Control-Max-Age": "86400",
}


Header = tuple[bytes, bytes]
"""A header field as ASGI has it: its name in lower case, and its value."""


@cache
def everywhere(hsts_seconds: int) -> list[Header]:
    """Return the headers of every answer that does not say otherwise, as ASGI has them."""
    hsts = {"Strict-Transport-Security": f"max-age={hsts_seconds}"} if hsts_seconds else {}
    return Headers({"Vary": VARY, "Cache-Control": "no-cache", **SECURITY, **CORS, **hsts}).raw


def of_request(release: str, request_id: str) -> list[Header]:
    """Return the headers that say what answered a request, and which request it was."""
    return [(b"evidensgraf-release", release.encode()), (b"x-request-id", request_id.encode())]


def completed(headers: Sequence[Header], hsts_seconds: int) -> list[Header]:
    """Return the headers of an answer with those that every answer has, where it does not say otherwise."""
    there = {name for name, _ in headers}
    return [*headers, *(pair for pair in everywhere(hsts_seconds) if pair[0] not in there)]


class EveryAnswer:
    """Gives every answer its request id, release, ``Vary``, security and CORS headers; answers CORS preflights and
    ``OPTIONS *``.

    ``root_path`` is the path that a proxy serves the service under; ``hsts_seconds`` is how long a browser is to ask
    for it by https only (RFC 6797), 0 for no word on that.
    """

    def __init__(self, app: ASGIApp, root_path: str = "", hsts_seconds: int = 0) -> None:
        self.app, self.root_path, self.hsts_seconds = app, root_path, hsts_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI 3)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if "request_id" not in scope:
            scope["request_id"] = request_id(scope)
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

    def _add_to(self, headers: list[Header], scope: Scope) -> list[Header]:
        return completed([*headers, *of_request(scope[KEY].release.id, scope["request_id"])], self.hsts_seconds)


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

        inner = {**scope, "method": "GET", "head": True}
        await self.app(inner, receive, send_without_body)
        note(scope, route=route_of(inner))


def given_up(app: Any) -> Problem | None:
    """Return the problem of a request that was cancelled because its application stops; None when it does not stop."""
    stopping: bool = app.state.stopping
    return Problem("stopping", headers={"Connection": "close", "Retry-After": "5"}) if stopping else None


class LastResort:
    """Answers an exception that nobody expected with a 500 problem, and logs it under the request's id; and a request
    that is given up because the service stops with a 503 problem.
    """

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
        except (Exception, asyncio.CancelledError) as failure:
            error = failure
            if scope["type"] != "http" or started:
                raise
            if isinstance(error, asyncio.CancelledError):
                if (stopping := given_up(scope["app"])) is None:
                    raise
                error = stopping
            if not isinstance(error, Problem):
                LOG.exception("request %s failed", scope.get("request_id"))
            response = await respond(Request(scope, receive), error)
            await response(scope, receive, send)


class WhileConnected:
    """Reads a request within the bounds of ``service.bounds``, and cancels the work on it when its client goes away."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI 3). Raises ``Problem`` for a request out of bounds."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        check_head(scope)
        if is_draft(scope):
            async with place(scope):
                await self._serve(scope, receive, send, await receive_draft(scope, receive))
        else:
            await self._serve(scope, receive, send, await read_body(receive))

    async def _serve(self, scope: Scope, receive: Receive, send: Send, body: bytes | None) -> None:
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
