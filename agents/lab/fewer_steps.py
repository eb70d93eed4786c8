"""At equal real steps, does learning a model and planning in it beat learning to act without one?

Three learners, scored at the same numbers of real steps on the same tasks: planning in a model learned from pictures of
random behaviour, behaviour cloning with hindsight on the same recordings, and PPO, which chooses its own steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import difference, share

if TYPE_CHECKING:
    from world_model.data import Episodes
    from world_model.models.base import WorldModel

WORLD, MODEL = "two-rooms", "two-rooms-jepa"
LENGTH = 50
"""Real steps of a recording."""
NAMES = {
    "model": "planning in a learned model",
    "cloned": "behaviour cloning with hindsight",
    "ppo": "PPO",
}


def measure(
    report: Report,
    *,
    tasks: int,
    steps: tuple[int, ...],
    beyond: tuple[int, ...],
    updates: int,
    seeds: tuple[int, ...],
) -> Findings:
    """Every learner is scored after each of `steps` real steps, PPO after those `beyond` as well, for each seed, on `tasks`
    tasks of that seed. `updates` of the model's encoder, and as many of its predictor."""
    from agents.baselines import ppo
    from agents.baselines.cloning import Clone
    from agents.config import PlanConfig
    from agents.judging.referee import play
    from agents.lab import toys
    from agents.learning.collect import collect
    from agents.worlds import make_world

    world = make_world(WORLD)
    found: dict[str, dict[int, list[np.ndarray]]] = {name: {} for name in NAMES}
    for seed in seeds:
        starts, goals = toys.tasks(world, tasks, seed)
        # The shipped model's settings of the search; its weights are not used.
        config = PlanConfig(world=WORLD, model=MODEL, seed=seed)
        for real in steps:
            recorded = collect(WORLD, real // LENGTH, LENGTH, seed)
            report(f"seed {seed}: a model learns from {real:,} real steps")
            model = _model(recorded, seed, updates, report)
            planned = toys.attempt(world, model, config, starts, goals).outcome.success
            found["model"].setdefault(real, []).append(planned)
            report(f"seed {seed}: behaviour cloning learns from the same {real:,}")
            cloned = play(world, starts, goals, Clone(recorded, seed).policy(goals)).success
            found["cloned"].setdefault(real, []).append(cloned)
        agent = ppo.new_agent(world, seed)
        for real in (*steps, *beyond):
            ppo.learn(agent, real, partial(_told, report, seed))
            acted = play(world, starts, goals, ppo.policy(agent, goals)).success
            found["ppo"].setdefault(real, []).append(acted)
    rows = {name: {real: np.concatenate(hits) for real, hits in by.items()} for name, by in found.items()}
    equal, longest = steps[-1], beyond[-1]
    ours, others = rows["model"][equal], {"equal": rows["ppo"][equal], "longer": rows["ppo"][longest]}
    return Findings(
        readings={
            "learned": share(ours),
            "equal": difference(ours, others["equal"]),
            "longer": difference(ours, others["longer"]),
            "without": difference(others["equal"], ours),
        },
        seeds=seeds,
        data={
            "curves": {
                name: [{"steps": real, **vars(share(hits))} for real, hits in by.items()] for name, by in rows.items()
            },
            "by_seed": {
                name: {str(real): [float(hits.mean()) for hits in by] for real, by in table.items()}
                for name, table in found.items()
            },
            "success": {
                name: vars(share(hits)) for name, hits in (*others.items(), ("cloned", rows["cloned"][equal]))
            },
            "real_steps": equal,
            "more": longest // equal,
        },
    )  # fmt: skip


def _told(report: Report, seed: int, line: str) -> None:
    report(f"seed {seed}: {line}")


def _model(recorded: Episodes, seed: int, updates: int, report: Report) -> WorldModel:
    """The recipe of a single room, without the readers, which planning does not use."""
    from agents.learning.recipes import arguments
    from world_model.models.jepa import JEPA
    from world_model.stages import TrainConfig
    from world_model.train import train

    config = TrainConfig(
        context_size=0, apart=0, inverse=1, whiten=3000, batch=24, rate=2e-3, seed=seed,
        fast_updates=updates, predict_updates=updates, reader_updates=0,
    )  # fmt: skip
    return train(
        lambda episodes, settings: JEPA(**arguments("jepa", episodes, settings)),
        recorded,
        config,
        lambda health: report(f"seed {seed}: {health}"),
    )


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    curves = record["data"]["curves"]
    steps = [point["steps"] for point in curves["ppo"]]
    series = {}
    for name, words in NAMES.items():
        points = {p["steps"]: (p["value"], p["low"], p["high"]) for p in curves[name]}
        series[words] = [points.get(real, (np.nan, np.nan, np.nan)) for real in steps]
    return figures.lines("What real steps buy", "real steps", "success", steps, series, log_x=True)


EXPERIMENT = Experiment(
    id="fewer-real-steps",
    title="Fewer real steps",
    question="At equal real steps, does planning in a learned model beat learning to act without one?",
    criteria=(
        Criterion("learned", "success of planning in the learned model", 0.8),
        Criterion("equal", "that, less the success of PPO after as many real steps", 0.2, "learning-without-a-model-needs-more-trials"),
        Criterion("longer", "that, less the success of PPO after several times as many real steps", 0.0,
                  "learning-without-a-model-needs-more-trials"),
        Criterion("without", "success of PPO after as many real steps, less that of planning in the model", -0.1,
                  "atari-without-a-model"),
    ),
    cannot_show="Two rivals with their usual settings; methods without a model that were tuned for few steps, or that learn "
    "off policy, need fewer than PPO. The model's computing time is not counted.",
    quick={"tasks": 20, "steps": (10_000,), "beyond": (20_000,), "updates": 300, "seeds": (0, 1, 2)},
    full={"tasks": 100, "steps": (3_000, 10_000, 30_000), "beyond": (100_000, 300_000), "updates": 500, "seeds": (0, 1, 2)},
    measure=measure,
    draw=draw,
)  # fmt: skip
