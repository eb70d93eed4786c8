"""The library's SQLite file: its tables, a connection a thread, transactions, and errors in plain words.

Reading needs no lock (WAL); writers hold `corpus.library.lock`.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

from corpus.errors import CorpusError

FORMAT = 1

_SCHEMA = """
create table meta(key text primary key, value) without rowid;
create table documents(
    id integer primary key autoincrement, name text not null unique, origin text not null, path text not null,
    size integer not null, mtime integer not null, file_hash text not null, recipe text not null,
    work text not null, passages integer not null, pages integer not null, title text not null,
    fields text not null);
create unique index documents_path on documents(origin, path);
create table texts(document integer primary key, text text not null);
create table passages(
    id integer primary key autoincrement, document integer not null, start integer not null,
    end integer not null, heading text not null, page integer, seconds real, caution text not null,
    hash blob not null);
create index passages_document on passages(document);
create index passages_hash on passages(hash);
create table vectors(passage integer primary key, embedder text not null, vector blob not null);
create index vectors_embedder on vectors(embedder);
create virtual table words using fts5(terms, tokenize="unicode61 remove_diacritics 0 tokenchars '-.,'''");
create virtual table word_counts using fts5vocab(words, row);
create table names(name text not null, document integer not null, kind text not null,
    primary key(name, document, kind)) without rowid;
create index names_document on names(document);
create table forms(form text primary key, documents integer not null, capital integer not null,
    lower integer not null) without rowid;
create table shingles(shingle integer not null, document integer not null,
    primary key(shingle, document)) without rowid;
create index shingles_document on shingles(document);
create table pending(passage integer primary key);
"""

_START = {
    "generation": 0,
    "documents": 0,
    "passages": 0,
    "terms": 0,
    "content": "0",
    "shipped": "",
    "synced": "",
}
"""`generation` rises with each document that comes or goes; `content` is the hash of all; `shipped` is the state
of the digests' folder; `synced` names the last write to Chroma."""


class Unusable(CorpusError):
    """The library can't be read or written: damaged, foreign, or on a full disk. One line says which."""


class Database:
    """One library file, or one in memory. Each thread has its own connection."""

    def __init__(self, path: Path | None = None) -> None:
        """Opens or makes it. Raises Unusable where it is damaged or not ours, OSError where it can't be."""
        self.path = path
        self._local = threading.local()
        self._memory = f"file:orrery-{uuid.uuid4().hex}?mode=memory&cache=shared"
        with translated(path):
            self._first = self.db
            if not self._first.execute("pragma user_version").fetchone()[0]:
                self._create()
            version = self._first.execute("pragma user_version").fetchone()[0]
        if version != FORMAT:
            raise Unusable(f"{path} was written by another version of Orrery (format {version})")

    def _create(self) -> None:
        db = self._first
        db.execute("begin immediate")
        try:
            if not db.execute("pragma user_version").fetchone()[0]:
                for statement in _SCHEMA.split(";\n"):
                    db.execute(statement)
                db.executemany(
                    "insert into meta values(?, ?)", (_START | {"id": uuid.uuid4().hex[:12]}).items()
                )
                db.execute(f"pragma user_version = {FORMAT}")
            db.execute("commit")
        except BaseException:
            db.execute("rollback")
            raise

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection; transactions are begun and ended by hand."""
        found: sqlite3.Connection | None = getattr(self._local, "db", None)
        if found is None:
            with translated(self.path):
                found = self._connected()
            self._local.db = found
        return found

    def _connected(self) -> sqlite3.Connection:
        if self.path is None:
            db = _connect(self._memory)
            db.execute("pragma read_uncommitted = 1")  # it is written once, then only read
            return db
        where = self.path.absolute().as_uri()
        try:
            db = _connect(where, "pragma journal_mode = wal")
            db.execute("select count(*) from sqlite_master").fetchone()
            return db
        except sqlite3.OperationalError as error:
            if not _code(error).startswith(
                ("SQLITE_IOERR_SHM", "SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_READONLY")
            ):
                raise
            if not self.path.is_file():
                raise
        # No room for the index that processes share, or no right to write it: still, what is there can be read.
        log = Path(f"{self.path}-wal")
        if log.is_file() and log.stat().st_size:
            db = _connect(where, "pragma locking_mode = exclusive")  # alone, its index is in memory
        else:
            db = _connect(f"{where}?immutable=1")
        db.execute("select count(*) from sqlite_master").fetchone()
        return db

    def close(self) -> None:
        """This thread's connection and the first; other threads' go with their threads."""
        for db in {id(x): x for x in (self._first, getattr(self._local, "db", self._first))}.values():
            db.close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Everything read inside is of one moment, whatever others write meanwhile."""
        db = self.db
        if db.in_transaction:
            yield db
            return
        with translated(self.path):
            db.execute("begin")
            try:
                yield db
            finally:
                db.execute("rollback")

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, all of it or nothing; inside another it is a part of that. A full disk is one clear line."""
        db = self.db
        if db.in_transaction:
            yield db
            return
        with translated(self.path):
            db.execute("begin immediate")
            try:
                yield db
                db.execute("commit")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    db.execute("rollback")
                raise


@contextlib.contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """SQLite's errors as ours: a full disk and a damaged file are Unusable, the rest an OSError."""
    try:
        yield
    except sqlite3.Error as error:
        name, code = path or "the library in memory", _code(error)
        if code == "SQLITE_FULL" or (code.startswith("SQLITE_IOERR") and is_full(path)):
            raise Unusable(
                f"the disk with {name} is full; what was indexed before still answers: free some space and go on"
            ) from None
        if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise Unusable(f"{name} is damaged; move it away and ingest your documents again") from None
        if isinstance(error, sqlite3.OperationalError):
            number = errno.EROFS if code.startswith("SQLITE_READONLY") else errno.EIO
            raise OSError(number, f"{error} ({code})", str(name)) from None
        raise


def is_full(path: Path | None, need: int = 2**16) -> bool:
    """Whether fewer than `need` bytes are free beside the file."""
    with contextlib.suppress(OSError):
        return path is not None and shutil.disk_usage(path.parent).free < need
    return False


def _connect(where: str, first: str = "") -> sqlite3.Connection:
    """`first` is said before anything is read."""
    db = sqlite3.connect(where, timeout=30, isolation_level=None, check_same_thread=False, uri=True)
    for pragma in (first, "pragma synchronous = normal", "pragma temp_store = memory"):
        db.execute(pragma)
    db.execute("pragma cache_size = -8000")  # KiB, for each thread
    return db


def _code(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", "") or ""
