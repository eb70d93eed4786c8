"""Let a behaviour policy loose in a world and record what it sees."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.errors import AgentError
from agents.worlds import make_world
from world_model.data import Episodes


def collect(world: str, episodes: int, steps: int, seed: int) -> Episodes:
    """`episodes` recordings of `steps` actions of the world's random behaviour, each from a random start."""
    made = make_world(world)
    rng = np.random.default_rng(seed)
    state = made.sample_starts(rng, episodes)
    policy = made.behaviour(rng, episodes)
    first = made.observe(state)
    obs = np.empty((episodes, steps + 1, *first.shape[1:]), first.dtype)
    action = np.empty((episodes, steps, made.action_size), np.float32)
    obs[:, 0], facts = first, [made.facts(state)]
    for t in range(steps):
        action[:, t] = policy(state)
        state = made.step(state, action[:, t])
        obs[:, t + 1] = made.observe(state)
        facts.append(made.facts(state))
    recipe = {"world": world, "episodes": episodes, "steps": steps, "seed": seed}
    hidden = {name: np.stack([fact[name] for fact in facts], 1) for name in facts[0]}
    return Episodes(obs, action, hidden, recipe)


@dataclass(frozen=True)
class Recorded:
    """A file of recordings."""

    file: str
    world: str
    episodes: int
    steps: int
    seed: int
    obs_shape: tuple[int, ...]
    action_size: int
    facts: tuple[str, ...]
    recipe_hash: str
    megabytes: float
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def collect_to(path: Path, world: str, episodes: int, steps: int, seed: int) -> Recorded:
    """Records into one .npz file. Raises AgentError for numbers that make no recordings."""
    limits = {"episodes": (episodes, 1, 100_000), "steps": (steps, 1, 10_000), "seed": (seed, 0, 2**31 - 1)}
    for name, (value, low, high) in limits.items():
        if not low <= value <= high:
            raise AgentError(f"{name} is {value}; it must lie between {low} and {high}")
    if path.suffix != ".npz":
        raise AgentError(f"the recordings can't go into {path}: name a file that ends in .npz")
    begin = time.perf_counter()
    data = collect(world, episodes, steps, seed)
    data.save(path)
    return Recorded(
        str(path),
        world,
        episodes,
        steps,
        seed,
        data.obs_shape,
        data.action.shape[-1],
        tuple(data.facts),
        data.recipe_hash,
        path.stat().st_size / 1e6,
        time.perf_counter() - begin,
    )
