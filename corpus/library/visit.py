"""The library of one visit: what the host has, and what the visitor adds. It is a file of its own, so no question of anyone
else can reach it, and to forget it is to delete it."""

from __future__ import annotations

import dataclasses
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from corpus.errors import CorpusError
from corpus.library.store import OWN, Row, Store
from corpus.library.works import sketch
from corpus.retrieval.compared import Compared
from corpus.retrieval.index import Library, open_library

HOST = "host"
"""Origin of the documents that the host had ingested: the visitor may read them, and neither list nor remove them."""
LARGEST = 256 * 2**20
"""Bytes of a host's library that is still copied for a visitor; the shipped sources take 4 MB."""
MOST = 100
"""Documents that one visit may add."""


def open_visit(folder: Path) -> Library:
    """A copy of the host's library as it is now, in `folder`. 20 ms for the shipped sources.

    Raises CorpusError where the host's library is too large to be copied for every visitor, OSError or Unusable where the
    folder can't be written.
    """
    host = open_library()
    path = folder / "library.db"
    size = host.store.path.stat().st_size if host.store.path else 0
    if size > LARGEST:
        raise CorpusError(
            f"this server's own library has {size // 2**20} MB, too many to add a visitor's documents to; ask its host "
            "to add yours, or to start it with --share-documents"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as copy:
        host.store.db.backup(copy)
    store = Store(path)
    with store.writing() as db:
        db.execute("update documents set origin = ? where origin = ?", (HOST, OWN))
    nearest = Compared(store, host.embedder) if host.embedder else None
    if nearest:
        nearest.sync()
    return dataclasses.replace(host, store=store, nearest=nearest, _made={}, _current=[])


def catch_up(library: Library, seen: int) -> int:
    """Bring what the visit has of the host's own documents to what the host has now; gives the host's generation.

    `seen`: the generation at the last time; where it is still the same, this takes no time. The vectors are copied, so
    nothing is embedded again.
    """
    host, store = open_library().store, library.store
    with host.reading():
        now = int(host.meta("generation"))
        if now == seen:
            return now
        theirs = {_state(row): row for row in host.rows("origin = ?", (OWN,))}
        mine = {_state(row): row for row in store.rows("origin = ?", (HOST,))}
        for gone in mine.keys() - theirs.keys():
            store.drop(mine[gone])
        for state, row in theirs.items():
            if state not in mine:
                _copy(row, host, library)
    if library.nearest:
        library.nearest.sync()
    return now


def _state(row: Row) -> tuple[str, str, str]:
    """What a document is the same by."""
    return row.entry.path, row.entry.file_hash, row.entry.recipe


def _copy(row: Row, host: Store, library: Library) -> None:
    """One of the host's documents into the visit's library, under another name where the visitor's own has that name."""
    source = host.source(row.name)
    assert source is not None
    cut = host.passages_of(source, row)
    key = library.embedder.key if library.embedder else ""
    ids = [
        id for (id,) in host.db.execute("select id from passages where document = ? order by id", (row.id,))
    ]
    found = host.vectors(ids, key)
    if any(library.store.rows("name = ? and origin = ?", (source.id, OWN))):
        other = hashlib.sha256(row.entry.path.encode()).hexdigest()[:6]
        source = dataclasses.replace(source, id=f"{source.id}-host-{other}")
    vectors = [found[id] for id in ids] if len(found) == len(ids) else None
    entry = dataclasses.replace(row.entry, origin=HOST)
    library.store.put(source, entry, cut, vectors, key, sketch(source.text))


def allow(library: Library) -> None:
    """Raises CorpusError where the visit has added as much as it may."""
    have = sum(1 for _ in library.store.rows("origin = ?", (OWN,)))
    if have >= MOST:
        raise CorpusError(f"you have {have} documents here, as many as one visit may add; remove one first")
    size = _bytes(library.store)
    if size > 2 * LARGEST:
        raise CorpusError(
            f"your documents take {size // 2**20} MB, as much as one visit may add; remove one first"
        )


def _bytes(store: Store) -> int:
    """Of the library's file, those in use."""
    ask = ("page_count", "freelist_count", "page_size")
    pages, free, size = (store.db.execute(f"pragma {name}").fetchone()[0] for name in ask)
    return (pages - free) * size
