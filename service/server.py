"""The server: an application on a socket, with its bounds, until it is asked to stop, and then in an orderly way.

SIGTERM, or Ctrl+C: ``/ready`` says no from now on; after the drain time nothing new is accepted; requests in flight
have the stop time to end, and those that do not are answered 503. A second signal does not wait for them.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from evidensgraf.service.express import ExpressProtocol
from evidensgraf.service.protocol import BoundedProtocol, Watch
from evidensgraf.service.settings import Settings

TELL_SECONDS = 2.0
"""How long it may take to tell clients that their requests are not answered, in seconds."""


class Server(uvicorn.Server):
    """An HTTP server for one application.

    Of the application's ``state``, ``stopping`` becomes true when the server has been asked to stop, and its
    ``watchers`` are told of the requests that are refused before they reach the application.
    """

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        watch = Watch(settings.connections, settings.public_base, app.state.watchers)
        protocol = BoundedProtocol if settings.rate else ExpressProtocol  # nothing is faster than its limit
        config = uvicorn.Config(
            app,
            http=type("Protocol", (protocol,), {"watch": watch, "application": app}),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # service.clients reads them, and only from proxies that are trusted
            timeout_graceful_shutdown=settings.stop_seconds,
        )
        super().__init__(config)
        self._state, self._drain = app.state, settings.drain_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop, at the first signal; stop at once, at the second."""
        if self._state.stopping:
            self.should_exit = self.force_exit = True
            return
        self._state.stopping = True
        if sig == signal.SIGINT:
            self._captured_signals.append(sig)  # raised again at the end: Ctrl+C is told to the shell
        if not self._drain:
            self.should_exit = True
            return
        loop = asyncio.get_running_loop()
        loop.call_soon_threadsafe(loop.call_later, self._drain, self._stop)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, wait for requests in flight, and tell those that cannot be waited for."""
        await super().shutdown(sockets)
        left = set(self.server_state.tasks)
        for task in left if self.force_exit else ():
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=TELL_SECONDS)

    def _stop(self) -> None:
        self.should_exit = True
