"""The engine interface: evaluate this query under these limits and give bytes in this media type, or say why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

RESULT_TYPES: dict[str, str] = {
    "application/sparql-results+json": "json",
    "application/sparql-results+xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
}
"""Media types of SELECT and ASK answers → short name (SPARQL 1.1 Query Results)."""

GRAPH_TYPES: dict[str, str] = {
    "text/turtle": "ttl",
    "application/n-triples": "nt",
    "application/ld+json": "jsonld",
    "application/rdf+xml": "rdf",
}
"""Media types of CONSTRUCT and DESCRIBE answers → file suffix (RDF 1.1 serialisations)."""


LONGEST = 800
"""How long the sentence of an error may be, in characters."""


@dataclass(frozen=True)
class Limits:
    """What one query may use.

    ``seconds`` of wall-clock time, ``memory_mb`` mebibytes beyond the loaded release, ``rows`` solutions or
    triples, and ``size_mb`` mebibytes of answer.
    """

    seconds: float = 10.0
    memory_mb: int = 1024
    rows: int = 250_000
    size_mb: int = 64


@dataclass(frozen=True)
class Answer:
    """A complete answer: its bytes (UTF-8), its media type, and the query form that was evaluated."""

    body: bytes
    media_type: str
    form: str


def _short(sentence: str) -> str:
    """Return a sentence that may quote a query, without the middle of a long quotation."""
    return sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST // 2]} … {sentence[-LONGEST // 4 :]}"


class EngineError(Exception):
    """A query that was not answered. ``str()`` is one English sentence for the person who asked, of bounded length."""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(_short(sentence))


class QuerySyntaxError(EngineError):
    """The query is not SPARQL 1.1; ``line`` and ``column`` count from 1."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        reason = _short(reason)
        super().__init__(f"Syntax error at line {line}, column {column}: {reason}")
        self.reason, self.line, self.column = reason, line, column


class QueryRefused(EngineError):
    """The query asks for something the service never does (SERVICE, update, a graph that is not in the release)."""


class QueryFailed(EngineError):
    """The query is SPARQL but cannot be evaluated: an unknown function, or nested too deeply."""


class NotAcceptable(EngineError):
    """The media type does not fit the query form; ``available`` lists those that do."""

    def __init__(self, form: str, available: Sequence[str]) -> None:
        super().__init__(f"A {form} query can be answered as: {', '.join(available)}.")
        self.form, self.available = form, list(available)


class LimitExceeded(EngineError):
    """A limit was reached; ``limit`` is ``seconds``, ``memory_mb``, ``rows`` or ``size_mb``, ``value`` its setting."""

    def __init__(self, limit: str, value: float, sentence: str) -> None:
        super().__init__(sentence)
        self.limit, self.value = limit, value


class EngineBusy(EngineError):
    """Every worker is taken: the queue is full, or none was free within the seconds ``waited``.

    ``retry_after`` is in seconds.
    """

    def __init__(self, retry_after: int, waited: float | None = None) -> None:
        why = "the queue is full" if waited is None else f"none was free within {waited:g} seconds"
        super().__init__(f"The service is busy: every worker is taken and {why}. Try again shortly.")
        self.retry_after = retry_after


class EngineUnavailable(EngineError):
    """The engine cannot be reached or could not start."""


class EngineFault(EngineError):
    """The engine was reached, but what it answers is not a whole answer to a SPARQL query."""


class Engine(Protocol):
    """Anything that can answer SPARQL 1.1 queries over one release."""

    async def query(
        self,
        text: str,
        media_type: str = "application/sparql-results+json",
        *,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> Answer:
        """Evaluate a query and return the whole answer.

        ``default_graphs`` and ``named_graphs`` are the dataset of the SPARQL 1.1 Protocol (§2.1.4) and override
        ``FROM``; without either the default graph is the union of all named graphs.

        Raises ``QuerySyntaxError``, ``QueryRefused``, ``NotAcceptable``, ``LimitExceeded``, ``EngineBusy`` or
        ``EngineUnavailable``.
        """
        ...

    async def close(self) -> None:
        """Release what the engine holds."""
        ...
