"""Let a behaviour policy loose in a world and record what it sees."""

from __future__ import annotations

import numpy as np

from agents.worlds import simulator
from world_model.data import Episodes

RHO = 0.85
"""Autocorrelation of the Ornstein-Uhlenbeck actions."""


def random_actions(rng: np.random.Generator, episodes: int, steps: int) -> np.ndarray:
    """[episodes, steps, 2] in [-1, 1]: half of the episodes an Ornstein-Uhlenbeck walk, half one random
    direction held for 2 to 8 steps, which travels far enough to find the door."""
    noise = rng.normal(size=(steps, episodes, 2)).astype(np.float32)
    walk = np.empty_like(noise)
    walk[0] = noise[0]
    for t in range(1, steps):
        walk[t] = RHO * walk[t - 1] + np.sqrt(1 - RHO**2) * noise[t]

    held = np.empty_like(noise)
    left = np.zeros(episodes, int)
    current = np.zeros((episodes, 2), np.float32)
    for t in range(steps):
        renew = left == 0
        angle = rng.uniform(0, 2 * np.pi, episodes)
        length = rng.uniform(0.3, 1, episodes)
        fresh = (length * np.stack([np.cos(angle), np.sin(angle)])).T.astype(np.float32)
        current = np.where(renew[:, None], fresh, current)
        left = np.where(renew, rng.integers(2, 9, episodes), left) - 1
        held[t] = current
    actions = np.where((np.arange(episodes) % 2 == 0)[None, :, None], walk, held)
    return np.clip(actions, -1, 1).transpose(1, 0, 2)


def collect(world: str, episodes: int, steps: int, seed: int) -> Episodes:
    """`episodes` recordings of `steps` random actions, each from a random free start."""
    sim = simulator(world)
    rng = np.random.default_rng(seed)
    actions = random_actions(rng, episodes, steps)
    states = [sim.sample_starts(rng, episodes)]
    for t in range(steps):
        states.append(sim.step(states[-1], actions[:, t]))
    obs = np.stack([sim.render(state) for state in states], 1)
    recipe = {
        "world": world,
        "policy": "half OU walk, half held",
        "episodes": episodes,
        "steps": steps,
        "seed": seed,
    }
    return Episodes(obs, actions, {"position": np.stack(states, 1)}, recipe)
