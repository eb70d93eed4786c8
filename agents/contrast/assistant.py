"""Where a free question should go: to the sources, to a scenario, to an experiment and the sources both, or nowhere.

A question goes where it is nearest (`agents.contrast.nearness`). The reason is always given, and where two ways are about
as near, both are offered.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from agents.contrast.nearness import nearest_kind, nearness
from agents.errors import AgentError

if TYPE_CHECKING:
    from agents.contrast.run import Contrast
    from agents.lab.base import Verdict
    from corpus.records import Answer
    from corpus.retrieval.embed import Embedder

How = Literal["text", "simulate", "both", "none"]
UNSURE = 0.04
"""Where the second nearest target is nearer than this to the first, both are offered."""
LONGEST = 2000
"""Characters of a question."""


@dataclass(frozen=True)
class Offer:
    """One way to go on."""

    target: str
    """text, none, scenario:<world> or experiment:<id>."""
    title: str
    command: str
    """What runs it."""
    nearness: float
    kind: str = ""
    """Of question, in a scenario; empty for any."""


@dataclass(frozen=True)
class Assistance:
    """Where a question goes, and why."""

    question: str
    how: How
    """text: the sources. simulate: a scenario, with the text's answer beside it. both: the sources and an experiment.
    none: it asks what happens, which nothing here can simulate; the sources are all there is to ask."""
    world: str
    """Of the scenario; empty where there is none."""
    kind: str
    """Of question in that world; empty for any."""
    experiment: str
    """The experiment's id; empty where there is none."""
    reason: str
    offers: tuple[Offer, ...]
    """The nearest way, and the next where the two are about as near."""

    @property
    def target(self) -> str:
        return self.offers[0].target

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def assist(question: str, embedder: Embedder | None = None) -> Assistance:
    """Raises AgentError for a question that is empty or too long."""
    asked = " ".join(question.split())
    if not asked or len(asked) > LONGEST:
        raise AgentError(f"the question has {len(asked)} characters; it must have 1 to {LONGEST}")
    near = nearness(asked, embedder)
    ranked = sorted(near, key=lambda target: -near[target])
    unsure = near[ranked[0]] - near[ranked[1]] < UNSURE
    offers = tuple(_offer(asked, target, near[target], embedder) for target in ranked[: 2 if unsure else 1])
    kind, _, name = ranked[0].partition(":")
    how: How = {"scenario": "simulate", "experiment": "both", "none": "none"}.get(kind, "text")  # type: ignore[assignment]
    return Assistance(
        asked,
        how,
        name if kind == "scenario" else "",
        offers[0].kind,
        name if kind == "experiment" else "",
        _reason(ranked[0], offers),
        offers,
    )


@dataclass(frozen=True)
class Reply:
    """A question with what came of it, wherever it went."""

    route: Assistance
    answer: Answer
    """The sources' answer, or their refusal: they are always asked."""
    contrast: Contrast | None
    """A scenario of the world that it went to, with everyone's answers."""
    verdict: Verdict | None
    """What is recorded of the experiment that it went to; None also where nothing is recorded yet."""

    def to_json(self) -> dict[str, Any]:
        return {
            "route": self.route.to_json(),
            "answer": self.answer.to_json(),
            "contrast": self.contrast.to_json() if self.contrast else None,
            "verdict": self.verdict.to_json() if self.verdict else None,
        }


def reply(
    question: str, seed: int = 0, guess: int | None = None, sure: float = 1.0, model: str = ""
) -> Reply:
    """Sends a question on its way and comes back with what it found there. `seed`, `guess`, `sure` and `model` are those of
    the scenario, where it goes to one.

    Raises AgentError, CorpusError or WorldModelError, in one line, for what can't be used.
    """
    from agents.contrast.run import contrast, fresh
    from agents.lab.run import recorded
    from corpus.answering.answer import ask

    route = assist(question)
    return Reply(
        route,
        ask(route.question),
        contrast(fresh(route.world, seed, route.kind), guess, sure, model) if route.world else None,
        recorded(route.experiment) if route.experiment else None,
    )


def _offer(question: str, target: str, near: float, embedder: Embedder | None) -> Offer:
    kind, _, name = target.partition(":")
    if kind == "scenario":
        asked = nearest_kind(question, name, embedder)
        command = f"orrery contrast --world {name}" + (f' --kind "{asked}"' if asked else "")
        return Offer(target, f"a scenario in {name}" + (f": {asked}" if asked else ""), command, near, asked)
    if kind == "experiment":
        from agents.lab.run import experiment

        return Offer(target, f"the experiment {experiment(name).title}", f"orrery lab {name}", near)
    return Offer(target, "the sources", f'orrery ask "{question}"', near)


def _reason(target: str, offers: tuple[Offer, ...]) -> str:
    kind, _, name = target.partition(":")
    reason = {
        "text": "This asks about ideas, people or facts: the sources are the place to ask.",
        "none": "This asks what happens in the world outside; nothing here can simulate it, and the sources may not know.",
        "scenario": f"This asks what happens next in a world that is here, {name}: it can be imagined and then really run.",
        "experiment": f"This is about a claim that the experiment {name} tests; the sources say what people think of it.",
    }[kind]
    if len(offers) > 1:
        reason += f" I am not sure: {offers[1].title} is about as near."
    return reason
