"""What does an imagined step cost beside a real one, and for how many steps is the trade worth making?

All rates are of processor time on one thread, so that what else the machine does doesn't count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import over_seeds, times

if TYPE_CHECKING:
    from agents.worlds.base import World
    from world_model.models.base import WorldModel

WORLD, MODEL = "two-rooms", "two-rooms-jepa"
ELSEWHERE = "CartPole-v1:pixels"
"""A real environment of the usual kind: one copy, stepped and drawn one at a time."""
BATCH, STEPS = 1024, 32
DECISION = 100.0
"""Milliseconds between two decisions of a robot that makes ten a second."""
WRONG = 4.0
"""Pixels off at which an imagined place is no longer the place: how near a goal counts as reached."""


def measure(report: Report, *, seeds: tuple[int, ...], seconds: float, walks: int) -> Findings:
    """Every rate once a seed, over `seconds` of processor time; drift over `walks` walks a seed."""
    from agents.bench.speed import rate
    from agents.lab import toys
    from agents.lab.drift import gaps
    from agents.worlds import make_world
    from world_model.checkpoint import load

    world, model = make_world(WORLD), load(MODEL).model
    rows: dict[str, list[float]] = {}
    strayed = []
    for seed in seeds:
        for name, (step, count) in work(world, model, seed).items():
            report(f"seed {seed}: {name.replace('_', ' ')}, timed for {seconds:g} s")
            rows.setdefault(name, []).append(count * rate(step, seconds))
        states, walked = toys.walk(world, walks, 128, seed)
        strayed.append(gaps(model, world, states, walked, states[..., :2], 128).mean(0))
    drift = np.mean(strayed, 0)
    return Findings(
        readings={
            "batch": times(rows["imagined"], rows["real"]),
            "alone": times(rows["imagined_alone"], rows["real_alone"]),
            "pixels": times(rows["imagined"], rows["through_pixels"]),
            "decision": over_seeds(1000 / np.array(rows["plan"])),
        },
        seeds=seeds,
        data={
            "per_second": {name: float(np.mean(rates)) for name, rates in rows.items()},
            "elsewhere": ELSEWHERE,
            "drift": drift.round(3).tolist(),
            "trusted": int(np.argmax(drift > WRONG)) if (drift > WRONG).any() else len(drift),
            "drift_last": float(drift[-1]),
        },
    )


def work(world: World, model: WorldModel, seed: int) -> dict[str, tuple[Callable[[], object], int]]:
    """Name -> what is timed, and the steps that it takes."""
    import torch

    from agents.config import PlanConfig
    from agents.lab import toys
    from agents.loop import Eyes
    from agents.planners import make_planner
    from agents.worlds import make_world

    rng, other = np.random.default_rng(seed), make_world(ELSEWHERE)
    many, goals = world.sample_tasks(rng, BATCH)
    push, one = world.behaviour(rng, BATCH)(many), other.sample_starts(rng, 1)
    choice = other.behaviour(rng, 1)(one)
    planner = make_planner(PlanConfig(world=WORLD, model=MODEL, seed=seed), world)
    mind = Eyes(world, model).mind
    with torch.no_grad():
        state, goal = (model.first(toys.seen(world, states)) for states in (many, goals[:1]))
    actions = torch.from_numpy(rng.uniform(-1, 1, (BATCH, STEPS, 2)).astype(np.float32))

    @torch.no_grad()
    def imagined() -> None:
        model.rollout(state, actions)

    @torch.no_grad()
    def imagined_alone() -> None:
        model.predict(state[:1], actions[:1, 0])

    @torch.no_grad()
    def through_pixels() -> None:
        model.first(model.decode(model.predict(state, actions[:, 0])))

    return {
        "imagined": (imagined, BATCH * STEPS),
        "imagined_alone": (imagined_alone, 1),
        "through_pixels": (through_pixels, BATCH),
        "real": (lambda: world.observe(world.step(many, push)), BATCH),
        "real_alone": (lambda: world.observe(world.step(many[:1], push[:1])), 1),
        "elsewhere": (lambda: other.observe(other.step(one, choice)), 1),
        "plan": (lambda: planner.plan(mind, state[:1], goal, None, 0), 1),
    }


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    per = record["data"]["per_second"]
    names = {"imagined": "imagined, in a batch", "real": "real, in a batch", "through_pixels": "imagined through pixels",
             "imagined_alone": "imagined, one by one", "real_alone": "real, one by one",
             "elsewhere": "real, CartPole's frames"}  # fmt: skip
    return figures.bars(
        "Steps a second on one thread",
        "steps a second",
        list(names.values()),
        {"steps": [(per[name], per[name], per[name]) for name in names]},
        log=True,
    )


EXPERIMENT = Experiment(
    id="imagination-is-cheap",
    title="Imagination is cheap",
    question="How much less does an imagined step cost than a real one, and when does that stop paying?",
    criteria=(
        Criterion("batch", "imagined steps a second over real ones with their frames, both in batches", 5.0, "imagination-is-cheap"),
        Criterion("alone", "imagined steps a second over real ones with their frames, one by one", 1.0, "imagination-is-cheap"),
        Criterion("pixels", "imagined steps a second over those that pass through pixels", 5.0, "generating-pixels-costs-too-much"),
        Criterion("decision", "milliseconds for one plan on one thread", DECISION, "edge-hardware-cannot-keep-up"),
    ),
    cannot_show="Model and world are tiny: this says how the costs compare here, not that a model of the street fits "
    "into a car, nor what a step of a real robot costs in wear and time.",
    quick={"seeds": (0, 1, 2), "seconds": 0.4, "walks": 40},
    full={"seeds": (0, 1, 2, 3, 4), "seconds": 2.0, "walks": 200},
    measure=measure,
    draw=draw,
)  # fmt: skip
