"""Finding passages: BM25 and MiniLM, each scaled to [0, 1] over the question's candidates, then averaged.

On BEIR SciFact (5,183 documents, 300 questions) adding scaled scores reached nDCG@10 .731, reciprocal rank
fusion .717, BM25 alone .686 and MiniLM alone .645.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from corpus.index import Corpus
from corpus.records import Hit
from corpus.words import terms


class HybridRetriever(BaseRetriever):
    """Passages for a question; `hits` also tells how each was found."""

    corpus: Any
    """A `corpus.index.Corpus`; any to pydantic, which need not look inside."""
    top_k: int = 12
    candidates: int = 50
    """How many of each half's best are scaled together."""

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
        count = len(corpus.passages)
        lexical = np.zeros(count, np.float32)
        if query_terms := [term for term in terms(query) if term in corpus.bm25.vocab_dict]:
            lexical = corpus.bm25.get_scores(query_terms)
        bm25_rank = _ranks(lexical, self.candidates)
        cosine = np.zeros(count, np.float32)
        dense_rank: dict[int, int] = {}
        if corpus.embedder is not None:
            if vector is None:
                vector = corpus.embedder.encode([query])[0]
            cosine = corpus.vectors @ vector
            near = corpus.store.similarity_search_by_vector(vector.tolist(), k=min(self.candidates, count))
            dense_rank = {corpus.row[str(document.id)]: i + 1 for i, document in enumerate(near)}
        pool = np.array(sorted(bm25_rank.keys() | dense_rank.keys()), int)
        if not len(pool):
            return []
        halves = [_scaled(lexical[pool])] + ([_scaled(cosine[pool])] if dense_rank else [])
        score = np.mean(halves, axis=0)
        order = sorted(range(len(pool)), key=lambda i: (-score[i], corpus.passages[pool[i]].id))
        found: list[Hit] = []
        for i in order[: self.top_k]:
            row = int(pool[i])
            passage = corpus.passages[row]
            found.append(
                Hit(
                    passage=passage,
                    title=corpus.sources[passage.source_id].title,
                    bm25_rank=bm25_rank.get(row),
                    bm25_score=round(float(lexical[row]), 4),
                    dense_rank=dense_rank.get(row),
                    cosine=round(float(cosine[row]), 4),
                    score=round(float(score[i]), 4),
                )
            )
        return found


def _ranks(scores: np.ndarray, limit: int) -> dict[int, int]:
    """Row -> 1-based rank of the best rows that score above nothing."""
    best = np.argsort(-scores, kind="stable")[:limit]
    return {int(row): i + 1 for i, row in enumerate(best) if scores[row] > 0}


def _scaled(scores: np.ndarray) -> np.ndarray:
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.full_like(scores, float(high > 0))
