"""95 % intervals for what experiments measure: of a mean, a share, a paired difference, a ratio, and over seeds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from agents.judging.score import wilson
from agents.lab.base import Reading

DRAWS = 4000
"""Bootstrap samples: more change the ends of an interval by less than they are rounded to."""


def share(success: ArrayLike) -> Reading:
    """Of n yes or no: Wilson's interval."""
    hits = np.asarray(success, bool)
    low, high = wilson(int(hits.sum()), len(hits))
    return Reading(float(hits.mean()), low, high, len(hits))


def mean(values: ArrayLike) -> Reading:
    """Of n independent numbers."""
    return bootstrap(lambda x: x.mean(-1), values)


def difference(one: ArrayLike, other: ArrayLike) -> Reading:
    """Mean of `one` less mean of `other`, paired: both measured on the same n episodes."""
    return mean(np.asarray(one, float) - np.asarray(other, float))


def ratio(one: ArrayLike, other: ArrayLike) -> Reading:
    """Mean of `one` over mean of `other`, paired."""
    return bootstrap(lambda x, y: x.mean(-1) / np.maximum(y.mean(-1), 1e-12), one, other)


def bootstrap(statistic: Callable[..., np.ndarray], *samples: ArrayLike) -> Reading:
    """Of any statistic of n paired things (Efron 1979, percentiles): each sample [n] or [n, k] is drawn again with the
    same rows, and handed over as [draws, n] or [draws, n, k]."""
    arrays = [np.asarray(sample, float) for sample in samples]
    n, rng = len(arrays[0]), np.random.default_rng(0)
    value = float(statistic(*(array[None] for array in arrays))[0])
    drawn = []
    for _ in range(8):  # in parts, for memory's sake
        rows = rng.integers(0, n, (DRAWS // 8, n))
        drawn.append(statistic(*(array[rows] for array in arrays)))
    low, high = np.percentile(np.concatenate(drawn), [2.5, 97.5])
    return Reading(value, float(low), float(high), n)


def times(fast: ArrayLike, slow: ArrayLike) -> Reading:
    """How many times as large, or as fast, with an interval over repeats or seeds, taken on the logarithm."""
    found = over_seeds(np.log(fast) - np.log(slow))
    value, low, high = np.exp([found.value, found.low, found.high]).tolist()
    return Reading(value, low, high, found.n)


def over_seeds(values: ArrayLike) -> Reading:
    """Mean of one number a training seed, with Student's interval: wide for three seeds, as it should be."""
    from scipy.stats import t

    x = np.asarray(values, float)
    half = t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x))
    return Reading(float(x.mean()), float(x.mean() - half), float(x.mean() + half), len(x))
