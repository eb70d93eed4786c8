"""What an answer may and may not be: verbatim, cited exactly, right often enough, refused where it should be."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from conftest import QUESTIONS, normal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.answering.answer import ask
from corpus.answering.choose import MAX_SENTENCES, MAX_WORDS, MORE_WORDS
from corpus.answering.question import checked
from corpus.errors import CorpusError
from corpus.ledger import claim
from corpus.records import Answer
from corpus.retrieval.index import Corpus

ANSWERABLE = [normal(entry) for entry in QUESTIONS["answerable"]]
UNANSWERABLE = [normal(entry) for entry in QUESTIONS["unanswerable"]]

ANSWERED_RIGHTLY = 0.91
REFUSAL_PRECISION = 0.95
REFUSAL_RECALL = 0.90
"""Floors just under what is reached (see the printed table); the point is that a change can't quietly undo it."""


@pytest.fixture(scope="module")
def answers(corpus: Corpus) -> dict[str, Answer]:
    return {entry["q"]: ask(entry["q"], corpus) for entry in ANSWERABLE + UNANSWERABLE}


def right(entry: dict, answer: Answer) -> bool:
    text = " ".join(sentence.text for sentence in answer.sentences)
    cited = {citation.source_id for sentence in answer.sentences for citation in sentence.citations}
    facts = all(re.search(fact, text, re.IGNORECASE) for fact in entry["facts"])
    return not answer.refusal and facts and entry.get("source", next(iter(cited), "")) in cited


def test_figures(answers: dict[str, Answer], capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [entry["q"] for entry in ANSWERABLE if not right(entry, answers[entry["q"]])]
    refused_wrongly = [entry["q"] for entry in ANSWERABLE if answers[entry["q"]].refusal]
    slipped = [entry["q"] for entry in UNANSWERABLE if not answers[entry["q"]].refusal]
    refused_rightly = len(UNANSWERABLE) - len(slipped)
    share = 1 - len(wrong) / len(ANSWERABLE)
    precision = refused_rightly / (refused_rightly + len(refused_wrongly))
    recall = refused_rightly / len(UNANSWERABLE)
    with capsys.disabled():
        print(
            f"\nanswered rightly {share:.2f} of {len(ANSWERABLE)}; refusal precision {precision:.2f}, "
            f"recall {recall:.2f} of {len(UNANSWERABLE)}; wrong: {wrong}; slipped through: {slipped}"
        )
    assert len(ANSWERABLE) >= 30
    assert len(UNANSWERABLE) >= 25
    assert share >= ANSWERED_RIGHTLY
    assert precision >= REFUSAL_PRECISION
    assert recall >= REFUSAL_RECALL


def each_citation(answers: dict[str, Answer]) -> Iterator[tuple]:
    for answer in answers.values():
        for sentence in answer.sentences:
            for citation in sentence.citations:
                yield answer, sentence, citation


def test_every_sentence_is_the_cited_span(answers: dict[str, Answer], corpus: Corpus) -> None:
    seen = 0
    for answer, sentence, citation in each_citation(answers):
        source = corpus.sources[citation.source_id]
        assert source.text[citation.start : citation.end] == citation.quote == sentence.text
        assert citation.source_hash == source.hash
        assert sentence.support == "verbatim"
        used = [hit.passage for hit in answer.hits if hit.used]
        assert any(
            p.source_id == source.id and p.start <= citation.start and citation.end <= p.end for p in used
        )
        seen += 1
    assert seen > len(ANSWERABLE) / 2


def test_an_answer_is_sentences_or_a_refusal_and_short(answers: dict[str, Answer]) -> None:
    for answer in answers.values():
        assert bool(answer.sentences) != bool(answer.refusal)
        assert len(answer.sentences) <= MAX_SENTENCES
        assert sum(len(sentence.text.split()) for sentence in answer.sentences) <= MAX_WORDS
        assert len({sentence.text for sentence in answer.sentences}) == len(answer.sentences)


def test_a_refusal_tells_what_the_nearest_sources_cover(corpus: Corpus) -> None:
    answer = ask("What batch size did V-JEPA 2 use?", corpus)
    assert answer.refusal
    assert answer.refusal.covers
    assert any(s.citations[0].source_id == "vjepa2-2025" for s in answer.refusal.covers)
    for sentence in answer.refusal.covers:
        cited = sentence.citations[0]
        assert corpus.sources[cited.source_id].text[cited.start : cited.end] == sentence.text
    assert ask("What is the boiling point of ethanol?", corpus).refusal


def test_a_false_premise_is_met_with_who_did_it(corpus: Corpus) -> None:
    answer = ask("Why did LeCun invent DreamerV3?", corpus)
    assert answer.refusal
    assert "Hafner" in " ".join(sentence.text for sentence in answer.refusal.covers)


def test_a_false_premise_without_a_source_of_its_own_is_refused(corpus: Corpus) -> None:
    assert ask("Why did LeCun invent the transformer?", corpus).refusal


def test_who_complains_of_a_thing_is_not_taken_for_its_maker(corpus: Corpus) -> None:
    answer = ask("Why did Stockfish's developers complain about the AlphaZero match?", corpus)
    assert not answer.refusal or "takes for granted" not in answer.refusal.reason


@pytest.mark.parametrize(
    "question",
    [
        "How do I train a dog?",
        "Who directed The Matrix?",
        "How do I learn to drive a car?",
        "Why is the sea salty?",
    ],
)
def test_everyday_questions_in_the_words_of_the_corpus_are_refused(question: str, corpus: Corpus) -> None:
    assert ask(question, corpus).refusal


def test_a_demonstration_is_told_about_by_those_who_claim_and_dispute_it(corpus: Corpus) -> None:
    answer = ask("Show me how planning harder hurts", corpus)
    assert answer.demo == "planning-harder-hurts"
    assert answer.claim
    assert claim(answer.claim).experiment == answer.demo
    assert answer.sentences


def test_caution_decides_who_is_refused(corpus: Corpus) -> None:
    question = "How does Genie 3 work?"
    usual = ask(question, corpus)
    assert usual.sentences
    assert usual.confidence >= usual.caution > 0
    assert ask(question, corpus, caution=1.0).refusal
    assert ask(question, corpus, caution=0.0).sentences == usual.sentences
    with pytest.raises(CorpusError, match=r"caution is 1\.5"):
        ask(question, corpus, caution=1.5)


def test_a_question_about_a_claim_gets_its_status_and_both_sides(corpus: Corpus) -> None:
    answer = ask("Is predicting every pixel a waste of capacity?", corpus)
    assert (answer.kind, answer.claim, answer.claim_status) == (
        "yesno",
        "pixels-are-the-wrong-target",
        "contested",
    )
    assert answer.demo == "two-bets"
    voices = claim(answer.claim)
    for side in (voices.supports, voices.disputes):
        quoted = {(v.source_id, v.quote) for v in side}
        assert any(
            s.citations[0].source_id == id and s.text in quote
            for s in answer.sentences
            for id, quote in quoted
        )


@pytest.mark.parametrize(
    ("question", "experiment"),
    [
        ("Show me how prediction errors drift over a long rollout", "drift"),
        ("show me representation collapse", "collapse"),
        ("Can I see whether planning harder hurts?", "planning-harder-hurts"),
        ("show me a ball hidden behind a screen", "permanence"),
        ("show me an ensemble that is confident and wrong", "confident-and-wrong"),
        ("demonstrate planning in a room it has never seen", "new-layouts"),
        ("show me a cat video", ""),
        ("show me the weather in Paris", ""),
    ],
)
def test_show_me_hands_over_to_an_experiment(question: str, experiment: str, corpus: Corpus) -> None:
    assert ask(question, corpus).demo == experiment


def test_asked_for_more_it_says_more(corpus: Corpus) -> None:
    def length(answer: Answer) -> int:
        return sum(len(sentence.text.split()) for sentence in answer.sentences)

    short, long = ask("How does Genie 3 work?", corpus), ask("How does Genie 3 work, in detail?", corpus)
    assert length(short) <= MAX_WORDS
    assert length(short) < length(long) <= MORE_WORDS


def test_a_refusal_cites_nothing_and_tells_what_is_near(answers: dict[str, Answer], corpus: Corpus) -> None:
    titles = {source.title for source in corpus.sources.values()}
    refused = [answer for answer in answers.values() if answer.refusal]
    assert refused
    for answer in refused:
        assert not any(hit.used for hit in answer.hits)
        assert answer.refusal is not None
        assert answer.refusal.reason.startswith("My sources don't answer this: ")
        assert set(answer.refusal.nearest) <= titles


def test_no_sentence_leans_on_one_that_is_not_shown(answers: dict[str, Answer]) -> None:
    leaning = re.compile(r"(It|This|They|These|He|She)\b")
    for answer in answers.values():
        before = None
        for sentence in answer.sentences:
            if leaning.match(sentence.text):
                assert before is not None
                assert before.citations[0].source_id == sentence.citations[0].source_id
                assert before.citations[0].end <= sentence.citations[0].start
            before = sentence


@pytest.mark.parametrize(
    "question",
    [
        "How do MuZero and Genie 2 differ?",
        "MuZero vs Genie 2",
        "muzero compared with genie 2",
        "Genie 2 or MuZero: how do they differ?",
    ],
)
def test_a_comparison_cites_both_sides(question: str, corpus: Corpus) -> None:
    cited = {citation.source_id for s in ask(question, corpus).sentences for citation in s.citations}
    assert {"muzero-2019", "genie2-2024"} <= cited


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("who wrote that sudden leaps of ability come from the choice of metric", "Schaeffer"),
        (
            "what's it called when text planted on a web page takes over an assistant that reads it",
            "prompt injection",
        ),
    ],
)
def test_the_name_that_is_asked_for_is_told(question: str, holds: str, corpus: Corpus) -> None:
    assert holds in " ".join(sentence.text for sentence in ask(question, corpus).sentences)


def test_the_same_question_has_the_same_answer(corpus: Corpus) -> None:
    assert ask("What is PlaNet?", corpus) == ask("What is PlaNet?", corpus)


@pytest.mark.parametrize("name", ["V-JEPA 2", "vjepa2", "v-jepa 2", "V JEPA 2"])
def test_a_system_is_known_however_its_name_is_typed(name: str, corpus: Corpus) -> None:
    answer = ask(f"What is {name}?", corpus)
    assert answer.sentences[0].citations[0].source_id == "vjepa2-2025"


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("?!", "no words"),
        ("why " * 25_000, "100,000 characters; the limit is 4,000"),
        ("what is \x00\x01 a model", "control characters"),
        ("what is \ufffd\ufffd a model", "control characters"),
    ],
)
def test_a_bad_question_gets_one_line(question: str, says: str, corpus: Corpus) -> None:
    with pytest.raises(CorpusError, match=says) as caught:
        ask(question, corpus)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=300))
def test_any_text_gets_an_answer_a_refusal_or_a_clear_line(corpus: Corpus, text: str) -> None:
    try:
        checked(text)
    except CorpusError:
        with pytest.raises(CorpusError, match=r"\A[^\n]+\Z"):
            ask(text, corpus)
        return
    answer = ask(text, corpus)
    assert bool(answer.sentences) != bool(answer.refusal)
    for sentence in answer.sentences:
        cited = sentence.citations[0]
        assert corpus.sources[cited.source_id].text[cited.start : cited.end] == sentence.text
