"""Running experiments, recording what they found, and telling it in words."""

from __future__ import annotations

import dataclasses
import datetime
import json
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from agents.errors import AgentError
from agents.lab import EXPERIMENTS
from agents.lab.base import Budget, Experiment, Outcome, Report, Verdict

RESULTS = Path(__file__).parent / "results"
TEXTS = Path(__file__).parent / "texts"
VERSIONED = ("orrery", "torch", "numpy")


class Cancelled(AgentError):
    """The run was told to stop."""


def experiment(name: str) -> Experiment:
    """Raises AgentError naming the experiments there are."""
    if name not in EXPERIMENTS:
        raise AgentError(f"no experiment {name!r}; the experiments are: {', '.join(EXPERIMENTS)}")
    return import_module(EXPERIMENTS[name]).EXPERIMENT


def run(
    name: str,
    budget: Budget = "quick",
    report: Report = lambda line: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Verdict:
    """Measure, and judge by the thresholds in the experiment's file.

    `cancelled` is asked at every line of progress, at least every few seconds; Cancelled is raised once it says yes.
    """
    from agents.judging.evaluate import machine
    from world_model.train import one_thread

    def tell(line: str) -> None:
        if cancelled():
            raise Cancelled(f"{name} was stopped")
        report(line)

    chosen = experiment(name)
    begin, worked = time.perf_counter(), time.process_time()
    with one_thread():
        found = chosen.measure(tell, **getattr(chosen, budget))
    criteria = tuple(
        {**vars(criterion), **vars(reading), "outcome": criterion.judge(reading)}
        for criterion in chosen.criteria
        for reading in [found.readings[criterion.name]]
    )
    return Verdict(
        experiment=name,
        budget=budget,
        verdicts=chosen.verdicts(found.readings),
        criteria=criteria,
        cannot_show=chosen.cannot_show,
        seeds=found.seeds,
        seconds=round(time.perf_counter() - begin, 1),
        cpu_seconds=round(time.process_time() - worked, 1),
        machine=machine(),
        versions={"python": platform.python_version(), **{name: version(name) for name in VERSIONED}},
        command=f"orrery lab {name} --budget {budget}",
        date=datetime.date.today().isoformat(),
        data=found.data,
    )


def recorded(name: str) -> Verdict | None:
    """The full run that ships with the lab, or None where none was recorded yet."""
    experiment(name)
    path = RESULTS / f"{name}.json"
    return Verdict.from_json(json.loads(path.read_text())) if path.exists() else None


def need(name: str) -> Verdict:
    """The recorded run. Raises AgentError where there is none."""
    found = recorded(name)
    if found is None:
        raise AgentError(f"{name} has no recorded run yet; make one with: orrery lab {name} --budget full")
    return found


@dataclass(frozen=True)
class Listed:
    """An experiment and what is recorded of it."""

    id: str
    title: str
    question: str
    verdicts: dict[str, Outcome]
    """Claim -> recorded verdict; empty before the first full run."""

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def listed() -> list[Listed]:
    """Every experiment."""
    rows = []
    for name in EXPERIMENTS:
        chosen, found = experiment(name), recorded(name)
        rows.append(Listed(name, chosen.title, chosen.question, found.verdicts if found else {}))
    return rows


def write(verdict: Verdict, folder: Path) -> tuple[Path, Path]:
    """The record and its figure, `<experiment>.json` and `<experiment>.svg`, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    record, figure = folder / f"{verdict.experiment}.json", folder / f"{verdict.experiment}.svg"
    record.write_text(json.dumps(verdict.to_json(), indent=1) + "\n")
    figure.write_text(draw(verdict))
    return record, figure


def draw(verdict: Verdict) -> str:
    """The figure of a run, as SVG."""
    return experiment(verdict.experiment).draw(verdict.to_json())


def text(verdict: Verdict) -> str:
    """What the experiment's text says of this run: its numbers are filled in from the record, so they can't disagree."""
    words = (TEXTS / f"{verdict.experiment}.md").read_text()
    names: dict[str, Any] = {
        **{c["name"]: SimpleNamespace(**c) for c in verdict.criteria},
        "data": SimpleNamespace(**verdict.data),
        "verdict": SimpleNamespace(**{k.replace("-", "_"): v for k, v in verdict.verdicts.items()}),
        "seeds": len(verdict.seeds),
        "cannot_show": verdict.cannot_show,
    }
    return words.format(**names)
