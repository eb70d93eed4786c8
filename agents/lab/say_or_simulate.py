"""On questions about what happens next, who answers better: text, or a model that simulates?

Fresh scenarios of every world that a shipped model knows, settled by the true simulator; and, as the other half of the
truth, questions about ideas, which nothing here can simulate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import difference, mean, share

EVEN = ("text", "chance")
"""Answerers that are no model of a world."""


def measure(report: Report, *, questions: int, seeds: tuple[int, ...]) -> Findings:
    """`questions` fresh scenarios of each world and seed. An abstention is no right answer; its Brier score is that of
    giving every option the same."""
    from agents.bench.contrast import SEED, Asked, asked, ideas, scores
    from agents.contrast.answerers import Guess
    from agents.scenarios import TEMPLATES
    from world_model.checkpoint import shipped

    happening: list[Asked] = []
    for seed in seeds:
        happening += asked(questions, SEED + 1000 * seed, TEMPLATES, None, report)
    about = ideas(None, report)
    models = {"model", *shipped()}

    def guess(one: Asked, simulates: bool) -> Guess:
        """The world model's; or the language model's, and where none is configured, the text's."""
        found = [g for g in one.guesses if (g.who in models) == simulates and g.who != "chance"]
        return found[-1]

    def right(questions: list[Asked], simulates: bool) -> np.ndarray:
        return np.array([guess(one, simulates).choice == one.answer for one in questions])

    def brier(questions: list[Asked], simulates: bool) -> np.ndarray:
        scored = []
        for one in questions:
            chances = np.array(guess(one, simulates).chances or (1 / one.options,) * one.options)
            scored.append(np.square(chances - np.eye(one.options)[one.answer]).sum())
        return np.array(scored)

    return Findings(
        readings={
            "ideas": difference(right(about, False), right(about, True)),
            "right": difference(right(happening, True), right(happening, False)),
            "chances": difference(brier(happening, False), brier(happening, True)),
            "guessing": mean(right(happening, True) - np.array([1 / one.options for one in happening])),
        },
        seeds=seeds,
        data={
            "worlds": list(TEMPLATES),
            "simulated": vars(share(right(happening, True))),
            "said": vars(share(right(happening, False))),
            "said_of_ideas": vars(share(right(about, False))),
            "chance": float(np.mean([1 / one.options for one in happening])),
            "brier": {"simulated": float(brier(happening, True).mean()), "said": float(brier(happening, False).mean())},
            "rows": [row.to_json() for row in scores([*happening, *about])],
        },
    )  # fmt: skip


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures
    from agents.judging.score import wilson

    every = record["data"]["rows"]
    worlds = list(dict.fromkeys(row["world"] for row in every))

    def bar(world: str, who: str) -> tuple[float, float, float]:
        """Share of right answers with its interval, none for chance."""
        rows = [
            r
            for r in every
            if r["world"] == world and (r["who"] not in EVEN if who == "model" else r["who"] == who)
        ]
        n = sum(row["n"] for row in rows)
        right = sum(row["accuracy"] * (row["n"] - row["abstained"]) for row in rows)
        return (right / n,) * 3 if who == "chance" else (right / n, *wilson(round(right), n))

    return figures.bars(
        "Right answers about what happens next, and about ideas",
        "share of the questions; an abstention is no right answer",
        [world or "ideas, words, causes" for world in worlds],
        {words: [bar(world, who) for world in worlds]
         for who, words in {"model": "simulating", "text": "text", "chance": "chance"}.items()},
    )  # fmt: skip


EXPERIMENT = Experiment(
    id="say-or-simulate",
    title="Say or simulate",
    question="Who answers better what happens next, text or a model that simulates it, and who answers what?",
    criteria=(
        Criterion("ideas", "right answers about ideas, text less simulation", 0.1),
        Criterion("guessing", "right answers about what happens next, simulation less blind guessing", 0.1, "simulation-beats-words"),
        Criterion("right", "right answers about what happens next, simulation less text", 0.2, "simulation-beats-words"),
        Criterion("chances", "Brier score about what happens next, text less simulation", 0.0, "simulation-beats-words"),
    ),
    cannot_show="The text is a search in our sources, which were not written about these toys, and it mostly abstains; a "
    "large language model that is told the scene in numbers is another rival, and answers too where one is configured.",
    quick={"questions": 8, "seeds": (0, 1, 2)},
    full={"questions": 50, "seeds": (0, 1, 2)},
    measure=measure,
    draw=draw,
)  # fmt: skip
