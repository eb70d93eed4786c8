"""Premises with odd verbs: the false ones are refused, with what denies them, the true ones answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.answering.answer import ask
from corpus.bench.answers import HALVES, measure, read_questions
from corpus.retrieval.index import Corpus

FLOORS = {"tune": (0.73, 0.83), "test": (0.56, 0.80)}
"""True ones answered rightly, false ones refused, just under what is reached; the test half was never tuned on."""


@pytest.mark.slow
@pytest.mark.parametrize("half", HALVES)
def test_odd_premises(half: str, corpus: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    found = measure(read_questions(Path(__file__).parent / "premises.yaml"), half, corpus)
    with capsys.disabled():
        print(
            f"\n{half} half: true premises answered rightly {found.right.right} of {found.right.n}, "
            f"false ones refused {found.recall.right} of {found.recall.n}"
        )
    assert found.right.share >= FLOORS[half][0]
    assert found.recall.share >= FLOORS[half][1]


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Which videos was Sora trained on?", "no dataset"),
        ("How many parameters does Genie 2 have?", "no parameter count"),
        ("Why did LeCun invent DreamerV3?", "introduced by Danijar Hafner"),
    ],
)
def test_a_refusal_shows_first_what_denies_the_premise(question: str, told: str, corpus: Corpus) -> None:
    refusal = ask(question, corpus).refusal
    assert refusal
    assert told in refusal.covers[0].text


def test_who_asks_whether_it_was_told_is_answered(corpus: Corpus) -> None:
    answer = ask("Did OpenAI say how many parameters Sora has?", corpus)
    assert any("no parameter count" in sentence.text for sentence in answer.sentences)
