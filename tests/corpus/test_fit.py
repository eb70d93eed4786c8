"""The weights: what is shipped is whole, and fitting finds what it should."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import yaml

from corpus.answering.cases import read_questions
from corpus.answering.cover import SIGNALS
from corpus.answering.features import FEATURES
from corpus.answering.fit import fit_cover
from corpus.answering.meaning import Meaning
from corpus.answering.question import parse
from corpus.answering.trading import best
from corpus.answering.weights import Linear, read_weights, trade_off
from corpus.retrieval.asked import NOTHING_KNOWN
from corpus.retrieval.index import Corpus

HERE = Path(__file__).parent


def test_the_shipped_weights_name_what_there_is() -> None:
    levels = read_weights()
    assert {"dense", "lexical"} <= set(levels)
    for level, weights in levels.items():
        assert set(weights.rank.familiar.weights) == set(weights.rank.strange.weights) == set(FEATURES)
        assert set(weights.cover.weights) == set(SIGNALS[level])
        assert 0 < weights.caution < 1


def test_more_caution_answers_less_and_refuses_more() -> None:
    for level in read_weights():
        curve = trade_off(level)
        assert [point["caution"] for point in curve] == sorted(point["caution"] for point in curve)
        for before, after in itertools.pairwise(curve):
            assert after["answered"] <= before["answered"]
            assert after["rightly"] <= before["rightly"]
            assert after["recall"] >= before["recall"]
        assert curve[0]["answered"] == 1
        assert curve[0]["recall"] <= 0.2
        assert curve[-1]["recall"] == 1


def test_the_test_half_is_not_read() -> None:
    found = read_questions([HERE / "evaluation.yaml"])
    whole = yaml.load((HERE / "evaluation.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    kept = [e for name in ("answerable", "unanswerable") for e in whole[name] if e["half"] == "tune"]
    assert {entry["q"] for entry in found} == {entry["q"] for entry in kept}


def test_refusal_learns_which_signal_tells() -> None:
    rng = np.random.default_rng(0)
    names = SIGNALS["dense"]
    rows = []
    for _ in range(200):
        found = dict(zip(names, rng.random(len(names)), strict=True))
        rows.append((found, found["cosine"] > 0.5))
    fitted = fit_cover(rows, names)
    assert max(fitted.weights, key=lambda name: abs(fitted.weights[name])) == "cosine"
    right = np.mean([(fitted.share(found) > 0.5) == answers for found, answers in rows])
    assert right > 0.9


def test_a_linear_sum_ignores_names_it_does_not_know() -> None:
    linear = Linear(0.5, {"a": 2.0})
    rows = linear.rows(("a", "b"), np.array([[1.0, 9.0], [0.0, 9.0]], np.float32))
    assert rows == pytest.approx([2.5, 0.5])
    assert linear.share({"b": 100.0}) == pytest.approx(1 / (1 + np.exp(-0.5)))


def test_the_best_point_has_the_highest_weakest_figure() -> None:
    curve = [
        {"caution": 0.1, "rightly": 0.9, "precision": 0.9, "recall": 0.2},
        {"caution": 0.2, "rightly": 0.8, "precision": 0.8, "recall": 0.8},
        {"caution": 0.3, "rightly": 0.5, "precision": 0.7, "recall": 1.0},
    ]
    assert best(curve)["caution"] == 0.2


def test_a_question_is_of_a_sort_whatever_it_is_asked_of(corpus: Corpus) -> None:
    bare = {
        parse(f"How many GPUs trained {name}?", corpus.names).bare
        for name in ("Genie 3", "DIAMOND", "V-JEPA 2")
    }
    assert bare == {"How many GPUs trained?"}
    assert parse("who criticised it, about SEAL?", corpus.names).bare == "who criticised it?"


def test_a_sort_knows_nothing_of_another_embedders_vectors(corpus: Corpus) -> None:
    sort = read_weights()["dense"].sort
    vector = np.full(len(sort.weights), len(sort.weights) ** -0.5, np.float32)
    assert sort.log_odds(Meaning(vector, vector, vector, NOTHING_KNOWN), corpus.embedder_hash) != 0
    assert sort.log_odds(Meaning(vector, vector, vector, NOTHING_KNOWN), "another") == 0
    assert sort.log_odds(None, corpus.embedder_hash) == 0
