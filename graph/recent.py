"""Recent answers within a size in bytes: a release never changes, so what was right once stays right."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from evidensgraf.graph.activity import Uses

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values by key within ``size`` bytes; the one that was least recently asked for goes first. ``uses`` counts.

    >>> recent: Recent[str] = Recent(16)
    >>> for key, size in (("a", 2), ("b", 2), ("c", 3)):
    ...     recent.put(key, key.upper(), size)
    >>> [recent.get(key) for key in "abc"]
    ['A', 'B', None]
    """

    def __init__(self, size: int, uses: Uses | None = None) -> None:
        self._largest, self._left = size // 8, size
        self.uses = uses or Uses()
        self._kept: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        """Return the value with a key, or None."""
        if key not in self._kept:
            self.uses.misses += 1
            return None
        self.uses.hits += 1
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def put(self, key: Hashable, value: Value, size: int) -> None:
        """Keep a value of ``size`` bytes, unless it would take more than an eighth of the room."""
        if key in self._kept or size > self._largest:
            return
        self._kept[key] = value, size
        self._left -= size
        while self._left < 0:
            self._left += self._kept.popitem(last=False)[1][1]
