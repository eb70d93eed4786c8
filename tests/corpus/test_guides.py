"""The guides: every sentence stands where it is said to, and a big question finds its guide."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
import yaml

from corpus.answering.answer import ask
from corpus.answering.explain import explain
from corpus.answering.guided import guide_for, guides
from corpus.answering.meaning import meaning_of
from corpus.answering.question import parse
from corpus.errors import CorpusError
from corpus.library.shipped import SOURCES, read_sources, sentences_of
from corpus.loaders.text import sha256
from corpus.retrieval.index import Corpus, build_corpus

CASES = yaml.safe_load((Path(__file__).parent / "guide_cases.yaml").read_text())


def test_each_sentence_stands_in_its_source_and_together_they_stay_short() -> None:
    sources = {source.id: sentences_of(source) for source in read_sources()}
    for guide in guides().values():
        said = []
        for id, opening in guide.sentences:
            meant = [text for text in sources[id] if text.startswith(opening)]
            assert len(meant) == 1, f"{guide.id}: {len(meant)} sentences of {id} begin with {opening!r}"
            said += meant
        assert 1 <= len(said) == len(set(said)) <= 5, guide.id
        assert sum(len(text.split()) for text in said) <= 120, guide.id
        assert len(guide.asked) >= 8, guide.id


def test_no_wording_stands_twice() -> None:
    twice = Counter(text.lower().rstrip("?") for guide in guides().values() for text in guide.asked)
    assert [text for text, n in twice.items() if n > 1] == []


def test_a_line_of_another_form_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.txt").write_text("# one\n? what is it\nno sign\n")
    with pytest.raises(CorpusError, match=r"odd\.txt, line 3: 'no sign'"):
        guides(tmp_path)


def test_a_big_question_is_answered_by_its_guide(corpus: Corpus) -> None:
    answer = ask("when will AGI arrive?", corpus, writer="extractive")
    assert answer.guide == "when-will-agi-come"
    said = guides()[answer.guide].sentences
    assert [(s.citations[0].source_id, s.text.startswith(opening)) for s, (_, opening) in zip(answer.sentences, said, strict=True)] == [
        (id, True) for id, _ in said
    ]  # fmt: skip
    assert explain(answer, corpus).guide == "when will AGI come"


def test_who_asks_for_a_detail_or_another_thing_gets_no_guide(corpus: Corpus) -> None:
    for question in ("On which day did Altman post The Gentle Singularity?", "how long do I boil an egg"):
        assert ask(question, corpus, writer="extractive").guide == ""


def test_without_stored_vectors_there_is_no_guide(tmp_path: Path) -> None:
    """Else the first answer would wait until thousands of wordings are embedded."""
    shutil.copy(SOURCES / "genie3-2025.md", tmp_path)
    few = build_corpus(tmp_path, own=False)
    assert not ask("what is Genie 3?", few, writer="extractive").guide
    made = few.library._made
    assert not any(sha256(text) in made for guide in guides().values() for text in guide.asked)


def test_of_others_questions_the_right_guide_is_found(
    corpus: Corpus, capsys: pytest.CaptureFixture[str]
) -> None:
    def found(question: str) -> str:
        guide = guide_for(question, corpus, meaning_of(corpus, parse(question, corpus.names)))
        return guide.id if guide else ""

    told = [(found(case["q"]), case["guide"]) for case in CASES["guided"]]
    right = sum(id in ([wanted] if isinstance(wanted, str) else wanted) for id, wanted in told if id)
    some = sum(bool(id) for id, _ in told)
    false = sum(bool(found(case["q"])) for case in CASES["unguided"])
    with capsys.disabled():
        print(f"\nguides: {right} of {some} found rightly, of {len(told)} questions; {false} of 60 falsely")
    assert right >= 0.85 * some
    assert right >= 15
    assert false <= 3
