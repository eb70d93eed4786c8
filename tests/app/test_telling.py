"""Work that is told as it goes: progress and an end, one line for a mistake, and an end to what nobody waits for."""

from __future__ import annotations

import asyncio
import threading

import pytest

from agents.errors import AgentError
from app.telling import tell
from app.turns import Turns


async def heard(stream):
    return [line async for line in stream]


def test_progress_is_told_and_then_what_was_found(finish):
    def work(report):
        report("one")
        report("two")
        return {"found": 3}

    assert finish(heard(tell(Turns(1), work))) == [
        {"progress": "one"},
        {"progress": "two"},
        {"found": 3},
    ]


def test_a_users_mistake_is_one_line_and_ours_is_raised(finish):
    def wrong(report):
        raise AgentError("no such thing")

    def broken(report):
        raise ZeroDivisionError

    assert finish(heard(tell(Turns(1), wrong))) == [{"error": "no such thing"}]
    with pytest.raises(ZeroDivisionError):
        finish(heard(tell(Turns(1), broken)))


def test_what_nobody_waits_for_ends_and_only_then_gives_up_its_turn(finish):
    turns, go, ended = Turns(1), threading.Event(), threading.Event()

    def long(report):
        report("begun")
        go.wait(10)
        try:
            report("never heard")
        finally:
            ended.set()
        return {"found": True}

    async def lesson():
        first = tell(turns, long)
        assert await anext(first) == {"progress": "begun"}
        second = tell(turns, lambda report: {"found": 2})
        assert await anext(second) == {"place": 1}
        third = tell(turns, lambda report: {"found": 3})
        assert await anext(third) == {"place": 2}
        await third.aclose()
        await first.aclose()
        await asyncio.sleep(0.2)
        assert len(turns.line) == 2, "the thread still works; who only waited is gone"
        go.set()
        assert await heard(second) == [{"found": 2}]
        assert ended.is_set()

    finish(lesson())
    assert turns.line == []
