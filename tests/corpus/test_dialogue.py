"""Follow-ups are read as what they leave out, and questions that stand alone are left as they are."""

from __future__ import annotations

import pytest

from corpus.answering.answer import ask
from corpus.answering.dialogue import resolve
from corpus.records import Answer
from corpus.retrieval.index import Corpus


@pytest.mark.parametrize(
    ("first", "then", "says"),
    [
        ("What is MuZero?", "who introduced it?", "who introduced MuZero?"),
        ("What is MuZero?", "What is DreamerV3?", "What is DreamerV3?"),
        ("how many parameters does GAIA-1 have", "and GAIA-2?", "how many parameters does GAIA-2 have"),
        ("What is Genie 3?", "What about DIAMOND?", "What is DIAMOND?"),
        ("What is SEAL?", "now something else: what is BM25?", "what is BM25?"),
        (
            "what does the covariance term do in VICReg?",
            "and the variance term?",
            "what does the variance term do in VICReg?",
        ),
        ("what is muzero", "what are its limits?", "what are muzero's limits?"),
        ("What is SEAL?", "who disagrees?", "who disagrees, about SEAL?"),
        ("What is Genie 2?", "tell me more", "What is Genie 2, in detail?"),
        ("What is aleatoric uncertainty?", "and epistemic?", "What is epistemic uncertainty?"),
        ("What is GAIA-1?", "and its successor?", "what came after GAIA-1?"),
        ("What is GAIA-1?", "and its resolution?", "what is GAIA-1's resolution?"),
        (
            "What is V-JEPA 2.1?",
            "what changed from V-JEPA 2?",
            "what changed from V-JEPA 2, about V-JEPA 2.1?",
        ),
    ],
)
def test_a_follow_up_is_made_whole(first: str, then: str, says: str, corpus: Corpus) -> None:
    assert resolve(then, [ask(first, corpus)], corpus) == says


def test_without_history_a_question_is_read_as_it_stands(corpus: Corpus) -> None:
    assert resolve("who proposed it?", [], corpus) == "who proposed it?"
    assert ask("What is MuZero?", corpus).read_as == ""


def talked(corpus: Corpus, *questions: str) -> list[Answer]:
    """The answers of a talk, each question asked after all before it."""
    answers: list[Answer] = []
    for question in questions:
        answers.append(ask(question, corpus, history=answers))
    return answers


def test_the_talk_stays_with_its_sources(corpus: Corpus) -> None:
    first, number, limits = talked(corpus, "What is DIAMOND?", "how many parameters?", "what are its limits?")
    assert first.topic == "DIAMOND"
    assert "13 million" in " ".join(sentence.text for sentence in number.sentences)
    assert number.topic == "DIAMOND"
    assert number.read_as == "how many parameters does DIAMOND have?"
    assert {s.citations[0].source_id for s in limits.sentences} >= {"diamond-2024"}


def test_of_several_sources_the_earliest_tells_who_made_the_thing_and_when(corpus: Corpus) -> None:
    what, who, when = talked(corpus, "What is JEPA?", "who proposed it?", "when was that?")
    for answer in (what, who, when):
        assert answer.sentences[0].citations[0].source_id == "lecun-2022"
    assert "LeCun" in who.sentences[0].text
    assert "2022" in when.sentences[0].text


def test_a_bare_why_asks_about_the_last_question(corpus: Corpus) -> None:
    _, why = talked(corpus, "who disagrees with LeCun's position paper?", "why?")
    assert why.read_as.startswith("why disagrees with LeCun's position paper")


def test_he_is_a_person_and_no_product(corpus: Corpus) -> None:
    first = ask("What does Michael Truell mean by taste?", corpus)
    assert resolve("how old is he?", [first], corpus) == "how old is Michael Truell?"


def test_a_name_may_be_asked_of_what_the_talk_is_about(corpus: Corpus) -> None:
    _, sora = talked(corpus, "Which model was best on Physics-IQ?", "and Sora?")
    assert "10.0" in " ".join(sentence.text for sentence in sora.sentences)


def test_the_second_is_the_second_of_what_was_listed(corpus: Corpus) -> None:
    first = ask("what were V, M and C in Ha and Schmidhuber's agent?", corpus)
    assert resolve("say more about the third", [first], corpus).startswith("say more about C")


def test_the_same_talk_gives_the_same_answers(corpus: Corpus) -> None:
    questions = ("What is PlaNet?", "who made it?", "and DreamerV3?")
    assert talked(corpus, *questions) == talked(corpus, *questions)
