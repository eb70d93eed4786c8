"""Finding passages: BM25 and MiniLM, each scaled to [0, 1] over the question's candidates, and averaged; then what the
candidates say of each other.

The question's vector is moved a little towards the best passage (Rocchio's feedback, 1971), and a passage gains from
those of other sources that are nearest to it and rank high. `orrery bench retrieval` measures each half and each
fusion on a test collection.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from corpus.records import Hit
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import terms

POSTINGS = 20_000
"""Most entries of the word index that one question walks; SQLite ranks about a thousand a millisecond."""

RRF = 60
"""Added to each rank: Cormack, Clarke and Buettcher, Reciprocal Rank Fusion (2009)."""

FEEDBACK = 0.15
"""How far the question's vector moves towards the best passage's."""
NEIGHBOURS, SHARED = 3, 0.2
"""How many of the nearest passages count, and how much beside a passage's own score."""

Fusion = Literal["bm25", "dense", "rrf", "scaled", "feedback"]
"""How the halves become one score: one of them alone, by ranks, by scaled scores, and those with feedback."""


class HybridRetriever(BaseRetriever):
    """Passages for a question; `hits` also tells how each was found."""

    corpus: Any
    """A `corpus.retrieval.index.Corpus`; any to pydantic, which need not look inside."""
    top_k: int = 12
    candidates: int = 50
    """How many of each half's best are scaled together."""
    fusion: Fusion = "scaled"

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [
            Document(
                page_content=hit.passage.text,
                id=hit.passage.id,
                metadata={
                    "source_id": hit.passage.source_id,
                    "title": hit.title,
                    "start": hit.passage.start,
                    "end": hit.passage.end,
                    "score": hit.score,
                },
            )
            for hit in self.hits(query)
        ]

    def hits(self, query: str, vector: np.ndarray | None = None) -> list[Hit]:
        """The `top_k` best, best first. `vector` [d] is the question's, where the caller has it already."""
        corpus: Corpus = self.corpus
        if corpus.embedder is not None and vector is None:
            vector = corpus.embedder.encode([query])[0]
        with corpus.reading() as corpus:
            return self._hits(corpus, Counter(terms(query)), vector)

    def _hits(self, corpus: Corpus, query: Counter[str], vector: np.ndarray | None) -> list[Hit]:
        near: list[int] = []
        if vector is not None and corpus.nearest is not None:
            near = corpus.nearest.near(vector, min(self.candidates, corpus.size) + 10)
        lexical = self._scores(corpus, query, near)
        near = [row for row in near if row in lexical][: self.candidates]
        best = sorted((row for row in lexical if lexical[row] > 0), key=lambda row: (-lexical[row], row))
        bm25_rank = {row: i for i, row in enumerate(best[: self.candidates], 1)}
        dense_rank = {row: i for i, row in enumerate(near, 1)}
        pool = sorted(bm25_rank.keys() | dense_rank.keys())
        if not pool:
            return []
        cosine = dict.fromkeys(pool, 0.0)
        stored: dict[int, np.ndarray] = {}
        if vector is not None and corpus.embedder is not None:
            stored = corpus.store.vectors(pool, corpus.embedder.key)
            cosine |= {row: float(found @ vector) for row, found in stored.items()}
        if self.fusion == "rrf" and dense_rank:
            ranks = (bm25_rank, dense_rank)
            fused = np.array([sum(1 / (RRF + rank[row]) for rank in ranks if row in rank) for row in pool])
        else:
            words = _scaled(np.array([lexical[row] for row in pool]))
            meaning = _scaled(np.array([cosine[row] for row in pool]))
            alone = {"bm25": words, "dense": meaning}
            fused = alone[self.fusion] if self.fusion in alone else (words + meaning) / 2
            if not dense_rank:
                fused = words
            elif self.fusion == "feedback" and vector is not None and len(stored) == len(pool) > 1:
                vectors = np.stack([stored[row] for row in pool])
                fused = _by_each_other(words, fused, vectors, vector, self._sources(corpus, pool))
        score = dict(zip(pool, fused.tolist(), strict=True))
        order = sorted(pool, key=lambda row: (-score[row], row))[: self.top_k]
        passages = corpus.get(order)
        return [
            Hit(
                passage=passages[row],
                title=corpus.sources[passages[row].source_id].title,
                bm25_rank=bm25_rank.get(row),
                bm25_score=round(lexical[row], 4),
                dense_rank=dense_rank.get(row),
                cosine=round(cosine[row], 4),
                score=round(score[row], 4),
            )
            for row in order
        ]

    def _sources(self, corpus: Corpus, rows: Sequence[int]) -> np.ndarray:
        """[rows] the document of each."""
        ask = "select id, document from passages where id in (select value from json_each(?))"
        found = dict(corpus.store.db.execute(ask, (json.dumps(list(rows)),)).fetchall())
        return np.array([found[row] for row in rows])

    def _scores(self, corpus: Corpus, query: Counter[str], near: Sequence[int]) -> dict[int, float]:
        """Row -> BM25 of those that SQLite ranks best by the question's rarest stems, and of the `near` ones.

        A stem that half the library holds tells little and costs most, so it finds nothing by itself once rarer
        ones have found enough; in the score it counts all the same.
        """
        counts = {term: n for term in query if (n := corpus.count(term))}
        wanted: list[str] = []
        held = 0
        for term in sorted(counts, key=lambda term: (counts[term], term)):
            if wanted and held + counts[term] > POSTINGS:
                break
            wanted.append(term)
            held += counts[term]
        db = corpus.store.db
        rows: list[tuple[int, str]] = []
        if wanted:
            match = " OR ".join(f'"{term}"' for term in wanted)
            ask = "select rowid, terms from words where words match ? order by rank limit ?"
            rows = db.execute(ask, (match, 2 * self.candidates)).fetchall()
        have = {row for row, _ in rows}
        ask = "select rowid, terms from words where rowid in (select value from json_each(?))"
        rows += db.execute(ask, (json.dumps([row for row in near if row not in have]),)).fetchall()
        return {row: bm25(query, counts, corpus.size, corpus.mean_terms, text.split()) for row, text in rows}


def bm25(query: Counter[str], counts: dict[str, int], size: int, mean: float, text: Sequence[str]) -> float:
    """BM25 of a passage's stems for a question's: Lucene's variant with k1 1.5, b .75.

    Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), eq. 3.15; the variant as in Kamphuis et
    al., Which BM25 Do You Mean? (2020). `counts`: how many of the `size` passages hold each stem; `mean`: stems in
    a passage on average.
    """
    held, score = Counter(text), 0.0
    for term, df in counts.items():
        if n := held[term]:
            rare = math.log(1 + (size - df + 0.5) / (df + 0.5))
            score += query[term] * rare * n / (n + 1.5 * (0.25 + 0.75 * len(text) / mean))
    return score


def _by_each_other(
    words: np.ndarray, fused: np.ndarray, vectors: np.ndarray, question: np.ndarray, sources: np.ndarray
) -> np.ndarray:
    """[n] scores in [0, 1] after feedback from the best candidate and a share from each one's neighbours.

    `words` and `fused` [n] in [0, 1], `vectors` [n, d] and `question` [d] of unit length, `sources` [n]: passages of
    one source are no neighbours, for they are alike without saying anything of the question.
    """
    moved = question + FEEDBACK * vectors[int(fused.argmax())]
    fused = (words + _scaled(vectors @ moved)) / 2
    like = vectors @ vectors.T
    like[sources[:, None] == sources[None, :]] = 0.0
    near = np.argsort(-like, axis=1, kind="stable")[:, :NEIGHBOURS]
    weight = np.take_along_axis(like, near, 1).clip(1e-9)
    theirs = (weight * fused[near]).sum(1) / weight.sum(1)
    return (fused + SHARED * theirs) / (1 + SHARED)


def _scaled(scores: np.ndarray) -> np.ndarray:
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.full_like(scores, float(high > 0))
