"""Planners, by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from agents.config import PlanConfig
from agents.errors import AgentError

if TYPE_CHECKING:
    from agents.planners.base import Planner
    from agents.worlds.base import World

CONTINUOUS = {
    "icem": ("agents.planners.cem", "ICEM"),
    "cem": ("agents.planners.cem", "CEM"),
    "mppi": ("agents.planners.mppi", "MPPI"),
    "gradient": ("agents.planners.gradient", "Gradient"),
    "shooting": ("agents.planners.shooting", "RandomShooting"),
    "halving": ("agents.planners.halving", "Halving"),
    "feedback": ("agents.planners.feedback", "Feedback"),
}
DISCRETE = {
    "categorical": ("agents.planners.categorical", "CategoricalCEM"),
    "mcts": ("agents.planners.mcts", "MCTS"),
    "breadth": ("agents.planners.breadth", "BreadthFirst"),
}
"""Planner -> its module, imported when it is asked for, and its class: for actions that are numbers, or choices."""
RULES = ("feedback",)
"""Those that search for a rule of acting; they suit worlds without goals."""
APPROACHES = ("halving",)
"""Those that ask whether a goal comes nearer; they suit worlds with goals."""
PLANNERS = {**CONTINUOUS, **DISCRETE}


def planners_of(world: World) -> list[str]:
    """The planners for the kind of actions that the world takes, the usual one first."""
    if world.discrete:
        return list(DISCRETE)
    unsuited = APPROACHES if world.judged_by == "cost" else RULES
    return [name for name in CONTINUOUS if name not in unsuited]


def make_planner(config: PlanConfig, world: World) -> Planner:
    """Raises AgentError naming the planners or objectives that exist."""
    from agents.objectives import objective

    if config.planner not in PLANNERS:
        raise AgentError(f"unknown planner {config.planner!r}; the planners are: {', '.join(PLANNERS)}")
    if config.planner not in planners_of(world):
        kind = "choices" if world.discrete else "numbers"
        raise AgentError(
            f"the planner {config.planner!r} doesn't suit {world.name} (its actions: {kind}; judged by: {world.judged_by}); "
            f"these do: {', '.join(planners_of(world))}"
        )
    module, class_name = PLANNERS[config.planner]
    return getattr(import_module(module), class_name)(config, objective(config.objective), world)
