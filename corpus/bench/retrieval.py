"""`orrery bench retrieval`: the product's retriever on a test collection, each half and each fusion in one run.

The collection's documents are cut, embedded and stored as a user's are, in a library of their own in a temporary
folder; a document ranks by its best passage.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from corpus.bench.beir import CUT, Dataset, interval, ndcg, read_dataset, recall
from corpus.bench.library import filled
from corpus.bench.machine import machine, threads
from corpus.library.lock import Report, silent
from corpus.loaders.text import sha256
from corpus.records import Hit, Source
from corpus.retrieval.index import Corpus
from corpus.retrieval.retrieve import Fusion, HybridRetriever

TOP_PASSAGES = 50
"""Ranked for a question: enough that ten documents are among them."""
WARM = 10
"""Questions asked before time is taken."""


@dataclass(frozen=True)
class Measured:
    """One way of ranking: means over the questions with 95 % bootstrap intervals."""

    method: str
    ndcg: float
    ndcg_interval: tuple[float, float]
    recall: float
    recall_interval: tuple[float, float]
    ms_median: float
    """From the question's text to ranked passages, its embedding included."""
    ms_p95: float
    cpu_ms_median: float
    """The same in processor time, which other jobs on the machine disturb less."""


@dataclass(frozen=True)
class RetrievalBench:
    """nDCG@10 and recall@10 of each half, each fusion."""

    dataset: str
    documents: int
    passages: int
    questions: int
    rows: tuple[Measured, ...]
    seed: int
    """Of the bootstrap."""
    machine: str
    threads: int
    date: str

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def bench_retrieval(folder: Path, seed: int = 0, report: Report = silent) -> RetrievalBench:
    """Raises CorpusError where the folder is no collection or there is no embedder."""
    dataset = read_dataset(folder)
    with tempfile.TemporaryDirectory(prefix="orrery-bench-") as made:
        sources = [_source(id, *document) for id, document in dataset.documents.items()]
        library = filled(sources, Path(made), report)
        try:
            corpus = library.current()
            rows = [_measured(dataset, method, rank, seed) for method, rank in _methods(corpus).items()]
        finally:
            library.close()
    return RetrievalBench(
        dataset=dataset.name,
        documents=len(dataset.documents),
        passages=corpus.size,
        questions=len(dataset.questions),
        rows=tuple(rows),
        seed=seed,
        machine=machine(),
        threads=threads(),
        date=time.strftime("%Y-%m-%d"),
    )


def _source(id: str, title: str, text: str) -> Source:
    return Source(id, title, (), "", "document", "", (), "neutral", text, sha256(text))


def _methods(corpus: Corpus) -> dict[str, Callable[[str], list[Hit]]]:
    """Name -> a question's ranked passages."""
    found: dict[str, Callable[[str], list[Hit]]] = {
        fusion: HybridRetriever(corpus=corpus, top_k=TOP_PASSAGES, fusion=fusion).hits
        for fusion in get_args(Fusion)
    }
    return found


def _measured(dataset: Dataset, method: str, rank: Callable[[str], list[Hit]], seed: int) -> Measured:
    gains, recalls, took, spent = [], [], [], []
    for question in list(dataset.questions.values())[:WARM]:
        rank(question)
    for id, question in dataset.questions.items():
        began, cpu = time.perf_counter(), time.process_time()
        hits = rank(question)
        took.append((time.perf_counter() - began) * 1000)
        spent.append((time.process_time() - cpu) * 1000)
        ranked = list(dict.fromkeys(hit.passage.source_id for hit in hits))[:CUT]
        gains.append(ndcg(ranked, dataset.judged[id]))
        recalls.append(recall(ranked, dataset.judged[id]))
    return Measured(
        method=method,
        ndcg=float(np.mean(gains)),
        ndcg_interval=interval(gains, seed),
        recall=float(np.mean(recalls)),
        recall_interval=interval(recalls, seed),
        ms_median=float(np.median(took)),
        ms_p95=float(np.percentile(took, 95)),
        cpu_ms_median=float(np.median(spent)),
    )
