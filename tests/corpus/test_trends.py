"""The bibliography and what is counted in it."""

from __future__ import annotations

import re

import pytest

from corpus.answering.answer import ask
from corpus.errors import CorpusError
from corpus.library.shipped import read_sources
from corpus.retrieval.index import Corpus
from corpus.topics import CAMPS, topics, topics_of
from corpus.trends import appearances, papers, timeline


def test_the_bibliography_holds_1414_dated_titles_once_each() -> None:
    assert len(papers()) == 1414
    assert len({p.arxiv_id for p in papers()}) == 1414
    for paper in papers():
        assert re.fullmatch(r"\d{4}\.\d{4,5}", paper.arxiv_id), paper
        assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", paper.published), paper
        assert paper.published[2:].replace("-", "") == paper.arxiv_id[:4], paper
        assert paper.title.strip() == paper.title != ""


def test_every_month_is_counted_and_no_paper_twice() -> None:
    whole = timeline()
    assert sum(whole.total) == 1414
    assert whole.months[0] == "2018-03"
    assert list(whole.months) == sorted(set(whole.months))
    assert len(whole.months) == len(whole.total) == len(whole.counts["jepa"])
    assert sum(whole.counts["driving"]) == sum("driving" in p.topics for p in papers())
    assert whole.untold == sum(not p.topics for p in papers()) < 0.2 * 1414


def test_a_span_and_a_topic_narrow_the_count() -> None:
    jepa = timeline("2025", "2026-03", "jepa")
    assert (jepa.months[0], jepa.months[-1]) == ("2025-01", "2026-03")
    assert set(jepa.counts) == {"jepa"}
    assert jepa.total == jepa.counts["jepa"]
    assert timeline("2010", "2011").total == (0,) * 24


@pytest.mark.parametrize(
    ("title", "about"),
    [
        ("SkyJEPA: Learning Long-Horizon World Models for Quadrotors", {"jepa", "long-horizon", "robotics"}),
        ("GAIA-1: A Generative World Model for Autonomous Driving", {"driving"}),
        ("A Survey of Vision-Language-Action Models", {"vision-language-action"}),
        ("Transplanting kidneys", set()),
        ("Safety first", {"safety"}),
        ("Unsafe at any speed", set()),
    ],
)
def test_topics_go_by_whole_words_of_the_title(title: str, about: set[str]) -> None:
    assert set(topics_of(title)) == about


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("soon",), "'soon' is not a month"),
        (("2025-13",), "'2025-13' is not a month"),
        (("2026", "2025"), "turn them round"),
        (("2025", "2026", "joy"), "unknown topic 'joy'; the topics are: jepa"),
    ],
)
def test_what_is_no_month_or_topic_is_refused_in_one_line(asked: tuple[str, ...], says: str) -> None:
    with pytest.raises(CorpusError, match=says) as caught:
        timeline(*asked)
    assert "\n" not in str(caught.value)


def test_a_system_appears_with_its_first_dated_source() -> None:
    found = {a.system: a for a in appearances(read_sources())}
    assert found["DreamerV3"].published == "2023-01-10"
    assert found["V-JEPA 2"].source_id == "vjepa2-2025"
    assert list(found.values()) == sorted(found.values(), key=lambda a: (a.published, a.source_id))


def test_sources_and_rules_use_one_list() -> None:
    for source in read_sources():
        assert set(source.topics) <= set(topics()), source.id
        assert source.camp in CAMPS, source.id
    assert {t for s in read_sources() for t in s.topics} == set(topics()), "a topic without a source"


def test_what_changed_in_a_year_is_told_by_its_sources_and_counted(corpus: Corpus) -> None:
    answer = ask("What changed in 2026?", corpus)
    assert answer.kind == "trend"
    assert len(answer.sentences) >= 2
    for sentence in answer.sentences:
        cited = sentence.citations[0]
        assert cited.published.startswith("2026")
        assert corpus.sources[cited.source_id].text[cited.start : cited.end] == sentence.text
    assert sum(timeline("2026", "2026").total) in {count.n for count in answer.counts if not count.topic}
    assert "papers.csv" in answer.counted


@pytest.mark.parametrize(
    "question", ["when did JEPA papers rise?", "How many papers on JEPA appeared in 2026?"]
)
def test_titles_of_a_topic_are_counted(question: str, corpus: Corpus) -> None:
    answer = ask(question, corpus)
    assert answer.sentences
    jepa, every = timeline("2026", "2026", "jepa"), timeline("2026", "2026")
    assert (sum(jepa.total), sum(every.total)) in {(count.n, count.of) for count in answer.counts}


@pytest.mark.parametrize(
    "question", ["What is new in French cooking since 2024?", "What is new in Genie 3?", "What is SEAL?"]
)
def test_what_asks_for_more_than_time_is_not_counted(question: str, corpus: Corpus) -> None:
    assert ask(question, corpus).counts == ()
