"""How far can one checkpoint's success be moved by nothing but the way it is tested?

Every run goes on to its last step, so that step budgets and success rules are read off the same episodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import bootstrap, difference, share

WORLD = "two-rooms:random"
MODEL, OTHER = "two-rooms-random-jepa", "two-rooms-jepa"
NEAR = 12.0
"""Pixels from start to goal, at most, in the same room: four steps at full speed, and more than the 4 that count."""
EPISODES = 50
"""What many papers test with."""


@dataclass(frozen=True)
class Protocol:
    """One way to test."""

    far: bool
    """Goal in the other room, or near."""
    look_every: int
    steps: int
    """How many the agent has."""
    rule: str
    """any: the goal is met at some step. end: the dot is there at the last."""

    def __str__(self) -> str:
        goal = "other room" if self.far else "near"
        return f"{goal}, {self.steps} steps, {self.rule}, look / {self.look_every}"


HEADLINE = Protocol(far=False, look_every=4, steps=60, rule="any")
USUAL = Protocol(far=True, look_every=4, steps=60, rule="any")
HUMBLING = Protocol(far=True, look_every=16, steps=24, rule="end")
DIAL = (HEADLINE, USUAL, Protocol(True, 4, 60, "end"), Protocol(True, 4, 24, "any"), Protocol(True, 16, 60, "any"),
        Protocol(True, 16, 24, "any"), HUMBLING)  # fmt: skip


def measure(report: Report, *, tasks: int, seeds: tuple[int, ...]) -> Findings:
    """`tasks` for each seed and protocol; the same starts in all."""
    from agents.config import PlanConfig
    from agents.lab import toys
    from agents.worlds import make_world
    from world_model.checkpoint import load

    world = make_world(WORLD)

    def met(model: str, far: bool, look_every: int) -> np.ndarray:
        """bool [N, T + 1]: whether the dot is at the goal after each step."""
        net, found = load(model).model, []
        for seed in seeds:
            report(
                f"{model}, goal {'in the other room' if far else 'near'}, a look every {look_every}: seed {seed}"
            )
            starts, goals = toys.tasks(world, tasks, seed)
            goals = goals if far else near(world, starts, seed)
            config = PlanConfig(world=WORLD, model=model, look_every=look_every, seed=seed, rule="end")
            states = toys.attempt(world, net, config, starts, goals).states
            found.append(np.stack([world.reached(state, goals) for state in states], 1))
        return np.concatenate(found)

    runs = {(p.far, p.look_every): np.empty(0) for p in DIAL}
    runs = {key: met(MODEL, *key) for key in runs}
    success = {p: judged(runs[p.far, p.look_every], p) for p in DIAL}
    other = judged(met(OTHER, USUAL.far, USUAL.look_every), USUAL)
    moved = success[HEADLINE].astype(float) - success[HUMBLING]
    between = success[USUAL].astype(float) - other
    hardest = min(DIAL, key=lambda p: abs(success[p].mean() - 0.5))
    return Findings(
        readings={
            "range": difference(success[HEADLINE], success[HUMBLING]),
            "more": bootstrap(lambda a, b: a.mean(-1) - np.abs(b.mean(-1)), moved, between),
            "fifty": bootstrap(lambda x: 1.96 * np.sqrt(x.mean(-1) * (1 - x.mean(-1)) / EPISODES), success[hardest]),
        },
        seeds=seeds,
        data={
            "rows": [{"protocol": str(p), **vars(share(hits))} for p, hits in success.items()],
            "headline": float(success[HEADLINE].mean()),
            "humbling": float(success[HUMBLING].mean()),
            "usual": float(success[USUAL].mean()),
            "other_model": vars(share(other)),
            "possible": float(np.mean([enough_steps(world, tasks, seed) for seed in seeds])),
        },
    )  # fmt: skip


def enough_steps(world, tasks: int, seed: int) -> float:
    """Share of the tasks whose goal someone who knows the way can reach in the fewest steps of the dial."""
    from agents.lab.toys import tasks as made
    from agents.worlds.two_rooms import REACH, SPEED

    return float((world.shortest(*made(world, tasks, seed)) - REACH <= HUMBLING.steps * SPEED).mean())


def near(world, starts: np.ndarray, seed: int) -> np.ndarray:
    """Goals [N, S] in the room of each start, 5 to 12 pixels from it."""
    rng, goals, todo = np.random.default_rng(seed), starts.copy(), np.arange(len(starts))
    while len(todo):
        turn, away = rng.uniform(0, 2 * np.pi, len(todo)), rng.uniform(5, NEAR, len(todo))
        tried = starts[todo].copy()
        tried[:, :2] += (away * np.stack([np.cos(turn), np.sin(turn)])).T
        wall = starts[todo, 2]
        same = (tried[:, 0] - wall) * (starts[todo, 0] - wall) > 0
        ok = world.is_free(tried[:, :2], tried) & same
        goals[todo[ok]] = tried[ok]
        todo = todo[~ok]
    return goals


def judged(met: np.ndarray, protocol: Protocol) -> np.ndarray:
    """bool [N]: success of episodes by one protocol."""
    seen = met[:, : protocol.steps + 1]
    return np.asarray(seen.any(1) if protocol.rule == "any" else seen[:, -1])


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    rows = record["data"]["rows"]
    return figures.bars(
        "One checkpoint, tested in seven ways: goal, steps, met when, looks",
        "success",
        [row["protocol"] for row in rows],
        {"success": [(row["value"], row["low"], row["high"]) for row in rows]},
    )


EXPERIMENT = Experiment(
    id="protocol-dial",
    title="The protocol dial",
    question="How far does the same checkpoint's success move with nothing but the way it is tested?",
    criteria=(
        Criterion("range", f"success tested as '{HEADLINE}', less '{HUMBLING}'", 0.5, "protocol-dial"),
        Criterion("more", "range over ways of testing, less the gap between two shipped models tested in one way", 0.0,
                  "protocol-explains-the-gaps"),
        Criterion("fifty", f"half the width of a 95 % interval over {EPISODES} episodes, at the protocol nearest to one half", 0.1,
                  "fifty-episodes-are-too-few"),
    ),
    cannot_show="These are our checkpoints and our toy; the published gaps between other people's models have to be "
    "measured on theirs.",
    quick={"tasks": 25, "seeds": (0, 1, 2)},
    full={"tasks": 100, "seeds": (0, 1, 2)},
    measure=measure,
    draw=draw,
)  # fmt: skip
