"""Who answers better, and about what: text, a language model, or a model that imagines. Scored on fresh questions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import yaml

from agents.config import model_of
from agents.contrast.answerers import Guess, imagined, text
from agents.contrast.talker import talker
from agents.errors import AgentError
from agents.judging.score import wilson
from agents.lab.intervals import mean, share
from agents.scenarios import TEMPLATES, scenarios, truth

if TYPE_CHECKING:
    from corpus.retrieval.index import Corpus

IDEAS = Path(__file__).parents[1] / "scenarios" / "ideas.yaml"
SIMULATOR = "model"
"""Stands for every world model where none can say anything."""
IDEA = "ideas, words and causes"
"""The kind of the questions that nothing here can simulate."""
SEED = 30_000
"""Scored scenarios come from this seed onwards; rules are tried out on lower ones."""


@dataclass(frozen=True)
class Score:
    """One answerer on one kind of question."""

    world: str
    kind: str
    who: str
    """text, a language model's or a world model's name; `chance` gives every option the same."""
    n: int
    abstained: int
    accuracy: float
    """Of those that were answered; 0 where none was."""
    low: float
    high: float
    """Its 95 % Wilson interval."""
    brier: float
    """Mean over those that were answered, 0 to 2, less is better; 2 where none was."""
    brier_low: float
    brier_high: float
    """Its 95 % interval, bootstrapped over questions."""

    @property
    def right(self) -> int:
        return round(self.accuracy * (self.n - self.abstained))

    @property
    def talks(self) -> bool:
        """Whether it is text or a language model; else it simulates, or it is `chance`."""
        return self.who != "chance" and not self.simulates

    @property
    def simulates(self) -> bool:
        from world_model.checkpoint import shipped

        return self.who == SIMULATOR or self.who in shipped()

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Asked:
    """One question with everyone's answer, for who wants to count otherwise."""

    world: str
    kind: str
    answer: int
    options: int
    guesses: tuple[Guess, ...]


def bench_contrast(
    n: int = 30,
    seed: int = SEED,
    worlds: Iterable[str] = tuple(TEMPLATES),
    corpus: Corpus | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> list[Score]:
    """`n` fresh scenarios a world, and the questions about ideas: every answerer on all of them, by kind.

    Raises AgentError for a number or a world that can't be.
    """
    if not 1 <= n <= 2000:
        raise AgentError(f"n is {n}; it must lie between 1 and 2000")
    return scores([*asked(n, seed, worlds, corpus, report), *ideas(corpus, report)])


def asked(
    n: int, seed: int, worlds: Iterable[str], corpus: Corpus | None, report: Callable[[str], None]
) -> list[Asked]:
    from corpus.retrieval.index import open_corpus

    corpus = corpus or open_corpus()
    found: list[Asked] = []
    for world in worlds:
        made = scenarios(world, n, seed)
        name = model_of(made[0].world)
        for count, scenario in enumerate(made):
            if count % 10 == 0:
                report(f"{world}: question {count} of {n}")
            guesses = [text(scenario.question, scenario.options, corpus)]
            guesses += [_chance(len(scenario.options))]
            guesses += [g for g in [talker(scenario.scene, scenario.question, scenario.options)] if g]
            guesses += [imagined(scenario, name, seed=count).guess]
            answer = int(truth(scenario).argmax())
            found.append(Asked(world, scenario.kind, answer, len(scenario.options), tuple(guesses)))
    return found


def ideas(corpus: Corpus | None, report: Callable[[str], None]) -> list[Asked]:
    """The questions about ideas: those who simulate abstain."""
    from corpus.retrieval.index import open_corpus

    corpus, found = corpus or open_corpus(), []
    report("questions about ideas")
    for entry in yaml.safe_load(IDEAS.read_text()):
        options = tuple(entry["options"])
        guesses = [text(entry["q"], options, corpus), _chance(len(options))]
        guesses += [g for g in [talker("", entry["q"], options)] if g]
        guesses += [Guess(SIMULATOR, None, "nothing here can simulate it")]
        found.append(Asked("", IDEA, entry["answer"], len(options), tuple(guesses)))
    return found


def _chance(options: int) -> Guess:
    return Guess("chance", (1 / options,) * options, "every option alike")


def scores(questions: list[Asked]) -> list[Score]:
    """A row for each world, kind and answerer."""
    rows: dict[tuple[str, str, str], list[tuple[Asked, Guess]]] = {}
    for question in questions:
        for guess in question.guesses:
            rows.setdefault((question.world, question.kind, guess.who), []).append((question, guess))
    return [_score(*key, answers) for key, answers in rows.items()]


def _score(world: str, kind: str, who: str, answers: list[tuple[Asked, Guess]]) -> Score:
    given = [(asked, np.array(guess.chances)) for asked, guess in answers if guess.chances is not None]
    if not given:
        return Score(world, kind, who, len(answers), len(answers), 0.0, 0.0, 1.0, 2.0, 0.0, 2.0)
    if who == "chance":
        hits = mean([1 / asked.options for asked, _ in given])
    else:
        hits = share([chances.argmax() == asked.answer for asked, chances in given])
    brier = mean([np.square(c - np.eye(asked.options)[asked.answer]).sum() for asked, c in given])
    missing = len(answers) - len(given)
    return Score(
        world, kind, who, len(answers), missing, hits.value, hits.low, hits.high, brier.value, brier.low, brier.high
    )  # fmt: skip


@dataclass(frozen=True)
class Won:
    """Who is the better one to ask about one kind of question."""

    world: str
    kind: str
    better: Literal["text", "simulation", "neither"]
    """neither: the 95 % intervals of their shares of right answers overlap, or the better one is no better than chance."""
    words: str

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def winners(rows: Iterable[Score]) -> list[Won]:
    """Of each kind of question: the best that talks against the best that simulates, by right answers out of all that
    were asked, so that an abstention is none."""
    kinds: dict[tuple[str, str], list[Score]] = {}
    for row in rows:
        kinds.setdefault((row.world, row.kind), []).append(row)
    return [_won(world, kind, found) for (world, kind), found in kinds.items()]


def _won(world: str, kind: str, found: list[Score]) -> Won:
    chance = next(row.accuracy for row in found if row.who == "chance")
    talking = max((row for row in found if row.talks), key=lambda row: row.right)
    simulating = max((row for row in found if row.simulates), key=lambda row: row.right)
    (said, low, high), (seen, from_, to) = (
        (row.right / row.n, *wilson(row.right, row.n)) for row in (talking, simulating)
    )
    name = f"{world}, {kind}" if world else kind
    told = (
        f"{talking.who} {said:.0%} right, abstaining on {talking.abstained} of {talking.n}; "
        f"simulation {seen:.0%}, abstaining on {simulating.abstained}; chance {chance:.0%}"
    )
    if low > to and low > chance:
        return Won(world, kind, "text", f"Text wins on {name}: {told}.")
    if from_ > high and from_ > chance:
        return Won(world, kind, "simulation", f"Simulation wins on {name}: {told}.")
    return Won(world, kind, "neither", f"Neither clearly wins on {name}: {told}.")
