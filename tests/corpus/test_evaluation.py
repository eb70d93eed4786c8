"""The evaluation set: 375 questions with answers, 115 without, 59 dialogues, written by someone who had not read the
answerer's rules and split once into two halves. Nothing may be tuned by looking at the test half.

At first sight, before any rule was changed for it: answered rightly .71 of the tuning half and .64 of the test half;
refusal precision .61 and .53, recall .95 and .86. `corpus.answering.fit` fits its weights to the tuning half and to
questions.yaml, more_questions.yaml, fresh_questions.yaml and premises.yaml, and takes the least cautious point at which
the weakest figure over all of them, left out of the fit, is as high as it gets but for .0025 (.525: .90, .93 and .90).
Of the test half, counted twenty times, never read, it answers .94 of 187 rightly; refusal precision .93, recall .91 of 58;
87 of 94 turns of dialogues.

What a new writer's questions count is less. Eight rounds of sets were written blind from the digests; rightly, precision, recall and
turns at first sight: a (130 with an answer, 70 without) .67, .68, .77; b (124, 70) .78, .80, .79 after mending what a had
shown; c (148, 75) .80, .92, .89 and 46 of 49 with the same code; d (133, 73) .80, .86, .74 and 42 of 49 after mending what
c had shown, where the code before had .81, .85, .73 and 42: no gain to speak of. Then each digest was given its questions
(corpus/sources/asked), written without a look at any set: e (130, 60) .82, .82, .77 and 45 of 51, where the code before had
.68, .72, .72 and 41; f1 and f2 (220, 120), with e in the fit, .92, .92, .70 and 79 of 89, where the code before had .79,
.89, .68 and 77. Of their 24 false premises 4 were refused. Then came guides, false premises beside the digests, and the
judge: g1 to g3 (330, 180) .93, .96, .75 and 118 of 131, where the code before had .92, .90, .74 and 118; h1 and h2 (220,
120), with g in the fit and the judge asked what sets a question right, .92, .98, .87 and 81 of 87, where the code before had
.88, .96, .74 and 80. Then came 3,719 more known questions, above all unanswered ones, with the judge fitted on to them, and claims weighed like
any answer: i1 to i3 (330, 180) .88, .90, .87 and 114 of 125, where the code before had .86, .89, .88 and 117: little. What
was read of them led to questions of two answered half by half, and to names by which people ask. a to g and i are in
fresh_questions.yaml now; h is in no fit (asked now: .93, .97, .93 and 81).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.answering.answer import ask
from corpus.bench.answers import (
    HALVES,
    Replies,
    measure,
    read_questions,
    refused,
    replies,
    right,
    scores,
    wanted,
)
from corpus.library.shipped import read_sources
from corpus.records import Answer
from corpus.retrieval.index import Corpus

SET = read_questions(Path(__file__).parent / "evaluation.yaml")
FLOORS = {"tune": (0.92, 0.91, 0.96, 0.93), "test": (0.93, 0.91, 0.90, 0.90)}
"""Answered rightly, refusal precision and recall, and turns of dialogues, just under what is reached: a change can't
quietly lower them."""


@pytest.fixture(scope="module")
def asked(corpus: Corpus) -> dict[str, Replies]:
    """Half -> what was said to its questions."""
    return {half: replies(SET, half, corpus) for half in HALVES}


@pytest.fixture(scope="module")
def answers(asked: dict[str, Replies]) -> list[Answer]:
    pairs = [pair for half in asked.values() for pair in half.answerable + half.unanswerable]
    assert all(answer for entry, answer in pairs if "facts" in entry)
    return [answer for _, answer in pairs if answer]


def test_the_set_is_whole_and_its_facts_stand_in_the_sources() -> None:
    texts = {source.id: source.text for source in read_sources()}
    for entry in SET["answerable"]:
        around = " ".join(texts[id] for id in wanted(entry))
        assert all(re.search(fact, around, re.IGNORECASE) for fact in entry["facts"]), entry["q"]
    questions = [entry["q"].lower() for entry in SET["answerable"] + SET["unanswerable"]]
    assert len(set(questions)) == len(questions)
    for name, least in (("answerable", 150), ("unanswerable", 90), ("dialogues", 40)):
        halves = Counter(entry["half"] for entry in SET[name])
        assert set(halves) == set(HALVES)
        assert sum(halves.values()) >= least
        assert abs(halves["tune"] - halves["test"]) <= 0.1 * sum(halves.values())


def test_every_source_is_reachable_from_some_question(answers: list[Answer]) -> None:
    found = {hit.passage.source_id for answer in answers for hit in answer.hits}
    assert {source.id for source in read_sources()} - found == set()
    asked = {id for entry in SET["answerable"] for id in wanted(entry)}
    assert {source.id for source in read_sources()} - asked == set()


def test_every_citation_resolves_to_exactly_its_text(answers: list[Answer], corpus: Corpus) -> None:
    def cited() -> Iterator[tuple]:
        for answer in answers:
            for sentence in (*answer.sentences, *(answer.refusal.covers if answer.refusal else ())):
                for citation in sentence.citations:
                    yield sentence, citation

    seen = 0
    for sentence, citation in cited():
        source = corpus.sources[citation.source_id]
        assert source.text[citation.start : citation.end] == citation.quote == sentence.text
        assert citation.source_hash == source.hash
        seen += 1
    assert seen > len(answers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "floors"),
    [
        ("more_questions.yaml", (0.88, 0.90, 0.85, 0.75)),
        ("fresh_questions.yaml", (0.76, 0.82, 0.74, 0.70)),
    ],
)
def test_more_questions_are_answered_as_well(file: str, floors: tuple[float, ...], corpus: Corpus) -> None:
    """Sets that the weights were fitted to too; of each every third question, which is enough to see a fall."""
    whole = read_questions(Path(__file__).parent / file)
    found = measure({part: entries[::3] for part, entries in whole.items()}, "tune", corpus)
    shares = (found.right.share, found.precision.share, found.recall.share, found.turns.share)
    for value, floor in zip(shares, floors, strict=True):
        assert value >= floor


@pytest.mark.parametrize("half", HALVES)
def test_figures(half: str, asked: dict[str, Replies], capsys: pytest.CaptureFixture[str]) -> None:
    found = scores(asked[half])
    shares = (found.right.share, found.precision.share, found.recall.share, found.turns.share)
    with capsys.disabled():
        print(
            f"\n{half} half: answered rightly {shares[0]:.2f} of {found.right.n}; refusal precision {shares[1]:.2f}, "
            f"recall {shares[2]:.2f} of {found.recall.n}; {found.turns.right} of {found.turns.n} turns and "
            f"{found.dialogues.right} of {found.dialogues.n} whole dialogues; {found.words_mean:.0f} words"
        )
    for value, floor in zip(shares, FLOORS[half], strict=True):
        assert value >= floor


@pytest.mark.slow
def test_questions_that_nothing_is_fitted_to_are_answered_or_refused(corpus: Corpus) -> None:
    blind = read_questions(Path(__file__).parent / "blind_questions.yaml")
    replies = {
        e["q"]: ask(e["q"], corpus, writer="extractive") for part in blind for e in blind[part] if "q" in e
    }
    answered = sum(right(entry, replies[entry["q"]]) for entry in blind["answerable"])
    wrongly = sum(refused(replies[entry["q"]]) for entry in blind["answerable"])
    rightly = sum(refused(replies[entry["q"]]) for entry in blind["unanswerable"])
    assert answered >= 0.9 * len(blind["answerable"])
    assert rightly >= 0.95 * (rightly + wrongly)
    assert rightly >= 0.90 * len(blind["unanswerable"])
