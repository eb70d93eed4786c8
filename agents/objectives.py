"""What a planner minimises. Each takes imagined states and the goal's state, and never a true position."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


Objective = Callable[[Mind, Tensor, Tensor], Tensor]
"""mind, states [B, S, H, D] of S candidates, goal [B, D] -> cost [B, S]."""


def distance(mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
    """Squared distance to the goal at each step, [B, S, H], between what the mind says is to be compared."""
    return (mind.embed(states) - mind.embed(goal)[:, None, None]).square().sum(-1)


def final(mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
    """Distance at the horizon: the textbook cost. It rewards arriving late and staying, not arriving."""
    return distance(mind, states, goal)[..., -1]


def total(mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
    """Mean distance over the horizon."""
    return distance(mind, states, goal).mean(-1)


def min_mean(mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
    """The nearest the plan ever comes, plus a twentieth of the mean so that ties are broken towards sooner."""
    d = distance(mind, states, goal)
    return d.amin(-1) + 0.05 * d.mean(-1)


def decoded(mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
    """`min_mean` of the squared pixels between where a probe reads the agent, imagined and at the goal. The probe learned
    from true positions, which the latent never saw: it plans with a referee's tool, and says so."""
    gap = _fact(mind.read(states), "position") - _fact(mind.read(goal), "position")[:, None, None]
    d = gap.square().sum(-1)
    return d.amin(-1) + 0.05 * d.mean(-1)


def temporal(mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
    """`min_mean` of the steps that are left, as a learned temporal distance has it: what lies behind a wall is far."""
    d = mind.steps(states, goal[:, None, None])
    return d.amin(-1) + 0.05 * d.mean(-1)


def meet(mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
    """`min_mean` of the squared pixels by which the ball is not where it is in the goal, seen from the agent, both as probes
    read them; for worlds whose goal shows what to meet, not where. Like `decoded`, it plans with a referee's tool."""

    def apart(state: Tensor) -> Tensor:
        facts = mind.read(state)
        return _fact(facts, "ball") - _fact(facts, "position")

    d = (apart(states) - apart(goal)[:, None, None]).square().sum(-1)
    return d.amin(-1) + 0.05 * d.mean(-1)


def cost(mind: Mind, states: Tensor, goal: Tensor) -> Tensor:
    """The sum of the costs that a probe reads from the imagined states; for worlds that have costs, not goals."""
    return _fact(mind.read(states), "cost").squeeze(-1).sum(-1)


def _fact(facts: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in facts:
        raise AgentError(
            f"this objective reads {name!r}, which this world doesn't tell (it tells: {', '.join(facts)}); plan with another objective"
        )
    return facts[name]


OBJECTIVES: dict[str, Objective] = {
    "min-mean": min_mean,
    "sum": total,
    "final": final,
    "decoded": decoded,
    "temporal": temporal,
    "meet": meet,
    "cost": cost,
}


def objective(name: str) -> Objective:
    if name not in OBJECTIVES:
        raise AgentError(f"unknown objective {name!r}; the objectives are: {', '.join(OBJECTIVES)}")
    return OBJECTIVES[name]
