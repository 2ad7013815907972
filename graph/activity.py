"""What an engine does, in plain counters that cost next to nothing; whoever watches it decides what they become."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

from evidensgraf.graph.engine import (
    EngineBusy,
    EngineFault,
    EngineUnavailable,
    LimitExceeded,
    NotAcceptable,
    QueryFailed,
    QueryRefused,
    QuerySyntaxError,
)

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the classes that durations are counted in, in seconds."""
_LIMITS = {"seconds": "deadline", "memory_mb": "memory", "rows": "rows", "size_mb": "size"}
OUTCOMES = (
    "ok", "syntax", "refused", "format", "deadline", "memory", "rows", "size", "busy", "failed", "unavailable",
    "disconnected", "error",
)  # fmt: skip
"""What can become of a query."""


def outcome(error: BaseException) -> str:
    """Return what became of a query that ended with an exception: one of ``OUTCOMES``.

    >>> outcome(EngineBusy(1)), outcome(LimitExceeded("seconds", 10.0, "…"))
    ('busy', 'deadline')
    """
    match error:
        case LimitExceeded():
            return _LIMITS.get(error.limit, "error")
        case asyncio.CancelledError():
            return "disconnected"
    names: dict[type[BaseException], str] = {
        QuerySyntaxError: "syntax",
        QueryRefused: "refused",
        NotAcceptable: "format",
        QueryFailed: "failed",
        EngineBusy: "busy",
        EngineUnavailable: "unavailable",
        EngineFault: "unavailable",
    }
    return names.get(type(error), "error")


class Durations:
    """How many durations fell in each class, and their sum in seconds.

    >>> waits = Durations()
    >>> waits.add(0.004)
    >>> waits.counts[BOUNDS.index(0.005)], waits.total
    (1, 0.004)
    """

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts, self.total = [0] * (len(BOUNDS) + 1), 0.0

    def add(self, seconds: float) -> None:
        """Count one duration, in the class whose upper bound is the first that is not below it."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


@dataclass
class Uses:
    """How often a store of recent answers had what was asked for, and how often not."""

    hits: int = 0
    misses: int = 0


@dataclass
class Activity:
    """What an engine has done since the service started; it outlives the engine of one release.

    ``outcomes`` of queries; ``waiting`` for a worker and ``evaluating`` in it, in seconds; ``answers``, the use of
    recent answers; workers that were started, that were killed (past a limit, or left by their client), and that ended
    in any way.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    waiting: Durations = field(default_factory=Durations)
    evaluating: Durations = field(default_factory=Durations)
    answers: Uses = field(default_factory=Uses)
    started: int = 0
    killed: int = 0
    ended: int = 0
