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
FEW = 12
"""Changes of the host's that are made one by one, 10 ms each; more, and its library is copied again."""
LARGEST = 256 * 2**20
"""Bytes of a host's library that is still copied for a visitor; the shipped sources take 4 MB."""
MOST = 100
"""Documents that one visit may add."""


def open_visit(folder: Path) -> Library:
    """A copy of the host's library as it is now, in `folder`. 20 ms for the shipped sources.

    Raises CorpusError where the host's library is too large to be copied for every visitor, OSError or Unusable where the
    folder can't be written.
    """
    size = _size_of_hosts()
    if size > LARGEST:
        raise CorpusError(
            f"this server's own library has {size // 2**20} MB, too many to add a visitor's documents to; ask its host "
            "to add yours, or to start it with --share-documents"
        )
    folder.mkdir(parents=True, exist_ok=True)
    return _copied(folder / "library.db")


def _size_of_hosts() -> int:
    path = open_library().store.path
    return path.stat().st_size if path else 0


def _copied(path: Path) -> Library:
    """The host's library as it is now, in a file of its own; what was the host's own is the host's."""
    host = open_library()
    with closing(sqlite3.connect(path)) as copy:
        host.store.db.backup(copy)
    store = Store(path)
    with store.writing() as db:
        db.execute("update documents set origin = ? where origin = ?", (HOST, OWN))
    nearest = Compared(store, host.embedder) if host.embedder else None
    if nearest:
        nearest.sync()
    return dataclasses.replace(host, store=store, nearest=nearest, _made={}, _current=[])


def catch_up(library: Library, seen: int) -> tuple[Library, int]:
    """The visit's library with what the host has now of its own documents, and the host's generation.

    `seen`: the generation at the last time; where it is still the same, this takes no time. A few changes are made one by
    one; after many the host's whole library is copied again, and what the visitor added is put into the copy, so that the
    question that happens to come next waits for neither: of 3,000 new passages it took seconds to read each again. Nothing
    is embedded again. Nobody may write to the library meanwhile.
    """
    host, store = open_library().store, library.store
    with host.reading():
        now = int(host.meta("generation"))
        if now == seen:
            return library, now
        theirs = {_state(row): row for row in host.rows("origin = ?", (OWN,))}
        mine = {_state(row): row for row in store.rows("origin = ?", (HOST,))}
        changes = len(mine.keys() ^ theirs.keys())
        if changes > FEW and store.path and _size_of_hosts() <= LARGEST:
            return _renewed(library, store.path, now), now
        for gone in mine.keys() - theirs.keys():
            store.drop(mine[gone])
        for state, row in theirs.items():
            if state not in mine:
                _copy(row, host, library)
    if library.nearest:
        library.nearest.sync()
    return library, now


def _renewed(library: Library, path: Path, now: int) -> Library:
    """A new copy of the host's library with the visitor's own documents, in the place of the old one."""
    host, fresh = open_library().store, _copied(path.with_name(f"library-{now}.db"))
    own = list(library.store.rows("origin = ?", (OWN,)))
    for row in own:
        _copy(row, library.store, fresh, OWN)
    # The host's document of the same name had to give way; it comes back under another.
    for row in own:
        for other in list(host.rows("name = ? and origin = ?", (row.name, OWN))):
            _copy(other, host, fresh)
    if fresh.nearest:
        fresh.nearest.sync()
    # Who still reads the old file goes on reading it; it is gone when they let go of it.
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    return fresh


def _state(row: Row) -> tuple[str, str, str]:
    """What a document is the same by."""
    return row.entry.path, row.entry.file_hash, row.entry.recipe


def _copy(row: Row, store: Store, library: Library, origin: str = HOST) -> None:
    """One document of a store into the visit's library; one of the host's gets another name where the visitor's own has
    that name."""
    source = store.source(row.name)
    assert source is not None
    cut = store.passages_of(source, row)
    key = library.embedder.key if library.embedder else ""
    ids = [
        id for (id,) in store.db.execute("select id from passages where document = ? order by id", (row.id,))
    ]
    found = store.vectors(ids, key)
    if origin == HOST and any(library.store.rows("name = ? and origin = ?", (source.id, OWN))):
        other = hashlib.sha256(row.entry.path.encode()).hexdigest()[:6]
        source = dataclasses.replace(source, id=f"{source.id}-host-{other}")
        cut = [dataclasses.replace(p, id=f"{source.id}:{p.start}-{p.end}", source_id=source.id) for p in cut]
    vectors = [found[id] for id in ids] if len(found) == len(ids) else None
    entry = dataclasses.replace(row.entry, origin=origin)
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
