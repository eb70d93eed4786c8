"""What the embedder makes of a question: as it stands, and without the names in it; and how its sort fares.

"How many GPUs trained Genie 3?" and "How many GPUs trained GAIA-2?" are one sort of question. Whether digests answer
it is learned from questions of which that is known, by a logistic regression on the vector of the bare question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpus.answering.question import Question
from corpus.retrieval.asked import Alike
from corpus.retrieval.index import Corpus


@dataclass(frozen=True, eq=False)
class Meaning:
    """Vectors of unit length, and what they are like."""

    whole: np.ndarray
    """[d] of the question."""
    bare: np.ndarray
    """[d] of the question without the names of what has a source."""
    turned: np.ndarray
    """[d] of the question in the learned metric (`corpus.retrieval.metric`)."""
    alike: Alike
    """To the questions of which it is known what answers them."""


def meaning_of(corpus: Corpus, question: Question, topic: str = "") -> Meaning | None:
    """None without an embedder. `topic`: what the conversation is about, where the question leaves it out."""
    if corpus.embedder is None:
        return None
    texts = [question.text, question.bare, *([f"{question.text} {topic}"] if topic else [])]
    whole, bare, *named = corpus.embedder.encode(texts)
    turned = corpus.turn(named[0] if named else whole)
    return Meaning(whole, bare, turned, corpus.asked.alike(turned))


@dataclass(frozen=True)
class Sort:
    """How likely a question of a sort has an answer, whatever it is asked of."""

    embedder: str
    """The hash of the embedder whose vectors it was fitted to; of another's it knows nothing."""
    bias: float
    weights: Sequence[float]
    """One a dimension of the vector."""

    def log_odds(self, meaning: Meaning | None, embedder: str) -> float:
        """0 where it knows nothing."""
        if meaning is None or embedder != self.embedder:
            return 0.0
        return self.bias + float(meaning.bare @ np.asarray(self.weights, np.float32))


KNOWS_NOTHING = Sort("", 0.0, ())
