"""Who says what: the claim of the ledger that a question asks about, with the camps side by side.

A question touches a claim if it asks whether, or why, something is so, and the claim says that or its opposite. What
is near a claim but asks for a plain fact (when, how many, who wrote it) touches none. How precise that is, is measured
in `tests/corpus/test_stance.py` on questions made for it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from corpus.answering.citing import cited
from corpus.ledger import claims
from corpus.library.store import OWN
from corpus.records import Answer, Citation, Claim, Hit, Status, Voice
from corpus.retrieval.index import Corpus, Library
from corpus.retrieval.words import plain, squash, terms

MIN_SCORE = 0.65
"""Cosine, in the learned metric, of the question and a wording of the claim, and a fifth of the share of the question's stems
that it holds. Chosen on the tuning half of the test's questions: the highest at which all of their claims are found."""
MIN_LEAD = 0.04
"""Over the second claim: a tie says that the question is about neither, or about both."""
SHARE = 0.2

STATUS = {
    "bankable": "measured, and undisputed within its setting",
    "contested": "there is evidence on both sides",
    "thesis": "argued for, not yet measured",
}
UNSORTED = (
    "Your own documents are listed as they were found, not sorted into agreeing and disputing: no way of sorting them "
    "has been measured to be right four times in five."
)

_ASKS = re.compile(
    r"^(?:so |and |but |ok |well )*,? ?(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|had|must|may|might|"
    r"isn't|aren't|don't|doesn't|can't|won't|why|really)\b|\bis it true\b|\btrue that\b|\bwhether\b|\bif it is so\b|"
    r"\bwho (?:disagrees?|disputes?|doubts?|thinks?|believes?|argues?|claims?)\b|\b(?:agree|disagree)s? (?:that|with)\b"
)
_NAME = re.compile(r"[^\W_]*[A-Z0-9][^\W_]*(?:-[^\W_]+)*")
_GENERAL = {"ai", "agi", "i"}


@dataclass(frozen=True)
class View:
    """One voice, with the camp its source is of."""

    who: str
    camp: str
    citation: Citation


@dataclass(frozen=True)
class Stance:
    """A claim as it stands, both sides, and what would change it."""

    claim: str
    """The claim's id."""
    statement: str
    status: Status
    status_means: str
    supports: tuple[View, ...]
    disputes: tuple[View, ...]
    """Empty only where no published dispute was found."""
    would_change: str
    experiment: str
    """The id of the experiment that tests its toy version, or empty."""
    own: tuple[Citation, ...] = ()
    """Passages of the user's own documents that were found for the question, unsorted."""
    own_note: str = ""

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def stance(question: str, corpus: Corpus, hits: Sequence[Hit] = ()) -> Stance | None:
    """What is said for and against the claim that the question touches; None where it touches none.

    `hits`: what was found for the question; those of the user's own documents are listed beside the camps.
    """
    found = touched(question, corpus)
    return None if found is None else of_claim(found, corpus, hits)


def beside(answer: Answer, corpus: Corpus) -> Stance | None:
    """What belongs beside an answer: both sides of the claim that it names, or else of the one its question touches."""
    if answer.claim in claims():
        return of_claim(claims()[answer.claim], corpus, answer.hits)
    return stance(answer.read_as or answer.question, corpus, answer.hits)


def of_claim(claim: Claim, corpus: Corpus, hits: Sequence[Hit] = ()) -> Stance:
    """The record of one claim."""
    mine = {row.name for row in corpus.store.rows("origin = ?", (OWN,))} if hits else set()
    own = [
        cited(corpus.sources[hit.passage.source_id], hit.passage.start, hit.passage.end, hit.passage)
        for hit in hits
        if hit.passage.source_id in mine
    ]
    return Stance(
        claim=claim.id,
        statement=claim.statement,
        status=claim.status,
        status_means=STATUS[claim.status],
        supports=tuple(_view(voice, corpus) for voice in claim.supports),
        disputes=tuple(_view(voice, corpus) for voice in claim.disputes),
        would_change=claim.would_change,
        experiment=claim.experiment,
        own=tuple(own),
        own_note=UNSORTED if own else "",
    )


def touched(question: str, corpus: Corpus, vector: np.ndarray | None = None) -> Claim | None:
    """The claim that the question asks about, or None. `vector` [d] is the question's. None without the embedder that the
    metric was fitted to: of another's cosines it is not known which are near enough."""
    if corpus.embedder is None or corpus.metric.matrix is None or not _ASKS.search(plain(question).strip()):
        return None
    if vector is None:
        vector = corpus.embedder.encode([question])[0]
    wordings, turned = _wordings(corpus.library)
    cosine = turned @ corpus.turn(vector)
    names = names_in(question, corpus)
    found: dict[str, float] = {}
    """Each claim's score by its best wording, where that may matter."""
    for i in np.flatnonzero(cosine >= MIN_SCORE - MIN_LEAD - SHARE):
        claim, text = wordings[i]
        if _same_names(question, names, claim, text, corpus):
            score = float(cosine[i]) + SHARE * _share(question, text, corpus)
            found[claim.id] = max(score, found.get(claim.id, 0.0))
    first, *others = sorted(found, key=lambda id: (-found[id], id)) or [""]
    if not first or found[first] < MIN_SCORE or (others and found[first] - found[others[0]] < MIN_LEAD):
        return None
    return claims()[first]


@lru_cache(maxsize=1)
def _wordings(library: Library) -> tuple[list[tuple[Claim, str]], np.ndarray]:
    """Each claim with each of its wordings, and their vectors in the learned metric: to turn them takes 4 ms."""
    found = [(claim, text) for claim in claims().values() for text in (claim.statement, *claim.asked)]
    return found, library.current().turn(library.embed([text for _, text in found]))


def _share(question: str, statement: str, corpus: Corpus) -> float:
    """Share of the question's stems, by rarity, that the statement holds."""
    wanted, have = set(terms(question)), set(terms(statement))
    return sum(map(corpus.rarity, wanted & have)) / max(sum(map(corpus.rarity, wanted)), 1e-9)


def _same_names(question: str, names: Sequence[str], claim: Claim, wording: str, corpus: Corpus) -> bool:
    """A claim about Sora is not touched by a question about Genie, nor by one about video models in general. `names`: the
    question's; those who speak for or against a claim may be named beside it."""
    asked, said = squash(question), squash(wording)
    if wording != claim.statement:
        said += squash(" ".join((claim.statement, *(voice.who for voice in claim.supports + claim.disputes))))
    return all(name in said for name in names) and all(
        name in asked for name in names_in(claim.statement, corpus)
    )


def names_in(text: str, corpus: Corpus) -> list[str]:
    """Words with a capital or a figure, squashed; the first only where a source is about what is called so."""
    found = []
    for match in _NAME.finditer(text):
        name = squash(match.group())
        starts = not match.start() or text[: match.start()].rstrip()[-1:] in ".?!"
        known = bool(re.search(r".[A-Z]|\d", match.group())) or corpus.names.subjects(match.group())
        if name not in _GENERAL and (known or not starts) and not name.isdigit():
            found.append(name)
    return found


def _view(voice: Voice, corpus: Corpus) -> View:
    return View(
        voice.who,
        corpus.sources[voice.source_id].camp,
        cited(corpus.sources[voice.source_id], voice.start, voice.end),
    )
