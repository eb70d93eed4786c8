"""What a planner minimises. Each takes imagined states and the goal's state, and never a true position."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from agents.errors import AgentError

Objective = Callable[[Tensor, Tensor], Tensor]
"""states [B, S, H, D] of S candidates, goal [B, D] -> cost [B, S]."""


def distance(states: Tensor, goal: Tensor) -> Tensor:
    """Squared latent distance at each step, [B, S, H]."""
    return (states - goal[:, None, None]).square().sum(-1)


def final(states: Tensor, goal: Tensor) -> Tensor:
    """Distance at the horizon: the textbook cost. It rewards arriving late and staying, not arriving."""
    return distance(states, goal)[..., -1]


def total(states: Tensor, goal: Tensor) -> Tensor:
    """Mean distance over the horizon."""
    return distance(states, goal).mean(-1)


def min_mean(states: Tensor, goal: Tensor) -> Tensor:
    """The nearest the plan ever comes, plus a twentieth of the mean so that ties are broken towards sooner."""
    d = distance(states, goal)
    return d.amin(-1) + 0.05 * d.mean(-1)


OBJECTIVES: dict[str, Objective] = {"min-mean": min_mean, "sum": total, "final": final}


def objective(name: str) -> Objective:
    if name not in OBJECTIVES:
        raise AgentError(f"unknown objective {name!r}; the objectives are: {', '.join(OBJECTIVES)}")
    return OBJECTIVES[name]
