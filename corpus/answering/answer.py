"""From a question to an `Answer`: retrieve, choose sentences, or refuse. Every sentence is verbatim."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from corpus.answering.choose import Candidate, candidates, choose
from corpus.answering.citing import cited
from corpus.answering.cover import nearest, refuse
from corpus.answering.dated import asked_span, counted, of_span, tallies, told
from corpus.answering.demo import claim_shown
from corpus.answering.dialogue import Asked, follow, topic_of
from corpus.answering.guided import guide_for, sentences_of
from corpus.answering.halves import halves, joined
from corpus.answering.manners import asked as questions
from corpus.answering.manners import met
from corpus.answering.meaning import Meaning, meaning_of
from corpus.answering.premise import denial, made_by_another, never_made, set_right, withheld
from corpus.answering.question import Question, checked, parse
from corpus.answering.spelling import mended
from corpus.answering.stance import touched
from corpus.answering.weights import read_weights
from corpus.errors import CorpusError
from corpus.records import Answer, Citation, Hit, Refusal, Sentence
from corpus.retrieval.index import Corpus, open_corpus
from corpus.retrieval.retrieve import HybridRetriever

REACH = 60
"""Passages ranked for a question; past `top_k`, only those of a source that the question names are read."""
ALIKE = 20
"""Sentences that are read because they answer the questions most like this one."""
INSTEAD, LIKE = 3, 0.5
"""How many answered questions a refusal names, and how alike they are at least."""
WHOLE = 12
"""A source that the question names is read whole if it has at most so many passages."""

LEANS = re.compile(
    r"\b(it|its|they|their|them|that|this|those|these|he|she|his|her|him|ones?|there|both)\b", re.I
)
"""Words that lean on what was said before."""
_TIME = re.compile(
    r"\d{4}|\b(new|newest|news|latest|recent|recently|happening|papers?|titles?|publications?|research|interest)\b"
)
"""What no question of time goes without."""
CLEAR, BETTER = 0.6, 0.15
"""A follow-up whose first reading is answered with less confidence is read in other ways too; one that is so much
surer is taken."""
SURE = 0.9
"""Of what a guide or the dates of sources answer; how often the right guide is found is measured in
`tests/corpus/test_guides.py`."""


def ask(
    question: str,
    corpus: Corpus | None = None,
    *,
    history: Sequence[Answer | None] = (),
    top_k: int = 12,
    caution: float | None = None,
    writer: Literal["configured", "extractive"] = "configured",
) -> Answer:
    """Sentences of the sources with their citations, or a refusal that says why.

    `history`: the answers so far, oldest first, None for one that was let go; a follow-up ("who proposed it?") is read
    as what it leaves out. `caution`: refuse below this probability of an answer, in [0, 1]; None is the one chosen on
    the tuning questions. `writer`: with ORRERY_LLM set, that language model writes from the same passages (see
    `corpus.answering.writer_llm`), unless the extractive answer is asked for.

    Raises CorpusError for a question that is empty, too long or not text.
    """
    *_, last = answers(question, corpus, history=history, top_k=top_k, caution=caution, writer=writer)
    return last


def answers(
    question: str,
    corpus: Corpus | None = None,
    *,
    history: Sequence[Answer | None] = (),
    top_k: int = 12,
    caution: float | None = None,
    writer: Literal["configured", "extractive"] = "configured",
) -> Iterator[Answer]:
    """The answer as it arrives: the extractive one, then the language model's as it grows. The last one stands."""
    text = checked(question)
    if not 1 <= top_k <= REACH:
        raise ValueError(f"top_k is {top_k}; it must be from 1 to {REACH}")
    if caution is not None and not 0 <= caution <= 1:
        raise CorpusError(f"caution is {caution}; it must be from 0 (answer all) to 1 (refuse all)")
    corpus = corpus or open_corpus()
    with corpus.reading() as corpus:
        if answer := met(text, corpus):
            yield answer
            return
        asked = follow(text, questions(history), corpus)
        answer = _answer(asked, corpus, top_k, caution)
        for reading in asked.others if answer.confidence < CLEAR else ():
            other = _answer(dataclasses.replace(asked, text=reading), corpus, top_k, caution)
            if other.sentences and other.confidence > answer.confidence + BETTER:
                answer = other
        if answer.refusal and asked.text != text:
            other = _answer(dataclasses.replace(asked, text=text), corpus, top_k, caution)
            alone = not LEANS.search(text) if other.refusal else other.confidence >= SURE
            answer = other if alone else answer
        answer = _of_two(answer, asked, corpus, top_k, caution) or answer
    yield answer
    if writer == "configured" and os.environ.get("ORRERY_LLM") and not answer.refusal:
        from corpus.answering.writer_llm import stream

        yield from stream(answer, corpus)


def _of_two(whole: Answer, asked: Asked, corpus: Corpus, top_k: int, caution: float | None) -> Answer | None:
    """The answer half by half; None where the question is one, where a half is not answered, and where the whole has its
    both sides or an editor's answer already."""
    two = halves(asked.text)
    if not two or (whole.sentences and (whole.claim or whole.guide)):
        return None
    first = _answer(Asked(two[0], two[0], asked.focus, asked.topic), corpus, top_k, caution)
    if first.refusal:
        return None
    second = _answer(follow(two[1], [first], corpus), corpus, top_k, caution)
    return None if second.refusal else joined(whole, first, second)


def _answer(asked: Asked, corpus: Corpus, top_k: int, caution: float | None) -> Answer:
    """The extractive answer."""
    text = mended(asked.text, corpus)
    question = parse(text, corpus.names, asked.focus)
    meaning = meaning_of(corpus, question, asked.topic if question.focus and not question.subjects else "")
    vector = meaning.whole if meaning else None
    claim = touched(text, corpus, vector)
    if question.kind == "demo":
        claim = claim or claim_shown(text, vector, corpus)
    guide = None if claim else guide_for(text, corpus, meaning)
    heard = [(voice.source_id, voice.start) for voice in (*claim.supports, *claim.disputes)] if claim else []
    heard += guide.places(corpus) if guide else []
    hits, further = read(corpus, question, meaning, top_k, heard)
    weights = read_weights()["lexical" if vector is None else "dense"]
    ranked = candidates(corpus, question, [*hits, *further], meaning, weights.rank)
    chosen = sentences_of(guide, ranked) if guide else choose(corpus, question, ranked, claim)
    limit = weights.caution if caution is None else caution
    span = asked_span(question, corpus) if _TIME.search(text) and not guide else None
    dated = of_span(corpus, span) if span else []
    if span and dated:
        rows = _openings(corpus, [source.id for source in dated])
        ranked = candidates(corpus, question, _hits(corpus, rows, vector), meaning, weights.rank)
        chosen, claim = told(span, dated, ranked), None
    if chosen and (guide or (span and dated)):
        confidence, why = SURE, ""
    else:
        confidence, why = refuse(corpus, question, ranked, chosen, weights, limit, meaning)
    if denied := made_by_another(corpus, question, ranked):
        confidence, why = 0.0, "it takes for granted who made this, and they tell otherwise"
    elif denied := withheld(question, ranked):
        confidence, why = 0.0, "they tell that it was not told"
    elif never_made(corpus, question, ranked):
        confidence, why = 0.0, "none of them says that they made this"
    elif why and not question.unknown and (denied := set_right(corpus, question, ranked)):
        why = "it takes for granted what they seem to tell otherwise"
    refusal = None
    if why:
        titles = tuple(dict.fromkeys(hit.title for hit in hits))[:3]
        covers = tuple(_sentence(corpus, c) for c in nearest(ranked, denied or denial(question, ranked)))
        like = corpus.asked.nearest(meaning.alike, INSTEAD, least=LIKE) if meaning else []
        instead = tuple(known.text for known in like)
        refusal, chosen = Refusal(f"My sources don't answer this: {why}.", titles, covers, instead), []
    used = {c.hit.passage.id for c in chosen}
    known = {hit.passage.id for hit in hits}
    shown = [*hits, *{c.hit.passage.id: c.hit for c in chosen if c.hit.passage.id not in known}.values()]
    return Answer(
        question=asked.question,
        sentences=tuple(_sentence(corpus, c) for c in chosen),
        refusal=refusal,
        hits=tuple(dataclasses.replace(hit, used=hit.passage.id in used) for hit in shown),
        writer="extractive",
        notice=corpus.notice,
        corpus_hash=corpus.hash,
        embedder_hash=corpus.embedder_hash,
        read_as=text if text != asked.question else "",
        topic=asked.topic or topic_of(text, [c.source_id for c in chosen], corpus),
        kind="trend" if span and chosen else question.kind,
        confidence=confidence,
        caution=limit,
        top_k=top_k,
        claim=claim.id if claim else "",
        claim_status=claim.status if claim else "",
        demo=claim.experiment if claim else "",
        guide=guide.id if guide and chosen else "",
        counts=tallies(span) if span and chosen else (),
        counted=counted() if span and chosen else "",
    )


def _sentence(corpus: Corpus, candidate: Candidate) -> Sentence:
    return Sentence(candidate.text, (cite(corpus, candidate),), "verbatim")


def read(
    corpus: Corpus,
    question: Question,
    meaning: Meaning | None,
    top_k: int,
    heard: Sequence[tuple[str, int]] = (),
) -> tuple[list[Hit], list[Hit]]:
    """(the best passages; further ones: of the sources that the question names, where its like is answered, and at the
    places that shall be `heard`: a source's id and an offset)."""
    vector = meaning.whole if meaning else None
    ranked = HybridRetriever(corpus=corpus, top_k=REACH).hits(question.text, vector)
    near, far = ranked[:top_k], [hit for hit in ranked[top_k:] if hit.passage.source_id in question.about]
    alike = corpus.asked.nearest(meaning.alike, ALIKE) if meaning else []
    places = [
        *heard,
        *(
            (known.source, corpus.sources[known.source].text.find(known.opening))
            for known in alike
            if known.source in corpus.sources
        ),
    ]
    far += [*_whole(corpus, question, vector), *_hits(corpus, _standing_at(corpus, places), vector)]
    by_rank = {hit.passage.id: hit for hit in ranked}
    further = {hit.passage.id: by_rank.get(hit.passage.id, hit) for hit in far}
    for hit in near:
        further.pop(hit.passage.id, None)
    return near, list(further.values())


def _standing_at(corpus: Corpus, places: Sequence[tuple[str, int]]) -> list[int]:
    """The passages that hold these places, each a source's id and an offset in its text."""
    query = """select p.id from passages p join documents d on d.id = p.document
        where d.name = ? and p.start <= ? and p.end > ?"""
    rows = [row for id, at in places for (row,) in corpus.store.db.execute(query, (id, at, at))]
    return list(dict.fromkeys(rows))


def _whole(corpus: Corpus, question: Question, vector: np.ndarray | None) -> list[Hit]:
    query = """select p.id from passages p join documents d on d.id = p.document
        where d.passages <= ? and d.name in (select value from json_each(?)) order by p.id"""
    about = sorted(question.about)[:WHOLE]
    return _hits(
        corpus, [row for (row,) in corpus.store.db.execute(query, (WHOLE, json.dumps(about)))], vector
    )


def _openings(corpus: Corpus, sources: Sequence[str]) -> list[int]:
    """The first passage of each."""
    query = """select min(p.id) from passages p join documents d on d.id = p.document
        where d.name in (select value from json_each(?)) group by d.id"""
    return [row for (row,) in corpus.store.db.execute(query, (json.dumps(list(sources)),))]


def _hits(corpus: Corpus, rows: Sequence[int], vector: np.ndarray | None) -> list[Hit]:
    """Passages that are read though the ranking did not bring them."""
    passages = corpus.get(rows)
    stored = corpus.store.vectors(rows, corpus.embedder.key) if corpus.embedder and vector is not None else {}
    return [
        Hit(
            passage=passages[row],
            title=corpus.sources[passages[row].source_id].title,
            bm25_rank=None,
            bm25_score=0.0,
            dense_rank=None,
            cosine=round(float(stored[row] @ vector), 4) if row in stored else 0.0,
            score=0.0,
        )
        for row in rows
    ]


def cite(corpus: Corpus, candidate: Candidate) -> Citation:
    passage = candidate.hit.passage
    return cited(corpus.sources[passage.source_id], candidate.start, candidate.end, passage)
