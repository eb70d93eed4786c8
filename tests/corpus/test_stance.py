"""Which claim a question touches, measured; and both sides of it, in the sources' own words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from corpus.answering.answer import ask
from corpus.answering.stance import UNSORTED, beside, of_claim, stance, touched
from corpus.ledger import claims
from corpus.library.library import ingest
from corpus.retrieval.index import Corpus, open_corpus

CASES = yaml.safe_load((Path(__file__).parent / "stance_cases.yaml").read_text())


@pytest.mark.parametrize("half", ["tune", "test"])
def test_a_question_touches_the_claim_it_asks_about(
    corpus: Corpus, half: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = [case for case in CASES if case["half"] == half]
    found = {case["q"]: touched(case["q"], corpus) for case in cases}
    shown = [case for case in cases if found[case["q"]]]
    right = sum(found[case["q"]].id in case["claim"] for case in shown)
    wanted = sum(bool(case["claim"]) for case in cases)
    with capsys.disabled():
        print(f"\n{half} half: precision {right}/{len(shown)}, recall {right}/{wanted}")
    assert len(cases) == 30
    assert right >= 0.9 * len(shown)
    assert right >= 0.7 * wanted


def test_questions_of_someone_who_had_not_seen_ours(
    corpus: Corpus, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = yaml.safe_load((Path(__file__).parent / "asked_cases.yaml").read_text())
    found = [(case, claim) for case in cases["touches"] if (claim := touched(case["q"], corpus))]
    right = sum(claim.id in case["claim"] for case, claim in found)
    wrong = [question for question in cases["none"] if touched(question, corpus)]
    with capsys.disabled():
        print(
            f"\nblind: {right}/{len(found)} right of {len(cases['touches'])}; {len(wrong)} false of {len(cases['none'])}"
        )
    assert right >= 0.9 * len(found)
    assert right >= 0.35 * len(cases["touches"])
    assert len(wrong) <= 2


def test_the_cases_name_claims_that_are_there() -> None:
    assert {id for case in CASES for id in case["claim"]} <= set(claims())


@pytest.mark.parametrize(
    ("question", "sora"),
    [
        ("Is Sora a physics engine?", True),
        ("Is Genie 3 a physics engine?", False),
        ("Are video models physics engines?", False),
    ],
)
def test_a_claim_about_one_system_is_not_touched_by_another(
    corpus: Corpus, question: str, sora: bool
) -> None:
    found = touched(question, corpus)
    assert (found is not None and found.id == "sora-is-a-physics-engine") == sora


def test_both_sides_are_quoted_word_for_word(corpus: Corpus) -> None:
    for claim in claims().values():
        record = of_claim(claim, corpus)
        assert (len(record.supports), len(record.disputes)) == (len(claim.supports), len(claim.disputes))
        for view in record.supports + record.disputes:
            source = corpus.sources[view.citation.source_id]
            assert source.text[view.citation.start : view.citation.end] == view.citation.quote
            assert view.camp == source.camp
    assert json.loads(json.dumps(record.to_json()))["would_change"] == claim.would_change


def test_a_false_premise_that_touches_a_claim_is_refused_and_both_sides_stand_beside_it(
    corpus: Corpus,
) -> None:
    for question, claim in (
        ("why did METR's trial find that AI makes experienced developers twice as fast", "ai-makes-programmers-faster"),
        ("Will JEPA have won against generative models in ten years?", "abstraction-has-the-better-theory"),
    ):  # fmt: skip
        answer = ask(question, corpus, writer="extractive")
        assert answer.refusal
        assert answer.claim == claim
        said = beside(answer, corpus)
        assert said
        assert said.claim == claim
        assert said.supports


def test_own_documents_are_shown_unsorted(ready_home: Path, tmp_path: Path) -> None:
    text = (
        "# Notes\n\nSora is a rough but real physics engine, I found: it simulates every ball that I dropped. "
        * 3
    )
    (tmp_path / "notes.md").write_text(text)
    ingest([tmp_path / "notes.md"])
    corpus = open_corpus()
    question = "Is Sora a physics engine?"
    found = beside(ask(question, corpus), corpus)
    assert found is not None
    assert found.own
    assert found.own_note == UNSORTED
    assert stance(question, corpus).own == ()


def test_a_plain_fact_touches_no_claim(corpus: Corpus) -> None:
    assert stance("When was Sora announced?", corpus) is None
