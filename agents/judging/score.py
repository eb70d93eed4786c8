"""Rows of an evaluation: success or cost, with its interval, and how it compares with the model's on the same tasks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Z = 1.959964
"""95 % of a normal distribution lie within this many standard deviations."""


@dataclass(frozen=True)
class Row:
    """A success rate: the share of `n` tasks, with the 95 % Wilson interval [low, high]."""

    name: str
    success: float
    low: float
    high: float
    n: int
    p: float | None = None
    """McNemar's exact test against the model on the same tasks: the chance of so uneven a split of the tasks that only
    one of the two solved, were both as good. None for the model itself."""

    @property
    def merit(self) -> float:
        """More is better."""
        return self.success

    def __str__(self) -> str:
        return f"{self.success:.1%} of {self.n} [{self.low:.1%}, {self.high:.1%}]"


@dataclass(frozen=True)
class CostRow:
    """A mean cost a step over `n` episodes, with its 95 % interval [low, high] (normal, over episodes)."""

    name: str
    cost: float
    low: float
    high: float
    n: int
    saving: float | None = None
    """What the model saves against this row, as a share of this row's cost, on the same episodes with the same dice; below
    0: the model costs more. None for the model itself."""
    saving_low: float | None = None
    saving_high: float | None = None
    """Its 95 % interval, of the mean paired difference."""

    @property
    def merit(self) -> float:
        """More is better."""
        return -self.cost

    def __str__(self) -> str:
        return f"{self.cost:.2f} a step over {self.n} [{self.low:.2f}, {self.high:.2f}]"


def auroc(positive: np.ndarray, negative: np.ndarray) -> float:
    """The chance that a positive is greater than a negative, ties counting half (Mann and Whitney 1947), by ranks; nan
    where there are none of either."""
    if not len(positive) or not len(negative):
        return float("nan")
    _, place, count = np.unique(np.concatenate([positive, negative]), return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place][: len(positive)]
    n = len(positive)
    return float((rank.sum() - n * (n + 1) / 2) / (n * len(negative)))


def wilson(successes: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson 1927). It stays inside [0, 1] and is honest near the ends."""
    if n == 0:
        return 0.0, 1.0
    p, z = successes / n, Z
    middle = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return (0.0 if successes == 0 else low), (1.0 if successes == n else high)


def mcnemar(one: np.ndarray, other: np.ndarray) -> float:
    """bool [n], bool [n] of the same tasks -> the two-sided exact p of McNemar's test (1947): the discordant pairs
    against a fair coin."""
    only_one, only_other = int((one & ~other).sum()), int((~one & other).sum())
    n, k = only_one + only_other, min(only_one, only_other)
    return min(1.0, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n)


def make_row(name: str, success: np.ndarray, model: np.ndarray | None = None) -> Row:
    """Of bool [n]; `model` is the model's, where this is another's."""
    hits, n = int(success.sum()), len(success)
    low, high = wilson(hits, n)
    return Row(name, hits / n, low, high, n, None if model is None else mcnemar(model, success))


def make_cost_row(name: str, cost: np.ndarray, model: np.ndarray | None = None) -> CostRow:
    """Of the mean cost a step of each of n episodes; `model` is the model's, where this is another's."""
    mean, half = mean_and_half(cost)
    row = CostRow(name, mean, mean - half, mean + half, len(cost))
    if model is None:
        return row
    saving, half = mean_and_half(cost - model)
    return CostRow(
        name,
        mean,
        row.low,
        row.high,
        row.n,
        *(value / mean for value in (saving, saving - half, saving + half)),
    )


def mean_and_half(values: np.ndarray) -> tuple[float, float]:
    """The mean of [n], and half the width of its 95 % interval; nan for a single value, which has none."""
    spread = values.std(ddof=1) if len(values) > 1 else math.nan
    return float(values.mean()), float(Z * spread / math.sqrt(len(values)))
