"""The embedded engine: a pool of bounded worker processes over one release, with a store of recent answers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from evidensgraf.graph.activity import Activity, outcome
from evidensgraf.graph.engine import (
    GRAPH_TYPES,
    RESULT_TYPES,
    Answer,
    EngineError,
    EngineUnavailable,
    LimitExceeded,
    Limits,
    NotAcceptable,
    QueryFailed,
    QueryRefused,
)
from evidensgraf.graph.guard import Reading, apart, read
from evidensgraf.graph.recent import Recent
from evidensgraf.graph.release import Release
from evidensgraf.graph.stores import DISK, MEMORY
from evidensgraf.graph.syntax import explain
from evidensgraf.graph.workers import Workers

_SENTENCES = {
    "seconds": "The query was stopped after {value:g} seconds. Ask for less, or download the release and run it there.",
    "memory_mb": "The query was stopped: it needed more than {value:g} MB of memory. Ask for less at a time.",
    "rows": "The answer has more than {value:g} rows. Add LIMIT and OFFSET, or download the release.",
    "size_mb": "The answer is larger than {value:g} MB. Add LIMIT and OFFSET, or download the release.",
}


ATTEMPTS = 2
"""How often a query is tried when its worker is killed by somebody else."""


class LocalEngine(Workers):
    """Answers queries over a release in forked worker processes (see ``graph.supervisor``).

    ``workers`` processes evaluate at once; at most ``queue`` further queries wait, for ``wait`` seconds at most;
    ``recent_mb`` mebibytes of answers are kept: a release never changes. ``store`` is where the release is kept:
    ``memory`` or ``disk`` (see ``graph.stores``). What it does is counted in ``activity``.
    """

    def __init__(
        self,
        release: Release,
        limits: Limits | None = None,
        *,
        workers: int = 2,
        queue: int = 128,
        recent_mb: int = 64,
        activity: Activity | None = None,
        store: str = MEMORY,
        wait: float = 30.0,
    ) -> None:
        self.release, self.limits, self.store = release, limits or Limits(), store
        source = (store, str(release.quads))
        super().__init__(source, self.limits.memory_mb, workers=workers, queue=queue, wait=wait, activity=activity)
        self._graphs = frozenset(release.graphs)
        self._recent: Recent[Answer] = Recent(recent_mb * 2**20, self.activity.answers)

    async def _load(self) -> None:
        if self.store == DISK:
            await self._make_store()
        await super()._load()
        if self.store == DISK and not self._failure:
            try:
                await self.query("ASK { ?s ?p ?o }")
            except EngineError as error:
                self._failure = self._failure or f"its store on disk cannot be read. {error}"

    async def _make_store(self) -> None:
        """Have the store on disk made, once for each release; a process that is not waited for any more is killed."""
        command = [sys.executable, "-m", "evidensgraf.graph.stores", str(self.release.quads)]
        loader = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        try:
            _, said = await loader.communicate()
        except BaseException:
            loader.kill()
            raise
        if loader.returncode:
            reason = said.decode(errors="replace").strip().rsplit("\n", 1)[-1] or f"it ended with {loader.returncode}"
            raise EngineUnavailable(f"The release could not be loaded: {reason}")

    async def query(
        self,
        text: str,
        media_type: str = "application/sparql-results+json",
        *,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> Answer:
        """Evaluate a query in a worker; see ``graph.engine.Engine.query``. Cancelling the call kills the worker."""
        try:
            answer = await self._query(text, media_type, default_graphs, named_graphs, limits or self.limits)
        except BaseException as error:
            self.activity.outcomes[outcome(error)] += 1
            raise
        self.activity.outcomes["ok"] += 1
        return answer

    async def _query(
        self, text: str, media_type: str, default_graphs: Sequence[str], named_graphs: Sequence[str], limits: Limits
    ) -> Answer:
        check = partial(self._read, text, media_type, [*default_graphs, *named_graphs])
        reading = await apart(text, check)
        key = (text, media_type, tuple(default_graphs), tuple(named_graphs))
        if reading.constant and (known := self._recent.get(key)) is not None:
            return known
        request = {
            "query": text,
            "media_type": media_type,
            "default_graphs": list(default_graphs),
            "named_graphs": list(named_graphs),
            "union": not reading.graphs,
            "rows": limits.rows,
            "size_mb": limits.size_mb,
        }
        for _ in range(ATTEMPTS):
            worker = await self._acquire(self.wait)
            header, body = await self._ask(worker, request, limits.seconds)
            if header.get("error") != "lost":
                break
        if header.get("error") == "lost":
            self._refuse_when_failed()
        if "error" in header:
            say = partial(failure, header, limits, text, reading.form)
            raise await apart(text, say)
        answer = Answer(body, media_type, reading.form)
        if reading.constant:
            self._recent.put(key, answer, len(answer.body))
        return answer

    def _read(self, text: str, media_type: str, graphs: Sequence[str]) -> Reading:
        reading = read(text, self._graphs)
        for unknown in sorted(set(graphs).difference(self._graphs)):
            raise QueryRefused(f"The release has no graph <{unknown}>, and nothing is fetched.")
        fitting = GRAPH_TYPES if reading.form in ("CONSTRUCT", "DESCRIBE") else RESULT_TYPES
        if reading.form and media_type not in fitting:
            raise NotAcceptable(reading.form, list(fitting))
        return reading


def failure(header: dict[str, Any], limits: Limits, text: str, form: str) -> EngineError:
    """Return the error of a query, ``text`` with query form ``form``, from the header of its answer."""
    match header["error"]:
        case "limit":
            name = header["limit"]
            value = float(getattr(limits, name))
            return LimitExceeded(name, value, _SENTENCES[name].format(value=value))
        case "lost":  # twice: most likely the system is out of memory
            return LimitExceeded("memory_mb", limits.memory_mb, _SENTENCES["memory_mb"].format(value=limits.memory_mb))
        case "syntax":
            return explain(text, str(header["message"]))
        case "format":
            fitting = GRAPH_TYPES if form in ("CONSTRUCT", "DESCRIBE") else RESULT_TYPES
            return NotAcceptable(
                form, [m for m in fitting if "xml" not in m and "ld+json" not in m]
            )  # these hold anything
        case _:
            return QueryFailed(f"The query could not be evaluated: {header['message']}.")
