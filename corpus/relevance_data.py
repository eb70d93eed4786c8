"""Questions with texts that answer them and texts that only look as if they did, made from SQuAD 2.0."""

from __future__ import annotations

import gzip
import json
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from corpus.errors import CorpusError
from corpus.passages import sentences
from corpus.words import terms

TUNE, TEST = 2, 3
"""Articles kept for calibration, and for figures; the rest is trained on."""
DEALT_BY = 20261121
"""Seed of the one deal of the articles."""
NEAR = 6
"""Wrong sentences are drawn from this many that share most words with the question."""


@dataclass(frozen=True)
class Asked:
    """A question to a paragraph. `spans`: where its answer stands, or where a careless reader would think it does."""

    text: str
    answerable: bool
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Paragraph:
    text: str
    sentences: tuple[tuple[int, int], ...]
    questions: tuple[Asked, ...]

    def holding(self, asked: Asked) -> set[int]:
        """Indices of the sentences that touch one of the question's spans."""
        return {i for i, (a, b) in enumerate(self.sentences) if any(x < b and y > a for x, y in asked.spans)}

    def whole(self, asked: Asked) -> tuple[int, tuple[int, int]] | None:
        """(index, span inside it) of the first sentence that holds a span whole."""
        for i, (a, b) in enumerate(self.sentences):
            for x, y in asked.spans:
                if a <= x and y <= b:
                    return i, (x - a, y - a)
        return None


@dataclass(frozen=True)
class Article:
    title: str
    paragraphs: tuple[Paragraph, ...]

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """(paragraph, sentence) of every sentence."""
        return [(i, j) for i, p in enumerate(self.paragraphs) for j in range(len(p.sentences))]

    @cached_property
    def words(self) -> WordScores:
        return WordScores([self.sentence(*place) for place in self.places])

    def sentence(self, paragraph: int, sentence: int) -> str:
        whole = self.paragraphs[paragraph]
        a, b = whole.sentences[sentence]
        return whole.text[a:b]


@dataclass(frozen=True)
class Pair:
    question: str
    text: str
    answers: bool
    span: tuple[int, int] | None
    """Characters of the answer in `text`; None where there is none."""


class WordScores:
    """BM25 of a few hundred texts for a question, without a database; the formula is `corpus.retrieve.bm25`'s."""

    def __init__(self, texts: Sequence[str]) -> None:
        held = [Counter(terms(text)) for text in texts]
        self.size = len(texts)
        lengths = np.array([sum(words.values()) for words in held], float)
        norm = 1.5 * (0.25 + 0.75 * lengths / max(lengths.mean(), 1e-9))
        df = Counter(word for words in held for word in words)
        self.of: dict[str, list[tuple[int, float]]] = {}
        for i, words in enumerate(held):
            for word, n in words.items():
                rare = math.log(1 + (self.size - df[word] + 0.5) / (df[word] + 0.5))
                self.of.setdefault(word, []).append((i, rare * n / (n + norm[i])))

    def __call__(self, question: str) -> np.ndarray:
        """[texts]"""
        found = np.zeros(self.size)
        for word in terms(question):
            for i, score in self.of.get(word, ()):
                found[i] += score
        return found


def read_squad(path: Path) -> list[Article]:
    """Every article of a SQuAD 2.0 file (`.json` or `.json.gz`), by title. Raises CorpusError where it is none."""
    try:
        raw = path.read_bytes()
        articles = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)["data"]
        return sorted((_article(article) for article in articles), key=lambda article: article.title)
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not SQuAD 2.0's JSON"
        raise CorpusError(f"{path} can't be read: {why}; give dev-v2.0.json of SQuAD 2.0") from None


def deal(articles: Sequence[Article]) -> tuple[list[Article], list[Article], list[Article]]:
    """(training, tuning, test) articles: no article is in two, so no paragraph is either."""
    if len(articles) < TUNE + TEST + 1:
        raise CorpusError(
            f"{len(articles)} articles are too few; {TUNE + TEST + 1} are needed to keep some apart"
        )
    dealt = list(articles)
    random.Random(DEALT_BY).shuffle(dealt)
    cut = len(dealt) - TUNE - TEST
    return dealt[:cut], dealt[cut : cut + TUNE], dealt[cut + TUNE :]


def pairs(
    articles: Sequence[Article],
    draw: random.Random,
    *,
    before: float = 0.25,
    title: float = 0.3,
    passage: float = 0.05,
    near: int = 1,
    same: int = 1,
) -> list[Pair]:
    """A fresh draw for one epoch.

    Each question meets the sentence that answers it (or seems to), `near` others of its article that share its words,
    and `same` others of its paragraph. A share of texts comes with the sentence `before`, or with the article's
    `title` in front, as our own texts do; a share of questions also meets the whole `passage`.
    """
    found: list[Pair] = []
    for article in articles:
        for i, held in enumerate(article.paragraphs):
            for asked in held.questions:
                if (whole := held.whole(asked)) is None:
                    continue
                at, span = whole
                dress = partial(_dressed, article, asked.text, draw, before, title)
                found.append(dress(i, at, span if asked.answerable else None))
                if draw.random() < passage:
                    first = asked.spans[0] if asked.answerable else None
                    found.append(Pair(asked.text, held.text, asked.answerable, first))
                touched = held.holding(asked)
                order = np.argsort(-article.words(asked.text), kind="stable")[: 2 * NEAR]
                others = [article.places[k] for k in order]
                others = [place for place in others if place[0] != i or place[1] not in touched][:NEAR]
                others = draw.sample(others, min(near, len(others)))
                beside = [(i, j) for j in range(len(held.sentences)) if j not in touched]
                others += draw.sample(beside, min(same, len(beside)))
                found += [dress(paragraph, sentence, None) for paragraph, sentence in others]
    return found


def _dressed(
    article: Article,
    question: str,
    draw: random.Random,
    before: float,
    title: float,
    paragraph: int,
    sentence: int,
    span: tuple[int, int] | None,
) -> Pair:
    """The sentence as a pair's text, perhaps with the one before it and the article's title."""
    whole = article.paragraphs[paragraph]
    start, end = whole.sentences[sentence]
    shift = 0
    if draw.random() < before and sentence:
        earlier = whole.sentences[sentence - 1][0]
        start, shift = earlier, start - earlier
    text = whole.text[start:end]
    if draw.random() < title:
        text, shift = f"{article.title}. {text}", shift + len(article.title) + 2
    return Pair(question, text, span is not None, span and (span[0] + shift, span[1] + shift))


def _article(raw: dict) -> Article:
    return Article(raw["title"].replace("_", " "), tuple(_paragraph(p) for p in raw["paragraphs"]))


def _paragraph(raw: dict) -> Paragraph:
    text = raw["context"]
    return Paragraph(
        text, tuple(sentences(text) or [(0, len(text))]), tuple(_asked(question) for question in raw["qas"])
    )


def _asked(raw: dict) -> Asked:
    marked = raw.get("plausible_answers", []) if raw["is_impossible"] else raw["answers"]
    spans = {(a["answer_start"], a["answer_start"] + len(a["text"])) for a in marked}
    return Asked(raw["question"].strip(), not raw["is_impossible"], tuple(sorted(spans)))
