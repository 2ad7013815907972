"""A rate for each client: a token bucket by address, within bounded memory.

``RateLimit`` and ``RateLimit-Policy`` are those of the IETF draft "RateLimit header fields for HTTP"
(draft-ietf-httpapi-ratelimit-headers), 429 is RFC 6585 §4.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evidensgraf.service.clients import Network, client_address, network_of
from evidensgraf.service.problems import Problem, respond

MOST_CLIENTS = 20_000
"""How many clients are remembered; the one that was quiet longest is forgotten first."""


class Buckets:
    """Token buckets: each client has ``burst`` tokens, and gets ``rate`` new ones each second.

    >>> now = 0.0
    >>> buckets = Buckets(rate=1.0, burst=2, clock=lambda: now)
    >>> [buckets.take("a") for _ in range(3)]
    [1.0, 0.0, -1.0]
    """

    def __init__(
        self, rate: float, burst: int, most: int = MOST_CLIENTS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate, self.burst, self._most, self._clock = rate, burst, most, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, client: str) -> float:
        """Take a token. Return how many are left, or, below zero, what lacks to one: then none was taken."""
        now = self._clock()
        tokens, then = self._buckets.pop(client, (float(self.burst), now))
        tokens = min(float(self.burst), tokens + (now - then) * self.rate)
        left = tokens - 1
        self._buckets[client] = (left if left >= 0 else tokens), now
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return left


class RateLimit:
    """Answers 429 to a client that asks more often than ``rate`` times a second, after a burst of ``burst``."""

    def __init__(self, app: ASGIApp, rate: float, burst: int, proxies: tuple[Network, ...] = ()) -> None:
        self.app, self.proxies, self.buckets = app, proxies, Buckets(rate, burst)
        self._policy = f'"client";q={burst};w={math.ceil(burst / rate)}'

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI 3)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        address = client_address(scope, self.proxies)
        left = self.buckets.take(network_of(address) if address else "")
        rate, burst = self.buckets.rate, self.buckets.burst
        full = math.ceil((burst - max(0.0, left)) / rate)
        headers = {"RateLimit-Policy": self._policy, "RateLimit": f'"client";r={max(0, int(left))};t={full}'}
        if left < 0:
            problem = Problem("too-many-requests", headers={**headers, "Retry-After": str(math.ceil(-left / rate))})
            response = await respond(Request(scope, receive), problem)
            await response(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self.app(scope, receive, send_with_headers)
