"""Checks of drafts in bounded processes: each in one of its own, without files and network, which ends with it.

Nothing of a draft is written anywhere: it comes over a channel, and what is made of it goes back over the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
from collections.abc import Iterable
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from evidensgraf.graph.activity import Activity, outcome
from evidensgraf.graph.draft import DraftError, Place, Remark, read_draft
from evidensgraf.graph.engine import LimitExceeded, Limits
from evidensgraf.graph.release import Release, read_release
from evidensgraf.graph.stores import CHECK
from evidensgraf.graph.workers import Workers
from evidensgraf.ontology.namespaces import EV, ID

if TYPE_CHECKING:
    from evidensgraf.graph.check import Checker
    from evidensgraf.graph.check_rules import Record
    from evidensgraf.graph.supervisor import Answering
    from evidensgraf.graph.workbook_names import Names

_SENTENCES = {
    "seconds": "The check was stopped after {value:g} seconds. Divide the draft, or check it on your own computer.",
    "memory_mb": "The check was stopped: it needed more than {value:g} MB of memory. Divide the draft.",
    "size_mb": "The report is larger than {value:g} MB. Divide the draft.",
}
# Read, or refused, before the first fork, so that nothing is left to be imported where no file can be opened.
_REHEARSAL = (
    (".jsonld", b'{"@id": "urn:a", "urn:p": [1.5, "a"]}'),
    (".rdf", b"<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Bag r:about='urn:a'/></r:RDF>"),
    (".ttl", b"<urn:a> <urn:p"),
    (".ttl", b"\xff"),
    (".xlsx", b"PK\x03\x04"),
)
# Checked, and its results written into a workbook: it has something to be found.
_FAULTY = f'<{ID}recommendation/a> a <{EV}Recommendation> ; <{EV}direction> "a"@sv , 1 .'.encode()


class Checks(Workers):
    """Checks drafts with a release, or with the curated graphs of the package where there is none.

    ``limits`` are those of one check: ``seconds``, ``memory_mb`` beyond the release, and ``size_mb`` of its report. The
    processes are started with the first check: a service that nobody gives drafts to has none.
    """

    def __init__(
        self,
        release: Release | None,
        limits: Limits,
        *,
        workers: int = 1,
        queue: int = 8,
        wait: float = 30.0,
        activity: Activity | None = None,
    ) -> None:
        path = str(release.quads) if release else ""
        super().__init__(
            (CHECK, path), limits.memory_mb, workers=workers, queue=queue, wait=wait, activity=activity, once=True
        )
        self.limits = limits
        self._starting: asyncio.Future[None] | None = None

    async def check(self, name: str, data: bytes, media_type: str = "", annotate: str = "") -> tuple[Record, bytes]:
        """Return the report of a draft, and with ``annotate`` (a language) its workbook with the results marked.

        Raises ``DraftError``, ``LimitExceeded``, ``EngineBusy`` and ``EngineUnavailable``. Cancelling the call kills
        the process.
        """
        try:
            answer = await self._check(name, data, media_type, annotate)
        except BaseException as error:
            self.activity.outcomes["refused" if isinstance(error, DraftError) else outcome(error)] += 1
            raise
        self.activity.outcomes["ok"] += 1
        return answer

    async def _check(self, name: str, data: bytes, media_type: str, annotate: str) -> tuple[Record, bytes]:
        await self._be_started()
        request = {"name": name, "media_type": media_type, "annotate": annotate, "size_mb": self.limits.size_mb}
        header, body = await self._ask(await self._acquire(self.wait), request, self.limits.seconds, data)
        match header.get("error"):
            case None:
                size = header["report"]
                return await asyncio.to_thread(json.loads, body[:size]), body[size:]
            case "draft":
                raise DraftError(header["name"], header["reasons"], header["line"])
            case "fault":
                raise RuntimeError(f"a check failed: {header['where']}")
            case "limit":
                limit = header["limit"]
            case _:  # it was killed, most likely because the system is out of memory
                limit = "memory_mb"
        value = float(getattr(self.limits, limit))
        raise LimitExceeded(f"check_{limit}", value, _SENTENCES[limit].format(value=value))

    async def _be_started(self) -> None:
        """Start the processes with the first check; one that could not be is tried again with the next."""
        if self._starting is None or (self._starting.done() and self._starting.exception() is not None):
            self._starting = asyncio.ensure_future(self.start())
        await asyncio.shield(self._starting)

    async def close(self) -> None:
        """End the processes."""
        if self._starting is not None and not self._starting.done():
            self._starting.cancel()
        await super().close()


def answering(path: str) -> Answering:
    """Return what a worker does: it checks a draft, and answers with the report and, if asked for, the workbook.

    ``path`` is the N-Quads file of a release, or empty for the curated graphs of the package. Raises ``OSError``,
    ``SyntaxError`` or ``LoadError`` when it cannot be read.
    """
    import pyoxigraph as ox

    from evidensgraf.graph.build import assemble, release_id
    from evidensgraf.graph.check import Checker
    from evidensgraf.graph.workbook_names import Names

    quads: Iterable[ox.Quad]
    known: Names | None = None
    if path:
        name, quads = read_release(Path(path).parent).id, list(ox.parse(path=path, format=ox.RdfFormat.N_QUADS))
        known = Names(quads)
    else:
        quads = store = assemble()[0]
        name = release_id(store)
    checker = Checker(quads, name)

    def answer(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        try:
            return _answer(checker, known, request, data)
        except DraftError as error:
            return {"error": "draft", "name": error.file, "reasons": error.reasons, "line": error.line}, b""
        except MemoryError:
            return {"error": "limit", "limit": "memory_mb"}, b""
        except Exception as error:  # a mistake of ours: its kind and its place are told, and nothing of the draft
            last = extract_tb(error.__traceback__)[-1]
            return {"error": "fault", "where": f"{type(error).__name__} in {last.name}, line {last.lineno}"}, b""

    _rehearse(checker, known)
    gc.collect()
    gc.freeze()  # a fork shares what it does not touch
    return answer


def _rehearse(checker: Checker, known: Names | None) -> None:
    """Do once all that a check does."""
    from evidensgraf.graph.workbook_write import template

    for suffix, data in _REHEARSAL:
        with contextlib.suppress(DraftError):
            read_draft(f"draft{suffix}", data)
    book, report = template("sv", known, example=False), checker.check(read_draft("draft.ttl", _FAULTY))
    annotated(book, report, "sv")
    with contextlib.suppress(DraftError):
        read_draft("draft.xlsx", book, "", known)


def _answer(
    checker: Checker, known: Names | None, request: dict[str, Any], data: bytes
) -> tuple[dict[str, Any], bytes]:
    draft = read_draft(request["name"], data, request["media_type"], known)
    report = checker.check(draft)
    body, workbook = json.dumps(report, ensure_ascii=False).encode(), b""
    if request["annotate"] and draft.workbook:
        workbook = annotated(data, report, request["annotate"])
    if len(body) + len(workbook) > request["size_mb"] * 2**20:
        return {"error": "limit", "limit": "size_mb"}, b""
    return {"ok": True, "report": len(body)}, body + workbook


def annotated(data: bytes, report: Record, lang: str) -> bytes:
    """Return a workbook with the results of its report marked in its cells, in a language."""
    from evidensgraf.graph.workbook_annotate import annotate_workbook

    results = [result for group in report["groups"] for result in group["results"]]
    remarks = [Remark(_place(r["place"]), r["severity"], r["message"][lang]) for r in results]
    return annotate_workbook(data, remarks, lang)


def _place(place: dict[str, Any] | None) -> Place:
    found = place or {}
    return Place(found.get("line") or 0, found.get("sheet") or "", found.get("cell") or "")
