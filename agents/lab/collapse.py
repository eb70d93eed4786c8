"""What keeps a joint-embedding model from collapsing, and would its loss tell?

The same encoder and predictor, on the same recordings, with and without the parts of the loss that keep codes apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import over_seeds

GUARDS: dict[str, tuple[str, ...]] = {
    "no guard": ("prediction",),
    "action guessing": ("prediction", "inverse"),
    "spread kept": ("prediction", "variance", "covariance"),
    "both": ("prediction", "variance", "covariance", "inverse"),
}
"""What each run is trained on. `both` is how the shipped model was made."""


def measure(
    report: Report, *, guards: tuple[str, ...], updates: int, seeds: tuple[int, ...], **config
) -> Findings:
    """A run for each guard and training seed."""
    from agents.lab.training import train_fast

    runs = {
        guard: [
            train_fast("two-rooms", seed, GUARDS[guard], report, updates=updates, **config) for seed in seeds
        ]
        for guard in guards
    }
    bare, both = runs["no guard"], runs["both"]
    lower = [np.log10(one.loss / other.loss) for one, other in zip(bare, both, strict=True)]
    return Findings(
        readings={
            "spread": over_seeds([run.spread for run in bare]),
            "guarded": over_seeds([run.spread for run in both]),
            "readable": over_seeds([run.position for run in both]),
            "loss": over_seeds(lower),
        },
        seeds=seeds,
        data={
            "updates": updates,
            "curves": {guard: np.mean([run.curve for run in found], 0).round(6).tolist() for guard, found in runs.items()},
            "rows": {
                guard.replace(" ", "_"): {
                    "spread": float(np.mean([run.spread for run in found])),
                    "rank": float(np.mean([run.rank for run in found])),
                    "position": float(np.mean([run.position for run in found])),
                    "loss": float(np.mean([run.loss for run in found])),
                }
                for guard, found in runs.items()
            },
        },
    )  # fmt: skip


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    data = record["data"]
    spread = {guard: data["rows"][guard.replace(" ", "_")]["spread"] for guard in data["curves"]}
    return figures.lines(
        "Prediction loss, and in brackets how much the latent varies",
        "updates",
        "prediction loss",
        list(range(data["updates"])),
        {f"{guard} ({spread[guard]:.2g})": curve for guard, curve in data["curves"].items()},
        log=True,
    )


EXPERIMENT = Experiment(
    id="collapse",
    title="Collapse",
    question="What happens to a joint-embedding model without a regulariser, and would its loss tell?",
    criteria=(
        Criterion("guarded", "mean standard deviation of a latent dimension, with both guards", 0.5),
        Criterion("readable", "R² of the dot's position read from the latent, with both guards", 0.5),
        Criterion("spread", "mean standard deviation of a latent dimension, trained on prediction alone", 0.1,
                  "collapse-needs-a-guard", above=False),
        Criterion("loss", "log10 of the unguarded prediction loss over the guarded one", 0.0,
                  "loss-hides-collapse", above=False),
    ),
    cannot_show="One small encoder without a moving-average teacher or a stop-gradient; those two are other guards, "
    "and large networks may collapse in part rather than wholly.",
    quick={"guards": ("no guard", "both"), "updates": 100, "seeds": (0, 1, 2)},
    full={"guards": tuple(GUARDS), "updates": 200, "seeds": (0, 1, 2)},
    measure=measure,
    draw=draw,
)  # fmt: skip
