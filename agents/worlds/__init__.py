"""Our worlds, by their short names."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from agents.errors import AgentError

WORLDS = {"two-rooms": "a dot, two rooms, one door; the goal is always in the other room"}


class Simulator(Protocol):
    """A world as batched functions of its true state [N, S]: what collecting, the oracle and referees use.

    Models never see a state, only frames.
    """

    @property
    def action_size(self) -> int: ...
    @property
    def max_steps(self) -> int:
        """Steps an episode may take."""

    @property
    def rule(self) -> str:
        """The success rule, in words."""

    def sample_starts(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """[n, S], anywhere."""

    def sample_tasks(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Starts and goals, each [n, S]."""

    def step(self, state: np.ndarray, action: np.ndarray) -> np.ndarray:
        """[N, S], [N, A] -> [N, S]."""

    def render(self, state: np.ndarray) -> np.ndarray:
        """[N, S] -> [N, 64, 64, 3] uint8."""

    def reached(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        """[N, S], [N, S] -> bool [N]."""


def simulator(name: str) -> Simulator:
    """The world of that name. Raises AgentError naming the worlds that exist."""
    if name not in WORLDS:
        raise AgentError(f"unknown world {name!r}; the worlds are: {', '.join(WORLDS)}")
    from agents.worlds.two_rooms import TwoRoomsSimulator

    return TwoRoomsSimulator()
