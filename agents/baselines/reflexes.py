"""What needs no plan: straight for the goal."""

from __future__ import annotations

import numpy as np

from agents.judging.referee import Outcome, play
from agents.worlds.base import World


def run_straight(
    world: World, starts: np.ndarray, goals: np.ndarray, rule: str = "", steps: int = 0
) -> Outcome | None:
    """Heading straight for the true goal: what knowing where it is, and no more, is worth. None where no line leads
    there."""
    if world.straight(starts, goals) is None:
        return None
    return play(world, starts, goals, lambda state: world.straight(state, goals), rule, steps)  # type: ignore[arg-type, return-value]
