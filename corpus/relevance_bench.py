"""What the judge is worth: `python -m corpus.relevance_bench --squad FILE`.

On articles of SQuAD 2.0 that it was not trained on: each question finds paragraphs in the pool of all of theirs, then
sentences, and three ways of choosing one and of saying how sure it is are compared on the same candidates: the judge,
the best cosine alone, BM25 alone.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus.embed import Embedder, find_embedder
from corpus.errors import CorpusError
from corpus.home import write_atomically
from corpus.relevance import ADAPTER, Relevance
from corpus.relevance_data import Article, WordScores, deal, read_squad

PARAGRAPHS, SENTENCES = 5, 16
"""Found for a question, and then read by the judge."""
RESAMPLES = 1000


@dataclass(frozen=True)
class Case:
    """A question with the sentences found for it, best cosine first."""

    question: str
    answerable: bool
    texts: tuple[str, ...]
    answers: np.ndarray
    """[texts] whether the sentence holds the answer where the data set marks it."""
    cosine: np.ndarray
    bm25: np.ndarray


class Pool:
    """Questions of some articles (one in `every`), with what is found for each among all their paragraphs."""

    def __init__(self, articles: Sequence[Article], embedder: Embedder, every: int = 1) -> None:
        held = [paragraph for article in articles for paragraph in article.paragraphs]
        texts = [p.text for p in held]
        parts = [(i, j) for i, p in enumerate(held) for j in range(len(p.sentences))]
        spoken = [held[i].text[slice(*held[i].sentences[j])] for i, j in parts]
        first = np.searchsorted([i for i, _ in parts], range(len(held) + 1))
        asked = [(i, question) for i, p in enumerate(held) for question in p.questions][::every]
        wholes, sentences, questions = (
            embedder.encode_many(list(some)) for some in (texts, spoken, [q.text for _, q in asked])
        )
        word_scores, sentence_scores = WordScores(texts), WordScores(spoken)
        self.cases: list[Case] = []
        for (home, question), vector in zip(asked, questions, strict=True):
            score = _scaled(word_scores(question.text)) + _scaled(wholes @ vector)
            found = np.argsort(-score, kind="stable")[:PARAGRAPHS]
            near = np.concatenate([np.arange(first[i], first[i + 1]) for i in found])
            near = near[np.argsort(-(sentences[near] @ vector), kind="stable")[:SENTENCES]]
            right = held[home].holding(question) if question.answerable else set()
            self.cases.append(
                Case(
                    question.text,
                    question.answerable,
                    tuple(spoken[k] for k in near),
                    np.array([parts[k][0] == home and parts[k][1] in right for k in near]),
                    sentences[near] @ vector,
                    sentence_scores(question.text)[near],
                )
            )


def figures(relevance: Relevance, pool: Pool) -> dict[str, Any]:
    """The three ways on the pool's cases, with the protocol; see `curve`."""
    scores = [relevance.score(case.question, case.texts) for case in pool.cases]
    ways = {
        "judge": scores,
        "cosine": [case.cosine for case in pool.cases],
        "bm25": [case.bm25 for case in pool.cases],
    }
    flat, right = np.concatenate(scores), np.concatenate([case.answers for case in pool.cases])
    return {
        "questions": len(pool.cases),
        "answerable": sum(case.answerable for case in pool.cases),
        **{name: curve(pool.cases, way) for name, way in ways.items()},
        "calibration_error": round(calibration_error(flat, right), 4),
        "protocol": (
            f"{PARAGRAPHS} paragraphs of the articles' pool (BM25 and MiniLM, scaled and added), {SENTENCES} sentences "
            "by cosine; an answer is right where the sentence holds the marked answer; no answer to an unanswerable "
            f"question is right; intervals: 95 %, {RESAMPLES} bootstrap resamples of the questions"
        ),
    }


def curve(cases: Sequence[Case], scores: Sequence[np.ndarray], seed: int = 0) -> dict[str, Any]:
    """How well the best score says whether to answer.

    `auroc`: answerable against unanswerable questions. `aurc`: the share of wrong answers, averaged over all coverages
    (El-Yaniv and Wiener 2010; lower is better). `risk_at_half`: that share where the surer half is answered. `right`:
    answerable questions whose first sentence holds the answer.
    """
    best = np.array([score.max() for score in scores])
    right = np.array([case.answers[int(score.argmax())] for case, score in zip(cases, scores, strict=True)])
    answerable = np.array([case.answerable for case in cases])
    draw = np.random.default_rng(seed)
    deals = [draw.integers(len(cases), size=len(cases)) for _ in range(RESAMPLES)]

    def interval(of: Any) -> list[float]:
        return [round(float(x), 4) for x in np.percentile([of(deal) for deal in deals], (2.5, 97.5))]

    every = np.arange(len(cases))
    measures = {
        "auroc": lambda some: auroc(best[some], answerable[some]),
        "aurc": lambda some: float(risks(best[some], right[some]).mean()),
        "risk_at_half": lambda some: float(risks(best[some], right[some])[len(some) // 2 - 1]),
        "right": lambda some: float(right[some][answerable[some]].mean()),
    }
    return {name: [round(of(every), 4), *interval(of)] for name, of in measures.items()}


def risks(sure: np.ndarray, right: np.ndarray) -> np.ndarray:
    """[n] share of wrong answers among the k surest, for every k."""
    order = np.argsort(-sure, kind="stable")
    return np.cumsum(1.0 - right[order]) / np.arange(1, len(order) + 1)


def auroc(scores: np.ndarray, yes: np.ndarray) -> float:
    """Chance that a yes scores above a no; ties count half."""
    _, index, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[index]
    positive = int(yes.sum())
    above = ranks[yes].sum() - positive * (positive + 1) / 2
    return float(above / (positive * (len(yes) - positive)))


def calibration_error(chances: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: mean distance of chance and share over bins of equal size."""
    parts = np.array_split(np.argsort(chances, kind="stable"), bins)
    return float(sum(len(p) * abs(chances[p].mean() - right[p].mean()) for p in parts) / len(chances))


def cost(relevance: Relevance, cases: Sequence[Case], rounds: int = 20) -> dict[str, float]:
    """Milliseconds of one thread for an answer's pairs: the median over questions, after two to warm up."""
    found: dict[str, float] = {}
    for count in (12, 24):
        took = []
        for i in range(rounds + 2):
            case = cases[i % len(cases)]
            texts = (case.texts * 2)[:count]
            began = time.thread_time()
            relevance.score(case.question, texts)
            took.append((time.thread_time() - began) * 1000)
        found[f"ms_for_{count}"] = round(float(np.median(took[2:])), 1)
    return found


def machine() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{name}, {os.environ.get('OMP_NUM_THREADS', '1')} thread"


def _scaled(scores: np.ndarray) -> np.ndarray:
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.zeros_like(scores)


def main(squad: Path, *, adapter: Path = ADAPTER, every: int = 1, keep: bool = False) -> None:
    """Print the figures over one in `every` question as JSON; with `keep`, put them into the adapter's passport too."""
    embedder = find_embedder()
    relevance = Relevance(embedder, adapter)
    pool = Pool(deal(read_squad(squad))[2], embedder, every)
    found = figures(relevance, pool) | {"cost": cost(relevance, pool.cases), "machine": machine()}
    print(json.dumps(found, indent=1))
    if keep:
        known = relevance.passport | {"figures": found}
        write_atomically(adapter.with_suffix(".json"), (json.dumps(known, indent=1) + "\n").encode())


if __name__ == "__main__":
    import tyro

    try:
        tyro.cli(main)
    except CorpusError as error:
        raise SystemExit(f"orrery: {error}") from None
