"""The judge reads a question and a sentence together."""

from __future__ import annotations

import math

import numpy as np
import torch

from corpus.answering.answer import ask
from corpus.answering.judge import ANSWERS, SCALE, SETS_RIGHT, judge_of, verdicts
from corpus.bench.judge import packed
from corpus.retrieval.embed import Embedder
from corpus.retrieval.index import Corpus

WON = (
    "AlphaZero won 28 and drew 72 of 100 chess games against Stockfish 8 at one minute a move, and lost none."
)


def test_it_tells_an_answer_from_what_is_only_near(corpus: Corpus) -> None:
    judge = judge_of(corpus.embedder)
    assert judge
    near = "AlphaZero was introduced by David Silver and colleagues at DeepMind in December 2017."
    read = judge.read("how many chess games did AlphaZero win against Stockfish", [WON, near])
    assert np.allclose(np.exp(read).sum(1), 1, atol=1e-5)
    assert read[0, ANSWERS] > math.log(0.5) > read[1, ANSWERS]


def test_it_tells_what_sets_a_false_premise_right(corpus: Corpus) -> None:
    judge = judge_of(corpus.embedder)
    assert judge
    assert judge.read("why did AlphaZero lose to Stockfish 8", [WON])[0].argmax() == SETS_RIGHT


def test_one_pair_is_read_the_same_alone_and_among_others(corpus: Corpus) -> None:
    judge = judge_of(corpus.embedder)
    assert judge
    texts = [WON, "Short.", WON * 9]
    together = judge.read("who won?", texts)
    alone = np.concatenate([judge.read("who won?", [text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-4)


def test_another_embedder_and_none_have_no_judge(corpus: Corpus) -> None:
    assert corpus.embedder
    other = Embedder(corpus.embedder.folder, "0" * 64)
    assert judge_of(other) is None
    assert verdicts(other, "who?", [WON]) == verdicts(None, "who?", [WON]) == (0.0, 0.0)


def test_what_a_refused_question_takes_for_granted_is_set_right_first(corpus: Corpus) -> None:
    refusal = ask(
        "why did AlphaZero lose to Stockfish 8?", corpus, caution=0.999, writer="extractive"
    ).refusal
    assert refusal
    assert "takes for granted" in refusal.reason
    assert "lost none" in refusal.covers[0].text


def test_what_is_stored_is_what_was_changed() -> None:
    torch.manual_seed(0)
    change = {"matrix": torch.randn(8, 5) * 1e-3, "vector": torch.randn(5)}
    stored = packed(change)
    again = stored["matrix"].float() * stored["matrix" + SCALE][:, None]
    assert stored["matrix"].dtype == torch.int8
    assert torch.allclose(again, change["matrix"], atol=float(change["matrix"].abs().max()) / 200)
    assert torch.allclose(stored["vector"].float(), change["vector"], atol=1e-3)
