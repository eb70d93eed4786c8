"""What a planner minimises. Each takes imagined states and the goal's state, and never a true position."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from agents.errors import AgentError


class Mind(Protocol):
    """What imagines: a world model, or the truth itself (`agents.baselines.oracle.Truth`)."""

    def predict(self, state: Tensor, action: Tensor) -> Tensor: ...
    def rollout(self, state: Tensor, actions: Tensor) -> Tensor: ...
    def embed(self, state: Tensor) -> Tensor: ...
    def read(self, state: Tensor) -> Mapping[str, Tensor]: ...
    def steps(self, state: Tensor, goal: Tensor) -> Tensor: ...


Along = Callable[[Mind, Tensor, Tensor], Tensor]
"""mind, states [B, S, H, D] of S candidates, goal [B, D] -> something of every imagined step [B, S, H]."""


@dataclass(frozen=True)
class Objective:
    """What a plan costs: something of each step, summed up over the steps. A planner that gives plans up half-way asks for
    the two apart."""

    along: Along
    over: Callable[[Tensor], Tensor]
    """[B, S, H] -> cost [B, S]."""

    def __call__(self, mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
        return self.over(self.along(mind, states, goal))


def distance(mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
    """Squared distance to the goal, between what the mind says is to be compared."""
    return (mind.embed(states) - mind.embed(goal)[:, None, None]).square().sum(-1)


def decoded_distance(mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
    """Squared pixels between where a probe reads the agent, imagined and at the goal. The probe learned from true
    positions, which the latent never saw: it plans with a referee's tool, and says so."""
    gap = _fact(mind.read(states), "position") - _fact(mind.read(goal), "position")[:, None, None]
    return gap.square().sum(-1)


def steps_left(mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
    """As a learned temporal distance has it: what lies behind a wall is far."""
    return mind.steps(states, goal[:, None, None])


def miss(mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
    """Squared pixels by which the ball is not where it is in the goal, seen from the agent, both as probes read them; for
    worlds whose goal shows what to meet, not where. Like `decoded_distance`, it plans with a referee's tool."""

    def apart(state: Tensor) -> Tensor:
        facts = mind.read(state)
        return _fact(facts, "ball") - _fact(facts, "position")

    return (apart(states) - apart(goal)[:, None, None]).square().sum(-1)


def charged(mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
    """The cost that a probe reads from each state; for worlds that have costs, not goals."""
    return _fact(mind.read(states), "cost").squeeze(-1)


def at_the_end(each: Tensor) -> Tensor:
    """The textbook cost. It rewards arriving late and staying, not arriving."""
    return each[..., -1]


def mean(each: Tensor) -> Tensor:
    return each.mean(-1)


def least(each: Tensor) -> Tensor:
    """The nearest the plan ever comes, plus a twentieth of the mean so that ties are broken towards sooner."""
    return each.amin(-1) + 0.05 * each.mean(-1)


def total(each: Tensor) -> Tensor:
    return each.sum(-1)


def _fact(facts: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in facts:
        raise AgentError(
            f"this objective reads {name!r}, which this world doesn't tell (it tells: {', '.join(facts)}); plan with another objective"
        )
    return facts[name]


OBJECTIVES: dict[str, Objective] = {
    "min-mean": Objective(distance, least),
    "sum": Objective(distance, mean),
    "final": Objective(distance, at_the_end),
    "decoded": Objective(decoded_distance, least),
    "temporal": Objective(steps_left, least),
    "meet": Objective(miss, least),
    "cost": Objective(charged, total),
}


def objective(name: str) -> Objective:
    if name not in OBJECTIVES:
        raise AgentError(f"unknown objective {name!r}; the objectives are: {', '.join(OBJECTIVES)}")
    return OBJECTIVES[name]
