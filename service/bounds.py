"""The bounds on a request: the length of its target, its headers, its body, and how long it may take to arrive."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope

from evidensgraf.service.problems import Problem

MAX_TARGET = 32_768
"""Longest path and query string of a request, in bytes; a longer query is sent with POST."""
MAX_HEADERS = 100
"""Most header lines of a request."""
MAX_HEAD = 65_536
"""Largest head of a request, in bytes: its request line and its headers."""
MAX_BODY = 1_000_000
"""Largest request body, in bytes."""
HEAD_SECONDS = 15.0
"""How long the head of a request may take to arrive, in seconds."""
BODY_SECONDS = 30.0
"""How long the body of a request may take to arrive, in seconds."""
SEND_SECONDS = 30.0
"""How long a client may read less than ``SEND_BYTES`` of an answer, in seconds."""
SEND_BYTES = 65_536
"""How much a client must read of an answer in ``SEND_SECONDS``, in bytes."""


def check_head(scope: Scope) -> None:
    """Raise ``Problem`` when the target of a request is too long (414) or its headers are too large (431)."""
    if (name := out_of_bounds(scope)) is not None:
        raise Problem(name, headers={"Connection": "close"})


def out_of_bounds(scope: Scope) -> str | None:
    """Return the problem with the head of a request, or None when it is within bounds."""
    if len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"]) > MAX_TARGET:
        return "uri-too-long"
    headers, size = scope["headers"], 0
    for name, value in headers:
        size += len(name) + len(value)
    return "headers-too-large" if len(headers) > MAX_HEADERS or size > MAX_HEAD else None


async def read_body(receive: Receive, most: int = MAX_BODY) -> bytes | None:
    """Return the whole body of a request, or None when the client went away while sending it.

    ``most`` is its largest size in bytes. Raises ``Problem`` for a body that is too large (413) or takes too long to
    arrive (408).
    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(receive, most)
    except TimeoutError as error:
        raise Problem("request-timeout", headers={"Connection": "close"}) from error


async def _read(receive: Receive, most: int) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > most:
            raise Problem("content-too-large", headers={"Connection": "close"})
        if not message.get("more_body", False):
            return bytes(body)
