"""Success or cost with its interval, its floor and its ceiling, on the same tasks for every row."""

from __future__ import annotations

import dataclasses
import datetime
import json
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.config import PlanConfig
from agents.errors import AgentError
from agents.judging.paths import spl, travelled
from agents.judging.score import CostRow, Row, make_cost_row, make_row
from world_model.checkpoint import load, read_passport
from world_model.errors import WorldModelError

if TYPE_CHECKING:
    from agents.judging.referee import Referee
    from agents.loop import Eyes
    from agents.worlds.base import Policy, World

TASK_SEED = 10_000
"""Evaluation tasks come from this seed onwards; training data comes from seeds below it."""
FUTURES, FEWER = 8, 40
"""Where the oracle is not to know the dice: futures that it weighs, and the episodes that there is time for."""
REPORT_EVERY = 5.0
"""Seconds."""


@dataclass(frozen=True)
class Evaluation:
    """What `orrery evaluate` prints and a passport keeps."""

    world: str
    model: str
    planner: str
    objective: str
    rule: str
    episodes: int
    seed: int
    rows: tuple[Row | CostRow, ...]
    notes: tuple[str, ...]
    """What the table leaves out, and why."""
    steps_to_success: float | None
    """Mean over the model's successes; None when there are none."""
    spl: float | None
    """Success weighted by path length (Anderson et al. 2018, eq. 1): the mean over tasks of the shortest way's share of
    the way taken, 0 for a failure. None where the shortest way isn't known."""
    ms_per_plan: float
    """Median over the looks of one episode planned alone, one thread."""
    ms_per_plan_batched: float
    """Per episode, all episodes planned as one batch."""
    command: str
    date: str
    machine: str

    @property
    def model_row(self) -> Row | CostRow:
        return next(row for row in self.rows if row.name == "model")

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Played:
    """One row's episodes, in the order of the tasks; a row of another length played the first of them."""

    success: list[bool]
    steps: list[int]
    cost: list[float]
    path: list[float]
    """Pixels travelled, or moves on a grid; empty where that isn't followed."""
    plan_ms: list[float]
    """Milliseconds per look, for all episodes that planned then."""
    plans: int
    """Made in all."""


def machine() -> str:
    """Processor family and core count: what a timing needs beside it."""
    import os

    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def evaluate(
    config: PlanConfig,
    episodes: int = 200,
    report: Callable[[str], None] = lambda line: None,
    out: Path | None = None,
) -> Evaluation:
    """Plays the same `episodes` tasks once a row: floors, the model, the oracle and what else the world is read against.

    With `out`, every row is written there as soon as it is played; called again with the same settings and file, what
    is in it isn't played again. Raises AgentError or WorldModelError, in one line, for names and numbers that can't be
    used, and for a file that holds something else.
    """
    from agents.judging.referee import in_words
    from agents.planners import make_planner
    from agents.worlds import make_world
    from world_model.train import one_thread

    if not 1 <= episodes <= 10_000:
        raise AgentError(f"episodes is {episodes}; it must lie between 1 and 10000")
    world = make_world(config.world)
    if world.judged_by == "cost" and episodes < 2:
        raise AgentError("episodes is 1; a cost has no interval with fewer than 2")
    make_planner(config, world)  # an unknown name is refused before any work is done
    command = f"orrery evaluate {config.flags} --episodes {episodes}"
    played = _resume(out, command)
    with one_thread():
        match = _Match(config, world, episodes, report)
        for name, play in match.rows():
            if name not in played:
                report(f"{name}: playing {episodes} episodes ...")
                played[name] = play()
                _keep(out, {"command": command, "played": _plain(played)})
    rows, model = [], played["model"]
    for name in [name for name in played if name != "alone"]:
        measured = "cost" if world.judged_by == "cost" else "success"
        values = np.array(getattr(played[name], measured))
        other = None if name == "model" else np.array(getattr(model, measured))[: len(values)]
        rows.append(
            make_cost_row(name, values, other) if measured == "cost" else make_row(name, values, other)
        )
    success, steps = np.array(model.success), np.array(model.steps)
    result = Evaluation(
        world=config.world,
        model=config.model,
        planner=config.planner,
        objective=config.objective,
        rule=in_words(world, config.rule, config.steps),
        episodes=episodes,
        seed=config.seed,
        rows=tuple(rows),
        notes=match.notes,
        steps_to_success=float(steps[success].mean()) if success.any() else None,
        spl=match.spl(model),
        ms_per_plan=float(np.median(played["alone"].plan_ms)) if played["alone"].plan_ms else 0.0,
        ms_per_plan_batched=float(np.sum(model.plan_ms) / max(1, model.plans)),
        command=command,
        date=datetime.date.today().isoformat(),
        machine=machine(),
    )
    _keep(out, {**result.to_json(), "played": _plain(played)})
    return result


class _Match:
    """The tasks, and who plays them."""

    def __init__(self, config: PlanConfig, world: World, episodes: int, report: Callable[[str], None]):
        self.config, self.world, self.episodes, self.report = config, world, episodes, report
        self.net = load(config.model, config.world).model
        self.starts, self.goals = world.sample_tasks(np.random.default_rng(TASK_SEED + config.seed), episodes)

    @property
    def notes(self) -> tuple[str, ...]:
        from agents.planners import make_planner

        if not self.world.branchable:
            return (
                "no oracle: the world is a live environment, which can't be tried out from one state twice",
            )
        if make_planner(self.config, self.world).needs_model:
            return (f"no oracle: the planner {self.config.planner!r} searches in a model's futures alone",)
        if self.world.judged_by == "cost":
            return (
                f"the oracle knows the rules but not the dice: {FUTURES} possible futures a look, "
                f"the first {min(FEWER, self.episodes)} episodes",
            )
        if self.config.planner == "gradient":
            return ("the oracle is planned by icem: the true world can't be differentiated",)
        return ()

    def rows(self) -> Iterator[tuple[str, Callable[[], Played]]]:
        """Name and how it is played; `alone` is the model on one task, for its timing only."""
        from agents.baselines.oracle import Truth
        from agents.loop import Eyes
        from agents.planners import make_planner

        world, seed = self.world, self.config.seed
        yield "random", lambda: self._acted(world.behaviour(np.random.default_rng(seed), self.episodes))
        if world.straight(self.starts, self.goals) is not None:
            yield "straight line", lambda: self._acted(self._straight)
        if world.name.startswith("supply-chain"):
            from agents.baselines.rules import ordering_rules
            from agents.worlds.supply_chain import SupplyChain

            assert isinstance(world, SupplyChain)
            for name, make in ordering_rules(world, seed).items():
                yield name, partial(self._ruled, make)
        wrong = world.swapped(self.goals, np.random.default_rng(seed)) if self.episodes > 1 else None
        if wrong is not None:
            yield "swapped goals", lambda: self._planned("swapped goals", Eyes(world, self.net), wrong)
        yield "model", lambda: self._planned("model", Eyes(world, self.net))
        if world.branchable and world.judged_by == "goal":
            yield "oracle", lambda: self._planned("oracle", Eyes(world, None))
        elif world.branchable and not make_planner(self.config, world).needs_model:
            dice = Truth(world, FUTURES, np.random.default_rng(seed))
            yield "oracle", lambda: self._planned("oracle", Eyes(world, dice), count=FEWER)
        yield "alone", lambda: self._planned("alone", Eyes(world, self.net), count=1)

    def _straight(self, state: np.ndarray) -> np.ndarray:
        action = self.world.straight(state, self.goals)
        assert action is not None
        return action

    def _ruled(self, make: Callable[[], Policy]) -> Played:
        return self._acted(make())

    def _acted(self, policy: Policy) -> Played:
        from agents.judging.referee import play

        outcome = play(self.world, self.starts, self.goals, policy, self.config.rule, self.config.steps)
        return Played(outcome.success.tolist(), outcome.steps.tolist(), outcome.cost.tolist(), [], [], 0)

    def _planned(
        self, name: str, eyes: Eyes, pursued: np.ndarray | None = None, count: int | None = None
    ) -> Played:
        from agents.loop import run
        from agents.planners import make_planner

        last = time.monotonic()

        def watch(referee: Referee) -> None:
            nonlocal last
            if time.monotonic() - last > REPORT_EVERY:
                last = time.monotonic()
                there = "" if self.world.judged_by == "cost" else f", {int(referee.success.sum())} there"
                self.report(f"{name}: step {referee.t} of {self.config.steps}{there}")

        starts, goals = self.starts[:count], self.goals[:count]
        config = self.config
        if name == "oracle" and config.planner == "gradient":
            config = dataclasses.replace(config, planner="icem")
        result = run(eyes, make_planner(config, self.world), starts, goals, pursued, watch)
        outcome = result.outcome
        return Played(
            outcome.success.tolist(),
            outcome.steps.tolist(),
            outcome.cost.tolist(),
            [] if (path := travelled(self.world, result)) is None else path.tolist(),
            result.plan_ms,
            int(result.looked.sum()),
        )

    def spl(self, played: Played) -> float | None:
        shortest = self.world.shortest(self.starts, self.goals)
        if shortest is None or not played.path:
            return None
        return float(spl(np.array(played.success), np.array(played.path), shortest).mean())


def _resume(out: Path | None, command: str) -> dict[str, Played]:
    """What an earlier call with the same settings has left in its file."""
    if out is None or not out.exists():
        return {}
    try:
        kept = json.loads(out.read_text())
        found, played = kept["command"], {name: Played(**row) for name, row in kept["played"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AgentError(f"{out} isn't an evaluation; name another file") from None
    if found != command:
        raise AgentError(f"{out} holds another evaluation ({found}); name another file, or delete it")
    return played


def _keep(out: Path | None, record: dict[str, Any]) -> None:
    """Written beside it first, so that a kill leaves the old file or the new one."""
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        half = out.with_suffix(out.suffix + ".part")
        half.write_text(json.dumps(record) + "\n")
        half.replace(out)


def _plain(played: dict[str, Played]) -> dict[str, Any]:
    return {name: dataclasses.asdict(row) for name, row in played.items()}


def recorded(model: str) -> dict[str, Any]:
    """The evaluation kept in a model's passport, with the spread over its training seeds.

    Raises WorldModelError when the passport holds none.
    """
    results = read_passport(model).results
    if "evaluation" not in results:
        raise WorldModelError(f"model {model!r} was never evaluated; run: orrery evaluate --model {model}")
    return {**results["evaluation"], "seeds": results["training_seeds"]}
