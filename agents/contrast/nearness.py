"""How near a question is to each place that it could be sent to.

Its neighbours are the phrases of `routes.yaml`, the statements of the claims that are tested and the experiments' own
questions. What counts is the cosine of MiniLM vectors to the nearest of them, a linear reading of the same vectors,
fitted to all of them, and a few words that name the things of our worlds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

if TYPE_CHECKING:
    from corpus.retrieval.embed import Embedder

ROUTES = Path(__file__).parent / "routes.yaml"
NEAREST = 2
"""Neighbours of a target that its nearness is the mean of."""
SHRUNK = 3.0
"""Ridge of the linear reading: with 170 vectors for 23 targets it must lean on what a target's neighbours share."""
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


def nearest_kind(question: str, world: str, embedder: Embedder | None = None) -> str:
    """The kind of question of a world's scenarios whose phrase is nearest; empty where that phrase fits any."""
    embedder = embedder or _embedder()
    phrases = _phrases(world)
    cosines = embedder.encode([phrase for phrase, _ in phrases]) @ embedder.encode([question])[0]
    return phrases[int(cosines.argmax())][1]


def _phrases(world: str) -> list[tuple[str, str]]:
    """The phrases of a world's scenarios, each with its kind."""
    kinds = _routes()["scenario"][world]
    return [(phrase, kind) for kind, phrases in kinds.items() for phrase in phrases]


@lru_cache(maxsize=1)
def _routes() -> dict[str, Any]:
    return yaml.safe_load(ROUTES.read_text())


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

    routes = _routes()
    pairs = [(kind, phrase) for kind in ("text", "none") for phrase in routes[kind]]
    pairs += [(f"scenario:{world}", phrase) for world in THINGS for phrase, _ in _phrases(world)]
    pairs += [
        (f"experiment:{name}", phrase) for name, phrases in routes["experiment"].items() for phrase in phrases
    ]
    pairs += [(f"experiment:{c.experiment}", c.statement) for c in claims().values() if c.experiment]
    pairs += [(f"experiment:{name}", experiment(name).question) for name in EXPERIMENTS]
    targets = [target for target, _ in pairs]
    vectors = embedder.encode([phrase for _, phrase in pairs])
    own = np.array([[target == name for name in dict.fromkeys(targets)] for target in targets], float)
    middle = vectors.mean(0)
    x = vectors - middle
    weights = x.T @ np.linalg.solve(x @ x.T + SHRUNK * np.eye(len(x)), own - own.mean(0))
    return _Neighbours(targets, vectors, middle, weights)
