"""Where a free question should go: to the sources, to a scenario, to an experiment and the sources both, or nowhere.

A question goes where its nearest neighbours of `routes.yaml` are, by cosine of MiniLM vectors, and where a linear reading
of the same vectors, fitted to all of them, puts it, helped by a few words that name the things of our worlds. The reason is always given, and where two ways are about as near, both are offered.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import yaml

from agents.errors import AgentError

if TYPE_CHECKING:
    from agents.contrast.run import Contrast
    from agents.lab.base import Verdict
    from corpus.records import Answer
    from corpus.retrieval.embed import Embedder

ROUTES = Path(__file__).parent / "routes.yaml"
How = Literal["text", "simulate", "both", "none"]
NEAREST = 2
"""Neighbours of a target that its nearness is the mean of."""
SHRUNK = 3.0
"""Ridge of the linear reading: with 170 vectors for 23 targets it must lean on what a target's neighbours share."""
UNSURE = 0.04
"""Where the second nearest target is nearer than this to the first, both are offered."""
LONGEST = 2000
"""Characters of a question."""
NAMED = 0.12
"""What the words of a world add to its nearness; what its lack takes away where nothing of any world is named; what
words of the craft take from scenarios and from `none`; and what a question about people or documents adds to `text`."""
THINGS = {
    "two-rooms": r"\bdot\b|\bother room\b|\btwo rooms\b|(wall|door|doorway) between",
    "push-block": r"\b(block|box|square)\b",
    "peekaboo": r"\b(ball|paddle|screen)\b",
    "key-door": r"\bkey\b|locked door|\bgrid\b",
    "supply-chain": r"\b(shelf|port|harbour|ship|shop|stock|customers?|orders? (as|less|more|twice|\w+ units))\b",
}
"""Words that a question about a world's next moments has."""
ANYWHERE = r"\b(agent|goal|doors?|walls?|rooms?|cells?|steps?)\b"
"""Words that several worlds share."""
CRAFT = (
    r"\b(models?|latents?|embeddings?|representations?|networks?|planners?|planning|ensembles?|loss|probes?|jepa|"
    r"training|trained|polic(y|ies)|learn(s|ed|ing)?|predict(s|ion|or|ors|ing)?|agi|ai|simulator|encoders?)\b"
)
"""Words of the craft: who uses them asks about an idea, not about a ball."""
ABOUT = (
    r"^(who|whose|when (was|were|did|will|is)|which (paper|company|companies|labs|people|author|data|games?|systems?)|"
    r"what (is|are|was) (a|an|the (definition|meaning|difference|argument))\b|what (did|do|does) |"
    r"what (is|are) [\w-]+( [\w-]+){0,3}\?$)|"
    r"\b(stand for|published|wrote|written|authors?|papers?|surveys?|according to|sources|critics|argu(e|es|ment)|"
    r"define|definition|mean by|compan(y|ies)|researchers|parameters)\b"
)
"""How questions about people, words and documents begin, or what they name."""
NAME = r"(?<=[a-z,'’] )(?!(JEPA|JEPAs|VICReg|SIGReg|PPO|TV|I|CEM|MPPI|RSSM|GPU|CPU)\b)[A-Z][\w-]+"
"""A name within a sentence, other than those of methods that run here."""


@dataclass(frozen=True)
class Offer:
    """One way to go on."""

    target: str
    """text, none, scenario:<world> or experiment:<id>."""
    title: str
    command: str
    """What runs it."""
    nearness: float


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
    offers = tuple(_offer(asked, target, near[target]) for target in ranked[: 2 if unsure else 1])
    kind, _, name = ranked[0].partition(":")
    how: How = {"scenario": "simulate", "experiment": "both", "none": "none"}.get(kind, "text")  # type: ignore[assignment]
    return Assistance(
        asked,
        how,
        name if kind == "scenario" else "",
        "",
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


def nearness(question: str, embedder: Embedder | None = None) -> dict[str, float]:
    """Of every target, to a question: the mean cosine of its two nearest neighbours, the linear reading's share, and what
    named things add."""
    embedder = embedder or _embedder()
    known = _neighbours(embedder)
    vector = embedder.encode([question])[0]
    cosines, read = known.vectors @ vector, (vector - known.middle) @ known.weights
    near = {}
    for target, share in zip(dict.fromkeys(known.targets), read, strict=True):
        rows = np.sort(cosines[[t == target for t in known.targets]])[::-1]
        near[target] = float(rows[:NEAREST].mean() + share)
    named = [world for world, things in THINGS.items() if re.search(things, question, re.IGNORECASE)]
    craft = bool(re.search(CRAFT, question, re.IGNORECASE))
    somewhere = bool(named) or bool(re.search(ANYWHERE, question, re.IGNORECASE))
    for world in THINGS:
        near[f"scenario:{world}"] += NAMED * ((world in named) - craft - (not somewhere))
    near["none"] -= NAMED * craft
    if re.search(ABOUT, question, re.IGNORECASE) and not named:
        near["text"] += NAMED
    near["text"] += NAMED * len(re.findall(NAME, question)[:1])
    return near


@lru_cache(maxsize=1)
def _embedder() -> Embedder:
    from corpus.retrieval.embed import find_embedder

    return find_embedder()


@dataclass(frozen=True)
class _Neighbours:
    targets: list[str]
    """Of each neighbour; n of them, k different ones."""
    vectors: np.ndarray
    """[n, d]."""
    middle: np.ndarray
    """[d], their mean."""
    weights: np.ndarray
    """[d, k]: a vector less the middle -> how much more than usual each target is its own, by ridge regression on 1 and 0."""


@lru_cache(maxsize=2)
def _neighbours(embedder: Embedder) -> _Neighbours:
    """The phrases of `routes.yaml`, the statements of the claims that are tested, and the experiments' own questions."""
    from agents.lab import EXPERIMENTS
    from agents.lab.run import experiment
    from corpus.ledger import claims

    routes = yaml.safe_load(ROUTES.read_text())
    pairs = [(kind, phrase) for kind in ("text", "none") for phrase in routes[kind]]
    for kind in ("scenario", "experiment"):
        pairs += [(f"{kind}:{name}", phrase) for name, phrases in routes[kind].items() for phrase in phrases]
    pairs += [(f"experiment:{c.experiment}", c.statement) for c in claims().values() if c.experiment]
    pairs += [(f"experiment:{name}", experiment(name).question) for name in EXPERIMENTS]
    targets = [target for target, _ in pairs]
    vectors = embedder.encode([phrase for _, phrase in pairs])
    own = np.array([[target == name for name in dict.fromkeys(targets)] for target in targets], float)
    middle = vectors.mean(0)
    x = vectors - middle
    weights = x.T @ np.linalg.solve(x @ x.T + SHRUNK * np.eye(len(x)), own - own.mean(0))
    return _Neighbours(targets, vectors, middle, weights)


def _offer(question: str, target: str, near: float) -> Offer:
    kind, _, name = target.partition(":")
    if kind == "scenario":
        return Offer(target, f"a scenario in {name}", f"orrery contrast --world {name}", near)
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
