"""The library file: whatever comes and goes, it is as if only what is left had ever been there."""

from __future__ import annotations

import dataclasses
import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.library.passages import passages
from corpus.library.store import OWN, Entry, Store
from corpus.loaders.text import sha256
from corpus.records import Source

WORDS = (
    "Genie 3",
    "a model",
    "plans",
    "V-JEPA 2",
    "Ada Brink",
    "the robot",
    "open-source",
    "1987",
    "learns well.",
)
TABLES = ("names", "forms", "word_counts")


def source(id: str, text: str) -> Source:
    return Source(id, f"On {id}", ("Ada Brink",), "2024", "document", "", (), "neutral", text, sha256(text))


def put(store: Store, one: Source) -> None:
    cut = passages(one)
    vectors = [np.full(384, 384**-0.5, np.float32) for _ in cut]
    store.put(one, Entry(OWN, f"/{one.id}"), cut, vectors, "embedder", [len(one.text) + 1000, 7])


def state(store: Store) -> dict[str, object]:
    """Everything that must not depend on how it came to be: documents are named, not numbered."""
    found: dict[str, object] = {key: store.meta(key) for key in ("documents", "passages", "terms", "content")}
    for table in TABLES:
        found[table] = sorted(map(str, store.db.execute(f"select * from {table}")))
    found["names"] = sorted(
        store.db.execute("select n.name, kind, d.name from names n join documents d on d.id = n.document")
    )
    found["sources"] = {row.name: store.source(row.name) for row in list(store.rows())}
    for table, column in (("texts", "document"), ("shingles", "document"), ("vectors", "passage")):
        found[table] = store.db.execute(f"select count({column}) from {table}").fetchone()[0]
    return found


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=200).map(" ".join)
steps = st.lists(st.tuples(st.sampled_from("abcd"), st.one_of(st.none(), texts)), max_size=12)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_after_any_changes_only_what_is_left_counts(steps: list[tuple[str, str | None]]) -> None:
    worn, kept = Store(), {}
    for id, text in steps:
        if text is not None:
            kept[id] = source(id, text)
            put(worn, kept[id])
        elif id in kept:
            worn.drop(next(worn.rows("name = ?", (id,))))
            del kept[id]
    fresh = Store()
    for one in kept.values():
        put(fresh, one)
    assert state(worn) == state(fresh)
    worn.close()
    fresh.close()


def test_a_source_comes_back_as_it_went_in(tmp_path: Path) -> None:
    store = Store(tmp_path / "library.db")
    whole = dataclasses.replace(
        source("a", "One two.\n\nThree four five six."),
        pages=(0, 10), times=((0, 1.5), (10, 3.0)), systems=("V-JEPA 2",), people=("Ada Brink",), work="w",
    )  # fmt: skip
    put(store, whole)
    assert store.source("a") == whole
    assert store.source("b") is None


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store(tmp_path / "library.db")
    put(store, source("a", "One two three."))
    before = state(store)
    broken = dataclasses.replace(source("b", "Four five six."), published=object())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        put(store, broken)
    cut = passages(source("c", "Seven eight nine."))
    with pytest.raises(IndexError):
        store.put(source("c", "Seven eight nine."), Entry(OWN, "/c"), cut, [], "embedder")
    assert state(store) == before


def test_what_is_read_together_is_of_one_moment(tmp_path: Path) -> None:
    store = Store(tmp_path / "library.db")
    put(store, source("a", "One two three."))
    with store.reading():
        before = state(store)
        thread = threading.Thread(target=put, args=(store, source("b", "Four five six.")))
        thread.start()
        thread.join()
        assert state(store) == before
    assert store.meta("documents") == 2


def test_two_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    problems: list[BaseException] = []

    def make() -> None:
        try:
            Store(tmp_path / "library.db").close()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with sqlite3.connect(tmp_path / "library.db") as db:
        assert db.execute("select count(*) from meta where key = 'id'").fetchone() == (1,)
