"""Predict codes or predict pixels? The same recordings, planner and budget, on four floors.

Beside a plain floor: a new patchwork in every frame (a television), noise on every pixel, and a patchwork that stays for
an episode, which is as predictable as anything can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import difference, share

FLOORS = {
    "plain": "two-rooms",
    "tv": "two-rooms:tv",
    "noise": "two-rooms:noise",
    "static": "two-rooms:static",
}
BETS = ("jepa", "pixel")


def measure(report: Report, *, tasks: int, seeds: tuple[int, ...]) -> Findings:
    """`tasks` a seed, floor and bet, planned by the shipped models; each pair on the same ones."""
    from agents.config import PlanConfig
    from agents.lab import toys
    from agents.worlds import make_world
    from world_model.checkpoint import load, read_passport

    success: dict[str, dict[str, np.ndarray]] = {floor: {} for floor in FLOORS}
    made: dict[str, dict[str, Any]] = {}
    for floor, name in FLOORS.items():
        world = make_world(name)
        for bet in BETS:
            model = "-".join([*name.split(":"), bet])
            passport = read_passport(model)
            made[model] = {"episodes": passport.data_recipe["episodes"], "seconds": passport.training_seconds}
            runs = []
            for seed in seeds:
                report(f"{model}, seed {seed}: {tasks} tasks")
                config = PlanConfig(world=name, model=model, seed=seed)
                runs.append(toys.planned(world, load(model, name).model, config, tasks, seed).outcome.success)
            success[floor][bet] = np.concatenate(runs)
    return Findings(
        readings={
            "learned": share(success["plain"]["jepa"]),
            "plain": difference(success["plain"]["jepa"], success["plain"]["pixel"]),
            "rival": difference(success["plain"]["pixel"], success["plain"]["jepa"]),
            "tv": difference(success["tv"]["jepa"], success["tv"]["pixel"]),
        },
        seeds=seeds,
        data={
            "success": {floor: {bet: vars(share(hits)) for bet, hits in found.items()} for floor, found in success.items()},
            "models": made,
        },
    )  # fmt: skip


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    success = record["data"]["success"]
    floors = {
        "plain": "plain",
        "tv": "television",
        "noise": "noise everywhere",
        "static": "patchwork that stays",
    }
    bets = {"jepa": "predicting codes", "pixel": "predicting pixels"}
    return figures.bars(
        "Codes or pixels, on four floors",
        "success",
        [floors[floor] for floor in success],
        {
            words: [(r["value"], r["low"], r["high"]) for r in (found[bet] for found in success.values())]
            for bet, words in bets.items()
        },
    )  # fmt: skip


EXPERIMENT = Experiment(
    id="two-bets",
    title="Two bets",
    question="Is it better to predict one's own codes or to predict pixels, and does the background decide?",
    criteria=(
        Criterion("learned", "success of the model that predicts codes, on a plain floor", 0.8),
        Criterion("tv", "success on a television floor, predicting codes less predicting pixels", 0.3,
                  "noise-defeats-pixel-prediction"),
        Criterion("plain", "success on a plain floor, predicting codes less predicting pixels", 0.1,
                  "pixels-are-the-wrong-target"),
        Criterion("rival", "success on a plain floor, predicting pixels less predicting codes", -0.05,
                  "reconstruction-wins-when-noise-is-weak"),
    ),
    cannot_show="One small network of each kind with one weighting of the pixels; a large generator has room for both "
    "noise and dot. What rescues codes on a backdrop that stays is guessing the action, as slow-features shows.",
    quick={"tasks": 12, "seeds": (0, 1, 2)},
    full={"tasks": 70, "seeds": (0, 1, 2)},
    measure=measure,
    draw=draw,
)  # fmt: skip
