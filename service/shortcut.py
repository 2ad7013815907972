"""Shortcuts for what is asked most: the same request again, and a plain query.

A request that is the same to the last byte as a recent one is answered from memory: a release never changes, so what
was a whole answer once is that as long as the release is served. A GET of ``/sparql`` with a query and nothing else is
read in few steps. Both give what the long way gives; whatever is less plain takes that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evidensgraf.graph.guard import glance
from evidensgraf.service.access import note, route_of
from evidensgraf.service.bounds import out_of_bounds
from evidensgraf.service.negotiation import Variant, choose
from evidensgraf.service.paths import alone
from evidensgraf.service.responses import HTML
from evidensgraf.service.serving import KEY, Serving
from evidensgraf.service.sparql import PATHS, variants_of

_NEGOTIATES = (b"accept", b"accept-language")
_UNUSUAL = frozenset(
    (b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since", b"if-range", b"range")
)
Key = tuple[str, bytes, tuple[bytes, ...]]
"""A request: its path, its query string, and the headers that negotiate, in their order."""


@dataclass
class Whole:
    """A whole answer: its headers, without those that every answer has, its body, and its route, for counting.

    ``head`` is there for whoever writes all headers as bytes, to do that once.
    """

    headers: list[tuple[bytes, bytes]]
    body: bytes
    route: str
    head: bytes = b""


@dataclass(frozen=True)
class Plain:
    """A query with nothing around it, its form, and the variant to answer with."""

    query: str
    form: str
    variant: Variant


class Repeat:
    """Answers the same GET again from ``Serving.recent``, where every 200 with an ``ETag`` in one piece is kept."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI 3)."""
        key = request_key(scope)
        if key is None:
            await self.app(scope, receive, send)
            return
        serving: Serving = scope[KEY]
        kept: Whole | None = serving.recent.get(key)
        if kept is None:
            await self.app(scope, receive, _Keeping(scope, key, send))
            return
        note(scope, cache="hit", route=kept.route)
        await send({"type": "http.response.start", "status": 200, "headers": kept.headers})
        await send({"type": "http.response.body", "body": kept.body})


class _Keeping:
    """Sends the messages of an answer on, and keeps them when they are a whole one."""

    def __init__(self, scope: Scope, key: Key, send: Send) -> None:
        self.scope, self.key, self.send = scope, key, send
        self.start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            whole = message["status"] == 200 and any(name == b"etag" for name, _ in message["headers"])
            self.start = message if whole else None
        elif self.start is not None and message["type"] == "http.response.body":
            if not message.get("more_body", False):
                whole = Whole(list(self.start["headers"]), message["body"], route_of(self.scope))
                keep(self.scope[KEY], self.key, whole)
            self.start = None
        await self.send(message)


def keep(serving: Serving, key: Key, whole: Whole) -> None:
    """Keep an answer as long as there is room."""
    serving.recent.put(key, whole, len(whole.body) + len(key[1]))


def request_key(scope: Scope) -> Key | None:
    """Return what a GET asks for; None for another method, and for a condition or a range (RFC 9110 §13, §14), and for
    a head that is out of bounds.
    """
    if scope["type"] != "http" or scope["method"] != "GET" or out_of_bounds(scope):
        return None
    negotiated: list[bytes] = []
    for name, value in scope["headers"]:
        if name in _NEGOTIATES:
            negotiated += (name, value)
        elif name in _UNUSUAL:
            return None
    return scope["path"], scope["query_string"], tuple(negotiated)


def plain_query(key: Key) -> Plain | None:
    """Return the query of a plain request to the endpoint; None when it needs a closer look."""
    path, query_string, negotiated = key
    if path not in PATHS or (value := alone(query_string)) is None or negotiated.count(b"accept") > 1:
        return None
    try:
        text = unquote_to_bytes(value.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        return None
    if (reading := glance(text)) is None:
        return None
    accept = negotiated[negotiated.index(b"accept") + 1] if b"accept" in negotiated else b""
    variant = _variant(accept, reading.form)
    return Plain(text, reading.form, variant) if variant else None


@lru_cache(maxsize=512)
def _variant(accept: bytes, form: str) -> Variant | None:
    variant = choose(accept.decode("latin-1"), variants_of(form))
    return None if variant == HTML else variant
