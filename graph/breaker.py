"""A circuit breaker: what fails again and again is left alone for a while, and whoever asks is told so at once."""

from __future__ import annotations

import time
from collections.abc import Callable

from evidensgraf.graph.engine import EngineUnavailable

TRIES = 3
"""Failures in a row that open the circuit."""
SHORTEST, LONGEST = 1.0, 30.0
"""How long it stays open the first time, and at most, in seconds; each further failure doubles it."""


class Breaker:
    """Counts failures in a row; ``clock`` gives seconds.

    >>> now = 0.0
    >>> breaker = Breaker(lambda: now)
    >>> for _ in range(TRIES):
    ...     breaker.check()
    ...     breaker.failed("The endpoint cannot be reached.")
    >>> breaker.check()
    Traceback (most recent call last):
    evidensgraf.graph.engine.EngineUnavailable: The endpoint cannot be reached. It is tried again in 1 second(s).
    >>> now = 1.0
    >>> breaker.check()  # one call may try
    >>> breaker.worked()
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._failures, self._until, self._reason = clock, 0, 0.0, ""

    def check(self) -> None:
        """Return when a call may be made; when the circuit is open, raise ``EngineUnavailable``.

        After its time the circuit lets one call through, and stays open for the others until that one has worked.
        """
        if self._failures < TRIES:
            return
        left = self._until - self._clock()
        if left > 0:
            raise EngineUnavailable(f"{self._reason} It is tried again in {max(1, round(left))} second(s).")
        self._until = self._clock() + self._pause()

    def failed(self, reason: str) -> None:
        """Note that a call has failed, and why, in a sentence."""
        self._failures, self._reason = self._failures + 1, reason
        self._until = self._clock() + self._pause()

    def worked(self) -> None:
        """Note that a call has worked."""
        self._failures = 0

    def _pause(self) -> float:
        return float(min(LONGEST, SHORTEST * 2 ** max(0, self._failures - TRIES)))
