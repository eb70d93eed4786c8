"""What caution trades: the more cautious, the more questions without an answer are refused, and the more with one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpus.answering.cases import Case

TIE = 0.0025
"""Of a share: so near, two cautions are equals. Of a thousand questions it is two or three."""


@dataclass(frozen=True)
class Outcome:
    """What became of a question that was left out of the fit."""

    case: Case
    share: float
    """Probability that it is answered, as the fit without it sees it."""
    right: bool


def trade_off(found: Sequence[Outcome]) -> list[dict[str, float]]:
    """For each caution: of the answerable the share answered and answered rightly; of refusals the precision and recall."""
    with_answer = [o for o in found if o.case.answerable]
    without = [o for o in found if not o.case.answerable]
    curve = []
    for caution in np.linspace(0, 1, 41):
        refused = sum(o.share < caution for o in without)
        wrongly = sum(o.share < caution for o in with_answer)
        curve.append(
            {
                "caution": round(float(caution), 3),
                "answered": round(1 - wrongly / len(with_answer), 4),
                "rightly": round(
                    sum(o.right for o in with_answer if o.share >= caution) / len(with_answer), 4
                ),
                "precision": round(refused / (refused + wrongly), 4) if refused + wrongly else 1.0,
                "recall": round(refused / len(without), 4),
            }
        )
    return [{name: float(value) for name, value in point.items()} for point in curve]


def best(curve: Sequence[dict[str, float]]) -> dict[str, float]:
    """The least cautious point whose weakest figure is the highest but for `TIE`.

    Two or three questions decide between such points, and who is refused wrongly has nothing to check.
    """
    weakest = [min(point["rightly"], point["precision"], point["recall"]) for point in curve]
    return next(point for point, value in zip(curve, weakest, strict=True) if value >= max(weakest) - TIE)
