"""The remote engine: the same answers, bounds and errors as the embedded one, from any SPARQL 1.1 endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox

from evidensgraf.graph import incoming
from evidensgraf.graph.activity import Activity, outcome
from evidensgraf.graph.announcement import UNION, open_published
from evidensgraf.graph.breaker import Breaker
from evidensgraf.graph.endpoint import Call, Endpoint, Handshake, Passing, Rejected, TooLate, ask
from evidensgraf.graph.engine import (
    Answer,
    EngineError,
    EngineFault,
    EngineUnavailable,
    Limits,
    QueryFailed,
    QueryRefused,
)
from evidensgraf.graph.guard import Reading, apart, plain, read
from evidensgraf.graph.lane import Places
from evidensgraf.graph.pool import LocalEngine, failure
from evidensgraf.graph.recent import Recent
from evidensgraf.graph.release import QUADS, Release
from evidensgraf.graph.rewrite import counting, with_prologue
from evidensgraf.graph.worker import reported, serialise

LOG = logging.getLogger("evidensgraf.graph.remote")
T = TypeVar("T")

RETRIES = 3
"""How often a call is made again when its failure may have passed."""
WORDIER = 4
"""How many times larger than our answer the endpoint's may be: JSON has more signs than CSV."""
_NONE = "urn:evidensgraf:no-graph"
_RESULTS = "application/sparql-results+json"
# Function libraries that run code at the endpoint: Virtuoso's built-ins and SQL, Jena's Java and JavaScript.
_CODE = re.compile(r"<(bif|sql|java|js):", re.IGNORECASE)


@dataclass(frozen=True)
class _Question:
    """What the endpoint is asked: a query with its form, the media type of our answer, its dataset and limits."""

    text: str
    form: str
    media_type: str
    dataset: Mapping[str, Sequence[str]]
    limits: Limits


class RemoteEngine:
    """Answers queries over a release that was published at an endpoint (see ``graph.upload``).

    At most ``workers`` calls are made at once, while ``queue`` further queries wait, for ``wait`` seconds at most; what
    is asked again is answered from ``recent_mb`` mebibytes of answers. Every query is first judged by an embedded
    engine over nothing, so that only SPARQL 1.1 is sent and errors of syntax are the same. ``cap`` is the number of
    rows at which the endpoint silently ends an answer, if it is known. ``directory``, where the release is described,
    is removed at the end.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        release: Release,
        limits: Limits | None = None,
        *,
        workers: int = 2,
        queue: int = 128,
        recent_mb: int = 64,
        activity: Activity | None = None,
        wait: float = 30.0,
        cap: int | None = None,
        directory: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        self.endpoint, self.release, self.limits, self.cap = endpoint, release, limits or Limits(), cap
        self.workers, self.queue, self.wait = workers, queue, wait
        self.activity = activity or Activity()
        self._recent: Recent[Answer] = Recent(recent_mb * 2**20, self.activity.answers)
        self._threads = ThreadPoolExecutor(workers, "endpoint")
        self._places, self._idle = Places(workers, queue, wait, self.activity.waiting), workers
        self._breaker, self._handshake = Breaker(), Handshake()
        self._suspended: str | None = None
        self._directory = directory or tempfile.TemporaryDirectory(prefix="evidensgraf-")
        nothing = Path(self._directory.name, "nothing")
        nothing.mkdir()
        (nothing / QUADS).write_bytes(b"")
        self._judge = LocalEngine(Release(nothing, "", "", release.manifest), self.limits, workers=workers, queue=queue)

    @property
    def idle(self) -> int:
        """Calls that could be made at once."""
        return self._idle

    @property
    def waiting(self) -> int:
        """Queries that wait for a call to end."""
        return self._places.waiting

    def suspend(self, reason: str | None) -> None:
        """Answer no further query but with ``EngineUnavailable`` and a reason, until it is called with None."""
        self._suspended = reason

    async def start(self) -> None:
        """Start the embedded engine that judges queries; the endpoint is not called."""
        await self._judge.start()

    async def query(
        self,
        text: str,
        media_type: str = _RESULTS,
        *,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> Answer:
        """Have a query evaluated at the endpoint; see ``graph.engine.Engine.query``.

        Cancelling the call cuts its connection. Raises ``EngineFault`` when the endpoint answers with anything but a
        whole answer.
        """
        try:
            answer = await self._query(text, media_type, (default_graphs, named_graphs), limits or self.limits)
        except BaseException as error:
            self.activity.outcomes[outcome(error)] += 1
            raise
        self.activity.outcomes["ok"] += 1
        return answer

    async def _query(
        self, text: str, media_type: str, graphs: tuple[Sequence[str], Sequence[str]], limits: Limits
    ) -> Answer:
        reading = await apart(text, lambda: self._read(text))
        key = (text, media_type, *map(tuple, graphs))
        if reading.constant and (known := self._recent.get(key)) is not None:
            return known
        if self._suspended:
            raise EngineUnavailable(self._suspended)
        await self._judge.query(text, media_type, default_graphs=graphs[0], named_graphs=graphs[1], limits=limits)
        asked = await apart(text, lambda: self._question(text, reading, media_type, graphs, limits))
        answer = Answer(await self._in_turn(asked), media_type, reading.form)
        if reading.constant:
            self._recent.put(key, answer, len(answer.body))
        return answer

    def _read(self, text: str) -> Reading:
        _refuse_code(text)
        return read(text, self.release.graphs)

    def _question(
        self,
        text: str,
        reading: Reading,
        media_type: str,
        graphs: tuple[Sequence[str], Sequence[str]],
        limits: Limits,
    ) -> _Question:
        return _Question(with_prologue(text), reading.form, media_type, self._dataset(text, reading, graphs), limits)

    def _dataset(
        self, text: str, reading: Reading, graphs: tuple[Sequence[str], Sequence[str]]
    ) -> dict[str, Sequence[str]]:
        """Return the dataset of a query (SPARQL 1.1 Protocol §2.1.4), which is never left to the endpoint."""
        default, named = graphs
        if default or named:
            return {"default-graph-uri": default or [_NONE], "named-graph-uri": named or [_NONE]}
        if reading.graphs:
            return {}
        names_graphs = "GRAPH" in plain(text).upper()
        return {"default-graph-uri": [UNION], "named-graph-uri": self.release.graphs if names_graphs else []}

    async def _in_turn(self, asked: _Question) -> bytes:
        """Make a call when there is a place for it; the place is free again when its thread is."""
        await self._places.enter()
        return await self._threaded(Call(asked.limits.seconds), asked)

    async def _threaded(self, call: Call, asked: _Question) -> bytes:
        try:
            self._breaker.check()
        except EngineUnavailable:
            self._places.leave()
            raise
        began = time.perf_counter()
        self._idle -= 1
        running = asyncio.get_running_loop().run_in_executor(self._threads, self._ask, call, asked)
        running.add_done_callback(self._leave)
        try:
            async with asyncio.timeout(asked.limits.seconds):
                body = await asyncio.shield(running)
        except (TimeoutError, TooLate):
            call.stop()
            raise _over("seconds", asked.limits) from None
        except asyncio.CancelledError:
            call.stop()
            raise
        except EngineUnavailable as error:
            self._breaker.failed(str(error))
            raise EngineUnavailable(str(error)) from None
        finally:
            self.activity.evaluating.add(time.perf_counter() - began)
        self._breaker.worked()
        return body

    def _leave(self, running: asyncio.Future[bytes]) -> None:
        self._idle += 1
        self._places.leave()
        if not running.cancelled():
            running.exception()  # it was raised to whoever still waits

    def _ask(self, call: Call, asked: _Question) -> bytes:
        """Ask the endpoint, again if need be, and return the whole answer. Runs in a thread."""
        body = self._persist(call, asked)
        if self.cap is not None and asked.form in ("CONSTRUCT", "DESCRIBE") and (count := counting(asked.text)):
            counted = self._persist(call, replace(asked, text=count, form="SELECT", media_type="text/csv"))
            if int(counted.split()[-1]) >= self.cap:
                raise incoming.cut_at(self.cap)
        return body

    def _persist(self, call: Call, asked: _Question) -> bytes:
        for attempt in range(RETRIES):
            try:
                return self._once(call, asked)
            except Passing as error:
                pause = 0.1 * 2**attempt * random.uniform(0.5, 1.0)
                if call.left() < 2 * pause:
                    raise
                LOG.info("the endpoint is asked again: %s", error)
                call.pause(pause)
        return self._once(call, asked)

    def _once(self, call: Call, asked: _Question) -> bytes:
        graph = asked.form in ("CONSTRUCT", "DESCRIBE")
        accept = incoming.ACCEPT_GRAPH if graph else incoming.ACCEPT_RESULTS
        try:
            response = ask(self.endpoint, call, asked.text, asked.form, accept, asked.dataset, self._handshake)
        except Rejected as error:
            raise QueryFailed(f"The query could not be evaluated: the endpoint says '{str(error)[:200]}'.") from None
        with contextlib.closing(response):
            incoming.refuse_partial(response.headers)
            return self._whole(asked, incoming.Incoming(response, call, asked.limits.size_mb * WORDIER * 2**20))

    def _whole(self, asked: _Question, source: incoming.Incoming) -> bytes:
        """Return an answer in our own serialisation, whole, or raise why there is none."""
        caps = [c for c in (self.cap, incoming.declared_cap(source.response.headers)) if c is not None]
        rows = min([asked.limits.rows, *(c - 1 for c in caps)])
        header, body = reported(
            lambda: serialise(_results(asked, source), asked.media_type, rows, asked.limits.size_mb)
        )
        if source.failure is not None:
            raise _over("size_mb", asked.limits) if isinstance(source.failure, incoming.Oversized) else source.failure
        if header.get("error") in ("syntax", "evaluation"):
            raise EngineFault(f"The endpoint's answer cannot be read: {header['message']}.")
        if header.get("limit") == "rows" and rows < asked.limits.rows:
            raise incoming.cut_at(min(caps))
        if "error" in header:
            raise failure(header, asked.limits, asked.text, asked.form)
        return body

    async def close(self) -> None:
        """End the calls and the embedded engine."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self._judge.close()
        self._directory.cleanup()


async def open_remote(
    endpoint: Endpoint,
    limits: Limits,
    *,
    workers: int = 2,
    queue: int = 128,
    wait: float = 30.0,
    activity: Activity | None = None,
) -> RemoteEngine:
    """Return a started engine over the release that is at an endpoint.

    Raises ``ReleaseError`` when there is no whole release, ``EngineUnavailable`` and ``EngineFault``.
    """
    directory = tempfile.TemporaryDirectory(prefix="evidensgraf-")
    try:
        described = Path(directory.name, "release", "described")
        described.mkdir(parents=True)
        release, cap = await asyncio.to_thread(open_published, endpoint, described, limits.rows)
        engine = RemoteEngine(
            endpoint,
            release,
            limits,
            workers=workers,
            queue=queue,
            wait=wait,
            activity=activity,
            cap=cap,
            directory=directory,
        )
        await engine.start()
    except BaseException:
        directory.cleanup()
        raise
    return engine


def _results(asked: _Question, source: incoming.Incoming) -> ox.QuerySolutions | ox.QueryBoolean | Iterator[ox.Triple]:
    if asked.form in ("CONSTRUCT", "DESCRIBE"):
        return incoming.triples(source)
    results = incoming.solutions(source)
    return incoming.as_boolean(results) if asked.form == "ASK" else results


def _over(limit: str, limits: Limits) -> EngineError:
    return failure({"error": "limit", "limit": limit}, limits, "", "")


def _refuse_code(text: str) -> None:
    """Refuse a query that names functions which run code at the endpoint."""
    if found := _CODE.search(plain(text)):
        raise QueryRefused(
            f"{found[0]}…> is refused: only the functions of SPARQL 1.1 are evaluated. Write the query without it."
        )
