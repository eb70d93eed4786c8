"""The questions beside the digests: each stands with its sentence, is found by its like, and leads to an answer."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from corpus.answering.answer import ask
from corpus.answering.explain import explain
from corpus.answering.question import parse
from corpus.errors import CorpusError
from corpus.library.shipped import SOURCES, read_sources, sentences_of
from corpus.retrieval import metric
from corpus.retrieval.asked import FOLDER, NO_QUESTIONS, NOTHING, read_asked
from corpus.retrieval.index import Corpus

FILES = sorted((SOURCES / FOLDER).glob("*.txt"))
KNOWN = [known for path in FILES for known in read_asked(path)]


def test_every_digest_has_its_questions_and_each_stands_with_one_sentence() -> None:
    texts = {source.id: source.text for source in read_sources()}
    sources = {source.id: sentences_of(source) for source in read_sources()}
    assert {path.stem for path in FILES} == set(sources)
    for source, opening in {(known.source, known.opening) for known in KNOWN} - {
        (id, NOTHING) for id in sources
    }:
        meant = [text for text in sources[source] if text.startswith(opening)]
        assert len(meant) == 1, f"{source}: {len(meant)} sentences begin with {opening!r}"
        at = texts[source].index(opening)
        assert texts[source].startswith(meant[0], at), f"{source}: {opening!r} stands before its sentence too"


def test_no_question_stands_twice_in_a_digest_nor_both_answered_and_not() -> None:
    twice = Counter((known.source, known.text.lower()) for known in KNOWN)
    assert [key for key, n in twice.items() if n > 1] == []
    missed = {known.text.lower() for known in KNOWN if known.opening == NOTHING}
    assert [known.text for known in KNOWN if known.opening != NOTHING and known.text.lower() in missed] == []


def test_a_file_that_begins_with_a_question_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.txt").write_text("  what is this?\n")
    with pytest.raises(CorpusError, match=r"odd\.txt, line 1"):
        read_asked(tmp_path / "odd.txt")


def test_known_questions_are_answered_by_their_sentence_and_near_misses_refused(
    corpus: Corpus, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(0)
    answered = rng.sample([known for known in KNOWN if known.answered], 100)
    missed = rng.sample([known for known in KNOWN if known.opening == NOTHING], 50)
    wrong = rng.sample([known for known in KNOWN if known.wrong], 50)
    told = [(known, ask(known.text, corpus, writer="extractive")) for known in answered]
    right = sum(any(s.text.startswith(known.opening) for s in answer.sentences) for known, answer in told)
    refused = sum(ask(known.text, corpus, writer="extractive").refusal is not None for known in missed)
    replies = [(known, ask(known.text, corpus, writer="extractive")) for known in wrong]
    caught = [(known, answer.refusal) for known, answer in replies if answer.refusal]
    first = sum(bool(r.covers) and r.covers[0].text.startswith(known.opening) for known, r in caught)
    with capsys.disabled():
        print(
            f"\nknown questions: {right} of 100 answered by their sentence, {refused} of 50 near misses refused; "
            f"{len(caught)} of 50 false premises refused, {first} of them with the sentence that sets them right in front"
        )
    assert right >= 92
    assert refused >= 45
    assert len(caught) >= 43
    assert first >= 0.6 * len(caught)


def test_a_refusal_names_questions_like_it_that_are_answered(corpus: Corpus) -> None:
    near = ask("On which server rack was Genie 3 trained?", corpus, writer="extractive").refusal
    assert near
    assert near.instead
    for question in near.instead:
        assert not ask(question, corpus, writer="extractive").refusal
    far = ask("how long do I boil an egg", corpus, writer="extractive").refusal
    assert far
    assert far.instead == ()


def test_the_working_shows_the_question_a_passage_is_known_to_answer(corpus: Corpus) -> None:
    known = next(known for known in KNOWN if known.source == "genie3-2025")
    working = explain(ask(known.text, corpus, writer="extractive"), corpus)
    shown = {row.answers: row.likeness for row in working.rows}
    assert shown[known.text] > 0.99


def test_without_questions_nothing_is_known() -> None:
    alike = NO_QUESTIONS.alike(np.ones(4, np.float32))
    assert NO_QUESTIONS.nearest(alike, 3) == []
    assert NO_QUESTIONS.best("genie3-2025", "Genie 3 is a world model.", alike) == (0.0, "")
    assert alike.astray == 0.0


def test_the_metric_learns_which_dimensions_tell() -> None:
    rng = np.random.default_rng(0)
    sentences = rng.normal(size=(300, 12))
    of = np.repeat(np.arange(300), 3)
    questions = sentences[of] + rng.normal(scale=0.2, size=(900, 12))

    def noisy(vectors: np.ndarray) -> np.ndarray:
        """With as many dimensions of noise, twice as loud."""
        whole = np.hstack([vectors, rng.normal(scale=2.0, size=vectors.shape)]).astype(np.float32)
        return whole / np.linalg.norm(whole, axis=1, keepdims=True)

    q, s = noisy(questions), noisy(sentences)
    learned = metric.Metric(metric.fit(q[:750], of[:750], s[:250]))

    def found(by: metric.Metric) -> float:
        """Share of questions whose sentence is nearest, of sentences that the fit did not see."""
        return float((np.argmax(by.turn(q[750:]) @ by.turn(s[250:]).T, 1) == of[750:] - 250).mean())

    assert found(learned) > 2 * found(metric.Metric(None))


def test_another_embedders_vectors_stay_as_they_are() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert metric.read_metric("another").turn(vectors) is vectors


def test_a_name_by_which_people_ask_is_no_unknown_one_and_a_made_up_name_is(corpus: Corpus) -> None:
    """No source writes "VLA" or "AI-made"; those who asked for what the sources tell did."""

    def unknown(question: str) -> tuple[str, ...]:
        return parse(question, corpus.names).unknown

    assert unknown("Which changes hurt robot VLA models the most, according to LIBERO-Plus?") == ()
    assert unknown("Does training on AI-made text inevitably ruin models?") == ()
    assert unknown("Who proposed V-JEPA 9?") == ("V-JEPA 9",)
    assert unknown("What is a Blorptron-made robot?") == ("Blorptron",)
