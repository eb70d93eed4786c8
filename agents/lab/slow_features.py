"""Can the best-looking loss curve come from a latent with no agent in it?

A backdrop of random patches, another in every episode, is perfectly predictable and fills the picture; the dot is a
hundredth of it. The same network learns with and without having to guess the action, and once on a plain floor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import over_seeds

KEPT_APART = ("prediction", "variance", "covariance")
RUNS = {
    "plain": ("two-rooms", KEPT_APART),
    "backdrop": ("two-rooms:static", KEPT_APART),
    "guessing": ("two-rooms:static", (*KEPT_APART, "inverse")),
}
INVERSE = 5.0
"""Weight of guessing the action."""
WHITEN = 100.0
"""Patches are whitened in all runs, as for the shipped model before a backdrop: without it the dot is hardly seen there,
with or without guessing, in so few updates."""


def measure(report: Report, *, updates: int, seeds: tuple[int, ...]) -> Findings:
    """A run for each of RUNS and each training seed."""
    from agents.lab.training import train_fast

    runs = {
        name: [
            train_fast(world, seed, parts, report, updates=updates, inverse=INVERSE, whiten=WHITEN)
            for seed in seeds
        ]
        for name, (world, parts) in RUNS.items()
    }
    gain = [a.position - b.position for a, b in zip(runs["guessing"], runs["backdrop"], strict=True)]
    lower = [np.log10(b.loss / a.loss) for a, b in zip(runs["guessing"], runs["backdrop"], strict=True)]
    return Findings(
        readings={
            "plain": over_seeds([run.position for run in runs["plain"]]),
            "kept": over_seeds([run.position for run in runs["backdrop"]]),
            "gain": over_seeds(gain),
            "loss": over_seeds(lower),
        },
        seeds=seeds,
        data={
            "updates": updates,
            "curves": {name: np.mean([run.curve for run in found], 0).round(6).tolist() for name, found in runs.items()},
            "position": {name: [round(run.position, 3) for run in found] for name, found in runs.items()},
            "mean": {name: float(np.mean([run.position for run in found])) for name, found in runs.items()},
            "loss": {name: float(np.mean([run.loss for run in found])) for name, found in runs.items()},
        },
    )  # fmt: skip


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    data = record["data"]
    names = {"plain": "plain floor", "backdrop": "backdrop", "guessing": "backdrop, actions guessed"}
    read = [vars(over_seeds(data["position"][name])) for name in names]
    losses = figures.lines(
        "What the training loss says …",
        "updates",
        "prediction loss",
        list(range(data["updates"])),
        {label: data["curves"][name] for name, label in names.items()},
        log=True,
    )
    places = figures.bars(
        "… and whether the latent still holds the dot",
        "R² of its position (1: exact; 0 or less: nothing)",
        list(names.values()),
        {"R²": [(r["value"], r["low"], r["high"]) for r in read]},
    )
    return figures.stack("Prediction loss, and whether the dot can be read", (losses, places))


EXPERIMENT = Experiment(
    id="slow-features",
    title="Slow features",
    question="Does a latent predictor keep what acting needs, or what stays the same?",
    criteria=(
        Criterion("plain", "R² of the dot's position read from the latent, on a plain floor", 0.5),
        Criterion("gain", "R² of the dot's position on a backdrop, with guessing the action less without", 0.3,
                  "action-guessing-keeps-the-agent"),
        Criterion("kept", "R² of the dot's position on a backdrop, without guessing the action", 0.5,
                  "static-background-fools-jepa", above=False),
        Criterion("loss", "log10 of the prediction loss on a backdrop, without guessing over with", 0.0,
                  "prediction-loss-misleads", above=False),
    ),
    cannot_show="One small dot on one kind of backdrop; whether a large video model loses the small things that it "
    "does not control is another matter.",
    quick={"updates": 150, "seeds": (0, 1, 2)},
    full={"updates": 500, "seeds": (0, 1, 2, 3, 4, 5)},
    measure=measure,
    draw=draw,
)  # fmt: skip
