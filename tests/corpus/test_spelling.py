"""Slips are mended, words are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.answering.spelling import distance, mended
from corpus.retrieval.index import Corpus


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("what is an enrgy based model", "what is an energy based model"),
        ("limitatons of PLDM", "limitations of PLDM"),
        ("how many hours of vidoe", "how many hours of video"),
        ("What doesn't GameNGen manage?", "What doesn't GameNGen manage?"),
        ("difference between a cello and a viola", "difference between a cello and a viola"),
        ("What is the boiling point of ethanol?", "What is the boiling point of ethanol?"),
        ("How well does RoboCat learn new arms?", "How well does RoboCat learn new arms?"),
        ("Who sewed the robot's jacket?", "Who sewed the robot's jacket?"),
        ("Why does LeCun scorn pixels?", "Why does LeCun scorn pixels?"),
        (
            "Was the estimate recanted, and was it authorised?",
            "Was the estimate recanted, and was it authorised?",
        ),
        ("What did Hinten write?", "What did Hinton write?"),
    ],
)
def test_only_slips_are_mended(typed: str, meant: str, corpus: Corpus) -> None:
    assert mended(typed, corpus) == meant


WORDS = st.text("abcd", min_size=1, max_size=8)


@given(WORDS, WORDS)
def test_distance_is_symmetric_and_zero_for_equals_only(one: str, other: str) -> None:
    assert distance(one, other, 9) == distance(other, one, 9)
    assert (distance(one, other, 9) == 0) == (one == other)
    assert distance(one, other, 2) == min(distance(one, other, 9), 3)


@given(WORDS, st.integers(0, 6), st.sampled_from("abcd"))
def test_one_letter_more_is_one_slip(word: str, place: int, letter: str) -> None:
    assert distance(word, word[:place] + letter + word[place:], 3) == 1


def test_swapped_letters_are_one_slip() -> None:
    assert distance("vidoe", "video", 2) == 1
