"""Cutting: offsets are exact, sentences are whole, headings are never quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.library.passages import MAX_WORDS, passages, sentences
from corpus.loaders.text import join_wrapped, sha256
from corpus.records import Source
from corpus.retrieval.index import Corpus


def source(text: str, pages: tuple[int, ...] = ()) -> Source:
    return Source("a", "A", (), "", "document", "", (), "neutral", text, sha256(text), pages=pages)


@pytest.mark.parametrize(
    "whole",
    [
        "Assran et al. trained V-JEPA 2. Then they stopped.",
        "The score was 0.95 against 0.5, e.g. on Push-T. Nothing else was measured.",
        "J. Schmidhuber and Y. LeCun disagree. Both wrote papers.",
        'LeCun said: "This is wrong." Others did not agree.',
        "See Fig. 3 for details. iVideoGPT is another model.",
    ],
)
def test_abbreviations_numbers_and_initials_end_no_sentence(whole: str) -> None:
    assert len(sentences(whole)) == 2
    assert " ".join(whole[a:b] for a, b in sentences(whole)) == whole


def test_headings_and_fragments_are_not_sentences() -> None:
    text = "## What it says\n\nA model plans well. And it\n\nKey figures:"
    assert [text[a:b] for a, b in sentences(text)] == ["A model plans well."]


@given(
    st.lists(
        st.sampled_from(
            ["Alpha beats beta.", "# Head", "\n", " ", "x" * 30, "et al.", "Why? Because it does!"]
        )
    )
)
def test_spans_are_exact_whatever_the_text(parts: list[str]) -> None:
    text = "\n".join(parts)
    made = source(text)
    for passage in passages(made):
        assert made.text[passage.start : passage.end] == passage.text
        assert passage.text.strip() == passage.text != ""
        for a, b in sentences(text, passage.start, passage.end):
            assert passage.start <= a < b <= passage.end


def test_shipped_passages_fit_the_embedder_and_lose_no_sentence(corpus: Corpus) -> None:
    for one in corpus.sources.values():
        cut = passages(one)
        assert all(len(p.text.split()) <= MAX_WORDS for p in cut)
        inside = [span for p in cut for span in sentences(one.text, p.start, p.end)]
        assert inside == sentences(one.text)


def test_a_passage_has_one_page() -> None:
    first, second = "One two three. " * 5 + "\n\n", "Four five six. " * 5
    cut = passages(source(first + second, (0, len(first))))
    assert [p.page for p in cut] == [1, 2]


def test_hard_wrapped_lines_become_one_paragraph() -> None:
    assert (
        join_wrapped("A repre-\nsentation is\nlearned.\n\n- one\n- two")
        == "A representation is learned.\n\none\n\ntwo"
    )
