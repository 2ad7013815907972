"""Recent answers, whole: a release never changes, so what was right for an address and a variant stays right."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """A whole answer: its body, its content type and its other headers."""

    body: bytes
    content_type: str
    headers: Mapping[str, str]


class Recent:
    """Answers by entity tag within ``size`` bytes of body; the one that was least recently asked for goes first."""

    def __init__(self, size: int) -> None:
        self.largest, self.left = size // 8, size
        self.answers: OrderedDict[str, Kept] = OrderedDict()

    def get(self, tag: str) -> Kept | None:
        """Return the answer with an entity tag, or None."""
        if tag in self.answers:
            self.answers.move_to_end(tag)
        return self.answers.get(tag)

    def put(self, tag: str, kept: Kept) -> None:
        """Keep an answer, unless it would take more than an eighth of the room.

        >>> recent = Recent(16)
        >>> for tag in ("a", "b", "c"):
        ...     recent.put(tag, Kept(bytes(2) if tag != "c" else bytes(3), "text/plain", {}))
        >>> list(recent.answers)
        ['a', 'b']
        """
        if tag in self.answers or len(kept.body) > self.largest:
            return
        self.answers[tag] = kept
        self.left -= len(kept.body)
        while self.left < 0:
            self.left += len(self.answers.popitem(last=False)[1].body)
