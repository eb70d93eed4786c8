"""Does a model know that a hidden ball still exists, and is it surprised by what can't be?

Matched clips decide: two legal clips swap their tails while the ball is hidden in both, so that legal and impossible
clips hold the same frames and the same changes (Riochet et al., arXiv 1803.07616). The null is an untrained network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Reading, Report
from agents.lab.intervals import difference, mean, ratio

MODEL = "peekaboo-tracker"


def measure(report: Report, *, quadruples: int, episodes: int, seeds: tuple[int, ...]) -> Findings:
    """`quadruples` of each kind and `episodes` of hidden balls, for each seed."""
    from agents.judging.surprise import surprises

    rows, off, guess, forgot = [], [], [], []
    for seed in seeds:
        report(f"seed {seed}: {episodes} episodes, where the hidden ball is believed to be")
        one, other, third = hidden_errors(episodes, 50_000 + seed)
        off.append(one)
        guess.append(other)
        forgot.append(third)
        report(f"seed {seed}: {quadruples} quadruples of each kind of impossible clip")
        rows.append(surprises(MODEL, quadruples, 50_000 + seed).violations)
    kinds = [row.kind for row in rows[0]]
    paired = {kind: _pooled([row for found in rows for row in found if row.kind == kind]) for kind in kinds}
    null = {
        kind: float(np.mean([r.null_paired for f in rows for r in f if r.kind == kind])) for kind in kinds
    }
    single = {kind: float(np.mean([r.single for f in rows for r in f if r.kind == kind])) for kind in kinds}
    errors, guesses, blank = (np.concatenate(part) for part in (off, guess, forgot))
    gone = paired["vanish"]
    return Findings(
        readings={
            "null": _pooled([row for found in rows for row in found if row.kind == "vanish"], "null_paired"),
            "memory": ratio(errors, blank),
            "free": difference(blank, guesses),
            "vanish": gone,
            "all": mean([r.paired for found in rows for r in found]),
        },
        seeds=seeds,
        data={
            "paired": {kind: vars(reading) for kind, reading in paired.items()},
            "null": null,
            "single": single,
            "pixels": {"memory": float(errors.mean()), "last_seen": float(guesses.mean()), "one_look": float(blank.mean())},
        },
    )  # fmt: skip


def hidden_errors(episodes: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each episode with a hidden ball, the mean pixels between the ball while it is hidden and: what is believed; where it
    last showed; what is believed by the same model given the present frame alone, [N] each."""
    import torch

    from agents.judging.remembering import last_seen_place, moments
    from agents.learning.collect import collect
    from world_model.checkpoint import load

    model: Any = load(MODEL).model
    recorded = collect("peekaboo", episodes, 48, seed)
    ball = recorded.facts["ball"]
    with torch.no_grad():
        believed = model.read(model.beliefs(recorded))["ball"].numpy()
        alone = model.read(recorded.encoded(model.first))["ball"].numpy()
    _, _, hidden = moments(recorded)
    some = hidden.any(1)

    def mean_off(place: np.ndarray) -> np.ndarray:
        off = np.linalg.norm(place - ball, axis=-1)
        return ((off * hidden).sum(1) / np.maximum(hidden.sum(1), 1))[some]

    return mean_off(believed), mean_off(last_seen_place(recorded)), mean_off(alone)


def _pooled(rows, name: str = "paired") -> Reading:
    """Paired accuracy over the quadruples of every seed; `null_paired`: that of the untrained networks."""
    from agents.judging.score import wilson

    n = sum(row.n for row in rows)
    hits = round(sum(getattr(row, name) * row.n for row in rows))
    return Reading(hits / n, *wilson(hits, n), n)


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    paired, null = record["data"]["paired"], record["data"]["null"]
    return figures.bars(
        "More surprised by the impossible clips? (.5: chance)",
        "share of matched clips",
        list(paired),
        {
            "trained": [(r["value"], r["low"], r["high"]) for r in paired.values()],
            "never learned to remember": list(null.values()),
        },
    )


EXPERIMENT = Experiment(
    id="permanence",
    title="Permanence",
    question="Does a model know that a hidden ball still exists, and is it surprised by what can't be?",
    criteria=(
        Criterion("null", "share of matched clips whose impossible pair surprises a network more that never learned to remember, vanishing ball", 0.65,
                  above=False),
        Criterion("memory", "error of the hidden ball's place with memory over that of one look alone", 0.7,
                  "hidden-objects-need-memory", above=False),
        Criterion("free", "error of one look alone, less that of the place last seen (pixels)", 0.0, "hidden-objects-come-free",
                  above=False),
        Criterion("vanish", "share of matched clips whose impossible pair surprises more, vanishing ball", 0.75,
                  "surprise-shows-understanding"),
        Criterion("all", "share of matched clips whose impossible pair surprises more, mean over all kinds", 0.75, "latent-prediction-learns-physics"),
    ),
    cannot_show="One ball, one paddle and flat screens; and a network can be surprised for other reasons than keeping the "
    "ball in mind, which is why matched pairs and an untrained null stand beside every figure.",
    quick={"quadruples": 10, "episodes": 60, "seeds": (0, 1, 2)},
    full={"quadruples": 40, "episodes": 200, "seeds": (0, 1, 2)},
    measure=measure,
    draw=draw,
)  # fmt: skip
