"""The library: one SQLite file that holds every document, its passages, their vectors and their words.

It is the truth; Chroma is made from it. A document comes and goes in one transaction, so whoever is killed
leaves the document whole or absent."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus.answering.names import Forms, forms_in, names_in
from corpus.library.database import Database
from corpus.records import Passage, Source
from corpus.retrieval.words import terms

SHIPPED, OWN = "shipped", "own"


@dataclass(frozen=True)
class Entry:
    """Where a document came from, and what tells whether it has changed since."""

    origin: str
    """`shipped` or `own`."""
    path: str
    """Absolute path, or the URL."""
    size: int = 0
    mtime: int = 0
    """Nanoseconds; 0 where it can't be trusted, so that the hash decides."""
    file_hash: str = ""
    recipe: str = ""
    """Hash of the code that cuts documents: cut by other code, a document is cut again."""


@dataclass(frozen=True)
class Row:
    """A document as the store lists it, without its text."""

    id: int
    name: str
    title: str
    work: str
    passages: int
    pages: int
    entry: Entry


class Store(Database):
    """The documents of one library: read and written whole."""

    def meta(self, key: str) -> Any:
        row = self.db.execute("select value from meta where key = ?", (key,)).fetchone()
        return row[0] if row else None

    def rows(self, where: str = "1", values: Sequence[Any] = ()) -> Iterator[Row]:
        """Documents in order of arrival; `where` is a condition of ours, never a user's text."""
        query = "select id, name, title, work, passages, pages, origin, path, size, mtime, file_hash, recipe"
        for row in self.db.execute(f"{query} from documents where {where} order by id", values):
            id, name, title, work, count, pages, *entry = row
            yield Row(id, name, title, work, count, pages, Entry(*entry))

    def source(self, name: str) -> Source | None:
        row = self.db.execute(
            "select fields, work, text from documents join texts on document = id where name = ?", (name,)
        ).fetchone()
        if row is None:
            return None
        fields = json.loads(row[0])
        for key in ("authors", "topics", "pages", "systems", "people"):
            fields[key] = tuple(fields[key])
        fields["times"] = tuple((int(a), float(b)) for a, b in fields["times"])
        return Source(**fields | {"work": row[1], "text": row[2]})

    def passages_of(self, source: Source, row: Row) -> list[Passage]:
        """A document's passages, in order."""
        query = "select start, end, heading, page, seconds, caution, hash from passages where document = ? order by id"
        return [passage_of(source, found) for found in self.db.execute(query, (row.id,))]

    def passage_rows(self, ids: Iterable[int]) -> dict[int, tuple[Any, ...]]:
        """Id -> (document's name, start, end, heading, page, seconds, caution, hash)."""
        query = """select p.id, d.name, start, end, heading, page, seconds, caution, hash from passages p
            join documents d on d.id = document where p.id in (select value from json_each(?))"""
        return {row[0]: row[1:] for row in self.db.execute(query, (_list(ids),))}

    def vectors(self, ids: Iterable[int], embedder: str) -> dict[int, np.ndarray]:
        """Id -> [dimensions] float32; those without a vector of this embedder are left out."""
        query = """select passage, vector from vectors
            where embedder = ? and passage in (select value from json_each(?))"""
        return {id: unpacked(blob) for id, blob in self.db.execute(query, (embedder, _list(ids)))}

    def vectors_by_hash(self, hashes: Sequence[str], embedder: str) -> dict[str, np.ndarray]:
        """Passage hash -> its vector, where any document has a passage that reads the same."""
        query = """select hash, vector from passages join vectors on passage = id where hash = ? and embedder = ?"""
        found: dict[str, np.ndarray] = {}
        for hash in hashes:
            if row := self.db.execute(query, (bytes.fromhex(hash), embedder)).fetchone():
                found[hash] = unpacked(row[1])
        return found

    def counts(self, wanted: Iterable[str]) -> dict[str, int]:
        """Stem -> how many passages hold it."""
        query = "select term, doc from word_counts where term = ?"
        rows = (self.db.execute(query, (term,)).fetchone() for term in wanted)
        return {row[0]: row[1] for row in rows if row}

    def put(
        self,
        source: Source,
        entry: Entry,
        cut: Sequence[Passage],
        vectors: Sequence[np.ndarray] | None,
        embedder: str,
        sketch: Sequence[int] = (),
    ) -> None:
        """Write a document in place of the one with its path or name. `vectors`: one a passage, unit length."""
        counted = [terms(f"{source.title}. {passage.text}") for passage in cut]
        names, forms = names_in(source), forms_in(source)
        fields = {f.name: getattr(source, f.name) for f in dataclasses.fields(source)}
        text = fields.pop("text")
        fields.pop("work")
        with self.writing() as db:
            for row in list(
                self.rows("(origin = ? and path = ?) or name = ?", (entry.origin, entry.path, source.id))
            ):
                self._drop(db, row)
            id = db.execute(
                "insert into documents values(null, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    source.id,
                    *dataclasses.astuple(entry),
                    source.work,
                    len(cut),
                    len(source.pages),
                    source.title,
                    json.dumps(fields),
                ),
            ).lastrowid
            db.execute("insert into texts values(?, ?)", (id, text))
            for i, p in enumerate(cut):
                values = (id, p.start, p.end, p.heading, p.page, p.seconds, p.caution, bytes.fromhex(p.hash))
                key = db.execute(
                    "insert into passages values(null, ?, ?, ?, ?, ?, ?, ?, ?)", values
                ).lastrowid
                db.execute("insert into words(rowid, terms) values(?, ?)", (key, " ".join(counted[i])))
                if vectors is not None:
                    db.execute("insert into vectors values(?, ?, ?)", (key, embedder, packed(vectors[i])))
                    db.execute("insert into pending values(?)", (key,))
            db.executemany("insert into names values(?, ?, ?)", ((name, id, kind) for name, kind in names))
            db.executemany("insert into shingles values(?, ?)", ((shingle, id) for shingle in sketch))
            _count_forms(db, forms, 1)
            self._tally(db, 1, len(cut), sum(map(len, counted)), _mark(source, cut))

    def drop(self, row: Row) -> None:
        """Take one document out."""
        with self.writing() as db:
            self._drop(db, row)

    def touch(self, row: Row, entry: Entry) -> None:
        """The file is the same though its time is not."""
        with self.writing() as db:
            db.execute(
                "update documents set size = ?, mtime = ? where id = ?", (entry.size, entry.mtime, row.id)
            )

    def set_vectors(self, vectors: dict[int, np.ndarray], embedder: str) -> None:
        """Vectors for passages that had none, or another embedder's."""
        with self.writing() as db:
            for id, vector in vectors.items():
                db.execute("insert or replace into vectors values(?, ?, ?)", (id, embedder, packed(vector)))
                db.execute("insert or replace into pending values(?)", (id,))
            self._tally(db, 0, 0, 0, 0)

    def _drop(self, db: sqlite3.Connection, row: Row) -> None:
        source = self.source(row.name)
        assert source is not None
        ids = [id for (id,) in db.execute("select id from passages where document = ?", (row.id,))]
        count = 0
        for id in ids:
            count += len(db.execute("select terms from words where rowid = ?", (id,)).fetchone()[0].split())
            db.execute("delete from words where rowid = ?", (id,))
            db.execute("delete from vectors where passage = ?", (id,))
            db.execute("insert or replace into pending values(?)", (id,))
        mark = _mark(source, self.passages_of(source, row))
        for table in ("passages", "texts", "names", "shingles"):
            db.execute(f"delete from {table} where document = ?", (row.id,))
        db.execute("delete from documents where id = ?", (row.id,))
        _count_forms(db, forms_in(source), -1)
        self._tally(db, -1, -len(ids), -count, mark)

    def _tally(self, db: sqlite3.Connection, documents: int, passages: int, count: int, mark: int) -> None:
        for key, more in (
            ("documents", documents),
            ("passages", passages),
            ("terms", count),
            ("generation", 1),
        ):
            db.execute("update meta set value = value + ? where key = ?", (more, key))
        content = int(self.meta("content"), 16) ^ mark
        db.execute("update meta set value = ? where key = 'content'", (f"{content:x}",))


def passage_of(source: Source, row: Sequence[Any]) -> Passage:
    """A `Passage` from (start, end, heading, page, seconds, caution, hash) and its source's text."""
    start, end, heading, page, seconds, caution, hash = row
    return Passage(
        id=f"{source.id}:{start}-{end}",
        source_id=source.id,
        start=start,
        end=end,
        text=source.text[start:end],
        heading=heading,
        hash=bytes(hash).hex(),
        page=page,
        seconds=seconds,
        caution=caution,
    )


def packed(vector: np.ndarray) -> bytes:
    """Half precision, little-endian."""
    return np.asarray(vector, "<f2").tobytes()


def unpacked(blob: bytes) -> np.ndarray:
    return np.frombuffer(blob, "<f2").astype(np.float32)


def _mark(source: Source, cut: Iterable[Passage]) -> int:
    """What this document adds to the hash of the whole corpus; added twice (xor) it is gone again."""
    digest = hashlib.sha256(f"{source.id} {source.hash}\n".encode())
    for passage in cut:
        digest.update(f"{passage.id} {passage.hash}\n".encode())
    return int(digest.hexdigest(), 16)


def _count_forms(db: sqlite3.Connection, forms: Forms, sign: int) -> None:
    query = """insert into forms values(?, ?, ?, ?) on conflict(form) do update set
        documents = documents + excluded.documents, capital = capital + excluded.capital,
        lower = lower + excluded.lower"""
    db.executemany(
        query,
        ((form, sign, sign * capital, sign * lower) for form, (capital, lower) in sorted(forms.items())),
    )
    if sign < 0:
        db.executemany("delete from forms where form = ? and documents <= 0", ((form,) for form in forms))


def _list(ids: Iterable[int]) -> str:
    return json.dumps([int(id) for id in ids])
