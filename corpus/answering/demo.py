""" "Show me ...": which experiment shows it. A claim of the ledger names its experiment by an id; so does this."""

from __future__ import annotations

import numpy as np

from corpus.ledger import claims
from corpus.records import Claim
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import terms

LEAST = 0.42
"""Cosine of the question and what an experiment tests (its id's words in the question count too), from which on it is
offered."""
WORDS = 0.3
"""What it counts that the question holds all words of an experiment's id."""


def claim_shown(question: str, vector: np.ndarray | None, corpus: Corpus) -> Claim | None:
    """The claim that the experiment asked for tests, so that those for and against it are heard; None where none is near.

    Of several claims of one experiment the one whose statement is nearest.
    """
    id = experiment_for(question, vector, corpus)
    tested = [claim for claim in claims().values() if id and claim.experiment == id]
    if len(tested) < 2 or vector is None:
        return tested[0] if tested else None
    cosines = corpus.embed([claim.statement for claim in tested]) @ vector
    return tested[int(cosines.argmax())]


def experiment_for(question: str, vector: np.ndarray | None, corpus: Corpus) -> str:
    """The id of the experiment nearest to what is to be shown, or empty where none is near."""
    tested = [claim for claim in claims().values() if claim.experiment]
    ids = sorted({claim.experiment for claim in tested})
    asked = set(terms(question))
    share = {
        id: len(asked & set(terms(id.replace("-", " ")))) / len(set(terms(id.replace("-", " "))))
        for id in ids
    }
    near = dict.fromkeys(ids, 0.0)
    if vector is not None:
        texts = [text for claim in tested for text in (claim.statement, claim.if_true)]
        cosines = (corpus.embed(texts) @ vector).reshape(-1, 2).max(1)
        for claim, cosine in zip(tested, cosines, strict=True):
            near[claim.experiment] = max(near[claim.experiment], float(cosine))
    best = max(ids, key=lambda id: near[id] + WORDS * share[id], default="")
    return best if best and near[best] + WORDS * share[best] >= LEAST else ""
