"""What an experiment is: the toy version of a claim, a threshold set before the run, and a verdict computed from numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["supported", "contradicted", "inconclusive"]
Budget = Literal["quick", "full"]
Report = Callable[[str], None]
"""Called at least every few seconds with one line on how far the run is. What it raises ends the run."""


@dataclass(frozen=True)
class Reading:
    """One measured number with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int
    """Of what the interval was taken over: episodes, questions, or training seeds."""

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"an interval from {self.low} to {self.high}, of {self.n}, is none")


@dataclass(frozen=True)
class Criterion:
    """What is measured and what it must reach, written down before any run."""

    name: str
    statistic: str
    """In words, with its unit."""
    threshold: float
    claim: str = ""
    """The claim that it decides, by its id; empty for a control, without which nothing is decided."""
    above: bool = True
    """Whether the claim expects a number above the threshold, or below it."""

    def judge(self, reading: Reading) -> Outcome:
        """The whole interval beyond the threshold: supported; short of it: contradicted; across it: inconclusive."""
        beyond, short = reading.low > self.threshold, reading.high < self.threshold
        if not self.above:
            beyond, short = short, beyond
        return "supported" if beyond else "contradicted" if short else "inconclusive"


@dataclass(frozen=True)
class Findings:
    """What a run measured."""

    readings: dict[str, Reading]
    """By the name of their criterion."""
    seeds: tuple[int, ...]
    """Of tasks or of training, whichever the interval covers; three at least."""
    data: dict[str, Any]
    """What the figure is drawn from and the text quotes, as JSON can hold it."""


@dataclass(frozen=True)
class Experiment:
    """One file of this folder holds one, with the function that measures and the one that draws."""

    id: str
    """Claims name it by this."""
    title: str
    question: str
    criteria: tuple[Criterion, ...]
    cannot_show: str
    """What the toy leaves open, in a sentence or two."""
    quick: Mapping[str, Any]
    """Keyword arguments of `measure` for a live run of at most a minute."""
    full: Mapping[str, Any]
    """The same for the recorded run."""
    measure: Callable[..., Findings]
    """(report, **budget) -> Findings. Heavy imports happen inside."""
    draw: Callable[[Mapping[str, Any]], str]
    """A record as JSON -> the figure that tells it at a glance, as SVG."""

    def verdicts(self, readings: Mapping[str, Reading]) -> dict[str, Outcome]:
        """Claim -> verdict. Supported where every criterion of the claim is; contradicted where one of them is;
        and nothing is decided while a control does not hold."""
        judged = {criterion: criterion.judge(readings[criterion.name]) for criterion in self.criteria}
        held = all(outcome == "supported" for c, outcome in judged.items() if not c.claim)
        found: dict[str, Outcome] = {}
        for claim in dict.fromkeys(c.claim for c in self.criteria if c.claim):
            outcomes = {outcome for c, outcome in judged.items() if c.claim == claim}
            if not held or (outcomes != {"supported"} and "contradicted" not in outcomes):
                found[claim] = "inconclusive"
            else:
                found[claim] = "contradicted" if "contradicted" in outcomes else "supported"
        return found


@dataclass(frozen=True)
class Verdict:
    """A finished run, as it is recorded."""

    experiment: str
    budget: Budget
    verdicts: dict[str, Outcome]
    """Claim -> verdict; the first is the claim that the experiment is about."""
    criteria: tuple[dict[str, Any], ...]
    """Each criterion with its reading and what it says."""
    cannot_show: str
    seeds: tuple[int, ...]
    seconds: float
    """By the clock."""
    machine: str
    versions: dict[str, str]
    command: str
    date: str
    data: dict[str, Any]
    cpu_seconds: float | None = None
    """Of processor time: what it takes on a machine that does nothing else. None: not counted."""

    @property
    def outcome(self) -> Outcome:
        return next(iter(self.verdicts.values()))

    @property
    def readings(self) -> dict[str, Reading]:
        fields = [field.name for field in dataclasses.fields(Reading)]
        return {c["name"]: Reading(**{field: c[field] for field in fields}) for c in self.criteria}

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Verdict:
        fixed = {"criteria": tuple(record["criteria"]), "seeds": tuple(record["seeds"])}
        return cls(**{**record, **fixed})
