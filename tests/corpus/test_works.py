"""The same work twice is one witness."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from corpus.answering.answer import ask
from corpus.library.library import ingest
from corpus.library.works import SAME, containment, sketch
from corpus.retrieval.index import open_corpus

pytestmark = pytest.mark.usefixtures("ready_home")
SAMPLES = Path(__file__).parents[2].parent / "shared" / "data" / "documents"
TEXT = """The Quagmar engine is a gearbox for sailing robots. Quagmar was built by Ada Brink in Oslo in 1987.
It turns the wind into slow and even steps, so that a robot may row against it. Later engines kept the idea."""


def words(seed: int, count: int) -> list[str]:
    draw = random.Random(seed)
    return [f"w{draw.randrange(3000)}" for _ in range(count)]


@pytest.mark.parametrize(("changed", "same"), [(0, True), (20, True), (400, False)])
def test_a_sketch_tells_a_revision_from_another_text(changed: int, same: bool) -> None:
    first, draw = words(1, 1000), random.Random(2)
    second = list(first)
    for i in draw.sample(range(1000), changed):
        second[i] = f"new{i}"
    one, other = sketch(" ".join(first)), sketch(" ".join(second))
    assert (containment(one, other) >= SAME) == same


def test_different_texts_share_nothing_and_a_short_one_has_no_sketch() -> None:
    assert containment(sketch(" ".join(words(1, 900))), sketch(" ".join(words(2, 900)))) == 0
    assert sketch("Seven words are not enough for one.") == []
    assert containment([], []) == 0


def test_a_part_of_a_text_is_the_same_work() -> None:
    whole = words(3, 2000)
    assert containment(sketch(" ".join(whole)), sketch(" ".join(whole[:1000]))) >= SAME


def test_two_copies_are_one_witness_and_a_third_text_is_another(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text(TEXT)
    (tmp_path / "two.txt").write_text("From the archive.\n\n" + TEXT)
    (tmp_path / "other.md").write_text(
        "A museum in Bergen shows the Quagmar engine, built by Ada Brink's workshop."
    )
    one, other, two = ingest([tmp_path])
    sources = open_corpus().sources
    assert sources[one.id].work == sources[two.id].work == one.id
    assert sources[other.id].work == other.id
    for question in ("Who built Quagmar?", "What is the Quagmar engine?"):
        cited = {c.source_id for s in ask(question).sentences for c in s.citations}
        assert cited, question
        assert not {one.id, two.id} <= cited


def test_a_paper_and_its_web_page_are_one_work(tmp_path: Path) -> None:
    pair = [SAMPLES / "world-models-1803.10122.pdf", SAMPLES / "world-models-article.html"]
    if not all(path.is_file() for path in pair):
        pytest.skip("the sample documents are not beside this repository")
    documents = ingest([*pair, SAMPLES / "dvd-jepa.pdf"])
    works = [open_corpus().sources[document.id].work for document in documents]
    assert works[0] == works[1] != works[2]
    for question in (
        "What is the mixture density network for?",
        "Which VizDoom task was tried in World Models?",
    ):
        cited = {c.source_id for s in ask(question).sentences for c in s.citations}
        assert not {documents[0].id, documents[1].id} <= cited
