"""What is said to anything that answers: met in one line, taken for no follow-up, and forgotten by the next question."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from corpus.answering.answer import ask
from corpus.answering.manners import said
from corpus.retrieval.index import Corpus

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    "text", ["hello", "Hi there!", "thanks!", "ok", "what can you do?", "Who are you?", "test"]
)
def test_talk_is_met_with_what_can_be_asked_even_after_an_answer(text: str, corpus: Corpus) -> None:
    before = ask("What is JEPA?", corpus)
    for history in ((), (before,)):
        answer = ask(text, corpus, history=history)
        assert answer.refusal
        assert "ask" in answer.refusal.reason.lower()
        assert not answer.sentences
        assert not answer.refusal.covers
        assert not answer.read_as


def test_a_follow_up_after_thanks_is_about_what_was_asked_before(corpus: Corpus) -> None:
    first = ask("What is MuZero?", corpus)
    thanked = ask("thanks, great!", corpus, history=[first])
    assert (
        ask("who introduced it?", corpus, history=[first, None, thanked]).read_as == "who introduced MuZero?"
    )


@pytest.mark.parametrize(
    "text",
    [
        "What is a good night of sleep worth to an agent?",
        "hello world models, what are they?",
        "What can we do about collapse?",
        "who are the authors of JEPA?",
        "What is this paper's main claim?",
        "why not?",
        "help me understand JEPA",
        "How does Dreamer work?",
    ],
)
def test_a_question_is_not_taken_for_talk(text: str) -> None:
    assert not said(text)


def test_no_question_of_the_sets_is_taken_for_talk() -> None:
    for name in ("questions", "more_questions", "fresh_questions"):
        found = yaml.safe_load((HERE / f"{name}.yaml").read_text())
        for entry in found["answerable"]:
            assert not said(entry["q"]), entry["q"]
