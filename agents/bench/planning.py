"""What planning costs and what it is worth, by planner and by objective: the README's table."""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.config import PlanConfig
from agents.errors import AgentError
from agents.judging.evaluate import TASK_SEED, machine
from agents.judging.paths import spl, travelled
from agents.judging.score import Row, make_row
from agents.planners import make_planner, planners_of
from agents.worlds import make_world
from world_model.checkpoint import load

if TYPE_CHECKING:
    from agents.worlds.base import World
    from world_model.models.base import WorldModel

BATCH = 50
"""Episodes planned side by side, for the amortised cost."""
REPEATS = 15
"""Plans that a cost is the median of."""
SAMPLES = (16, 32, 64, 128, 256, 512)
HORIZONS = (16, 32, 64, 128)
BUDGET: dict[str, Any] = {"num_samples": 64, "iterations": 3, "horizon": 32, "hold": 4}
"""What the goals in milliseconds are about."""
GOALS = {"ms": 12.0, "ms_batched": 3.0}
OF_GOALS = ("min-mean", "sum", "final", "decoded", "temporal")
"""Objectives that can be compared wherever there is a goal."""
TEMPORAL_UPDATES = 2000
"""Gradient steps on a temporal distance, for a model that has none."""


@dataclass(frozen=True)
class Cost:
    """Milliseconds of processor time for one plan, one thread."""

    ms: float
    """Planned alone."""
    ms_batched: float
    """Per episode, 50 planned side by side."""


@dataclass(frozen=True)
class Played:
    """A planner and an objective, in the model's imagination or in the truth."""

    row: Row
    """With McNemar's p against the usual planner and objective, imagined by the same."""
    spl: float | None
    """Success weighted by path length; None where the shortest way isn't known."""


@dataclass(frozen=True)
class PlannerRow:
    planner: str
    objective: str
    cost: Cost
    in_model: Played
    in_truth: Played | None
    """None for a planner that the true world can't be used with."""


@dataclass(frozen=True)
class PlanningBench:
    world: str
    model: str
    episodes: int
    rows: tuple[PlannerRow, ...]
    """The usual planner and objective first, then the other planners, then the other objectives, then halving with its own."""
    notes: tuple[str, ...]
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
            [f"{row.planner}, {row.objective}" for row in self.rows],
            {
                "planned in the model": [_triple(row.in_model) for row in self.rows],
                "planned in the truth": [_triple(row.in_truth) for row in self.rows],
            },
        )
        parts = [success, line(self.by_samples, "samples"), line(self.by_horizon, "horizon")]
        return figures.stack(f"Planners in {self.world}", parts)


def planning(
    model: str = "", episodes: int = 200, report: Callable[[str], None] = lambda line: None
) -> PlanningBench:
    """All planners that suit the model's world with its usual objective, and its usual planner with all objectives, at its
    usual settings, on the same tasks. A model without a temporal distance learns one for it."""
    from agents.learning.distances import ensure_temporal
    from world_model.train import one_thread

    config = PlanConfig(model=model)
    world, checkpoint = make_world(config.world), load(config.model)
    notes: tuple[str, ...] = ()
    with one_thread():
        match = _Match(world, checkpoint.model, episodes)
        rows: list[PlannerRow] = []
        for settings in _settings(config, world):
            name = f"{settings.planner}, {settings.objective}"
            try:
                make_planner(settings, world)
            except AgentError as refusal:
                report(f"{name}: left out ({refusal})")
                continue
            if settings.objective == "temporal":
                notes = ensure_temporal(checkpoint, TEMPORAL_UPDATES, config.seed, report)
            report(f"{name}: {episodes} episodes in the model and in the truth ...")
            rows.append(match.row(settings))
        report("costs by samples and horizon ...")
        usual = config if world.discrete else dataclasses.replace(config, **BUDGET)
        samples = {
            str(n): match.cost(dataclasses.replace(usual, num_samples=n), False).ms
            for n in SAMPLES
            if not (usual.planner == "mcts" and n > 128)
        }
        horizons = {
            str(h): match.cost(dataclasses.replace(usual, horizon=h, look_every=usual.hold), False).ms
            for h in HORIZONS
        }
        budget = match.cost(usual)
    return PlanningBench(
        config.world,
        config.model,
        episodes,
        tuple(rows),
        notes,
        budget,
        samples,
        horizons,
        {"samples": _straight(samples), "horizon": _straight(horizons)},
        f"orrery bench planning --model {config.model} --episodes {episodes}",
        datetime.date.today().isoformat(),
        machine(),
    )


def _settings(config: PlanConfig, world: World) -> Iterator[PlanConfig]:
    """The usual, then all that differ from it in the planner, then all that differ in the objective; at last the objective
    that suits halving, which goes astray by the usual one."""
    yield config
    for planner in planners_of(world):
        if planner != config.planner:
            yield dataclasses.replace(config, planner=planner)
    starts, goals = world.sample_tasks(np.random.default_rng(0), 1)
    ways = world.shortest(starts, goals) is not None
    if config.objective in OF_GOALS and ways:
        for objective in OF_GOALS:
            if objective != config.objective:
                yield dataclasses.replace(config, objective=objective)
        if "halving" in planners_of(world):
            yield dataclasses.replace(config, planner="halving", objective="temporal")


class _Match:
    """The tasks, and who plays them."""

    def __init__(self, world: World, net: WorldModel, episodes: int):
        self.world, self.net, self.episodes = world, net, episodes
        self.starts, self.goals = world.sample_tasks(np.random.default_rng(TASK_SEED), max(episodes, BATCH))
        self.usual: dict[bool, np.ndarray] = {}

    def row(self, settings: PlanConfig) -> PlannerRow:
        truth = None if settings.planner == "gradient" else self._played(settings, None)
        return PlannerRow(
            settings.planner,
            settings.objective,
            self.cost(settings),
            self._played(settings, self.net),
            truth,
        )

    def _played(self, settings: PlanConfig, net: WorldModel | None) -> Played:
        from agents.loop import Eyes, run

        starts, goals = self.starts[: self.episodes], self.goals[: self.episodes]
        result = run(Eyes(self.world, net), make_planner(settings, self.world), starts, goals)
        success, path = result.outcome.success, travelled(self.world, result)
        shortest = self.world.shortest(starts, goals)
        usual = self.usual.setdefault(net is None, success)
        return Played(
            make_row(
                f"{settings.planner}, {settings.objective}", success, None if usual is success else usual
            ),
            None if path is None or shortest is None else float(spl(success, path, shortest).mean()),
        )

    def cost(self, settings: PlanConfig, batch: bool = True) -> Cost:
        alone = _milliseconds(settings, self.world, self.net, self.starts[:1], self.goals[:1], REPEATS)
        if not batch:
            return Cost(round(alone, 2), float("nan"))
        many = _milliseconds(settings, self.world, self.net, self.starts[:BATCH], self.goals[:BATCH], 5)
        return Cost(round(alone, 2), round(many / BATCH, 3))


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


def _triple(played: Played | None) -> tuple[float, float, float]:
    return (0.0, 0.0, 0.0) if played is None else (played.row.success, played.row.low, played.row.high)
