"""What it takes to learn each world: everything that had to differ between them, in one place."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from world_model import checkpoint
from world_model.data import Episodes
from world_model.stages import TrainConfig


@dataclass(frozen=True)
class Recipe:
    """What it takes to learn a world. Every number that is not the default is one that had to differ."""

    episodes: int
    """Recorded for each training seed."""
    steps: int = 50
    """Actions in each."""
    train: TrainConfig = dataclasses.field(default_factory=TrainConfig)
    plan: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Fields of PlanConfig that differ when it is evaluated."""


_SEEN = TrainConfig(
    context_size=0,
    apart=0,
    whiten=100,
    batch=24,
    rate=2e-3,
    fast_updates=1500,
    predict_updates=1000,
    reader_updates=800,
)
"""One room before textures. Whitened, a dot is learned as quickly before a texture as on a plain floor; small batches
and larger steps do the same in half the time. Textures need no more than that and a strong pull towards actions."""

_TOLD = dataclasses.replace(_SEEN, travel=1)
"""Without a pull towards long ways, one training in four before a texture settled on the texture or crumpled."""

RECIPES = {
    # One room for all episodes: nothing to keep, so no context, and no differences needed to keep it out.
    "two-rooms": Recipe(600, train=TrainConfig(context_size=0, apart=0, inverse=1, predict_updates=2000)),
    # Where walls stand elsewhere each time, keypoints find the dot sooner: after 400 updates they tell x to .9 px and y to
    # .8, a whole-frame encoder to 3.3 and 1.4.
    "two-rooms:random": Recipe(
        # A viewer of 2,000 updates smears the door.
        2400,
        train=TrainConfig(keypoints=16, fast_updates=1000, predict_updates=12000, reader_updates=6000),
    ),
    "two-rooms:tv": Recipe(600, train=_TOLD),
    "two-rooms:static": Recipe(600, train=_TOLD),
    # Pixel noise has a variance of 576: whitened below that, it would hide the dot.
    "two-rooms:noise": Recipe(600, train=dataclasses.replace(_TOLD, whiten=3000)),
    "two-rooms:tv pixel": Recipe(600, train=_SEEN),
    "two-rooms:static pixel": Recipe(600, train=_SEEN),
    "two-rooms:noise pixel": Recipe(600, train=dataclasses.replace(_SEEN, whiten=3000)),
    "two-rooms pixel": Recipe(600, train=dataclasses.replace(_SEEN, whiten=3000, fast_updates=1000)),
    "two-rooms rssm": Recipe(600, train=dataclasses.replace(_SEEN, whiten=3000)),
    "two-rooms ensemble": Recipe(600, train=dataclasses.replace(_SEEN, whiten=3000, inverse=1)),
    # Two things move, and actions move one of them only through the other: keypoints find both, a whole-frame encoder the
    # larger alone. Twice the numbers for twice the things.
    "push-block": Recipe(
        2400,
        train=TrainConfig(
            keypoints=16,
            fast_size=16,
            context_size=0,
            width=192,
            apart=0,
            inverse=2,
            horizon=4,
            batch=40,
            rate=2e-3,
            predict_updates=4000,
            reader_updates=1000,
        ),
        # To get behind a block takes turns: actions held half as long, and more of them tried.
        plan={"horizon": 24, "hold": 2, "look_every": 2, "num_samples": 128},
    ),
    # Few numbers tell a look, so there is time for many whole flights, and to look at every step. Where to catch a ball
    # isn't in the goal's picture; it is foreseen over the whole flight, with few numbers to search.
    "peekaboo tracker": Recipe(
        2400,
        steps=44,
        train=TrainConfig(
            components=48,
            memory_size=48,
            width=256,
            rate=4e-3,
            predict_updates=10000,
            reader_updates=4000,
            reader_batch=256,
        ),
        plan={
            "objective": "meet",
            "horizon": 40,
            "hold": 8,
            "look_every": 1,
            "num_samples": 16,
            "iterations": 2,
        },
    ),
    # Laid of nine kinds of tiles. Few choices and few places: every way is tried.
    "key-door tiles": Recipe(
        1000,
        steps=60,
        train=TrainConfig(
            kinds=9, memory_size=16, width=48, predict_updates=4000, reader_updates=2000, reader_batch=128
        ),
        plan={
            "planner": "breadth",
            "objective": "min-mean",
            "horizon": 40,
            "look_every": 4,
            "num_samples": 96,
            "iterations": 4,
        },
    ),
    # Vectors, and what counts is chance: no encoder to learn, many futures, and a plan that waits to see.
    "supply-chain particles": Recipe(
        2000,
        steps=96,
        train=TrainConfig(width=64, predict_updates=5000, reader_updates=200),
        plan={"planner": "feedback", "hold": 1, "horizon": 72, "num_samples": 16, "iterations": 180},
    ),
    # Three stages without seasons and storms: half the numbers to see, half the work.
    "supply-chain:serial particles": Recipe(
        1000,
        steps=96,
        train=TrainConfig(width=64, predict_updates=2500, reader_updates=200),
        plan={"planner": "feedback", "hold": 1, "horizon": 24, "num_samples": 16, "iterations": 100},
    ),
}


def recipe(world: str, family: str = "jepa") -> Recipe:
    """The recipe of that world for that family ("two-rooms pixel"); where there is none of its own, the world's, then
    that of the world without its options, then the default."""
    base = world.split(":")[0]
    for name in (f"{world} {family}", world, f"{base} {family}", base):
        if name in RECIPES:
            return RECIPES[name]
    return Recipe(1200)


def arguments(family: str, episodes: Episodes, config: TrainConfig) -> dict[str, Any]:
    """Of the constructor of a model of that family for these recordings."""
    shape = {
        "obs_shape": list(episodes.obs_shape),
        "action_size": episodes.action.shape[-1],
        "facts": episodes.fact_sizes,
    }
    return {**shape, **checkpoint.family(family).sizes(config)}
