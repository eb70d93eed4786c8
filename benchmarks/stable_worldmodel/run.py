"""`python -m benchmarks.stable_worldmodel.run COMMAND`: each command writes a record into `results/`."""

from __future__ import annotations

import dataclasses
import datetime
import json
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from tyro.extras import SubcommandApp

from agents.judging.evaluate import machine
from agents.judging.score import make_row
from benchmarks.stable_worldmodel import protocol, recordings
from benchmarks.stable_worldmodel.protocol import DISTANCES, Score
from benchmarks.stable_worldmodel.two_room import TwoRoom

RESULTS = Path(__file__).parent / "results"
DATA = Path("runs/stable_worldmodel")
LEARN, HELD_OUT = 500, 1500
"""Episodes that models learn from, and that tasks are taken from."""
VERSIONS = ("stable-worldmodel", "torch-world", "torch", "numpy", "gymnasium")

app = SubcommandApp()


@app.command
def evaluate(
    seed: int = 0,
    n: int = 200,
    objectives: tuple[str, ...] = ("temporal",),
    ahead: tuple[int, ...] = tuple(rows for rows, _ in DISTANCES),
    temporal_updates: int = protocol.RECIPE.temporal_updates,
    data: Path = DATA,
) -> None:
    """Train one model, unless it is there, and plan with it at all three distances.

    Args:
        seed: Of training.
        n: Tasks at each distance.
        objectives: What is minimised; `decoded` uses a probe that learned from true places.
        ahead: The distances, in rows that the goal lies ahead.
        temporal_updates: Gradient steps of the temporal distance.
        data: Where recordings and checkpoints are kept.
    """
    begin, world = time.process_time(), TwoRoom()
    learn = recordings.recorded(world, LEARN, data)
    tasks = recordings.held_out(world, HELD_OUT, data)
    collected = time.process_time() - begin
    usual = temporal_updates == protocol.RECIPE.temporal_updates
    config = dataclasses.replace(protocol.RECIPE, seed=seed, temporal_updates=temporal_updates)
    name = protocol.trained(learn, config, data if usual else data / f"temporal-{temporal_updates}", _say)
    passport = protocol.checkpoint.read_passport(name)
    rows = []
    for rows_ahead in ahead:
        steps = dict(DISTANCES)[rows_ahead]
        starts, goals = protocol.at(tasks, rows_ahead, n)
        for objective in objectives:
            settings = {"objective": objective, "steps": steps}
            label = f"ours, {objective}{'' if usual else f', {temporal_updates} updates of it'}"
            score, hits = protocol.planned(world, name, settings, starts, goals, label)
            rows.append(_row(rows_ahead, steps, score, hits=_bits(hits)))
            _say(f"seed {seed}, {rows_ahead}/{steps}: {score}")
    options = f"--seed {seed} --n {n} --objectives {' '.join(objectives)}"
    if len(ahead) < len(DISTANCES):
        options += f" --ahead {' '.join(map(str, ahead))}"
    if not usual:
        options += f" --temporal-updates {temporal_updates}"
    _write(
        f"seed-{seed}-{'-'.join(objectives)}{'' if usual else f'-{temporal_updates}'}",
        f"evaluate {options}",
        training_seed=seed,
        training={
            k: getattr(passport, k) for k in ("training_seconds", "training", "results", "data_recipe")
        },
        parameters=sum(p.numel() for p in protocol.checkpoint.load(name).model.parameters()),
        transitions=int(np.prod(learn.action.shape[:2])),
        collecting_cpu_seconds=round(collected, 1),
        plan=protocol.PLAN,
        rows=rows,
    )


@app.command
def baselines(n: int = 200, data: Path = DATA) -> None:
    """Their random policy and their expert, on the tasks that `evaluate` plans.

    Args:
        n: Tasks at each distance.
        data: Where recordings are kept.
    """
    world = TwoRoom()
    tasks, rows = recordings.held_out(world, HELD_OUT, data), []
    for ahead, steps in DISTANCES:
        starts, goals = protocol.at(tasks, ahead, n)
        within = float(world.reached(starts, goals).mean())
        for score in protocol.beside(world, starts, goals, steps):
            rows.append(_row(ahead, steps, score, begins_within=within))
            _say(f"{ahead}/{steps}: {score}")
    _write("baselines", f"baselines --n {n}", rows=rows)


@app.command
def solvers(seed: int = 0, n: int = 100, ahead: int = 100, data: Path = DATA) -> None:
    """Our planner against their CEMSolver and torch-world's CEM: one model, one objective, equal samples and rounds.

    Args:
        seed: Of the model's training.
        n: Tasks.
        ahead: Rows that the goal lies ahead.
        data: Where recordings and checkpoints are kept.
    """
    from benchmarks.stable_worldmodel.solvers import compare

    world = TwoRoom()
    name = _model(world, seed, data)
    steps = dict(DISTANCES)[ahead]
    starts, goals = protocol.at(recordings.held_out(world, HELD_OUT, data), ahead, n)
    rows = compare(world, name, starts, goals, steps, _say)
    _write("solvers", f"solvers --seed {seed} --n {n} --ahead {ahead}", ahead=ahead, steps=steps, rows=rows)


@app.command
def check(seed: int = 0, n: int = 20, ahead: int = 25, data: Path = DATA) -> None:
    """The same tasks in their own `World.evaluate`, where our planner is one of their policies, and in our loop.

    Args:
        seed: Of the model's training.
        n: Tasks; their environments draw every step, so this is slow.
        ahead: Rows that the goal lies ahead.
        data: Where recordings and checkpoints are kept.
    """
    from benchmarks.stable_worldmodel.theirs import evaluated

    world, steps = TwoRoom(), dict(DISTANCES)[ahead]
    name = _model(world, seed, data)
    starts, goals = protocol.at(recordings.held_out(world, HELD_OUT, data), ahead, n)
    hits = {
        "in their World.evaluate": evaluated(world, name, starts, goals, steps),
        "in our loop": protocol.planned(world, name, {"steps": steps}, starts, goals, "")[1],
    }
    rows = [{**vars(make_row(where, found)), "hits": _bits(found)} for where, found in hits.items()]
    for row in rows:
        _say(f"{ahead}/{steps} {row['name']}: {row['success']:.1%} of {n}")
    _write("check", f"check --seed {seed} --n {n} --ahead {ahead}", ahead=ahead, steps=steps, rows=rows)


@app.command
def table() -> None:
    """The records as a table in Markdown."""
    rows = [
        (r["ahead"], r["steps"], f"seed {record['training_seed']}, {r['name']}" if "training_seed" in record else r["name"], r)
        for path in sorted(RESULTS.glob("*.json"))
        for record in [json.loads(path.read_text())]
        if path.stem not in ("solvers", "check")
        for r in record["rows"]
    ]  # fmt: skip
    print("| goal / budget | | success | n | ms a plan |\n|---|---|---|---|---|")
    for ahead, steps, name, r in sorted(rows, key=lambda row: row[0]):
        ms = "" if r["ms_per_plan"] is None else f"{r['ms_per_plan']:.1f}"
        print(
            f"| {ahead} / {steps} | {name} | {r['success']:.1%} [{r['low']:.1%}, {r['high']:.1%}] | {r['n']} | {ms} |"
        )


def _model(world: TwoRoom, seed: int, data: Path) -> str:
    config = dataclasses.replace(protocol.RECIPE, seed=seed)
    return protocol.trained(recordings.recorded(world, LEARN, data), config, data, _say)


def _row(ahead: int, steps: int, score: Score, **more: Any) -> dict[str, Any]:
    flat = {**dataclasses.asdict(score.row), **dataclasses.asdict(score)}
    return {
        "ahead": ahead,
        "steps": steps,
        **{k: v for k, v in flat.items() if k not in ("row", "p")},
        **more,
    }


def _bits(hits: np.ndarray) -> str:
    """One character a task, so that rows can be compared task by task."""
    return "".join("01"[int(hit)] for hit in hits)


def _write(name: str, command: str, **found: Any) -> None:
    RESULTS.mkdir(exist_ok=True)
    record = {
        **found,
        "task_seed": protocol.TASK_SEED,
        "held_out_episodes": HELD_OUT,
        "command": f"python -m benchmarks.stable_worldmodel.run {command}",
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONS}},
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    app.cli(prog="python -m benchmarks.stable_worldmodel.run")
