"""The service's end of the channel to a worker, as a protocol of the event loop."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

from evidensgraf.graph.framing import Incoming, frame


class Worker(asyncio.Protocol):
    """The service's end of the channel to one worker, which answers one request at a time."""

    def __init__(self, pid: int) -> None:
        self.pid, self.alive = pid, True
        self._incoming = Incoming()
        self._reply: asyncio.Future[tuple[dict[str, Any], bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport (``asyncio.Protocol``)."""
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is one without saying so

    async def exchange(self, request: bytes, seconds: float, body: bytes = b"") -> tuple[dict[str, Any], bytes]:
        """Send a request, with a body if it has one, and return the header and the body of the reply.

        Raises ``EOFError`` when the worker ends, and ``TimeoutError`` after ``seconds``.
        """
        if not self.alive:
            raise EOFError
        loop = asyncio.get_running_loop()
        self._reply = loop.create_future()
        late = loop.call_later(seconds, self._fail, TimeoutError)
        self._transport.write(frame(request, body))
        try:
            return await self._reply
        finally:
            late.cancel()

    def _fail(self, error: type[Exception]) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(error())

    def data_received(self, data: bytes) -> None:
        """Take bytes of the reply (``asyncio.Protocol``)."""
        message = self._incoming.feed(data)
        if message is not None and self._reply is not None and not self._reply.done():
            self._reply.set_result((json.loads(message[0]), message[1]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the worker has ended (``asyncio.Protocol``)."""
        self.alive = False
        self._fail(EOFError)

    def close(self) -> None:
        """Drop the channel; the worker ends when it notices."""
        self._transport.abort()
