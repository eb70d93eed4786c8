"""Does planning in a learned model carry over to rooms never seen, better than a learned policy does?

The policy learns from the very recordings that the model learned from, and sees through the same encoder: from where one
is and a place that was reached later, the action that was taken (hindsight; Ghosh et al., arXiv 1912.06088).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import difference, share

WORLD, MODEL, ONE_ROOM = "two-rooms:random", "two-rooms-random-jepa", "two-rooms-jepa"
LATER = 32
"""Steps ahead, at most, that a goal in hindsight lies."""


def measure(report: Report, *, tasks: int, episodes: int, updates: int, seeds: tuple[int, ...]) -> Findings:
    """`tasks` a seed in rooms of the training set, and in rooms kept from it; `seeds` also train the policy."""
    from agents.config import PlanConfig
    from agents.judging.referee import play
    from agents.lab import toys
    from agents.worlds import make_world
    from world_model.checkpoint import load

    world, model, one_room = make_world(WORLD), load(MODEL).model, load(ONE_ROOM).model
    found: dict[str, list[np.ndarray]] = {}

    def keep(row: str, success: np.ndarray) -> None:
        found.setdefault(row, []).append(success)

    for seed in seeds:
        policy = hindsight_policy(model, episodes, updates, seed, report)
        for place, (starts, goals) in {
            "new": toys.tasks(world, tasks, seed),
            "seen": seen_tasks(world, tasks, seed),
        }.items():
            report(f"seed {seed}: {tasks} tasks in {place} rooms")
            config = PlanConfig(world=WORLD, model=MODEL, seed=seed)
            keep(f"planning_{place}", toys.attempt(world, model, config, starts, goals).outcome.success)
            keep(f"policy_{place}", play(world, starts, goals, policy(world, goals)).success)
            if place == "new":
                ahead = partial(world.straight, goal=goals)
                keep("straight_new", play(world, starts, goals, ahead).success)  # type: ignore[arg-type]
                keep("one_room_new", toys.attempt(world, one_room, config, starts, goals).outcome.success)
                keep("truth_new", toys.attempt(world, None, config, starts, goals).outcome.success)
    success = {row: np.concatenate(hits) for row, hits in found.items()}
    return Findings(
        readings={
            "one_room": difference(success["planning_new"], success["one_room_new"]),
            "new": share(success["planning_new"]),
            "better": difference(success["planning_new"], success["policy_new"]),
            "drop": difference(success["planning_seen"], success["planning_new"]),
        },
        seeds=seeds,
        data={"success": {row: vars(share(hits)) for row, hits in success.items()}},
    )  # fmt: skip


def seen_tasks(world, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Starts and goals [n, S] in rooms of the training set, the goal in the other room."""
    from agents.worlds.two_rooms import RADIUS, WALL_HALF, WALL_X

    rng = np.random.default_rng(30_000 + seed)
    clear = WALL_HALF + RADIUS
    starts = world.sample_starts(rng, 2 * n)
    starts = starts[np.abs(starts[:, 0] - starts[:, WALL_X]) >= clear][:n]
    goals, todo = starts.copy(), np.arange(n)
    while len(todo):
        tried = starts[todo].copy()
        tried[:, :2] = rng.uniform(0, 64, (len(todo), 2))
        gap = tried[:, 0] - tried[:, WALL_X]
        ok = world.is_free(tried[:, :2], tried) & (np.abs(gap) >= clear)
        ok &= gap * (starts[todo, 0] - tried[:, WALL_X]) < 0
        goals[todo[ok]] = tried[ok]
        todo = todo[~ok]
    return starts, goals


def hindsight_policy(model, episodes: int, updates: int, seed: int, report: Report):
    """(world, goals) -> a policy of the true states that only ever sees frames."""
    import torch

    from agents.lab.toys import seen
    from agents.learning.collect import collect
    from world_model.descent import descend, seeded
    from world_model.models.parts import mlp

    report(f"seed {seed}: recording {episodes} episodes for the policy")
    recorded = collect(WORLD, episodes, 50, seed)
    states, action = recorded.encoded(model.first), torch.from_numpy(recorded.action)
    goals = model.embed(states)
    middle, scale = states.flatten(0, 1).mean(0), states.flatten(0, 1).std(0)
    width = goals.shape[-1]

    def inputs(state, goal):
        return torch.cat([(state - middle) / scale, (goal - middle[:width]) / scale[:width]], -1)

    rng = np.random.default_rng(seed)
    with seeded(seed):
        net = mlp(states.shape[-1] + width, 256, action.shape[-1])

    def loss(update: int) -> torch.Tensor:
        if update % 200 == 0:
            report(f"seed {seed}: the policy learns, update {update} of {updates}")
        row, now = rng.integers(0, episodes, 512), rng.integers(0, 50, 512)
        later = np.minimum(now + rng.integers(1, LATER + 1, 512), 50)
        error = net(inputs(states[row, now], goals[row, later])).tanh() - action[row, now]
        return error.square().mean()

    descend(net.parameters(), loss, updates, 1e-3)

    def policy(world, goal_states: np.ndarray):
        with torch.no_grad():
            goal = model.embed(model.first(seen(world, goal_states)))

        def act(state: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                push = net(inputs(model.first(seen(world, state)), goal)).tanh()
            # the mean of varied actions is short; at full length it heads the same way, faster
            return (push / push.norm(dim=-1, keepdim=True).clamp_min(1e-6)).numpy()

        return act

    return policy


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    success = record["data"]["success"]
    names = {"truth_new": "planning in the truth", "planning_new": "planning in the model", "policy_new": "learned policy",
             "straight_new": "straight line", "one_room_new": "model of one room"}  # fmt: skip
    rows = [success[name] for name in names]
    return figures.bars(
        "Rooms never seen",
        "success",
        list(names.values()),
        {"new rooms": [(row["value"], row["low"], row["high"]) for row in rows]},
    )


EXPERIMENT = Experiment(
    id="new-layouts",
    title="New layouts",
    question="Does planning in a learned model work in rooms never seen, and better than a learned policy?",
    criteria=(
        Criterion("one_room", "success in new rooms, the model of many rooms less the model of one", 0.1),
        Criterion("better", "success in new rooms, planning less a policy learned from the same recordings", 0.1,
                  "planning-carries-over-to-new-layouts"),
        Criterion("drop", "success of planning, rooms of the training set less new ones", 0.1,
                  "planning-carries-over-to-new-layouts", above=False),
        Criterion("new", "success of planning in new rooms", 0.8, "robots-work-in-new-rooms-unpractised"),
    ),
    cannot_show="The new rooms are drawn from the same family as the old, walls and doors in other places; a new kind "
    "of room, or a real one, is a larger step.",
    quick={"tasks": 20, "episodes": 600, "updates": 600, "seeds": (0, 1, 2)},
    full={"tasks": 70, "episodes": 2400, "updates": 3000, "seeds": (0, 1, 2)},
    measure=measure,
    draw=draw,
)  # fmt: skip
