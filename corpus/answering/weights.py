"""How much each named number counts, in choosing sentences and in refusing: linear, small enough to read.

`weights.json` is written by `python -m corpus.answering.fit`, which says on which questions and how well.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from corpus.answering.features import FEATURES, INDEX
from corpus.answering.meaning import KNOWS_NOTHING, Sort

PATH = Path(__file__).parent / "weights.json"
LEVELS: tuple[Literal["dense", "lexical"], ...] = ("dense", "lexical")
"""With the embedder; without."""


@dataclass(frozen=True)
class Linear:
    """A weighted sum of named numbers; one that it doesn't know, or isn't given, counts nothing."""

    bias: float
    weights: Mapping[str, float]

    def rows(self, names: Sequence[str], values: np.ndarray) -> np.ndarray:
        """[n] sums for `values` [n, names]."""
        return values @ np.array([self.weights.get(name, 0.0) for name in names], np.float32) + self.bias

    def share(self, values: Mapping[str, float]) -> float:
        """The sum as a probability: logistic regression."""
        total = self.bias + sum(weight * values.get(name, 0.0) for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(min(total, 60.0), -60.0)))


@dataclass(frozen=True)
class Rank:
    """A sentence's worth (`corpus.answering.features`)."""

    familiar: Linear
    """Of a source of which it is known what questions it answers: a digest."""
    strange: Linear
    """Of any other: the user's own document."""

    def rows(self, described: np.ndarray) -> np.ndarray:
        """[n] log odds, up to a constant, for `described` [n, FEATURES]."""
        familiar = described[:, INDEX["familiar"]] > 0
        each = (self.familiar.rows(FEATURES, described), self.strange.rows(FEATURES, described))
        return np.where(familiar, *each)


@dataclass(frozen=True)
class Weights:
    """For one level of equipment."""

    rank: Rank
    cover: Linear
    """Log odds that the chosen sentences answer (`corpus.answering.cover`)."""
    sort: Sort
    """Log odds that a question of its sort has an answer (`corpus.answering.meaning`)."""
    caution: float
    """The probability below which a question is refused, unless the caller says otherwise."""
    trade_off: tuple[dict[str, float], ...]
    """For each caution what is answered, answered rightly, and refused with what precision and recall."""


@cache
def read_weights(path: Path = PATH) -> dict[str, Weights]:
    """Level -> weights."""
    found = json.loads(path.read_text())
    return {
        level: Weights(
            rank=Rank(**{name: Linear(**linear) for name, linear in part["rank"].items()}),
            cover=Linear(**part["cover"]),
            sort=Sort(**part["sort"]) if "sort" in part else KNOWS_NOTHING,
            caution=part["caution"],
            trade_off=tuple(part["trade_off"]),
        )
        for level, part in found.items()
        if level in LEVELS
    }


def trade_off(level: str = "") -> tuple[dict[str, float], ...]:
    """For each caution: of questions with an answer the share answered, and answered rightly; of refusals the
    precision and recall. Recorded by cross-validation over the questions that were fitted to; `level` is the best equipped unless given.
    """
    levels = read_weights()
    return levels[level or next(name for name in LEVELS if name in levels)].trade_off
