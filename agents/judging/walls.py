"""Whether walls are solid in imagination: a dot is driven straight at the wall between two rooms that the model never saw.

Mean position error hardly shows it, since most steps cross an empty floor; success in planning follows it closely.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from agents.errors import AgentError
from agents.judging.score import wilson
from agents.worlds import make_world
from agents.worlds.two_rooms import DOOR_HALF, DOOR_Y, RADIUS, WALL_HALF, WALL_X, TwoRooms, X, Y
from world_model import checkpoint
from world_model.data import to_tensor
from world_model.models.base import WorldModel
from world_model.train import one_thread

STEPS = 10
"""Straight ahead, 30 pixels on an open floor; the dot begins 6 to 12 pixels from the middle of the wall."""
PASSABLE, MARGIN = DOOR_HALF - RADIUS, 0.5
"""Pixels from a door's middle at which a dot's middle fits through, and those on either side that are left out."""
DOTS, SEED = 2000, 7_000
BANDS = (4, 6, 9, 15, 60)
"""Pixels from the door's middle at which the shares are told apart."""


@dataclass(frozen=True)
class Through:
    """The share of `n` imagined dots that are read behind the wall at any of `STEPS` steps, with its 95 % Wilson interval."""

    share: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.share:6.1%} of {self.n} [{self.low:.1%}, {self.high:.1%}]"


@dataclass(frozen=True)
class Walls:
    """What came through a wall, and what came through its door."""

    model: str
    world: str
    seed: int
    solid: Through
    """Driven at solid wall: those that came through it all the same. 0 is right."""
    bands: dict[str, Through]
    """The same, by pixels from the door's middle."""
    door: Through
    """Driven through the door: those that came through. 1 is right."""

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def walls(model: str, dots: int = DOTS, seed: int = SEED) -> Walls:
    """Of a model of two-rooms, `dots` at solid wall and a quarter as many at the door. Raises AgentError for a model of
    another world, WorldModelError for one that doesn't exist."""
    found = checkpoint.load(model)
    world = _with_walls(found.passport.world)
    if world is None:
        raise AgentError(
            f"model {model!r} learned {found.passport.world!r}; only two-rooms has a wall to run into"
        )
    if not 100 <= dots <= 100_000:
        raise AgentError(f"dots is {dots}; it must lie between 100 and 100000")
    with one_thread():
        return run_into(found.model, world, model, dots, seed)


def through_walls(model: WorldModel, world: str) -> dict[str, Any]:
    """What came through solid wall, for a passport: a `Through` as a dict; empty where the world has no such walls."""
    made = _with_walls(world)
    if made is None:
        return {}
    return dataclasses.asdict(run_into(model, made, "", DOTS, SEED).solid)


def _with_walls(name: str) -> TwoRooms | None:
    """The world of that name, where it has a wall to run into."""
    world = make_world(name) if name else None
    return world if isinstance(world, TwoRooms) and world.change != "no-wall" else None


def run_into(model: WorldModel, world: TwoRooms, name: str, dots: int, seed: int) -> Walls:
    """Layouts are those of evaluation tasks."""
    rng = np.random.default_rng(seed)
    start, side, off = _before_the_wall(world, rng, dots, solid=True)
    through = _comes_through(model, world, start, side)
    bands = {f"{low}-{high}": _share(through[(off >= low) & (off < high)]) for low, high in pairwise(BANDS)}
    at_door, its_side, _ = _before_the_wall(world, rng, dots // 4, solid=False)
    return Walls(
        name,
        world.name,
        seed,
        _share(through),
        bands,
        _share(_comes_through(model, world, at_door, its_side)),
    )


def _before_the_wall(
    world: TwoRooms, rng: np.random.Generator, n: int, *, solid: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """States [n, S] with the dot level with solid wall, or with the door; the side of the wall it is on, -1 or 1 [n]; and
    how far from the door's middle it is [n]."""
    start, _ = world.sample_tasks(rng, n)
    low, high = 2 * RADIUS, 64 - 2 * RADIUS
    off, todo = np.empty(n), np.arange(n)
    while len(todo):
        start[todo, Y] = rng.uniform(low, high, len(todo))
        off[todo] = np.abs(start[todo, Y] - start[todo, DOOR_Y])
        wrong = off[todo] <= PASSABLE + MARGIN if solid else off[todo] >= PASSABLE - MARGIN
        todo = todo[wrong]
    side = rng.choice([-1.0, 1.0], n)
    start[:, X] = start[:, WALL_X] + side * rng.uniform(6, 12, n)
    return start, side, off


@torch.no_grad()
def _comes_through(model: WorldModel, world: TwoRooms, start: np.ndarray, side: np.ndarray) -> np.ndarray:
    """bool [n]: whether the imagined dot is ever read beyond where it could touch the wall's far side."""
    action = np.zeros((len(start), STEPS, 2), np.float32)
    action[..., 0] = -side[:, None]
    imagined = model.rollout(model.first(to_tensor(world.observe(start))), torch.from_numpy(action))
    x = model.read(imagined)["position"].numpy()[..., 0]
    behind = (x - start[:, WALL_X, None]) * side[:, None] < -(WALL_HALF + RADIUS)
    return behind.any(1)


def _share(through: np.ndarray) -> Through:
    hits, n = int(through.sum()), len(through)
    return Through(hits / max(n, 1), *wilson(hits, n), n)
