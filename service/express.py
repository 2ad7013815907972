"""The express way from a connection to a worker: for requests that need neither the framework nor a second look.

uvicorn starts every request in one method. A request with a shortcut (``service.shortcut``) is answered there, with the
headers that the application would give it, and counted and logged as it would be; every other one goes to the
application.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from evidensgraf.graph.engine import EngineError
from evidensgraf.service.access import Record
from evidensgraf.service.middleware import completed, given_up, of_request
from evidensgraf.service.problems import respond
from evidensgraf.service.protocol import BoundedProtocol
from evidensgraf.service.responses import raw_headers
from evidensgraf.service.serving import KEY, Serving
from evidensgraf.service.shortcut import Key, Plain, Whole, keep, plain_query, request_key
from evidensgraf.service.sparql import about_answer, variants_of


class ExpressProtocol(BoundedProtocol):
    """One connection of a server for ``application``, with the express way for GET requests that have a shortcut."""

    application: FastAPI

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]
        if not self._shortened(cycle):
            super()._start_asgi_task(cycle, app)  # type: ignore[arg-type]

    def _shortened(self, cycle: RequestResponseCycle) -> bool:
        """Answer a request, now or soon; say no when it has no shortcut."""
        scope: Any = cycle.scope
        key = request_key(scope)
        if key is None or not cycle.keep_alive or cycle.waiting_for_100_continue:
            return False
        serving: Serving = self.application.state.served.serving
        whole: Whole | None = serving.recent.get(key)
        if whole is not None:
            _Answering(self, cycle, scope, serving).send(whole, cache="hit")
            return True
        if (plain := plain_query(key)) is None:
            return False
        task = self.loop.create_task(self._evaluate(_Answering(self, cycle, scope, serving), key, plain))
        cycle.message_event = _Hangup(cycle, task)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return True

    async def _evaluate(self, answering: _Answering, key: Key, plain: Plain) -> None:
        serving, record, variant = answering.serving, answering.record, plain.variant
        record.route = key[0]
        scope = {**record.scope, KEY: serving, "app": self.application, "request_id": record.id, "record": record}
        request = Request(scope)
        with serving.used():
            try:
                found = await serving.adhoc.query(plain.query, variant.source or variant.media_type)
            except (EngineError, asyncio.CancelledError) as error:
                failure = error if isinstance(error, EngineError) else given_up(self.application)
                if failure is None or answering.cycle.disconnected:
                    answering.report()
                    raise
                problem = await respond(request, failure)
                answering.send(Whole(problem.raw_headers, bytes(problem.body), key[0]), problem.status_code)
                return
            except BaseException:
                answering.report()
                raise
        about = about_answer(request, variant, variants_of(plain.form), True)
        whole = Whole(raw_headers(request, found.body, variant, about), found.body, key[0])
        keep(serving, key, whole)
        answering.send(whole, cache="miss")


class _Answering:
    """One request on the express way, and its record."""

    def __init__(self, protocol: ExpressProtocol, cycle: RequestResponseCycle, scope: Scope, serving: Serving) -> None:
        self.protocol, self.cycle, self.serving = protocol, cycle, serving
        self.record, self.began = Record(scope), time.perf_counter()

    def send(self, whole: Whole, status: int = 200, cache: str = "") -> None:
        """Write an answer, and let the connection go on."""
        protocol, record = self.protocol, self.record
        if not whole.head:
            whole.head = _written(completed(whole.headers, protocol.application.state.settings.hsts_seconds))
        own = (
            *of_request(self.serving.release.id, record.id),
            *protocol.server_state.default_headers,
            *(() if self.cycle.keep_alive else ((b"connection", b"close"),)),  # the server stops
        )
        protocol.transport.write(b"".join((STATUS_LINE[status], whole.head, _written(own), b"\r\n", whole.body)))
        self.cycle.response_started = self.cycle.response_complete = True
        if not self.cycle.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()
        record.status, record.size, record.cache, record.route = status, len(whole.body), cache, whole.route
        record.headers = [*whole.headers, *own]
        self.report()

    def report(self) -> None:
        """Tell the watchers that the request is over."""
        self.record.seconds = time.perf_counter() - self.began
        for watcher in self.protocol.watch.watchers:
            watcher(self.record)


def _written(pairs: Any) -> bytes:
    """Return header fields as HTTP/1.1 writes them (RFC 9112 §5)."""
    return b"".join([b"%b: %b\r\n" % pair for pair in pairs])


class _Hangup(asyncio.Event):
    """What uvicorn sets when something has happened to a connection: when that is its end, the work is cancelled."""

    def __init__(self, cycle: RequestResponseCycle, task: asyncio.Task[None]) -> None:
        super().__init__()
        self.cycle, self.task = cycle, task

    def set(self) -> None:
        """Look what has happened."""
        if self.cycle.disconnected:
            self.task.cancel()
