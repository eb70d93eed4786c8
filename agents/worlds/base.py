"""What a world is to everything that acts in it: batched functions of its true state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Literal

import numpy as np

Policy = Callable[[np.ndarray], np.ndarray]
"""True states [N, S] -> actions [N, A]. It may remember what it did: make a fresh one for every batch."""


class World(ABC):
    """N copies of a world, side by side. A state [N, S] float32 holds all that is true of each copy, chance
    included, so `step` and `observe` are functions: the same state gives the same frame and the same future.

    Collecting, the oracle and referees use it; a model only ever sees observations and actions.
    """

    name: str
    """As the command line spells it, options included: `two-rooms:random:tv`."""
    action_size: int
    """A: numbers in [-1, 1] an action has, or the number of actions to choose from."""
    discrete: bool = False
    """Whether an action is a choice, given as a one-hot row."""
    max_steps: int
    """Steps an episode may take."""
    rule: str
    """The success rule, in words."""
    hold: int = 1
    """Steps in a row that the goal must be held for success."""
    judged_by: Literal["goal", "cost"] = "goal"
    """goal: an episode succeeds when it reaches its goal. cost: there is no goal (`sample_tasks` gives each start as its
    own, and nothing is ever `reached`); what counts is the sum of the fact `cost` [N, 1] over an episode's steps."""
    largest: float = np.inf
    """No number of an observed vector is larger than this, nor smaller than its negative."""
    branchable: bool = True
    """Whether `step` may leave any state more than once, as the oracle must. A live environment can only go on."""

    @abstractmethod
    def sample_starts(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """[n, S] for recording what a model learns from."""

    @abstractmethod
    def sample_tasks(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Starts and goals [n, S] for evaluation; where layouts vary, only ones never used by `sample_starts`."""

    @abstractmethod
    def step(self, state: np.ndarray, action: np.ndarray) -> np.ndarray:
        """[N, S], [N, A] -> [N, S]."""

    @abstractmethod
    def observe(self, state: np.ndarray) -> np.ndarray:
        """[N, S] -> what an agent sees: frames [N, 64, 64, 3] uint8, or vectors [N, d] float32."""

    def render(self, state: np.ndarray) -> np.ndarray:
        """[N, S] -> frames [N, 64, 64, 3] uint8 for people. What is observed, unless that is a vector."""
        return self.observe(state)

    @abstractmethod
    def facts(self, state: np.ndarray) -> dict[str, np.ndarray]:
        """Hidden facts by name, each [N, k] float32, for probes and referees only. `position` (the agent's, in
        pixels) is among them wherever there is an agent to see."""

    @abstractmethod
    def target(self, state: np.ndarray) -> np.ndarray:
        """[N, S] -> [N, F]: what of the truth a distance to the goal compares. Only the oracle plans with it."""

    @abstractmethod
    def reached(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        """[N, S], [N, S] -> bool [N]: whether the goal is reached in this state."""

    @abstractmethod
    def behaviour(self, rng: np.random.Generator, n: int) -> Policy:
        """A random policy for n copies, which records training data and is the floor in every evaluation."""

    def straight(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray | None:
        """The action of who knows where the goal is and nothing else, [N, A]; None where that has no meaning."""
        return None

    def swapped(self, goals: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
        """The same goals, none at its place: a control for worlds where passing hits could count as success. Who
        pursues these and is judged by the true ones should fail. None where a goal belongs to its own start."""
        return None

    def shortest(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray | None:
        """[N] pixels of the shortest way that the agent can take from `state` to `goal`; None where it isn't known."""
        return None

    def another_future(self, state: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The same states with other chance ahead of them, for a planner that knows the rules but not the dice. A world
        without dice has but one future."""
        return state.copy()
