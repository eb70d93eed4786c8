"""One question three ways: what the text says, what a model imagines, and what really happens."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.config import model_of
from agents.contrast.answerers import Guess, imagined, text, yours
from agents.contrast.talker import talker
from agents.errors import AgentError
from agents.scenarios import Scenario, futures, scenarios, truth
from agents.trace import sprite_sheet
from agents.worlds import make_world

if TYPE_CHECKING:
    from corpus.retrieval.index import Corpus


@dataclass(frozen=True)
class Contrast:
    """What was asked, what each said, and what happened."""

    scenario: dict[str, Any]
    """As `Scenario.to_json` has it: world, kind, scene, question, options, and what makes it again."""
    guesses: tuple[Guess, ...]
    happened: tuple[float, ...]
    """How often each option came true: 1 and 0, except where chance is part of the world."""
    real: np.ndarray
    """[T + 1, 64, 64, 3] uint8: what really happened (where there is chance, once)."""
    imagined: np.ndarray | None
    """[T + 1, 64, 64, 3] uint8: what the model imagined; None where no model did, or it sees no pictures."""

    @property
    def answer(self) -> int:
        """The index of the option that came true, or came true most often."""
        return int(np.argmax(self.happened))

    def right(self, guess: Guess) -> bool | None:
        """Whether the likeliest option of a guess came true; None where it abstained."""
        return None if guess.choice is None else guess.choice == self.answer

    def brier(self, guess: Guess) -> float | None:
        """Brier's score (1950): squared distance between chances and what happened, 0 to 2; None where it abstained."""
        if guess.chances is None:
            return None
        happened = np.eye(len(self.happened))[self.answer]
        return float(np.square(np.array(guess.chances) - happened).sum())

    def summary(self) -> str:
        """Who was right, in a sentence or two."""
        options = self.scenario["options"]
        parts = [f"What happened: {options[self.answer]}."]
        for guess in self.guesses:
            if guess.choice is None:
                parts.append(f"{guess.who} abstained.")
            else:
                verdict = "right" if self.right(guess) else "wrong"
                assert guess.chances is not None
                parts.append(
                    f"{guess.who} said {options[guess.choice]} ({guess.chances[guess.choice]:.0%}): {verdict}."
                )
        return " ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; frames as base64 PNG sprite sheets under `sheets`."""
        rows = [
            {**dataclasses.asdict(guess), "choice": guess.choice, "right": self.right(guess), "brier": self.brier(guess)}
            for guess in self.guesses
        ]  # fmt: skip
        sheets = {"real": sprite_sheet(self.real)}
        if self.imagined is not None:
            sheets["imagined"] = sprite_sheet(self.imagined)
        return {
            "scenario": self.scenario,
            "guesses": rows,
            "happened": self.happened,
            "answer": self.answer,
            "summary": self.summary(),
            "frames": len(self.real),
            "sheets": sheets,
        }

    def write(self, folder: Path) -> tuple[Path, Path]:
        """A page to keep and the same as JSON, `contrast-<id>.html` and `.json`, in `folder`."""
        from agents.contrast.page import page

        folder.mkdir(parents=True, exist_ok=True)
        stem = "contrast-" + self.scenario["id"].replace("/", "-")
        html, record = folder / f"{stem}.html", folder / f"{stem}.json"
        html.write_text(page(self))
        record.write_text(json.dumps(self.to_json()))
        return html, record


def contrast(
    scenario: Scenario,
    guess: int | None = None,
    sure: float = 1.0,
    model: str = "",
    corpus: Corpus | None = None,
    talk: bool = True,
) -> Contrast:
    """Everyone's answer to one scenario. `guess`: the learner's, an option's index, and how sure they are. `talk`: whether
    a configured language model is asked too.

    Raises AgentError or WorldModelError for a guess or a model that can't be.
    """
    guesses = [] if guess is None else [yours(guess, scenario.options, sure)]
    guesses.append(text(scenario.question, scenario.options, corpus, scenario.idea))
    spoken = talker(scenario.scene, scenario.question, scenario.options) if talk else None
    if spoken:
        guesses.append(spoken)
    dream = imagined(scenario, model or model_of(scenario.world), seed=scenario.number)
    guesses.append(dream.guess)
    states = futures(scenario)[0]
    return Contrast(
        scenario.to_json(),
        tuple(guesses),
        tuple(truth(scenario).tolist()),
        make_world(scenario.world).render(states),
        dream.frames,
    )


def fresh(world: str, seed: int, kind: str = "") -> Scenario:
    """One scenario of a world, of that kind if one is named, else whichever the seed draws.

    Raises AgentError naming the worlds or kinds that there are.
    """
    if not 0 <= seed < 2**31:
        raise AgentError(f"seed is {seed}; it must lie between 0 and {2**31 - 1}")
    made = scenarios(world, 4, seed)
    if not kind:
        return made[seed % len(made)]
    for scenario in made:
        if scenario.kind == kind:
            return scenario
    kinds = ", ".join(dict.fromkeys(scenario.kind for scenario in made))
    raise AgentError(f"no kind of question {kind!r} in {world}; there are: {kinds}")
