"""How routes tell: one line for what a user can cause, and a JSON object a line for what takes a while, given up when nobody
listens any more."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi.responses import StreamingResponse

from agents.errors import AgentError
from app.turns import Turns
from corpus.errors import CorpusError
from world_model.errors import WorldModelError

ERRORS = (AgentError, CorpusError, WorldModelError)
"""What a user can cause."""

_going: set[asyncio.Task[None]] = set()
"""The event loop itself keeps no hold of what runs in it."""


def told(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `work` gives, or one line under `error`."""
    try:
        return work()
    except ERRORS as error:
        return {"error": str(error)}


def stream(lines: AsyncIterator[dict[str, Any]]) -> StreamingResponse:
    async def text() -> AsyncIterator[str]:
        async for line in lines:
            yield json.dumps(line, ensure_ascii=False) + "\n"

    return StreamingResponse(text(), media_type="application/x-ndjson")


class _Left(BaseException):
    """Nobody listens. Not an Exception, so that no work takes it for a failure of its own."""


async def tell(
    turns: Turns, work: Callable[[Callable[[str], None]], dict[str, Any]]
) -> AsyncIterator[dict[str, Any]]:
    """`place` while others are before it, `progress` any number of times, then what `work` gives, or
    `error` in one line for what a user can cause.

    `work(report)` runs in a thread when it is its turn, and keeps its turn until it ends. When the reader goes, it ends at
    its next report; who only waited leaves the line at once.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    left, begun = threading.Event(), threading.Event()

    def report(text: str) -> None:
        if left.is_set():
            raise _Left
        loop.call_soon_threadsafe(lines.put_nowait, {"progress": text})

    def whole() -> dict[str, Any]:
        try:
            return told(lambda: work(report))
        except _Left:
            return {}

    async def in_turn() -> None:
        try:
            async with turns.spot() as spot:
                async for place in spot.places():
                    lines.put_nowait({"place": place})
                begun.set()
                lines.put_nowait(await asyncio.to_thread(whole))
        finally:
            lines.put_nowait(None)

    going = asyncio.create_task(in_turn())
    _going.add(going)
    going.add_done_callback(_going.discard)
    try:
        while (line := await lines.get()) is not None:
            yield line
        await going  # raises what went wrong in it
    finally:
        left.set()
        if not begun.is_set():
            going.cancel()
