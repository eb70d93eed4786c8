"""A temporal distance for a trained model that came without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world_model.checkpoint import Checkpoint

EPISODES = 600
"""Recordings that it learns from, at most."""


def ensure_temporal(
    checkpoint: Checkpoint, updates: int, seed: int, report: Callable[[str], None]
) -> tuple[str, ...]:
    """Where the model has no temporal distance it learns one now, from the episodes that its passport names (some ten
    seconds for a thousand updates). What is to be said of that beside its figures: nothing, where it had one."""
    from agents.learning.collect import collect
    from world_model.stages import TrainConfig
    from world_model.temporal import fit

    if hasattr(checkpoint.model, "temporal"):
        return ()
    report(f"learning a temporal distance, {updates} updates ...")
    recipe = checkpoint.passport.data_recipe
    episodes = collect(recipe["world"], min(recipe["episodes"], EPISODES), recipe["steps"], recipe["seed"])
    apart = checkpoint.passport.training.get("apart", TrainConfig().apart)
    fit(checkpoint.model, episodes, TrainConfig(seed=seed, apart=apart, temporal_updates=updates))
    return (f"the temporal distance was learned just now, in {updates} updates",)
