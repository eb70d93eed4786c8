"""The agent loop: look, plan, act for a few steps, look again."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from agents.baselines.oracle import Truth
from agents.judging.referee import Outcome, Referee
from agents.planners.base import Plan, Planner
from agents.worlds.base import World
from world_model.data import to_tensor
from world_model.models.base import WorldModel


class Eyes:
    """How a planner perceives: through a model, which sees observations alone, or as the oracle, which sees all."""

    def __init__(self, world: World, model: WorldModel | Truth | None):
        self.world = world
        self.mind = Truth(world) if model is None else model
        self.model = None if isinstance(self.mind, Truth) else self.mind

    def first(self, state: np.ndarray) -> Tensor:
        """True states [N, S] -> what is believed [N, D] at a first look."""
        if isinstance(self.mind, Truth):
            return self.mind.first(state)
        return self.mind.first(self._seen(state))

    def look(self, belief: Tensor, state: np.ndarray) -> Tensor:
        """What was believed [N, D], corrected by looking at what is true."""
        if isinstance(self.mind, Truth):
            return self.mind.first(state)
        return self.mind.correct(belief, self._seen(state))

    def _seen(self, state: np.ndarray) -> Tensor:
        return to_tensor(self.world.observe(state))


@dataclass(frozen=True)
class Run:
    """N episodes run side by side."""

    outcome: Outcome
    states: np.ndarray
    """[T + 1, N, S] true states. An episode that has reached its goal stays where it is."""
    actions: np.ndarray
    """[T, N, A]."""
    beliefs: Tensor
    """[T + 1, N, D] what was believed: at a look, after it; between looks, imagined."""
    plans: list[Plan]
    """One per look, of the episodes that looked then."""
    looks: list[int]
    """The steps at which any episode looked and planned again."""
    looked: np.ndarray
    """bool [looks, N]: which."""
    plan_ms: list[float]
    """Milliseconds per look, for all episodes that planned together."""
    surprise: np.ndarray
    """[T, N] how far what was seen after each step was from what was imagined, as a `Monitor` measures it; nan without
    one."""

    @property
    def plans_made(self) -> np.ndarray:
        """[N] looks at which each episode planned."""
        return self.looked.sum(0)


class Surprise(Protocol):
    """What compares an imagined state with what is seen: `agents.alarm.Monitor`."""

    def surprise(self, gap: Tensor) -> np.ndarray:
        """`gap` [N, D] between what is seen and what was imagined -> [N], about 1 when it is of the usual size."""
        ...


Change = Callable[[int, World, np.ndarray], tuple[World, np.ndarray]]
"""Steps done, the world and its states [N, S] -> the world and the states to go on with."""


@torch.no_grad()
def run(
    eyes: Eyes,
    planner: Planner,
    starts: np.ndarray,
    goals: np.ndarray,
    pursued: np.ndarray | None = None,
    watch: Callable[[Referee], None] = lambda referee: None,
    monitor: Surprise | None = None,
    change: Change | None = None,
) -> Run:
    """Look, plan, act for a few steps with eyes closed, look again, until every episode is over.

    A goal is what the goal state looks like, seen once. Success is judged by `goals`, also where other goals are
    `pursued`. `watch` is shown the referee at every look. With a `monitor` the agent glances at every step, which costs it
    an encoding, and plans again as soon as its surprise is above `planner.config.alarm`, besides the schedule: afresh, since
    its plan was made for another world. `change` changes the world under it.
    """
    config, n = planner.config, len(starts)
    referee = Referee(eyes.world, starts, goals, config.rule, config.steps)
    goal, belief = eyes.first(goals if pursued is None else pursued), eyes.first(starts)
    states, actions, beliefs, surprise = [starts], [], [belief], []
    plans, looks, looked, plan_ms = [], [], [], []
    due = np.ones(n, bool)  # who begins at the goal plans too, once, in vain
    age, now, rang = np.zeros(n, int), None, np.zeros(n, bool)
    while not referee.over:
        if due.any():
            who = np.flatnonzero(due)
            begin = time.perf_counter()
            warm, executed = _warm(now, who, age, config.hold, rang[who])
            plan = planner.plan(eyes.mind, belief[who], goal[who], warm, executed)
            plan_ms.append(1000 * (time.perf_counter() - begin))
            now = plan if now is None else now.put(who, plan)
            age[who] = 0
            plans.append(plan if n == 1 else plan.undrawn())  # only one episode is ever drawn
            looks.append(referee.t)
            looked.append(due)
            watch(referee)
        assert now is not None
        action = now.actions[torch.arange(n), torch.from_numpy(age).clamp_max(config.horizon - 1)]
        referee.step(action.numpy())
        if change is not None:
            eyes.world, referee.state = change(referee.t, eyes.world, referee.state)
            referee.world = eyes.world
        belief = eyes.mind.predict(belief, action)
        age = np.minimum(age + 1, config.horizon)
        due = (age >= config.look_every) & ~referee.success
        who = np.flatnonzero(due | bool(monitor or referee.over))
        seen = belief.clone()
        if len(who):
            seen[who] = eyes.look(belief[who], referee.state[who])
        if monitor is not None:
            surprise.append(monitor.surprise(seen - belief))
            rang = (surprise[-1] > config.alarm) & ~referee.success
            due = due | rang
        fresh = torch.from_numpy(due | referee.over)
        belief = torch.where(fresh[:, None], seen, belief)
        states.append(referee.state)
        actions.append(np.where(referee.success[:, None], 0, action.numpy()).astype(np.float32))
        beliefs.append(belief)
    shape = (len(actions), n)
    return Run(
        referee.outcome,
        np.stack(states),
        np.array(actions, np.float32).reshape(*shape, eyes.world.action_size),
        torch.stack(beliefs),
        plans,
        looks,
        np.array(looked, bool).reshape(len(looks), n),
        plan_ms,
        np.array(surprise) if monitor is not None else np.full(shape, np.nan),
    )


def _warm(
    now: Plan | None, who: np.ndarray, age: np.ndarray, hold: int, rang: np.ndarray
) -> tuple[Plan | None, int]:
    """The plans of episodes `who` as they were made, and how many steps of them were taken. Where those differ, each
    plan is moved on by its own, its last knot repeated, and none of it counts as taken. Where the alarm `rang` nothing of the
    plan is kept."""
    if now is None:
        return None, 0
    mine, taken = now.of(who), age[who]
    if rang.any():
        mine = dataclasses.replace(mine, knots=mine.knots * torch.from_numpy(~rang)[:, None, None])
    if (taken == taken[0]).all():
        return mine, int(taken[0])
    last = mine.knots.shape[1] - 1
    knot = torch.from_numpy(taken // hold)[:, None] + torch.arange(last + 1)
    rows = torch.arange(len(who))[:, None]
    return dataclasses.replace(mine, knots=mine.knots[rows, knot.clamp_max(last)]), 0
