"""Which score knows that a rollout will be wrong? Measured in the world as learned, and with each thing changed in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from agents.errors import AgentError
from agents.judging.score import auroc
from agents.learning.collect import collect
from agents.worlds import OPTIONS, make_world
from world_model.checkpoint import load
from world_model.data import to_tensor
from world_model.train import one_thread
from world_model.uncertainty import fit

WRONG = 6.0
"""Pixels: a rollout whose position is further off than this at any step is wrong. An agent moves at most 3 a step."""
HORIZON = 16
ORDINARY_SEED, MIXED_SEED = 900_000, 910_000
"""What is ordinary, and what is judged, come from seeds apart from each other and from training's."""


@dataclass(frozen=True)
class Detection:
    """How well a score tells wrong rollouts from right ones: the chance that a wrong one scores higher than a right one
    (AUROC), its 95 % interval by bootstrap, over the ordinary rollouts and as many of the changed world together."""

    change: str
    """What was changed; empty for the world as learned."""
    score: str
    auroc: float
    low: float
    high: float
    within: float
    """AUROC among the changed rollouts alone; nan where nearly all of them are wrong, or right."""
    wrong: float
    """Share of the changed rollouts that were wrong."""
    n: int

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def told_apart(score: np.ndarray, wrong: np.ndarray) -> float:
    """AUROC of a score [n] for the wrong ones, bool [n]."""
    return auroc(score[wrong], score[~wrong])


def bootstrap(
    score: np.ndarray, wrong: np.ndarray, rng: np.random.Generator, times: int = 300
) -> tuple[float, float]:
    """95 % interval of the AUROC, rollouts drawn again."""
    drawn = [told_apart(score[i], wrong[i]) for i in rng.integers(0, len(score), (times, len(score)))]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def rollouts(world_name: str, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First frames [n, ...], actions [n, H, A] of the random behaviour, and where they led, positions [n, H, 2]."""
    world, rng = make_world(world_name), np.random.default_rng(seed)
    state, _ = world.sample_tasks(rng, n)
    policy, first = world.behaviour(rng, n), world.observe(state)
    actions, positions = [], []
    for _ in range(HORIZON):
        actions.append(policy(state))
        state = world.step(state, actions[-1])
        positions.append(world.facts(state)["position"])
    return first, np.stack(actions, 1).astype(np.float32), np.stack(positions, 1)


def detect(
    model: str,
    n: int = 600,
    seeds: tuple[int, ...] = (0, 1, 2),
    report: Callable[[str], None] = lambda line: None,
) -> tuple[Detection, ...]:
    """Every sign and the score that joins them, in the world as learned and for each change its world has.

    `n` rollouts a seed and condition. Raises AgentError where the model's world has no changes to test.
    """
    checkpoint = load(model)
    net, world = checkpoint.model, checkpoint.passport.world
    changes = OPTIONS.get(world.split(":")[0], {}).get("change", ())
    if not changes:
        raise AgentError(
            f"model {model!r} learned {world!r}, a world with nothing to change; try one of two-rooms"
        )
    with one_thread():
        report("what is ordinary: 1,000 recorded rollouts")
        doubt = fit(net, collect(world, 400, 50, ORDINARY_SEED), HORIZON)
        told: dict[str, tuple[dict[str, np.ndarray], np.ndarray]] = {}
        for change in ("", *changes):
            parts, wrongs = [], []
            for seed in seeds:
                obs, actions, positions = rollouts(f"{world}:{change}".rstrip(":"), n, MIXED_SEED + seed)
                frames, steps = to_tensor(obs), torch.from_numpy(actions)
                with torch.no_grad():
                    found = net.read(net.rollout(net.first(frames), steps))["position"].numpy()
                signs = doubt.signs(frames, steps, seed)
                parts.append({"doubt": doubt.combine(signs), **signs})
                wrongs.append(np.linalg.norm(found - positions, axis=-1).max(1) > WRONG)
            told[change] = (
                {k: np.concatenate([p[k] for p in parts]) for k in parts[0]},
                np.concatenate(wrongs),
            )
            report(f"{change or 'as learned'}: {told[change][1].mean():.1%} of the rollouts wrong")
    rows, rng = [], np.random.default_rng(0)
    ordinary, ordinary_wrong = told[""]
    for change, (scores, wrong) in told.items():
        for name, score in scores.items():
            mixed, both = (
                (score, wrong)
                if not change
                else (np.concatenate([score, ordinary[name]]), np.concatenate([wrong, ordinary_wrong]))
            )
            some = 0.02 <= wrong.mean() <= 0.98
            rows.append(
                Detection(
                    change,
                    name,
                    told_apart(mixed, both),
                    *bootstrap(mixed, both, rng),
                    told_apart(score, wrong) if some else float("nan"),
                    float(wrong.mean()),
                    len(mixed),
                )
            )
    return tuple(rows)
