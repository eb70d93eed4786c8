"""What worlds are judged with: a planner on the true simulator, and eyes that find a colour."""

from __future__ import annotations

import numpy as np

from agents.worlds.base import Policy, World


def true_planner(
    world: World, goals: np.ndarray, rng: np.random.Generator, *, knots: int, hold: int
) -> Policy:
    """The cross-entropy method on the true `step`: 64 samples, 3 rounds, `knots` actions held for `hold` steps each,
    replanned every 4 steps; the nearest a plan comes to the goal's target, plus a twentieth of its mean distance."""
    samples, mean, queue = 64, np.zeros((len(goals), knots, world.action_size), np.float32), []
    target = world.target(goals)[:, None]

    def cost(state: np.ndarray, plans: np.ndarray) -> np.ndarray:
        current, flat, distance = np.repeat(state, samples, 0), plans.reshape(-1, *plans.shape[2:]), []
        for t in range(knots * hold):
            current = world.step(current, flat[:, t // hold])
            there = world.target(current).reshape(len(state), samples, -1)
            distance.append(np.square(there - target).sum(-1))
        return np.min(distance, 0) + 0.05 * np.mean(distance, 0)

    def act(state: np.ndarray) -> np.ndarray:
        nonlocal mean
        if not queue:
            spread = np.ones_like(mean)
            elites = mean[:, None]
            for _ in range(3):
                noise = rng.normal(size=(len(goals), samples - elites.shape[1], *mean.shape[1:])).astype(
                    np.float32
                )
                wide = samples // 3
                drawn = np.concatenate(
                    [noise[:, :wide], mean[:, None] + spread[:, None] * noise[:, wide:]], 1
                )
                plans = np.concatenate([elites, np.clip(drawn, -1, 1)], 1)
                best = np.argsort(cost(state, plans), 1)[:, :8]
                chosen = plans[np.arange(len(goals))[:, None], best]
                mean, spread, elites = chosen.mean(1), np.maximum(chosen.std(1), 0.05), chosen[:, :2]
            plan = elites[:, 0]
            queue.extend(plan[:, t // hold] for t in range(4))
            shift = 4 // hold
            mean = np.concatenate([plan[:, shift:], np.zeros_like(plan[:, :shift])], 1)
        return queue.pop(0)

    return act


def middle_of(mask: np.ndarray) -> np.ndarray:
    """`mask` [N, 64, 64] -> the mean place [N, 2] (x, y in pixels) of what is True in each; nan where nothing is."""
    grid, count = np.arange(64) + 0.5, mask.sum((1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([(mask.sum(1) * grid).sum(1) / count, (mask.sum(2) * grid).sum(1) / count], 1)
