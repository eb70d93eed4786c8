"""Who has reached the goal, and when: one rule for every policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.worlds.base import Policy, World

HELD = 5
"""Steps that `held` asks a goal to be held for where the world itself asks for none."""


@dataclass(frozen=True)
class Outcome:
    """How N episodes ended."""

    success: np.ndarray
    """bool [N]."""
    steps: np.ndarray
    """[N] steps until success, or the most there were."""
    cost: np.ndarray
    """[N] mean cost a step, in worlds that are judged by it; else 0."""


class Referee:
    """Follows N episodes. One that has succeeded is over: it stays where it is."""

    def __init__(self, world: World, starts: np.ndarray, goals: np.ndarray, rule: str = "", steps: int = 0):
        """`rule` and `steps` as in `PlanConfig`; left out, the world's own."""
        self.world, self.goals, self.state = world, goals, starts
        self.most = steps or world.max_steps
        self.rule = rule or ("held" if world.hold > 1 else "any")
        self.hold = 1 if self.rule != "held" else world.hold if world.hold > 1 else HELD
        self.t = 0
        self.cost = np.zeros(len(starts))
        self.held = world.reached(starts, goals).astype(int)
        self.success = (self.held >= self.hold) & (self.rule != "end")
        self.steps = np.where(self.success, 0, self.most)

    @property
    def over(self) -> bool:
        return bool(self.t >= self.most or self.success.all())

    def step(self, action: np.ndarray) -> None:
        """`action` [N, A], the same for those that are over, whose action counts for nothing."""
        moved = self.world.step(self.state, action)
        self.state = np.where(self.success[:, None], self.state, moved)
        self.t += 1
        if self.world.judged_by == "cost":
            self.cost += self.world.facts(self.state)["cost"][:, 0]
        self.held = np.where(self.world.reached(self.state, self.goals), self.held + 1, 0)
        counts = self.rule != "end" or self.t == self.most
        arrived = (self.held >= self.hold) & ~self.success & counts
        self.steps[arrived] = self.t
        self.success = self.success | arrived

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.success, self.steps, self.cost / max(1, self.t))


def in_words(world: World, rule: str, steps: int) -> str:
    """The success rule, in words: the world's own where nothing else was asked for."""
    own = "cost" if world.judged_by == "cost" else "held" if world.hold > 1 else "any"
    if (rule, steps) == (own, world.max_steps):
        return world.rule
    ways = {
        "any": f"the goal reached at any of {steps} steps",
        "held": f"the goal held for {world.hold if world.hold > 1 else HELD} steps in a row, in {steps} steps",
        "end": f"at the goal at the last of {steps} steps",
        "cost": f"the mean cost of {steps} steps",
    }
    return f"{ways[rule]} (the world's own rule: {world.rule})"


def play(
    world: World, starts: np.ndarray, goals: np.ndarray, policy: Policy, rule: str = "", steps: int = 0
) -> Outcome:
    """Let a policy act until every episode is over."""
    referee = Referee(world, starts, goals, rule, steps)
    while not referee.over:
        referee.step(policy(referee.state))
    return referee.outcome
