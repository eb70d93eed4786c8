"""`orrery bench refusal`: does the answerer know when not to answer? SQuAD 2.0, its unanswerable questions included.

Every paragraph of the file becomes a library of its own in a temporary folder, and the product's own `ask` answers from
it, so a question is also wrong where its paragraph isn't found. What is compared is how sure each of three scores is:
the product's confidence, the best passage's cosine alone, its BM25 score alone. All three see the same answers. Of
articles that the confidence was fitted to (`corpus.bench.strangers`) no question is asked.
"""

from __future__ import annotations

import dataclasses
import random
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus.answering.strangers import read_strangers
from corpus.bench.library import filled
from corpus.bench.machine import machine, threads
from corpus.bench.squad import Article, read_squad
from corpus.library.lock import Report, silent
from corpus.loaders.text import sha256
from corpus.records import Answer, Source
from corpus.retrieval.words import squash

SAMPLE = 600
POINTS = 50
"""Of each curve, evenly spaced in coverage."""
DRAWS = 500
"""Of the bootstrap."""


@dataclass(frozen=True)
class Curve:
    """One score of how sure an answer is."""

    name: str
    coverage: tuple[float, ...]
    """Share of the questions that are answered, the surest first."""
    risk: tuple[float, ...]
    """Share of wrong answers among them: without the true answer in what is quoted, or to a question without one."""
    aurc: float
    """Mean risk over all coverages (Geifman and El-Yaniv, Selective Classification, 2017). Lower is better."""
    aurc_interval: tuple[float, float]
    """95 %, bootstrap over questions."""
    behind: float
    """How much higher the mean risk is than the confidence's, on the same questions."""
    behind_interval: tuple[float, float]
    """95 %, bootstrap over questions, both scores on the same draw."""
    risk_at_half: float
    auroc: float
    """Answerable against unanswerable questions; .5 is chance."""


@dataclass(frozen=True)
class RefusalBench:
    """The three curves, and where the product's default stands."""

    dataset: str
    questions: int
    answerable: int
    articles: tuple[str, ...]
    """Where the questions are from; nothing was fitted to them."""
    left_out: tuple[str, ...]
    """Articles that the confidence was fitted to: their paragraphs can be found, their questions are not asked."""
    passages: int
    curves: tuple[Curve, ...]
    caution: float
    """The product's default threshold."""
    answered: float
    """Share of the questions that it answers by default."""
    risk: float
    precision: float
    """Share of the refused questions that have no answer."""
    recall: float
    """Share of the questions without an answer that are refused."""
    ms_median: float
    seed: int
    machine: str
    threads: int
    date: str

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def bench_refusal(file: Path, sample: int = SAMPLE, seed: int = 0, report: Report = silent) -> RefusalBench:
    """Ask `sample` questions, drawn by `seed` from the articles that nothing was fitted to.

    Raises CorpusError where the file is not SQuAD 2.0's, or there is no embedder.
    """
    articles = read_squad(file)
    texts = {id(q): p.text for article in articles for p in article.paragraphs for q in p.questions}
    known = set(read_strangers().articles)
    asked = [article for article in articles if article.title not in known]
    held = [q for article in asked for p in article.paragraphs for q in p.questions]
    drawn = random.Random(seed).sample(held, min(sample, len(held)))
    with tempfile.TemporaryDirectory(prefix="orrery-bench-") as folder:
        library = filled([as_source(article) for article in articles], Path(folder), report)
        try:
            corpus = library.current()
            size = corpus.size
            from corpus.answering.answer import ask

            caution = ask(drawn[0].text, corpus).caution
            answers, took, told = [], [], time.monotonic()
            for question in drawn:
                began = time.perf_counter()
                answers.append(ask(question.text, corpus, caution=0.0, writer="extractive"))
                took.append((time.perf_counter() - began) * 1000)
                if time.monotonic() - told > 10:
                    told = time.monotonic()
                    report(f"{len(answers)} of {len(drawn)} questions asked")
        finally:
            library.close()
    answerable = np.array([question.answerable for question in drawn])
    right = np.array(
        [
            question.answerable and _holds(answer, [texts[id(question)][a:b] for a, b in question.spans])
            for question, answer in zip(drawn, answers, strict=True)
        ]
    )
    sure = {
        "confidence": np.array([answer.confidence for answer in answers]),
        "best cosine alone": np.array([max((h.cosine for h in a.hits), default=0.0) for a in answers]),
        "BM25 alone": np.array([max((h.bm25_score for h in a.hits), default=0.0) for a in answers]),
    }
    refused = sure["confidence"] < caution
    return RefusalBench(
        dataset=file.name,
        questions=len(drawn),
        answerable=int(answerable.sum()),
        articles=tuple(article.title for article in asked),
        left_out=tuple(article.title for article in articles if article.title in known),
        passages=size,
        curves=_curves(sure, right, answerable, seed),
        caution=caution,
        answered=float(1 - refused.mean()),
        risk=float(1 - right[~refused].mean()) if not refused.all() else 0.0,
        precision=float((~answerable)[refused].mean()) if refused.any() else 0.0,
        recall=float(refused[~answerable].mean()),
        ms_median=float(np.median(took)),
        seed=seed,
        machine=machine(),
        threads=threads(),
        date=time.strftime("%Y-%m-%d"),
    )


def as_source(article: Article) -> Source:
    text = "\n\n".join(" ".join(paragraph.text.split()) for paragraph in article.paragraphs)
    name = re.sub(r"[^a-z0-9]+", "-", article.title.lower()).strip("-")
    return Source(f"squad-{name}", article.title, (), "", "document", "", (), "neutral", text, sha256(text))


def _holds(answer: Answer, truths: Sequence[str]) -> bool:
    """Whether a true answer stands in what is quoted, or, of a question refused all the same, in what comes nearest."""
    quoted = answer.sentences or (answer.refusal.covers if answer.refusal else ())
    text = squash(" ".join(sentence.text for sentence in quoted))
    return any(squash(truth) in text for truth in truths)


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


def _curves(
    sure: dict[str, np.ndarray], right: np.ndarray, answerable: np.ndarray, seed: int
) -> tuple[Curve, ...]:
    """One for each score; the first is what the others are held against."""
    n = len(right)
    at = np.unique(np.linspace(0, n - 1, POINTS).round().astype(int))
    draws = np.random.default_rng(seed).integers(n, size=(DRAWS, n))
    means = {
        name: np.array([risks(s[some], right[some]).mean() for some in draws]) for name, s in sure.items()
    }
    first = next(iter(sure))
    made = []
    for name, score in sure.items():
        risk = risks(score, right)
        made.append(
            Curve(
                name=name,
                coverage=tuple(((at + 1) / n).tolist()),
                risk=tuple(risk[at].tolist()),
                aurc=float(risk.mean()),
                aurc_interval=_middle(means[name]),
                behind=float(risk.mean() - risks(sure[first], right).mean()),
                behind_interval=_middle(means[name] - means[first]),
                risk_at_half=float(risk[n // 2 - 1]),
                auroc=auroc(score, answerable),
            )
        )
    return tuple(made)


def _middle(values: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)


def figure(result: RefusalBench) -> str:
    """The curves as SVG: coverage to the right, risk upwards; a dot where the product's default stands."""
    width, height, left, bottom = 560, 360, 50, 50
    across, up = width - left - 20, height - bottom - 20

    def x(coverage: float) -> float:
        return round(left + across * coverage, 1)

    def y(risk: float) -> float:
        return round(height - bottom - up * risk, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f"<title>Risk by coverage on {result.questions} questions of SQuAD 2.0</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for tick in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<path d="M{left} {y(tick)}H{x(1)}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>')
        parts.append(f'<text x="{x(tick)}" y="{height - bottom + 18}" text-anchor="middle">{tick:g}</text>')
    for i, (curve, colour) in enumerate(zip(result.curves, ("#0b6e4f", "#c2571a", "#5a5a8c"), strict=True)):
        points = " ".join(f"{x(c)},{y(r)}" for c, r in zip(curve.coverage, curve.risk, strict=True))
        dash = ("", ' stroke-dasharray="6 3"', ' stroke-dasharray="2 3"')[i]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        parts.append(f'<path d="M{left + 12} {34 + 18 * i}h24" stroke="{colour}" stroke-width="2"{dash}/>')
        parts.append(f'<text x="{left + 42}" y="{38 + 18 * i}">{curve.name}: area {curve.aurc:.3f}</text>')
    parts.append(f'<circle cx="{x(result.answered)}" cy="{y(result.risk)}" r="5" fill="#0b6e4f"/>')
    parts.append(
        f'<text x="{x(0.5)}" y="{height - 12}" text-anchor="middle">coverage: share of questions answered, surest first</text>'
        f'<text x="14" y="{y(0.5)}" text-anchor="middle" transform="rotate(-90 14 {y(0.5)})">risk: share answered wrongly</text></svg>'
    )
    return "\n".join(parts) + "\n"
