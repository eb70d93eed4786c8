"""Does searching harder in a learned model find better plans, or the model's errors?

The same tasks with ever larger search budgets, in the model's imagination and, as the control, in the true world.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import difference, mean, share

WORLD, MODEL = "two-rooms:random", "two-rooms-random-jepa"
USUAL = (64, 3)
"""Candidates and rounds: the default budget, with which the hardest search is compared."""


def measure(
    report: Report, *, tasks: int, seeds: tuple[int, ...], budgets: tuple[tuple[int, int], ...]
) -> Findings:
    """`tasks` for each seed in held-out rooms; `budgets` are (candidates, rounds), the hardest last."""
    from agents.config import PlanConfig
    from agents.lab import toys
    from agents.worlds import make_world
    from world_model.checkpoint import load

    world, model = make_world(WORLD), load(MODEL).model
    success: dict[str, list[np.ndarray]] = {"model": [], "truth": []}
    imagined: list[np.ndarray] = []
    for samples, rounds in budgets:
        for mind, net in (("model", model), ("truth", None)):
            runs = []
            for seed in seeds:
                report(f"{samples} candidates x {rounds} rounds, {mind}, seed {seed}: {tasks} tasks")
                config = PlanConfig(
                    world=WORLD, model=MODEL, num_samples=samples, iterations=rounds, seed=seed
                )
                runs.append(toys.planned(world, net, config, tasks, seed))
            success[mind].append(np.concatenate([run.outcome.success for run in runs]))
            if net is not None:
                imagined.append(np.concatenate([run.plans[0].cost.numpy() for run in runs]))
    usual, hardest = budgets.index(USUAL), len(budgets) - 1
    return Findings(
        readings={
            "truth": difference(success["truth"][hardest], success["truth"][usual]),
            "found": difference(imagined[usual], imagined[hardest]),
            "harder": difference(success["model"][hardest], success["model"][usual]),
        },
        seeds=seeds,
        data={
            "budgets": [f"{samples} x {rounds}" for samples, rounds in budgets],
            "scored": [samples * rounds for samples, rounds in budgets],
            "success": {mind: [vars(share(hits)) for hits in found] for mind, found in success.items()},
            "usual": float(success["model"][usual].mean()),
            "hardest": float(success["model"][hardest].mean()),
            "least": float(success["model"][0].mean()),
            "budget": f"{budgets[hardest][0]} candidates in {budgets[hardest][1]} rounds",
            "cost": [vars(mean(cost)) for cost in imagined],
        },
    )


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    return figures.bars(
        "More search (candidates x rounds), in the model and in the truth",
        "success",
        record["data"]["budgets"],
        {
            mind: [(r["value"], r["low"], r["high"]) for r in rows]
            for mind, rows in record["data"]["success"].items()
        },
    )


EXPERIMENT = Experiment(
    id="planning-harder-hurts",
    title="Planning harder",
    question="Does searching harder in a learned model's imagination lower real success?",
    criteria=(
        Criterion("truth", "success in the true world, hardest search less the usual one", -0.05),
        Criterion("found", "imagined cost of the first plan, usual search less the hardest one", 0.0),
        Criterion("harder", "success in the model, hardest search less the usual one", -0.05,
                  "planning-harder-hurts", above=False),
    ),
    cannot_show="A sampling planner on one good model; a gradient planner or a policy trained in the model presses on "
    "its errors much harder than a few hundred samples do.",
    quick={"tasks": 16, "seeds": (0, 1, 2), "budgets": (USUAL, (192, 4))},
    full={"tasks": 60, "seeds": (0, 1, 2), "budgets": ((16, 1), USUAL, (192, 5))},
    measure=measure,
    draw=draw,
)  # fmt: skip
