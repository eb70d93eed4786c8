"""Two questions in one: told apart where there are two, answered half by half where both can be."""

from __future__ import annotations

import pytest

from corpus.answering.answer import ask
from corpus.answering.explain import explain
from corpus.answering.halves import halves
from corpus.retrieval.index import Corpus

PARROTS = "Who wrote the stochastic parrots paper, and what does the image mean?"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PARROTS, ("Who wrote the stochastic parrots paper?", "what does the image mean?")),
        ("who coined vibe coding and when", ("who coined vibe coding?", "when")),
        ("Is AI safe now? What do critics say?", ("Is AI safe now?", "What do critics say?")),
        ("how many chips and how long did nvidia use", None),
        ("What is the difference between MPPI and CEM?", None),
        ("Who leads Sakana AI and AMI Labs?", None),
        ("I wonder, and what does that mean?", None),
        ("who made it, and when, and why did they?", None),
    ],
)
def test_two_questions_are_told_apart(text: str, found: tuple[str, str] | None) -> None:
    assert halves(text) == found


def test_both_halves_are_answered_and_each_sentence_is_cited(corpus: Corpus) -> None:
    answer = ask(PARROTS, corpus, writer="extractive")
    said = " ".join(sentence.text for sentence in answer.sentences)
    assert "Emily Bender" in said
    assert "strings words together" in said
    assert len(said.split()) <= 120
    assert len(answer.sentences) == len({sentence.text for sentence in answer.sentences})
    cited = {c.source_id for sentence in answer.sentences for c in sentence.citations}
    assert cited == {hit.passage.source_id for hit in answer.hits if hit.used}
    for sentence in answer.sentences:
        for c in sentence.citations:
            assert corpus.sources[c.source_id].text[c.start : c.end] == sentence.text
    assert answer.question == PARROTS
    assert "image mean" in explain(answer, corpus).read_as
    assert ask(PARROTS, corpus, writer="extractive") == answer


def test_with_a_half_that_nothing_answers_the_question_is_read_as_one(corpus: Corpus) -> None:
    answer = ask("Who announced Genie 3 and how do I bake bread?", corpus, writer="extractive")
    assert "bake" not in answer.read_as
    assert all("bread" not in sentence.text for sentence in answer.sentences)
    assert ask("who invented sourdough and what is Genie 3?", corpus, writer="extractive").read_as == ""


def test_a_follow_up_leans_on_a_question_of_two(corpus: Corpus) -> None:
    first = ask("Who proposed Dyna, and when?", corpus, writer="extractive")
    second = ask("what is it?", corpus, history=(first,), writer="extractive")
    assert any(c.source_id == "dyna-1991" for sentence in second.sentences for c in sentence.citations)
