"""When a latent planner fails at distant goals, is its model to blame or its cost?

The model stays frozen and only the objective changes; then the model is swapped for the truth, and the objective stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import bootstrap, difference, share

WORLD, MODEL = "two-rooms:random", "two-rooms-random-jepa"
TEXTBOOK, BETTER = "final", "min-mean"


def measure(report: Report, *, tasks: int, seeds: tuple[int, ...], objectives: tuple[str, ...]) -> Findings:
    """`tasks` for each seed, in held-out rooms, goal in the other room; every row on the same ones."""
    from agents.config import PlanConfig
    from agents.lab import toys
    from agents.worlds import make_world
    from world_model.checkpoint import load

    world, model = make_world(WORLD), load(MODEL).model
    success: dict[str, dict[str, np.ndarray]] = {}
    for mind, net in (("model", model), ("truth", None)):
        success[mind] = {}
        for objective in objectives:
            runs = []
            for seed in seeds:
                report(f"{mind}, {objective}, seed {seed}: {tasks} tasks")
                config = PlanConfig(world=WORLD, model=MODEL, objective=objective, seed=seed)
                runs.append(toys.planned(world, net, config, tasks, seed).outcome.success)
            success[mind][objective] = np.concatenate(runs)
    latent, pixels, steps = distances(world, model, seeds, 400)
    return Findings(
        readings={
            "fails": share(success["model"][TEXTBOOK]),
            "blame": difference(success["model"][BETTER], success["truth"][TEXTBOOK]),
            "order": agreement(latent, steps),
        },
        seeds=seeds,
        data={
            "success": {
                mind: {name.replace("-", "_"): vars(share(hits)) for name, hits in found.items()}
                for mind, found in success.items()
            },
            "objectives": list(objectives),
            "pixel_order": vars(agreement(pixels, steps)),
        },
    )


def distances(world, model, seeds: tuple[int, ...], n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of `n` starts and goals a seed: latent distance, straight line in pixels, and the way through the door."""
    import torch

    from agents.lab import toys

    starts, goals = (
        np.concatenate(part) for part in zip(*(toys.tasks(world, n, seed) for seed in seeds), strict=True)
    )
    with torch.no_grad():
        one, other = (model.embed(model.first(toys.seen(world, states))) for states in (starts, goals))
    line = np.linalg.norm(starts[:, :2] - goals[:, :2], axis=1)
    return (one - other).norm(dim=-1).numpy(), line, world.shortest(starts, goals)  # fmt: skip


def agreement(one: np.ndarray, other: np.ndarray):
    """Spearman's rank correlation."""
    ranks = [np.argsort(np.argsort(x)).astype(float) for x in (one, other)]

    def correlation(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        x, y = x - x.mean(-1, keepdims=True), y - y.mean(-1, keepdims=True)
        return (x * y).sum(-1) / np.sqrt((x * x).sum(-1) * (y * y).sum(-1))

    return bootstrap(correlation, *ranks)


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    success, names = record["data"]["success"], record["data"]["objectives"]
    words = {TEXTBOOK: "textbook: the last step", "sum": "all steps", BETTER: "better: the nearest step"}
    minds = {"model": "planned in the model", "truth": "planned in the true world"}
    return figures.bars(
        "The same model, another cost",
        "success",
        [words[name] for name in names],
        {
            minds[mind]: [
                (r["value"], r["low"], r["high"]) for name in names for r in [found[name.replace("-", "_")]]
            ]
            for mind, found in success.items()
        },
    )


EXPERIMENT = Experiment(
    id="cost-is-the-bottleneck",
    title="The cost is the bottleneck",
    question="When a latent planner misses a distant goal, is the model to blame or the cost that it minimises?",
    criteria=(
        Criterion("fails", "success of the model with the textbook cost, distance at the last imagined step", 0.7, above=False),
        Criterion("blame", "success of the model with a better cost, less that of the true world with the textbook cost", 0.1,
                  "cost-is-the-bottleneck"),
        Criterion("order", "rank correlation between latent distance and the shortest way", 0.7,
                  "latent-distance-is-not-reachability", above=False),
    ),
    cannot_show="Two rooms and one door, and a model that is nearly right; where the model itself is poor, a better cost "
    "cannot save it.",
    quick={"tasks": 25, "seeds": (0, 1, 2), "objectives": (TEXTBOOK, BETTER)},
    full={"tasks": 100, "seeds": (0, 1, 2), "objectives": (TEXTBOOK, "sum", BETTER)},
    measure=measure,
    draw=draw,
)  # fmt: skip
