"""What planning costs and what it is worth, planner by planner: the README's table."""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.config import PlanConfig
from agents.errors import AgentError
from agents.judging.evaluate import TASK_SEED, machine
from agents.judging.score import Row, make_row
from agents.planners import make_planner, planners_of
from agents.worlds import make_world
from world_model.checkpoint import load

BATCH = 50
"""Episodes planned side by side, for the amortised cost."""
REPEATS = 15
"""Plans that a cost is the median of."""
SAMPLES = (16, 32, 64, 128, 256, 512)
HORIZONS = (16, 32, 64, 128)
BUDGET: dict[str, Any] = {"num_samples": 64, "iterations": 3, "horizon": 32, "hold": 4}
"""What the goals in milliseconds are about."""
GOALS = {"ms": 12.0, "ms_batched": 3.0}


@dataclass(frozen=True)
class Cost:
    """Milliseconds of processor time for one plan, one thread."""

    ms: float
    """Planned alone."""
    ms_batched: float
    """Per episode, 50 planned side by side."""


@dataclass(frozen=True)
class PlannerRow:
    planner: str
    cost: Cost
    in_model: Row
    in_truth: Row | None
    """None for a planner that the true world can't be used with."""


@dataclass(frozen=True)
class PlanningBench:
    world: str
    model: str
    objective: str
    episodes: int
    rows: tuple[PlannerRow, ...]
    budget: Cost
    """Of the usual planner at 64 samples, 3 iterations, 8 knots held for 4 steps."""
    by_samples: dict[str, float]
    by_horizon: dict[str, float]
    """Samples, or imagined steps -> milliseconds of a plan alone, the rest as in the budget."""
    linear: dict[str, float]
    """R^2 of a straight line through each of the two."""
    command: str
    date: str
    machine: str

    def to_json(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "goals": GOALS}

    def figure(self) -> str:
        from agents import figures

        def line(found: dict[str, float], what: str) -> str:
            xs = [int(x) for x in found]
            name = f"R² of a straight line {self.linear[what]:.3f}"
            return figures.lines(
                f"Milliseconds for a plan, by {what}", what, "ms", xs, {name: list(found.values())}
            )

        success = figures.bars(
            f"Success in {self.world}, {self.episodes} tasks each",
            "success",
            [row.planner for row in self.rows],
            {
                "planned in the model": [_triple(row.in_model) for row in self.rows],
                "planned in the truth": [_triple(row.in_truth) for row in self.rows],
            },
        )
        return figures.stack([success, line(self.by_samples, "samples"), line(self.by_horizon, "horizon")])


def planning(
    model: str = "", episodes: int = 100, report: Callable[[str], None] = lambda line: None
) -> PlanningBench:
    """All planners that suit the model's world, at its usual settings, on the same tasks."""
    from agents.loop import Eyes, run
    from world_model.train import one_thread

    config = PlanConfig(model=model)
    world, net = make_world(config.world), load(config.model).model
    starts, goals = world.sample_tasks(np.random.default_rng(TASK_SEED), max(episodes, BATCH))
    rows = []

    def cost(settings: PlanConfig, batch: bool = True) -> Cost:
        alone = _milliseconds(settings, world, net, starts[:1], goals[:1], REPEATS)
        many = _milliseconds(settings, world, net, starts[:BATCH], goals[:BATCH], 5) if batch else np.nan
        return Cost(round(alone, 2), round(many / BATCH, 3))

    with one_thread():
        for name in planners_of(world):
            settings = dataclasses.replace(config, planner=name)
            try:
                make_planner(settings, world)
            except AgentError as refusal:
                report(f"{name}: left out ({refusal})")
                continue
            report(f"{name}: {episodes} episodes in the model and in the truth ...")
            success = [
                None
                if (mind is None and name == "gradient")
                else run(
                    Eyes(world, mind), make_planner(settings, world), starts[:episodes], goals[:episodes]
                ).outcome.success
                for mind in (net, None)
            ]
            in_model, in_truth = (None if found is None else make_row(name, found) for found in success)
            assert in_model is not None
            rows.append(PlannerRow(name, cost(settings), in_model, in_truth))
        report("costs by samples and horizon ...")
        usual = config if world.discrete else dataclasses.replace(config, **BUDGET)
        samples = {
            str(n): cost(dataclasses.replace(usual, num_samples=n), False).ms
            for n in SAMPLES
            if not (usual.planner == "mcts" and n > 128)
        }
        horizons = {
            str(h): cost(dataclasses.replace(usual, horizon=h, look_every=usual.hold), False).ms
            for h in HORIZONS
        }
        budget = cost(usual)
    return PlanningBench(
        config.world,
        config.model,
        config.objective,
        episodes,
        tuple(rows),
        budget,
        samples,
        horizons,
        {"samples": _straight(samples), "horizon": _straight(horizons)},
        f"orrery bench planning --model {config.model} --episodes {episodes}",
        datetime.date.today().isoformat(),
        machine(),
    )


def _milliseconds(config: PlanConfig, world, net, starts, goals, repeats: int) -> float:
    """The median over `repeats` plans, each begun from the one before, after a first that isn't counted; of this
    thread's processor time, so others on the machine don't count."""
    import torch

    from agents.loop import Eyes

    planner, eyes, spent, plan = make_planner(config, world), Eyes(world, net), [], None
    with torch.no_grad():
        state, goal = eyes.first(starts), eyes.first(goals)
        for _ in range(repeats + 1):
            begin = time.thread_time()
            plan = planner.plan(net, state, goal, plan, config.look_every)
            spent.append(1000 * (time.thread_time() - begin))
    return float(np.median(spent[1:]))


def _straight(found: dict[str, float]) -> float:
    x, y = np.array([float(n) for n in found]), np.array(list(found.values()))
    left = y - np.polyval(np.polyfit(x, y, 1), x)
    return round(float(1 - left.var() / y.var()), 4)


def _triple(row: Row | None) -> tuple[float, float, float]:
    return (0.0, 0.0, 0.0) if row is None else (row.success, row.low, row.high)
