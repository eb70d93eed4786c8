"""Fits `corpus/answering/strangers.json`: how sure to be of an answer from documents about anything.

    python -m corpus.bench.strangers --dataset dev-v2.0.json.gz

Of SQuAD 2.0's articles, by title, every second one is fitted to, beginning with the first; `orrery bench refusal` asks
only questions of the others. The answers are the product's own, from a library of all the file's paragraphs.
"""

from __future__ import annotations

import dataclasses
import json
import math
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.answering.answer import read
from corpus.answering.choose import candidates, choose
from corpus.answering.fit import fit_cover
from corpus.answering.meaning import meaning_of
from corpus.answering.question import checked, parse
from corpus.answering.spelling import mended
from corpus.answering.strangers import PATH, SIGNALS, signals
from corpus.answering.weights import Linear, read_weights
from corpus.bench.library import filled
from corpus.bench.refusal import as_source, auroc, risks
from corpus.bench.squad import Article, Asked, read_squad
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import squash

ASSUMED = 0.6
"""Share of the answers that are right when people ask their own documents, against half of the questions or less in
SQuAD, which were made to mislead. It moves the weights' bias, so the same caution refuses less."""


@dataclass(frozen=True)
class Tried:
    """A question, what its answer's signals are, and whether it is right."""

    article: str
    answerable: bool
    found: dict[str, float]
    cosine: float
    """Of the best passage: the plainest score there is."""
    right: bool


def tried(corpus: Corpus, questions: Sequence[tuple[Article, Asked, str]]) -> Iterator[Tried]:
    """What the answerer makes of each (article, question, paragraph); those without any sentence are left out."""
    rank = read_weights()["dense"].rank
    for article, asked, paragraph in questions:
        question = parse(mended(checked(asked.text), corpus), corpus.names)
        meaning = meaning_of(corpus, question)
        near, far = read(corpus, question, meaning, 12)
        chosen = choose(corpus, question, candidates(corpus, question, [*near, *far], meaning, rank))
        if chosen and not question.unknown:
            quoted = squash(" ".join(c.text for c in chosen))
            holds = any(squash(paragraph[a:b]) in quoted for a, b in asked.spans)
            found = signals(corpus, question, chosen)
            best = max(hit.cosine for hit in near)
            yield Tried(article.title, asked.answerable, found, best, asked.answerable and holds)


def fitted(rows: Sequence[Tried], assumed: float = 0.0) -> Linear:
    """The logistic regression; `assumed`: as if that share were right, 0 for the share that is."""
    linear = fit_cover([(row.found, row.right) for row in rows], SIGNALS)
    share = sum(row.right for row in rows) / len(rows)
    moved = math.log(assumed / (1 - assumed)) - math.log(share / (1 - share)) if assumed else 0.0
    return dataclasses.replace(linear, bias=round(linear.bias + moved, 4))


def held_out(rows: Sequence[Tried]) -> np.ndarray:
    """[n] each question's share by the fit to the other articles."""
    shares = np.zeros(len(rows))
    for title in {row.article for row in rows}:
        linear = fitted([row for row in rows if row.article != title])
        for i, row in enumerate(rows):
            if row.article == title:
                shares[i] = linear.share(row.found)
    return shares


def main(dataset: Path, out: Path = PATH, sample: int = 2000, seed: int = 0) -> None:
    """Fit and write the weights.

    Args:
        dataset: SQuAD 2.0's dev-v2.0.json, gzipped or not.
        out: Where to write.
        sample: Questions that are drawn from the articles it is fitted to.
        seed: Of the draw.
    """
    articles = read_squad(dataset)
    mine = articles[::2]
    questions = [(a, q, p.text) for a in mine for p in a.paragraphs for q in p.questions]
    drawn = random.Random(seed).sample(questions, min(sample, len(questions)))
    with tempfile.TemporaryDirectory(prefix="orrery-fit-") as folder:
        library = filled([as_source(article) for article in articles], Path(folder))
        try:
            rows = list(tried(library.current(), drawn))
        finally:
            library.close()
    right, answerable = (np.array([getattr(row, name) for row in rows]) for name in ("right", "answerable"))
    scores = {"confidence": held_out(rows), "cosine": np.array([row.cosine for row in rows])}
    passport = {
        "dataset": dataset.name,
        "questions": len(rows),
        "answerable": int(answerable.sum()),
        "right": int(right.sum()),
        "assumed": ASSUMED,
        "mean risk, each article left out": {
            name: round(float(risks(s, right).mean()), 4) for name, s in scores.items()
        },
        "AUROC of answerable": {name: round(auroc(s, answerable), 4) for name, s in scores.items()},
        "date": time.strftime("%Y-%m-%d"),
    }
    made = {
        "weights": dataclasses.asdict(fitted(rows, ASSUMED)),
        "articles": [article.title for article in mine],
        "passport": passport,
    }
    out.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(passport, indent=1))


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
