"""Do small one-step errors compound until a dream is lost, and does looking again cure it?

The shipped model of random layouts imagines long walks in rooms that it never saw, with its eyes closed, and again with
a look every few steps. A probe reads where it thinks the dot is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import ratio

WORLD, MODEL = "two-rooms:random", "two-rooms-random-jepa"
STEPS, LOOK = 128, 4
LATE = slice(96, STEPS)
"""The last quarter, over which errors are averaged."""


def measure(report: Report, *, episodes: int, seeds: tuple[int, ...]) -> Findings:
    """`episodes` walks of 128 steps for each seed, all in held-out rooms."""
    from agents.lab.toys import untrained, walk
    from agents.worlds import make_world
    from world_model.checkpoint import load

    world, model = make_world(WORLD), load(MODEL).model
    blank = untrained(model, MODEL)
    parts = []
    for seed in seeds:
        report(f"seed {seed}: {episodes} walks of {STEPS} steps, imagined")
        states, actions = walk(world, episodes, STEPS, seed)
        true = world.facts(states.reshape(-1, states.shape[-1]))["position"].reshape(*states.shape[:2], 2)
        others = np.roll(true, 1, axis=0)  # where the dot was at the same time in another room's walk
        parts.append({
            "closed": gaps(model, world, states, actions, true, STEPS),
            "looking": gaps(model, world, states, actions, true, LOOK),
            "guess": np.linalg.norm(others - true, axis=-1)[:, 1:],
            "untrained": gaps(blank, world, states, actions, true, STEPS),
        })  # fmt: skip
    error = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    late = {name: gap[:, LATE].mean(1) for name, gap in error.items()}
    return Findings(
        readings={
            "growth": ratio(late["closed"], error["closed"][:, 0]),
            "lost": ratio(late["closed"], late["guess"]),
            "looking": ratio(late["looking"], late["closed"]),
            "steady": ratio(late["looking"], error["looking"][:, :32].mean(1)),
            "untrained": ratio(late["untrained"], late["closed"]),
        },
        seeds=seeds,
        data={
            "steps": list(range(1, STEPS + 1)),
            "error": {name: gap.mean(0).round(3).tolist() for name, gap in error.items()},
            "first": float(error["closed"][:, 0].mean()),
            "late": {name: float(gap.mean()) for name, gap in late.items()},
        },
    )


def gaps(model, world, states: np.ndarray, actions: np.ndarray, true: np.ndarray, look: int) -> np.ndarray:
    """[N, T] pixels between where the dot is imagined and where it is, the model looking again every `look` steps."""
    import torch

    from world_model.data import to_tensor

    found = []
    with torch.no_grad():
        for start in range(0, actions.shape[1], look):
            belief = model.first(to_tensor(world.observe(states[:, start])))
            imagined = model.rollout(belief, torch.from_numpy(actions[:, start : start + look]))
            found.append(model.read(imagined)["position"].numpy())
    return np.linalg.norm(np.concatenate(found, 1) - true[:, 1:], axis=-1)


def draw(record: Mapping[str, Any]) -> str:
    error = record["data"]["error"]
    names = {"guess": "another walk's place", "untrained": "untrained", "closed": "eyes closed",
             "looking": f"a look every {LOOK} steps"}  # fmt: skip
    from agents import figures

    return figures.lines(
        "How far a dream strays",
        "steps imagined",
        "pixels from the truth",
        record["data"]["steps"],
        {label: error[name] for name, label in names.items()},
        log=True,
    )


EXPERIMENT = Experiment(
    id="drift",
    title="Drift",
    question="Do small errors of an imagined step compound, and does looking again stop them?",
    criteria=(
        Criterion("untrained", "error of an untrained network over the trained one's, eyes closed, steps 97 to 128", 2.0),
        Criterion("growth", "error with eyes closed in steps 97 to 128 over that of the first step", 3.0, "errors-compound"),
        Criterion("lost", "error with eyes closed, steps 97 to 128, over the distance to another walk's place at the same time", 0.5, "errors-compound"),
        Criterion("looking", f"error with a look every {LOOK} steps over that with eyes closed, steps 97 to 128", 0.5,
                  "looking-again-regrounds", above=False),
        Criterion("steady", f"error with a look every {LOOK} steps, steps 97 to 128 over steps 1 to 32", 1.25,
                  "looking-again-regrounds", above=False),
    ),
    cannot_show="One dot in a room with walls, which keep a dream from straying far; in a world without walls, or with "
    "pixels as the state, errors have more room to grow.",
    quick={"episodes": 60, "seeds": (0, 1, 2)},
    full={"episodes": 400, "seeds": (0, 1, 2, 3, 4)},
    measure=measure,
    draw=draw,
)  # fmt: skip
