"""Planners, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.errors import AgentError

if TYPE_CHECKING:
    from agents.planners.base import Budget, Planner

PLANNERS = ("icem", "cem", "shooting")


def make_planner(name: str, objective: str, budget: Budget, seed: int, action_size: int = 2) -> Planner:
    """Raises AgentError naming the planners or objectives that exist."""
    if name not in PLANNERS:
        raise AgentError(f"unknown planner {name!r}; the planners are: {', '.join(PLANNERS)}")
    import torch

    from agents.objectives import objective as find_objective
    from agents.planners.cem import CEM, ICEM
    from agents.planners.shooting import RandomShooting

    planner = {"icem": ICEM, "cem": CEM, "shooting": RandomShooting}[name]
    generator = torch.Generator().manual_seed(seed)
    return planner(find_objective(objective), budget, generator, action_size)
