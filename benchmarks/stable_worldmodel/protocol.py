"""Their protocol for our models: train, plan, judge by their rule, with their random and expert policies beside."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.config import PlanConfig
from agents.judging.evaluate import machine
from agents.judging.referee import play
from agents.judging.score import Row, make_row
from agents.learning.recipes import arguments
from agents.loop import Eyes, run
from agents.planners import make_planner
from agents.planners.base import Planner
from benchmarks.stable_worldmodel.adapter import hosted
from benchmarks.stable_worldmodel.recordings import Episode, tasks
from benchmarks.stable_worldmodel.shim import stable_worldmodel
from benchmarks.stable_worldmodel.two_room import TwoRoom
from world_model import checkpoint
from world_model.data import Episodes, to_tensor
from world_model.errors import WorldModelError
from world_model.stages import TrainConfig
from world_model.train import one_thread, train

NAME, FAMILY = "swm-two-room-jepa", "jepa"
DISTANCES = ((25, 50), (60, 120), (100, 150))
"""Rows ahead that the goal lies, and the steps that there are."""
GOALS = {25: 0.95, 60: 0.92, 100: 0.85}
TASK_SEED = 42
RECIPE = TrainConfig(
    context_size=0,
    apart=0,
    inverse=1,
    whiten=3000,
    batch=24,
    rate=2e-3,
    fast_updates=2000,
    predict_updates=2500,
    travel=1,
    reader_updates=300,
    temporal_updates=2000,
)
"""As for an ensemble in our own two rooms, and a temporal distance."""
PLAN: dict[str, Any] = {
    "planner": "halving",
    "objective": "temporal",
    "num_samples": 64,
    "iterations": 3,
    "hold": 5,
    "horizon": 60,
    "rule": "any",
}
TIMED = 12
"""Episodes planned one at a time, for the milliseconds of a plan."""


def trained(episodes: Episodes, config: TrainConfig, folder: Path, report: Callable[[str], None]) -> str:
    """A checkpoint's folder, made unless it is there."""
    home = folder / f"{NAME}-{config.seed}"
    try:
        passport = checkpoint.load(str(home)).passport
        if (passport.training, passport.data_hash) == (dataclasses.asdict(config), episodes.recipe_hash):
            return str(home)
    except WorldModelError:
        pass
    made = arguments(FAMILY, episodes, config)
    begin, worked = time.perf_counter(), time.process_time()
    model = train(
        lambda _, __: checkpoint.family(FAMILY)(**made), episodes, config, lambda health: report(str(health))
    )
    checkpoint.save(
        model,
        home,
        NAME,
        family=FAMILY,
        world=TwoRoom.name,
        frame_size=64,
        arguments=made,
        data_recipe=episodes.recipe,
        data_hash=episodes.recipe_hash,
        training=dataclasses.asdict(config),
        training_seconds=round(time.perf_counter() - begin, 1),
        machine=machine(),
        command=f"python -m benchmarks.stable_worldmodel.run evaluate --seed {config.seed}",
        plan=PLAN,
        results={"training_cpu_seconds": round(time.process_time() - worked, 1)},
    )
    return str(home)


@dataclass(frozen=True)
class Score:
    """A policy at one distance."""

    row: Row
    steps_to_success: float | None
    """Mean over its successes."""
    ms_per_plan: float | None = None
    """Median of processor milliseconds from two frames to a plan, made alone; None for a policy that doesn't plan."""
    seconds: float | None = None
    """Of processor time for all episodes, frames that the environment drew included."""

    def __str__(self) -> str:
        time = "" if self.ms_per_plan is None else f", {self.ms_per_plan:.1f} ms a plan"
        return f"{self.row.name}: {self.row}{time}"


def planned(
    world: TwoRoom, name: str, settings: dict[str, Any], starts: np.ndarray, goals: np.ndarray, label: str
) -> tuple[Score, np.ndarray]:
    """Our loop with the checkpoint `name`; the Score and bool [n]."""
    config = PlanConfig(model=name, **{**PLAN, **settings})
    eyes = Eyes(world, checkpoint.load(name).model)
    with one_thread():
        begin = time.process_time()
        together = run(eyes, make_planner(config, world), starts, goals)
        worked = time.process_time() - begin
        alone = [_timed(eyes, make_planner(config, world), starts, goals, i) for i in range(TIMED)]
    hits, steps = together.outcome.success, together.outcome.steps
    score = Score(make_row(label, hits), _mean(steps[hits]), float(np.median(alone)), round(worked, 1))
    return score, hits


def _timed(eyes: Eyes, planner: Planner, starts: np.ndarray, goals: np.ndarray, i: int) -> float:
    """Milliseconds of processor time from two frames to a plan: both are encoded, and the search is not warm."""
    frames = [to_tensor(eyes.world.observe(rows[i : i + 1])) for rows in (starts, goals)]
    begin = time.process_time()
    assert eyes.model is not None
    with torch.no_grad():
        state, goal = (eyes.model.first(frame) for frame in frames)
        planner.plan(eyes.model, state, goal, None, 0)
    return 1000 * (time.process_time() - begin)


def beside(world: TwoRoom, starts: np.ndarray, goals: np.ndarray, steps: int) -> list[Score]:
    """Their random policy and their expert without noise, on the same tasks."""
    theirs = stable_worldmodel()
    policies = {
        "their random policy": theirs.policy.RandomPolicy(seed=0),
        "their expert, told the true places": theirs.envs.two_room.ExpertPolicy(seed=0),
    }
    scores = []
    for name, policy in policies.items():
        outcome = play(world, starts, goals, hosted(policy, world, goals), "any", steps)
        scores.append(Score(make_row(name, outcome.success), _mean(outcome.steps[outcome.success])))
    return scores


def at(episodes: list[Episode], ahead: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The tasks of that distance: the same for every row."""
    return tasks(episodes, ahead, n, TASK_SEED)


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None
