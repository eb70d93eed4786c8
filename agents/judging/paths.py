"""How much of a detour was made: ways that were taken, beside the shortest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from agents.loop import Run
    from agents.worlds.base import World


def travelled(world: World, run: Run) -> np.ndarray | None:
    """[N] pixels, or moves on a grid; None where the shortest way isn't known, so that there is nothing to compare with."""
    start = run.states[0]
    if world.shortest(start[:1], start[:1]) is None:
        return None
    place = np.stack([world.facts(state)["position"] for state in run.states])
    moved = np.linalg.norm(np.diff(place, axis=0), axis=-1)
    return (moved > 0 if world.discrete else moved).sum(0)


def spl(success: np.ndarray, path: np.ndarray, shortest: np.ndarray) -> np.ndarray:
    """Success weighted by path length (Anderson et al. 2018, eq. 1), task by task: the shortest way's share of the way
    taken, 0 for a failure. All [N]; their mean is the paper's figure."""
    way = np.maximum(shortest, 1e-6)
    return success * way / np.maximum(way, path)
