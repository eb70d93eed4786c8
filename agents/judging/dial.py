"""The protocol dial: how far one checkpoint's success moves with nothing but the way it is tested.

Every task is played once for each replanning interval, to the longest budget and without stopping at the goal; success by
any shorter budget and any rule is then read off the same episodes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.config import PlanConfig
from agents.errors import AgentError
from agents.judging.evaluate import TASK_SEED, machine
from agents.judging.referee import HELD
from agents.judging.score import wilson
from agents.worlds import make_world
from agents.worlds.base import World
from world_model.checkpoint import load

BUDGETS = (0.25, 0.5, 1.0, 1.5)
"""Steps of an episode, as shares of the world's own."""
LOOKS = (4, 8, 16, 40)
"""Steps between plans."""
RULES = ("any", "held", "end")
FEW = (10, 20, 50)
"""Episodes of a small test: how far its result swings."""


@dataclass(frozen=True)
class Setting:
    """One position of the dial, and the success there."""

    distance: str
    """Which tasks: all, or the nearest, middle or farthest third."""
    steps: int
    rule: str
    look_every: int
    success: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Swing:
    """What tests of n episodes would have reported, at the world's own protocol: the least and the greatest of all
    disjoint ones."""

    n: int
    least: float
    greatest: float
    tests: int


@dataclass(frozen=True)
class Dial:
    world: str
    model: str
    episodes: int
    thirds: tuple[float, float]
    """Where the thirds of the tasks part, in pixels of the shortest way (or, where that isn't known, of the distance to the
    goal)."""
    settings: tuple[Setting, ...]
    swings: tuple[Swing, ...]
    command: str
    machine: str

    @property
    def headline(self) -> Setting:
        return max(self.settings, key=lambda s: s.low)

    @property
    def humbling(self) -> Setting:
        return min(self.settings, key=lambda s: s.high)

    def to_json(self) -> dict[str, Any]:
        extremes = {"headline": self.headline, "humbling": self.humbling}
        return {
            **dataclasses.asdict(self),
            **{name: dataclasses.asdict(setting) for name, setting in extremes.items()},
        }

    def summary(self) -> str:
        top, low = self.headline, self.humbling
        return (
            f"The same checkpoint of {self.world} succeeds in {top.success:.0%} of episodes ({_said(top)}) and in "
            f"{low.success:.0%} ({_said(low)})."
        )

    def figure(self) -> str:
        from agents import figures

        own = make_world(self.world).max_steps
        at = {(s.distance, s.steps, s.rule, s.look_every): (s.success, s.low, s.high) for s in self.settings}
        budgets = sorted({s.steps for s in self.settings})
        distances = ("near", "middle", "far")
        looks = sorted({s.look_every for s in self.settings})
        one = figures.table(
            f"{self.model}: by distance and budget ('any', a plan every {looks[0]} steps)",
            "steps allowed",
            "goals",
            budgets,
            distances,
            [[at[d, b, "any", looks[0]] for b in budgets] for d in distances],
        )
        two = figures.table(
            f"by success rule and replanning (all goals, {own} steps)",
            "steps between plans",
            "rule",
            looks,
            RULES,
            [[at["all", own, rule, look] for look in looks] for rule in RULES],
        )
        names = [f"n = {swing.n} ({swing.tests} tests)" for swing in self.swings]
        middle = at["all", own, "any", looks[0]][0]
        three = figures.bars(
            "by the number of episodes: least to greatest result of disjoint tests",
            "success",
            names,
            {"success": [(middle, swing.least, swing.greatest) for swing in self.swings]},
        )
        return figures.stack("Success by how it is tested", [one, two, three])


def dial(config: PlanConfig, episodes: int = 150, report: Callable[[str], None] = lambda line: None) -> Dial:
    """Raises AgentError for worlds without goals, and for too few episodes."""
    from agents.loop import Eyes, run
    from agents.planners import make_planner
    from world_model.train import one_thread

    world, net = make_world(config.world), load(config.model, config.world).model
    if world.judged_by == "cost":
        raise AgentError(f"{config.world} has no goals; the protocol dial turns on worlds that have")
    if not 30 <= episodes <= 10_000:
        raise AgentError(f"episodes is {episodes}; it must lie between 30 and 10000")
    starts, goals = world.sample_tasks(np.random.default_rng(TASK_SEED + config.seed), episodes)
    budgets = sorted({max(1, round(share * world.max_steps)) for share in BUDGETS})
    far = _far(world, starts, goals)
    parts = np.quantile(far, [1 / 3, 2 / 3])
    third = np.digitize(far, parts)
    groups = {"all": third >= 0, "near": third == 0, "middle": third == 1, "far": third == 2}
    settings, own = [], np.zeros(episodes, bool)
    looks = sorted({min(look, config.horizon) for look in (config.hold, *LOOKS) if look >= config.hold})
    with one_thread():
        for look in looks:
            report(f"a plan every {look} steps, {budgets[-1]} steps ...")
            asked = dataclasses.replace(config, look_every=look, rule="end", steps=budgets[-1])
            result = run(Eyes(world, net), make_planner(asked, world), starts, goals)
            met = np.stack([world.reached(state, goals) for state in result.states])
            for steps in budgets:
                for rule in RULES:
                    success = _succeeds(met[: steps + 1], rule, world.hold)
                    if (look, steps, rule) == (looks[0], world.max_steps, "any"):
                        own = success
                    for name, group in groups.items():
                        hits, n = int(success[group].sum()), int(group.sum())
                        low, high = wilson(hits, n)
                        settings.append(Setting(name, steps, rule, look, hits / n, low, high, n))
    return Dial(
        config.world,
        config.model,
        episodes,
        (float(parts[0]), float(parts[1])),
        tuple(settings),
        tuple(_swing(own, n) for n in FEW if 2 * n <= episodes),
        f"orrery dial {config.flags} --episodes {episodes}",
        machine(),
    )


def _succeeds(met: np.ndarray, rule: str, hold: int) -> np.ndarray:
    """`met` bool [T + 1, N] -> bool [N]."""
    if rule == "any":
        return np.logical_or.reduce(met)
    if rule == "end":
        return np.logical_or.reduce(met[-1:])
    held, best = np.zeros(met.shape[1], int), np.zeros(met.shape[1], int)
    for now in met:
        held = np.where(now, held + 1, 0)
        best = np.maximum(best, held)
    return best >= (hold if hold > 1 else HELD)


def _far(world: World, starts: np.ndarray, goals: np.ndarray) -> np.ndarray:
    way = world.shortest(starts, goals)
    return np.linalg.norm(world.target(starts) - world.target(goals), axis=-1) if way is None else way


def _swing(success: np.ndarray, n: int) -> Swing:
    tests = len(success) // n
    rates = success[: tests * n].reshape(tests, n).mean(1)
    return Swing(n, float(rates.min()), float(rates.max()), tests)


def _said(s: Setting) -> str:
    goals = "all goals" if s.distance == "all" else f"{s.distance} goals"
    rules = {"any": "at any step", "held": f"held {HELD} steps", "end": "at the last step"}
    return f"{goals}, {s.steps} steps, {rules[s.rule]}, a plan every {s.look_every} steps, n = {s.n}"
