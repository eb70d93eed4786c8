"""A class on one server. Set ORRERY_CLASSROOM_SECONDS=180 for the whole lesson: see `app.classroom`."""

from __future__ import annotations

import os
import socket

import pytest

from app.classroom import Figures, run
from app.learner import name, patched
from corpus.retrieval.fast import processor_flags

SECONDS = float(os.environ.pop("ORRERY_CLASSROOM_SECONDS", "60"))
BUSY = 0.15
"""Share of the machine's processors that others may take before times tell of them."""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_thirty_learners_lose_nothing_see_nobody_and_do_not_wait_long():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    figures = run(30, SECONDS, port)
    print(figures)
    assert figures.errors == []
    assert min(len(figures.ask), len(figures.plan), len(figures.dream)) >= 10
    assert figures.memory["after"] < figures.memory["two thirds in"] + 150, "memory is flat"
    if figures.others < BUSY and "avx512f" in processor_flags():  # the goals are for a processor of its kind
        assert figures.missed() == []


def test_what_misses_a_goal_is_named():
    good = Figures(1, 1, ask=[0.1], plan=[0.2], dream=[60.0])
    assert good.missed() == []
    slow = Figures(1, 1, ask=[2.5], plan=[0.2], dream=[12.0], errors=["learner 3: lost"])
    assert [line.split()[0] for line in slow.missed()] == ["1", "ask:", "dream:"]
    assert len(Figures(1, 1).missed()) == 3, "what was never measured is not held"


def test_every_learner_has_names_of_their_own():
    names = {name(i + shift) for i in range(30) for shift in (0, 500, 900)}
    assert len(names) == 90


def test_changes_of_a_value_are_put_in_their_places():
    value = {"answer": {"sentences": ["a"]}, "done": False}
    changed = patched(
        value,
        [["append", ["answer", "sentences", 0], "b"], ["replace", ["done"], True], ["add", ["number"], 3]],
    )
    assert changed == {"answer": {"sentences": ["ab"]}, "done": True, "number": 3}
