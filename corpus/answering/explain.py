"""Why this answer: each passage that was found, how, and why it is quoted or not. The inspector draws this record."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from corpus.answering.guided import guides
from corpus.library.passages import sentences
from corpus.records import Answer, Hit
from corpus.retrieval.asked import NOTHING_KNOWN
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import terms

SAME = 0.9
"""Cosine of two sentences from which on the second tells nothing new."""


@dataclass(frozen=True)
class Explained:
    """One passage: its places and scores by each half and by both, and what became of it."""

    place: int
    """1-based, by the fused score."""
    passage_id: str
    source_id: str
    title: str
    heading: str
    text: str
    bm25_rank: int | None
    """1-based; None where the half did not rank it among its candidates."""
    bm25_score: float
    dense_rank: int | None
    cosine: float
    """Of the whole passage with the question."""
    score: float
    """Fused, in [0, 1]."""
    best_sentence: str
    """The sentence nearest to the question, or empty where the passage has no whole sentence."""
    best_cosine: float
    """Its cosine with the question; without an embedder, its share of the question's stems."""
    answers: str
    """The question most like this one that the passage is known to answer, or empty."""
    likeness: float
    """Its cosine with the question in the learned metric."""
    used: bool
    why: str


@dataclass(frozen=True)
class Explanation:
    """The answer's working."""

    question: str
    read_as: str
    """The question as it was understood."""
    refused: str
    """Why, or empty."""
    confidence: float
    """Probability that the sentences answer the question."""
    caution: float
    """Below it the question is refused."""
    measure: str
    """What `best_cosine` counts."""
    guide: str
    """The big question for which the sentences were put together by hand, or empty."""
    rows: tuple[Explained, ...]

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def explain(answer: Answer, corpus: Corpus) -> Explanation:
    """The record for one answer, its passages by fused score."""
    question = answer.read_as or answer.question
    asked = set(terms(question))
    vector = corpus.embedder.encode([question])[0] if corpus.embedder else None
    alike = corpus.asked.alike(corpus.turn(vector)) if vector is not None else NOTHING_KNOWN
    spans = {hit.passage.id: _sentences(hit, corpus) for hit in answer.hits}
    texts = list(dict.fromkeys(text for found in spans.values() for text in found))
    texts += [c.quote for s in answer.sentences for c in s.citations if c.quote not in texts]
    vectors = dict(zip(texts, corpus.embed(texts), strict=True)) if vector is not None and texts else {}

    def near(text: str) -> float:
        if vector is not None:
            return float(vectors[text] @ vector)
        return len(asked & set(terms(text))) / max(len(asked), 1)

    quoted = [c.quote for sentence in answer.sentences for c in sentence.citations]
    least = min((near(text) for text in quoted), default=0.0)
    rows = []
    for place, hit in enumerate(sorted(answer.hits, key=lambda hit: -hit.score), 1):
        best = max(spans[hit.passage.id], key=near, default="")
        nearness = near(best) if best else 0.0
        repeats = vector is not None and any(
            float(vectors[best] @ vectors[q]) >= SAME for q in quoted if best
        )
        known = [corpus.asked.best(hit.passage.source_id, text, alike) for text in spans[hit.passage.id]]
        likeness, answers = max((found for found in known if found), default=(0.0, ""))
        why = _why(answer, hit, best, nearness, least, repeats)
        rows.append(
            Explained(
                place=place,
                passage_id=hit.passage.id,
                source_id=hit.passage.source_id,
                title=hit.title,
                heading=hit.passage.heading,
                text=hit.passage.text,
                bm25_rank=hit.bm25_rank,
                bm25_score=hit.bm25_score,
                dense_rank=hit.dense_rank,
                cosine=hit.cosine,
                score=hit.score,
                best_sentence=best,
                best_cosine=round(nearness, 4),
                answers=answers,
                likeness=round(likeness, 4),
                used=hit.used,
                why=why,
            )
        )
    return Explanation(
        question=answer.question,
        read_as=question,
        refused=answer.refusal.reason if answer.refusal else "",
        confidence=answer.confidence,
        caution=answer.caution,
        guide=guides()[answer.guide].asked[0] if answer.guide in guides() else "",
        measure="cosine" if vector is not None else "share of the question's stems",
        rows=tuple(rows),
    )


def _sentences(hit: Hit, corpus: Corpus) -> list[str]:
    text = corpus.sources[hit.passage.source_id].text
    return [text[a:b] for a, b in sentences(text, hit.passage.start, hit.passage.end)]


def _why(answer: Answer, hit: Hit, best: str, near: float, least: float, repeats: bool) -> str:
    """In words. What is said of a passage left out is what can be seen from outside the choice."""
    if hit.used:
        places = [
            str(i)
            for i, sentence in enumerate(answer.sentences, 1)
            for c in sentence.citations
            if c.source_id == hit.passage.source_id and hit.passage.start <= c.start < hit.passage.end
        ]
        places = list(dict.fromkeys(places))
        first = f"{', '.join(places[:-1])} and " if len(places) > 1 else ""
        return f"Quoted: sentence{'s' if first else ''} {first}{places[-1]} of the answer."
    if answer.refusal:
        return f"Not quoted, as the question is refused; its nearest sentence comes to {near:.2f}."
    if not best:
        return "Not quoted: it holds no whole sentence."
    if repeats:
        return "Not quoted: its nearest sentence says what a quoted one says already."
    if near < least:
        return f"Not quoted: its nearest sentence is further from the question ({near:.2f}) than those quoted (from {least:.2f} on)."
    if hit.bm25_rank is None:
        return f"Not quoted: near in meaning ({near:.2f}), but found by meaning alone; its words are not the question's."
    return f"Not quoted: near enough ({near:.2f}), but other sentences fit better what the question asks for."
