"""A connection while an answer is made: whether its client is still there."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive

PATIENCE = 0.05
"""How long an answer may take before it is asked whether its client is still there, in seconds."""


class Connection:
    """Cancels the current task when the client of a request, which has been read, goes away.

    That is only asked when an answer takes longer than ``PATIENCE``, or when somebody waits for it (``gone``): most
    answers are given before. ``leave`` ends it.
    """

    def __init__(self, receive: Receive) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._receive = task, receive
        self._gone: asyncio.Event | None = None
        self._watching: asyncio.Future[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._watch)

    async def gone(self) -> None:
        """Wait until the client has gone."""
        await self._watch().wait()

    def _watch(self) -> asyncio.Event:
        if self._gone is None:
            self._gone = asyncio.Event()
            self._watching = asyncio.ensure_future(self._until(self._gone))
        return self._gone

    async def _until(self, gone: asyncio.Event) -> None:
        message: Message = {"type": ""}
        while message["type"] != "http.disconnect":
            message = await self._receive()
        gone.set()
        self._task.cancel()

    def forgive(self) -> None:
        """Go on after a ``CancelledError`` that came from here; raise it again when it did not."""
        if self._gone is None or not self._gone.is_set():
            raise asyncio.CancelledError
        self._task.uncancel()

    def leave(self) -> None:
        """Stop asking."""
        self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()
