"""What several experiments do with a toy: record walks in it, plan in it, read a latent, leave a network untrained."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from agents.config import PlanConfig
from agents.loop import Eyes, Run
from agents.loop import run as run_loop
from agents.planners import make_planner
from agents.worlds.base import World
from world_model.checkpoint import family, read_passport
from world_model.data import to_tensor
from world_model.descent import descend, seeded
from world_model.models.base import WorldModel
from world_model.models.parts import mlp

TASKS = 20_000
"""Walks and tasks of experiments come from seeds from here onwards: none was ever recorded or evaluated on."""


def untrained(model: WorldModel, name: str, seed: int = 0) -> WorldModel:
    """The null: a network just like `name`'s, with fresh weights and the trained one's probe units."""
    passport = read_passport(name)
    with seeded(seed):
        fresh = family(passport.family)(**passport.arguments)
    for buffer, value in model.probe.named_buffers():
        fresh.probe.get_buffer(buffer).copy_(value)
    return fresh.requires_grad_(False).eval()


def tasks(world: World, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Starts and goals [n, S]."""
    return world.sample_tasks(np.random.default_rng(TASKS + seed), n)


def walk(world: World, n: int, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The world's random behaviour from evaluation starts: states [n, steps + 1, S] and actions [n, steps, A]."""
    rng = np.random.default_rng(TASKS + seed)
    state, _ = world.sample_tasks(rng, n)
    policy, states, actions = world.behaviour(rng, n), [state], []
    for _ in range(steps):
        actions.append(policy(states[-1]))
        states.append(world.step(states[-1], actions[-1]))
    return np.stack(states, 1), np.stack(actions, 1)


def planned(world: World, model: WorldModel | None, config: PlanConfig, n: int, seed: int) -> Run:
    """`n` tasks, planned in the model, or in the truth where there is none."""
    return attempt(world, model, config, *tasks(world, n, seed))


def attempt(
    world: World, model: WorldModel | None, config: PlanConfig, starts: np.ndarray, goals: np.ndarray
) -> Run:
    """The same, for given tasks."""
    return run_loop(Eyes(world, model), make_planner(config, world), starts, goals)


def seen(world: World, states: np.ndarray) -> Tensor:
    """What is observed in `states` [..., S], as a model takes it, in one batch."""
    return to_tensor(world.observe(states.reshape(-1, states.shape[-1])))


def explained(truth: np.ndarray, found: np.ndarray) -> float:
    """R² over all columns [N, k]: 1 is exact, 0 is no better than the mean, below 0 worse."""
    return float(1 - np.square(truth - found).sum() / np.square(truth - truth.mean(0)).sum())


def read_out(
    code: np.ndarray, fact: np.ndarray, hidden: int = 0, seed: int = 0, updates: int = 1500
) -> np.ndarray:
    """A probe trained on the first half of `code` [N, d], asked for `fact` [N, k] on the other half: [N - N // 2, k].

    Linear, by ridge regression, where `hidden` is 0; else a network with two hidden layers of that width.
    """
    half = len(code) // 2
    x = (code - code[:half].mean(0)) / np.maximum(code[:half].std(0), 1e-6)
    middle, scale = fact[:half].mean(0), np.maximum(fact[:half].std(0), 1e-6)
    y = (fact[:half] - middle) / scale
    if not hidden:
        weight = np.linalg.solve(x[:half].T @ x[:half] + 1e-3 * half * np.eye(x.shape[1]), x[:half].T @ y)
        return x[half:] @ weight * scale + middle
    rng = np.random.default_rng(seed)
    inputs, wanted = torch.from_numpy(x).float(), torch.from_numpy(y).float()
    with seeded(seed):
        net = mlp(x.shape[1], hidden, y.shape[1])

    def loss(update: int) -> Tensor:
        rows = torch.from_numpy(rng.integers(0, half, 256))
        return (net(inputs[rows]) - wanted[rows]).square().mean()

    descend(net.parameters(), loss, updates, 3e-3)
    with torch.no_grad():
        return net(inputs[half:]).numpy() * scale + middle
