"""How sure to be of the user's own documents: signals that know nothing of the topic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from corpus.answering.answer import ask
from corpus.answering.strangers import SIGNALS, read_strangers
from corpus.answering.weights import read_weights
from corpus.bench.strangers import Tried, fitted, held_out
from corpus.library.library import ingest
from corpus.retrieval.index import Corpus, open_corpus

ALLOTMENT = """# The allotment on Mill Lane

The allotment on Mill Lane was founded in 1923 by the railway workers' union. It has 64 plots, and each plot measures
ten rods. The committee is led by Greta Oduya, who took over from Paul Brisk in 2019.

Potatoes may be planted from the second week of March. Because of blight in 2016, tomatoes are only allowed under glass.
Bonfires are forbidden between May and September, since smoke drifts into the school.
"""


@pytest.fixture
def allotment(ready_home: Path, tmp_path: Path) -> Corpus:
    (tmp_path / "allotment.md").write_text(ALLOTMENT)
    ingest([tmp_path / "allotment.md"])
    return open_corpus()


def test_an_own_document_answers_what_it_tells_and_nothing_else(allotment: Corpus) -> None:
    for question, says in (
        ("When was the allotment on Mill Lane founded?", "1923"),
        ("Who leads the committee?", "Greta Oduya"),
        ("Why are tomatoes only allowed under glass?", "blight"),
    ):
        assert says in " ".join(s.text for s in ask(question, allotment).sentences)
    for question in (
        "When was the allotment sold to the council?",
        "How many plots does the allotment in Leeds have?",
        "Who led the committee in 1950?",
        "When are bonfires not forbidden?",
        "How do I change a tyre?",
    ):
        assert ask(question, allotment).refusal, question


def test_the_weights_are_whole_and_point_the_right_way() -> None:
    strangers = read_strangers()
    assert set(strangers.weights.weights) == set(SIGNALS)
    assert strangers.weights.weights["cosine"] > 0
    assert all(weight < 0 for name, weight in strangers.weights.weights.items() if name != "cosine")
    assert strangers.articles
    caution = read_weights()["dense"].caution
    assert strangers.share({"cosine": 0.9}) > caution > strangers.share({"cosine": 0.2, "rarest": 1.0})


def test_a_fit_is_judged_by_articles_it_has_not_seen() -> None:
    rng = np.random.default_rng(0)
    rows = [
        Tried(f"article {i % 4}", True, dict.fromkeys(SIGNALS, 0.0) | {"cosine": value}, value, value > 0.5)
        for i, value in enumerate(rng.random(80))
    ]
    shares, right = held_out(rows), np.array([row.right for row in rows])
    assert shares[right].min() > shares[~right].max()
    usual, moved = fitted(rows), fitted(rows, assumed=0.9)
    assert moved.weights == usual.weights
    assert moved.bias > usual.bias
    backwards = [
        Tried(r.article, True, r.found, r.cosine, r.right != (r.article == "article 0")) for r in rows
    ]
    shares = held_out(backwards)
    mine = np.array([row.article == "article 0" for row in rows])
    assert shares[mine & right].min() > shares[mine & ~right].max(), "an article's own questions don't count"
