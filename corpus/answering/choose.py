"""Choosing the sentences of an extractive answer: each described, weighed, and the best put together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpus.answering.features import DANGLING, INDEX, Near, describe, first_sentence
from corpus.answering.lexicon import same
from corpus.answering.meaning import Meaning
from corpus.answering.question import Question
from corpus.answering.weights import Rank
from corpus.library.passages import sentences
from corpus.records import Claim, Hit
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import terms

MAX_SENTENCES, MAX_WORDS = 5, 120
MORE_SENTENCES, MORE_WORDS = 12, 300
"""Where the question asks for more."""
ENOUGH = 60
"""Words; an answer that is shorter goes on with the next best, unless a name, a date or a figure was asked for."""
NEAR = 0.88
"""Cosine above which two sentences say the same."""
_FEWER = {"who": 4, "when": 3, "number": 4, "definition": 4}
SPREAD = 0.05
"""Of cosines within a source; smaller spreads tell nothing."""
_BRIEF = {"who", "when", "number"}
CLOSE = 4.0
"""How far behind the best a sentence may be, in log odds, and still be said."""
_AFTER = re.compile(r"\b(?:came|comes?|followed|follows|happened) (?:after|next)\b", re.IGNORECASE)
_NAME = re.compile(r"\b(?:called|named|(?:name|term|word) (?:for|of))\b", re.IGNORECASE)
"""Asks what something is called."""
_HEADED = {"disagree": 9.0, "limits": 2.0}
"""How far behind the best what stands under the right heading may be, in log odds, and still keep out what doesn't."""


@dataclass(frozen=True)
class Candidate:
    """A sentence that might answer, and why it might."""

    start: int
    end: int
    text: str
    hit: Hit
    features: np.ndarray
    """[len(FEATURES)]: see `corpus.answering.features`."""
    score: float
    vector: np.ndarray | None = None

    def feature(self, name: str) -> float:
        return float(self.features[INDEX[name]])

    @property
    def source_id(self) -> str:
        return self.hit.passage.source_id


def candidates(
    corpus: Corpus, question: Question, hits: Sequence[Hit], meaning: Meaning | None, rank: Rank
) -> list[Candidate]:
    """Every whole sentence of the hits' passages, best first."""
    found: list[tuple[Hit, int, int, str]] = []
    for hit in hits:
        text = corpus.sources[hit.passage.source_id].text
        for a, b in sentences(text, hit.passage.start, hit.passage.end):
            found.append((hit, a, b, text[a:b]))
    if not found:
        return []
    sources, texts = [hit.passage.source_id for hit, *_ in found], [text for *_, text in found]
    vectors = corpus.embed(texts) if meaning is not None else None
    near = _nearness(corpus, sources, texts, vectors, meaning)
    described = np.stack(
        [describe(corpus, question, hit, a, text, near[i]) for i, (hit, a, _, text) in enumerate(found)]
    )
    scores = rank.rows(described)
    made = [
        Candidate(a, b, text, hit, described[i], float(scores[i]), None if vectors is None else vectors[i])
        for i, (hit, a, b, text) in enumerate(found)
    ]
    return in_order(made)


def _nearness(
    corpus: Corpus,
    sources: Sequence[str],
    texts: Sequence[str],
    vectors: np.ndarray | None,
    meaning: Meaning | None,
) -> list[Near]:
    """How near each sentence is to the question: by itself, beside the other sentences of its source, and by the
    questions that it is known to answer."""
    if vectors is None or meaning is None:
        return [Near(0.0, 0.0, 0.0, 0.0, 0.0)] * len(sources)
    cosines, bare = vectors @ meaning.whole, vectors @ meaning.bare
    by_source: dict[str, list[int]] = {}
    for i, source in enumerate(sources):
        by_source.setdefault(source, []).append(i)
    stands_out, meant, known = np.zeros((3, len(sources)))
    turned = corpus.turn(vectors) @ meaning.turned
    for source, rows in by_source.items():
        stands_out[rows] = (bare[rows] - bare[rows].mean()) / (bare[rows].std() + SPREAD)
        if corpus.asked.knows(source):
            meant[rows] = turned[rows]
            known[rows] = [corpus.asked.best(source, texts[i], meaning.alike)[0] for i in rows]
    return [Near(*map(float, row)) for row in zip(cosines, bare, stands_out, meant, known, strict=True)]


def in_order(made: Sequence[Candidate]) -> list[Candidate]:
    return sorted(made, key=lambda c: (-c.score, c.source_id, c.start))


def choose(
    corpus: Corpus, question: Question, ranked: Sequence[Candidate], claim: Claim | None = None
) -> list[Candidate]:
    """The sentences of the answer in the order they are said; the best leads. Empty where there are none.

    Where the question touches a `claim`, somebody for it and somebody against it are heard.
    """
    usable = _under_its_heading(question, _one_witness_a_work(corpus, ranked))
    usable = _told_first(corpus, question, usable)
    most, words = (MORE_SENTENCES, MORE_WORDS) if question.more else (MAX_SENTENCES, MAX_WORDS)
    limit = most if question.more else _FEWER.get(question.kind, most)
    enough = 0 if question.kind in _BRIEF else ENOUGH
    groups: list[list[Candidate]] = []

    def add(candidate: Candidate) -> None:
        """Say it, with the one before where it leans on that; nothing said twice, nothing past the limits."""
        said = [c for group in groups for c in group]
        if candidate in said or any(_near(candidate, other) for other in said):
            return
        whole = _standing(candidate, ranked)
        new = [c for c in whole if c not in said]
        if not whole or (groups and (len(said) + len(new) > limit or _length(said + new) > words)):
            return
        home = next((group for group in groups if whole[0] in group), None)
        if home is None:
            groups.append(new)
        else:
            home[home.index(whole[0]) + 1 : home.index(whole[0]) + 1] = new

    for ids in question.subjects if question.kind == "compare" and len(question.subjects) > 1 else ():
        if best := next((c for c in usable if c.source_id in ids), None):
            add(best)
    for voices in (claim.supports, claim.disputes) if claim else ():
        spans = [(voice.source_id, voice.start, voice.end) for voice in voices]
        heard = (c for c in usable if any(c.source_id == id and a <= c.start < b for id, a, b in spans))
        if best := next(heard, None):
            add(best)
    for candidate in _counted_up(usable) if question.kind == "list" else ():
        add(candidate)
    for candidate in [*usable[:1], *_wanted(corpus, question, usable)]:
        add(candidate)
    for candidate in usable:
        short = _length([c for group in groups for c in group]) < enough
        if groups and candidate.score < usable[0].score - CLOSE and not short:
            break
        if (
            not groups
            or candidate.score >= usable[0].score - CLOSE
            or candidate.source_id == usable[0].source_id
        ):
            add(candidate)
    return _told(groups)


def _one_witness_a_work(corpus: Corpus, ranked: Sequence[Candidate]) -> list[Candidate]:
    """Of documents that are one work (a paper as PDF and as a web page) only the one that ranks best is heard."""
    speaks: dict[str, str] = {}
    for candidate in ranked:
        id = candidate.source_id
        speaks.setdefault(corpus.sources[id].work or id, id)
    return [c for c in ranked if c.source_id in speaks.values()]


def _told_first(corpus: Corpus, question: Question, usable: list[Candidate]) -> list[Candidate]:
    """Of several sources about one thing, the earliest tells who made it and when: it is heard before the others."""
    if question.kind not in ("who", "when") or len(question.subjects) != 1 or len(question.about) < 2:
        return usable
    if not set(question.matter) <= same("introduc"):
        return usable
    dated = [id for id in question.about if corpus.sources[id].published[:1].isdigit()]
    earliest = min(dated, key=lambda id: (corpus.sources[id].published, id), default="")
    told = [c for c in usable if c.source_id == earliest and c.feature("thing") and c.feature("record")][:1]
    return told + [c for c in usable if c not in told]


def _wanted(corpus: Corpus, question: Question, usable: list[Candidate]) -> list[Candidate]:
    """What the best sentence leaves out, from the best of its source: the person, date or figure asked for; or, where
    the question asks what something is called, the sentence that says what the source is about."""
    lead = usable[0] if usable else None
    if lead is None:
        return []
    here = [c for c in usable if c.source_id == lead.source_id]
    if question.kind in _BRIEF and not lead.feature("thing"):
        told = [c for c in here if c.feature("thing")]
        return ([c for c in told if c.feature("record")] or told)[:1]
    if _NAME.search(question.text) and not question.about:
        return [c for c in here if c.start == first_sentence(corpus.sources[c.source_id].text)]
    return []


def _counted_up(usable: list[Candidate]) -> list[Candidate]:
    """The best sentence, and the best of its source that counts things up."""
    return usable[:1] + [c for c in usable if c.feature("series") and c.source_id == usable[0].source_id][:1]


def _under_its_heading(question: Question, usable: list[Candidate]) -> list[Candidate]:
    """Of a question that its own heading answers (who disagrees, what it does not show), only what stands there; of one
    for what came after a thing, only what tells that."""
    if question.kind == "trend" and _AFTER.search(question.text):
        later = [c for c in usable if c.feature("later") and c.source_id in question.about]
        return later or usable
    if question.kind not in _HEADED or not usable:
        return usable
    headed = [
        c for c in usable if c.feature("section") and (c.source_id in question.about or not question.about)
    ]
    return headed if headed and headed[0].score > usable[0].score - _HEADED[question.kind] else usable


def _standing(candidate: Candidate, ranked: Sequence[Candidate]) -> list[Candidate]:
    """The sentence alone; if it leans on the one before, both; nothing if that one leans too."""
    if not DANGLING.match(candidate.text):
        return [candidate]
    before = [c for c in ranked if c.hit.passage.id == candidate.hit.passage.id and c.end <= candidate.start]
    if not before:
        return []
    previous = max(before, key=lambda c: c.start)
    return [] if DANGLING.match(previous.text) else [previous, candidate]


def _near(one: Candidate, other: Candidate) -> bool:
    if one.vector is not None and other.vector is not None:
        return float(one.vector @ other.vector) > NEAR
    a, b = set(terms(one.text)), set(terms(other.text))
    return len(a & b) > 0.8 * min(len(a), len(b))


def _length(said: Sequence[Candidate]) -> int:
    return sum(len(c.text.split()) for c in said)


def _told(groups: list[list[Candidate]]) -> list[Candidate]:
    """The lead's group first; then its source's others and the other sources', each in the order of their text."""
    if not groups:
        return []
    first, *rest = groups
    sources = list(dict.fromkeys(group[0].source_id for group in groups))
    rest.sort(key=lambda group: (sources.index(group[0].source_id), group[0].start))
    return [c for group in (first, *rest) for c in group]
