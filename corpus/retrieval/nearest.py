"""The nearest passages, from Chroma through langchain-chroma: in the library's folder, or a server's by its URL.

Chroma holds nothing that the library doesn't: passages' row numbers and vectors. So what is missing, damaged or
made by another embedder is made again from the library, and what the library doesn't know is cleaned away.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from corpus.errors import CorpusError
from corpus.library.database import Unusable, is_full
from corpus.library.lock import Report, silent
from corpus.library.store import Store, unpacked
from corpus.retrieval.compared import Compared

if TYPE_CHECKING:
    from langchain_chroma import Chroma

    from corpus.retrieval.embed import Embedder

ROOM = 8 * 2**20
"""Bytes: with fewer free, an index that fails is not thrown away, for a new one would fail too."""
BATCH = 1000
"""Vectors in one call to Chroma, which takes 5,461 at most."""
PROPOSED = 400
"""Neighbours asked of Chroma at least. The index is approximate and built anew by each process that has no folder: of
50 asked, 8 questions in 100 got another last one than by comparing with all; of 400, the first 60 were exact for all
(1,149 passages), for .6 ms more."""
_SPACE: Any = {"hnsw": {"space": "cosine", "ef_search": 200}}


class Nearest(Compared):
    """One client for one library and embedder. Threads take turns; a query takes a millisecond or two."""

    def __init__(self, store: Store, embedder: Embedder) -> None:
        super().__init__(store, embedder)
        self._lock = threading.RLock()
        self._chroma: Chroma | None = None
        self._seen = ""

    @property
    def url(self) -> str:
        return os.environ.get("ORRERY_CHROMA_URL", "") if self._store.path else ""

    def near(self, vector: np.ndarray, count: int) -> list[int]:
        """A row that the library has dropped may be among them."""
        with self._lock:
            if not self.problem:
                try:
                    found = self.chroma._collection.query(  # the interface would fetch every document, too
                        query_embeddings=[vector], n_results=max(count, PROPOSED), include=[]
                    )
                    return [int(row) for row in found["ids"][0][:count]]
                except BaseException as error:
                    self._give_up(error)
        return super().near(vector, count)

    @property
    def chroma(self) -> Chroma:
        """The vector store. Opened again when another process has written to it, which it would not see; while that
        process still writes, the old one serves."""
        with self._lock:
            synced = str(self._store.meta("synced"))
            if self._chroma is not None and self._seen != synced:
                with self._quiet(fcntl.LOCK_SH | fcntl.LOCK_NB) as quiet:
                    if quiet:
                        self.close()
                        self._load(synced)
            elif self._chroma is None:
                with self._quiet(fcntl.LOCK_SH):
                    self._load(synced)
            assert self._chroma is not None
            return self._chroma

    def _load(self, synced: str) -> None:
        self._chroma = self._open()
        self._check(self._chroma)  # also loads the index while nobody writes it
        self._seen = synced

    def behind(self) -> bool:
        """Whether Chroma lacks something, or can't be read."""
        if self.problem or self._store.db.execute("select 1 from pending limit 1").fetchone():
            return True
        try:
            return self._count(self.chroma) != self._wanted()
        except BaseException as error:
            self._give_up(error)
            return True

    def sync(self, report: Report = silent) -> None:
        """Raises CorpusError where a server can't be reached, Unusable where the index can't be written."""
        with self._lock, self._quiet(fcntl.LOCK_EX):
            for again in (False, True):
                try:
                    if again:
                        report(f"making the vector index again: {self.problem}")
                        self._start_afresh()
                    self._bring_up(report)
                    self.problem = ""
                    return
                except BaseException as error:
                    self._give_up(error)
                if is_full(self._store.path, ROOM):
                    break
        why = "its disk is full" if is_full(self._store.path, ROOM) else self.problem
        raise Unusable(
            f"the vector index beside {self._store.path} can't be written: {why}; your documents are in the "
            "library and will be in the index after the next ingest that finds room"
        )

    def close(self) -> None:
        """One client left open for each path would keep its memory."""
        with self._lock:
            if self._chroma is not None and not self.url:
                client: Any = self._chroma._client  # the interface lacks `close`, every client has it
                if self._store.path is None:
                    with contextlib.suppress(Exception):
                        client.delete_collection(self._name)
                client.close()
            self._chroma = None

    @property
    def _name(self) -> str:
        return f"orrery-{self._store.meta('id')}-{self._embedder.key}"

    @property
    def _folder(self) -> Path:
        assert self._store.path is not None
        return self._store.path.parent / "chroma"

    def _open(self) -> Chroma:
        import chromadb
        from chromadb.config import Settings
        from langchain_chroma import Chroma

        settings = Settings(anonymized_telemetry=False, allow_reset=False)
        client: Any
        if self.url:
            parts = urlsplit(self.url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise CorpusError(
                    f"ORRERY_CHROMA_URL={self.url} is not a web address such as http://host:8000"
                )
            port = parts.port or (443 if parts.scheme == "https" else 80)
            client = chromadb.HttpClient(parts.hostname, port, parts.scheme == "https", settings=settings)
        elif self._store.path:
            client = chromadb.PersistentClient(str(self._folder), settings)
        else:
            client = chromadb.EphemeralClient(settings)
        try:
            client.get_or_create_collection(self._name, configuration=_SPACE, embedding_function=None)
            return Chroma(client=client, collection_name=self._name, embedding_function=self._embedder)
        except BaseException:
            client.close()
            raise

    def _check(self, chroma: Chroma) -> None:
        """A stored vector must find itself; an index that was cut short would not."""
        query = "select passage, vector from vectors where embedder = ? and passage not in pending limit 1"
        row = self._store.db.execute(query, (self._embedder.key,)).fetchone()
        if row is None or not chroma._collection.count():
            return
        found = chroma._collection.query(
            query_embeddings=[unpacked(row[1])], n_results=1, include=["distances"]
        )
        distances = found["distances"]
        if not distances or not distances[0] or distances[0][0] > 0.01:
            raise ValueError("a stored vector does not find itself")

    def _bring_up(self, report: Report) -> None:
        self._chroma = self._chroma or self._open()
        self._drain(report)
        if self._count(self._chroma) != self._wanted():
            have = self._ids(self._chroma)
            query = "select passage from vectors where embedder = ?"
            want = {row[0] for row in self._store.db.execute(query, (self._embedder.key,))}
            with self._store.writing() as db:
                db.executemany("insert or ignore into pending values(?)", ((id,) for id in have ^ want))
            self._drain(report)
        self._check(self._chroma)

    def _drain(self, report: Report) -> None:
        """Write what is pending: rows of the library are put, others are taken out."""
        assert self._chroma is not None
        collection, db = self._chroma._collection, self._store.db
        began, done = time.monotonic(), 0
        total = db.execute("select count(*) from pending").fetchone()[0]
        while ids := [row[0] for row in db.execute("select passage from pending limit ?", (BATCH,))]:
            kept = self._store.vectors(ids, self._embedder.key)
            if gone := [str(id) for id in ids if id not in kept]:
                collection.delete(ids=gone)
            if kept:
                collection.upsert(
                    ids=[str(id) for id in kept],
                    embeddings=np.stack(list(kept.values())),
                    documents=[""] * len(kept),  # langchain-chroma leaves out what has no document
                )
            token = uuid.uuid4().hex
            with self._store.writing() as writing:
                writing.executemany("delete from pending where passage = ?", ((id,) for id in ids))
                writing.execute("update meta set value = ? where key = 'synced'", (token,))
            self._seen = token
            done += len(ids)
            if total > 5 * BATCH:
                left = (time.monotonic() - began) / done * max(total - done, 0)
                report(f"vector index: {done:,} of {total:,} passages, about {left:.0f} s left")

    def _start_afresh(self) -> None:
        """Throw Chroma's copy away; every vector is pending."""
        if self._store.path and not self.url:
            shutil.rmtree(self._folder, ignore_errors=True)
        with self._store.writing() as db:
            db.execute(
                "insert or ignore into pending select passage from vectors where embedder = ?",
                (self._embedder.key,),
            )

    def _give_up(self, error: BaseException) -> None:
        """One line for what went wrong. Chroma's Rust half raises kinds that are no Exception."""
        if isinstance(error, (KeyboardInterrupt, SystemExit, CorpusError)):
            raise error
        if self.url:
            raise CorpusError(
                f"the Chroma server at ORRERY_CHROMA_URL={self.url} can't be used ({type(error).__name__}); "
                "start it, or unset ORRERY_CHROMA_URL to use the embedded one"
            ) from None
        with contextlib.suppress(Exception):
            self.close()
        self._chroma = None
        self.problem = (
            f"Chroma can't be read ({type(error).__name__}), so every vector is compared, which is slower"
        )

    def _count(self, chroma: Chroma) -> int:
        return chroma._collection.count()

    def _wanted(self) -> int:
        query = "select count(*) from vectors where embedder = ?"
        return self._store.db.execute(query, (self._embedder.key,)).fetchone()[0]

    def _ids(self, chroma: Chroma) -> set[int]:
        found: set[int] = set()
        while ids := chroma._collection.get(limit=10 * BATCH, offset=len(found), include=[])["ids"]:
            found |= {int(id) for id in ids}
        return found

    @contextlib.contextmanager
    def _quiet(self, mode: int) -> Iterator[bool]:
        """Hold Chroma's folder still: shared to load it, exclusive to write it. A server needs no such care.

        Yields whether it could, which only LOCK_NB leaves open.
        """
        if self.url or self._store.path is None:
            yield True
            return
        try:
            handle = os.open(self._store.path.parent / "chroma.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:  # a folder that can't be written has no writer either
            yield True
            return
        try:
            try:
                fcntl.flock(handle, mode)
                held = True
            except BlockingIOError:
                held = False
            yield held
        finally:
            os.close(handle)
