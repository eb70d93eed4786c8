"""How sure to be of an answer from the user's own documents, which may be about anything.

What `weights.json` knows of refusing was learned from questions about world models. On documents of other topics it
carried over badly, so there a few plain signals decide, weighed by a logistic regression that was fitted to other
people's documents: `python -m corpus.bench.strangers --dataset FILE` writes `strangers.json`, which says to which.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus.answering.choose import Candidate
from corpus.answering.lexicon import STOP
from corpus.answering.question import Question
from corpus.answering.weights import Linear
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import squash, stem, terms, words

PATH = Path(__file__).parent / "strangers.json"
SIGNALS = (
    "cosine",  # of the best chosen sentence and the question
    "rarest",  # rarity of the rarest word of the question that the first sentence lacks: 1 where the library lacks it
    "nameless",  # share of the question's names that the first sentence's passage lacks
    "numberless",  # the question holds a number that this passage lacks
    "denies",  # the question says no or never, the first sentence does not
)
_DENIES = re.compile(
    r"\b(?:not|no|never|none|nor|cannot|without|except|neither|nobody|nothing)\b|n['’]t\b", re.IGNORECASE
)
_NUMBER = re.compile(r"\b\d+\b")


@dataclass(frozen=True)
class Strangers:
    """The fitted weights, and what they were fitted to."""

    weights: Linear
    articles: tuple[str, ...]
    """Titles of the articles whose questions it was fitted to: nothing may be measured on them."""
    passport: Mapping[str, object]
    """The data set, how many questions, how well by cross-validation over the articles."""

    def share(self, found: Mapping[str, float]) -> float:
        """Probability that what is quoted answers."""
        return self.weights.share(found)


@cache
def read_strangers(path: Path = PATH) -> Strangers:
    found = json.loads(path.read_text(encoding="utf-8"))
    return Strangers(Linear(**found["weights"]), tuple(found["articles"]), found["passport"])


def signals(corpus: Corpus, question: Question, chosen: Sequence[Candidate]) -> dict[str, float]:
    """The signals by name, each in [0, 1]. `chosen` is not empty; its first sentence leads the answer."""
    lead, passage = chosen[0].text, squash(chosen[0].hit.passage.text)
    have = set(terms(lead))
    lacking = [stem(w) for w in words(question.text) if w not in STOP and stem(w) not in have]
    return {
        "cosine": max(c.feature("cosine") for c in chosen),
        "rarest": max(map(corpus.rarity, lacking), default=0.0) / math.log(1 + corpus.size),
        "nameless": chosen[0].feature("missing"),
        "numberless": any(number not in passage for number in _NUMBER.findall(question.text)),
        "denies": bool(_DENIES.search(question.text)) and not _DENIES.search(lead),
    }
