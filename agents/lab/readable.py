"""Can a latent be read, and is what can be read also what can be planned with?

Linear and small nonlinear probes ask a frozen latent for facts that were never shown to it. The null is a network just
like it that never learned anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Reading, Report
from agents.lab.intervals import bootstrap, mean, share

WORLD, MODEL = "two-rooms:random", "two-rooms-random-jepa"
FACTS = ("position", "wall", "door", "to_door")
"""The last is how far the dot is from the middle of the door: a fact that planning needs, and bent in the others."""
AHEAD, CLOSE = 16, 4.0
"""Steps of a plan that are read, and pixels within which a reading counts as right."""


def measure(report: Report, *, walks: int, tasks: int, updates: int, seeds: tuple[int, ...]) -> Findings:
    """Probes on frames of `walks` walks in rooms never seen, half of them to learn from; plans for `tasks` a seed."""
    import torch

    from agents.config import PlanConfig
    from agents.lab import toys
    from agents.worlds import make_world
    from world_model.checkpoint import load

    world, model = make_world(WORLD), load(MODEL).model
    states = np.concatenate([toys.walk(world, walks, 7, seed)[0].reshape(-1, 6) for seed in seeds])
    facts = {**world.facts(states), "to_door": np.hypot(*(states[:, :2] - states[:, 2:4]).T)[:, None]}
    facts = {name: facts[name].astype(float) for name in FACTS}
    half = {name: fact[len(fact) // 2 :] for name, fact in facts.items()}
    with torch.no_grad():
        seen = toys.seen(world, states)
        codes = {
            "trained": model.first(seen).numpy(),
            "untrained": toys.untrained(model, MODEL).first(seen).numpy(),
        }
    read: dict[str, dict[str, Reading]] = {}
    errors: dict[tuple[str, str, str], np.ndarray] = {}
    for name, fact in facts.items():
        read[name] = {}
        for who, code in codes.items():
            for kind, hidden in (("linear", 0), ("network", 64)):
                report(f"probing the {who} network for {name}, {kind}")
                found = toys.read_out(code, fact, hidden, 0, updates)
                errors[name, who, kind] = np.square(half[name] - found).sum(1)
                read[name][f"{who}_{kind}"] = explained(errors[name, who, kind], half[name])
    missed = max(
        FACTS, key=lambda name: read[name]["trained_network"].value - read[name]["trained_linear"].value
    )
    right, reached = [], []
    for seed in seeds:
        report(f"seed {seed}: {tasks} plans, read and acted out")
        run = toys.planned(
            world, model, PlanConfig(world=WORLD, model=MODEL, objective="final", seed=seed), tasks, seed
        )
        reached.append(run.outcome.success)
        right.append(readings_right(world, model, run))
    return Findings(
        readings={
            "null": gap(errors["position", "untrained", "linear"], errors["position", "trained", "linear"], half["position"]),
            "missed": gap(errors[missed, "trained", "linear"], errors[missed, "trained", "network"], half[missed]),
            "linear": read["position"]["trained_linear"],
            "planned": share(np.concatenate(reached)),
            "read": mean(np.concatenate(right)),
        },
        seeds=seeds,
        data={
            "missed_fact": missed,
            "probes": {name: {kind: vars(r) for kind, r in kinds.items()} for name, kinds in read.items()},
        },
    )  # fmt: skip


def explained(error: np.ndarray, truth: np.ndarray) -> Reading:
    """R², from the squared error of each test frame [N] and the truth [N, k]."""
    return bootstrap(lambda e, t: 1 - e.mean(-1) / t.mean(-1), error, spread(truth))


def gap(worse: np.ndarray, better: np.ndarray, truth: np.ndarray) -> Reading:
    """R² of the `better` less that of the `worse`, from their squared errors on the same frames."""
    return bootstrap(lambda w, b, t: (w.mean(-1) - b.mean(-1)) / t.mean(-1), worse, better, spread(truth))


def spread(truth: np.ndarray) -> np.ndarray:
    return np.square(truth - truth.mean(0)).sum(1)


def readings_right(world, model, run) -> np.ndarray:
    """[N]: of each task's first plan, the share of 16 steps at which the probe's reading of what is imagined lies
    within 4 pixels of where its actions truly lead."""
    plan, state, right = run.plans[0], run.states[0], []
    where = model.read(plan.states)["position"].numpy()
    for step in range(AHEAD):
        state = world.step(state, plan.actions[:, step].numpy())
        right.append(np.linalg.norm(where[:, step] - state[:, :2], axis=1) <= CLOSE)
    return np.mean(right, 0)


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    probes = record["data"]["probes"]
    kinds = {"trained_network": "network", "trained_linear": "linear", "untrained_network": "network, untrained",
             "untrained_linear": "linear, untrained"}  # fmt: skip
    return figures.bars(
        "What probes read from a latent",
        "R²",
        [fact.replace("to_door", "distance to the door") for fact in probes],
        {
            label: [
                (max(r["value"], 0), max(r["low"], 0), max(r["high"], 0))
                for r in (fact[kind] for fact in probes.values())
            ]
            for kind, label in kinds.items()
        },
    )


EXPERIMENT = Experiment(
    id="readable-latents",
    title="Readable latents",
    question="Can a latent be read, what do probes miss, and can what is readable be planned with?",
    criteria=(
        Criterion("null", "R² of position by a linear probe, trained network less an untrained one", 0.0),
        Criterion("missed", "largest gap between a small network's R² and a linear probe's, over position, wall, door, and distance to the door", 0.2,
                  "linear-probes-miss-what-is-there"),
        Criterion("linear", "R² of position by a linear probe", 0.9, "readable-is-not-plannable"),
        Criterion("planned", "success when the cost is latent distance at the last imagined step", 0.6,
                  "readable-is-not-plannable", above=False),
        Criterion("read", f"share of the first {AHEAD} imagined steps that a probe reads within {CLOSE:g} px of the truth", 0.5,
                  "latent-plans-cannot-be-read", above=False),
    ),
    cannot_show="The facts of this toy are places; mass, friction or intentions would be harder to ask for, and a probe "
    "finds only what someone thought of asking.",
    quick={"walks": 150, "tasks": 20, "updates": 500, "seeds": (0, 1, 2)},
    full={"walks": 800, "tasks": 100, "updates": 3000, "seeds": (0, 1, 2)},
    measure=measure,
    draw=draw,
)  # fmt: skip
