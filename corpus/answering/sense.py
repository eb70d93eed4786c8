"""Does the question make sense here? What it asks about, held against what is quoted, against everything that the
corpus says, and against questions of everyday life that no corpus of this kind answers.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from corpus.answering.choose import Candidate
from corpus.answering.kinds import FORM_WORDS
from corpus.answering.lexicon import STOP, same
from corpus.answering.meaning import Meaning
from corpus.answering.question import Question
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import squash, stem, terms, words

NEARBY = 0.8
"""What it counts that a word stands in a quoted passage though not in what is quoted of it."""
RAREST = 4
"""So many of the rarest words are looked for in pairs."""
FEW = 4
"""Words with which one asks what a thing is."""
FAR = 0.3
"""A question that is so much nearer to the corpus than to everyday life is not everyday at all."""
_NUMBER = re.compile(r"\d[\d.,]*")
_FORM = frozenset().union(*FORM_WORDS.values())


@cache
def everyday() -> tuple[str, ...]:
    """Questions of everyday life: cooking, travel, trivia, health, law."""
    return tuple(json.loads((Path(__file__).parent / "everyday.json").read_text(encoding="utf-8")))


def honoured(corpus: Corpus, question: Question, chosen: Sequence[Candidate]) -> float:
    """Share of the asked words that what is quoted holds in letter or in sense, by rarity.

    A word that stands there counts 1; else the cosine of the word alone and the nearest quoted sentence: "film" is
    some way from what is said of an agent called DIAMOND. 1 where nothing is asked but about named things.
    """
    asked = [
        w for w in words(question.text) if w not in STOP and w not in _FORM and stem(w) in question.matter
    ]
    if not asked:
        return 1.0
    have = set(terms(" ".join(c.text for c in chosen)))
    near = set(terms(" ".join(f"{c.hit.title} {c.hit.passage.text}" for c in chosen)))
    letter = np.array([1.0 if same(stem(w)) & have else NEARBY * bool(same(stem(w)) & near) for w in asked])
    vectors = [c.vector for c in chosen if c.vector is not None]
    sense = np.zeros(len(asked))
    if corpus.embedder is not None and vectors and not letter.all():
        sense = (corpus.embed(asked) @ np.stack(vectors).T).max(1)
    rarity = np.array([corpus.rarity(stem(w)) for w in asked])
    return float(np.maximum(letter, sense) @ rarity / rarity.sum())


def unsaid(corpus: Corpus, question: Question, chosen: Sequence[Candidate]) -> float:
    """Rarity of the rarest word asked that is neither quoted nor in a question that the quoted sentences answer."""
    have = set(terms(" ".join(c.text for c in chosen)))
    for candidate in chosen:
        have |= set(terms(" ".join(corpus.asked.questions(candidate.source_id, candidate.text))))
    asked = (stem(w) for w in words(question.text) if w not in STOP and w not in _FORM)
    return max((corpus.rarity(term) for term in asked if not same(term) & have), default=0.0)


def unnumbered(question: Question, chosen: Sequence[Candidate]) -> bool:
    """Whether the question holds a number that no quoted passage does."""
    near = squash(" ".join(f"{c.hit.title} {c.hit.passage.text}" for c in chosen))
    return any(number.rstrip(".,") not in near for number in _NUMBER.findall(question.text))


def together(corpus: Corpus, question: Question) -> float:
    """Share of the pairs of the question's rarest words that some passage of the corpus holds both of; of none, 1."""
    rarest = sorted(dict.fromkeys(question.terms), key=lambda term: -corpus.rarity(term))[:RAREST]
    pairs = list(itertools.combinations(rarest, 2))
    if not pairs:
        return 1.0
    either = {term: [one for one in sorted(same(term)) if corpus.count(one)] for term in rarest}

    def meet(one: str, other: str) -> bool:
        if not either[one] or not either[other]:
            return False
        match = " AND ".join("(" + " OR ".join(f'"{t}"' for t in either[term]) + ")" for term in (one, other))
        ask = "select 1 from words where words match ? limit 1"
        return corpus.store.db.execute(ask, (match,)).fetchone() is not None

    return sum(meet(one, other) for one, other in pairs) / len(pairs)


def unheard(corpus: Corpus, question: Question) -> float:
    """Share of the question's neighbouring words that stand side by side nowhere: in no passage and no known question.

    "What is the successor representation?": both words are common here, and nobody speaks of that. Of no pair, 0.
    """
    pairs = list(itertools.pairwise(asked_of(question.text)))
    ask = "select 1 from words where words match ? limit 1"

    def heard(one: str, other: str) -> bool:
        if not corpus.asked.pairs.isdisjoint({(one, other), (other, one)}):
            return True
        match = f'"{one} {other}" OR "{other} {one}"'
        return corpus.store.db.execute(ask, (match,)).fetchone() is not None

    return sum(not heard(*pair) for pair in pairs) / len(pairs) if pairs else 0.0


def undefined(question: Question, share: float) -> bool:
    """Whether it asks in a few words what something is or how it works that is `unheard` of altogether."""
    return question.kind in ("definition", "how") and share == 1 and len(asked_of(question.text)) <= FEW


def asked_of(text: str) -> list[str]:
    """The stems of a question's words in order, without those that only say which kind of thing is asked for."""
    return [stem(word) for word in words(text) if word not in STOP and word not in _FORM]


def everyday_lead(corpus: Corpus, meaning: Meaning | None, ranked: Sequence[Candidate]) -> float:
    """How much nearer the question is to one of everyday life than to any sentence read for it; at least 0."""
    if meaning is None:
        return 0.0
    nearest = max(c.feature("cosine") for c in ranked)
    return max(float((corpus.embed(everyday()) @ meaning.whole).max()) - nearest + FAR, 0.0)
