"""One run of `ingest`: what is new or changed is parsed, embedded in lots, and written document by document."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from corpus.errors import CorpusError
from corpus.library.database import Unusable
from corpus.library.lock import Report
from corpus.library.passages import embedded_text, passages
from corpus.library.shipped import recipe
from corpus.library.store import OWN, Entry, Row
from corpus.library.uploads import Upload
from corpus.library.walk import Item, folder_of, walk
from corpus.library.works import sketch, work_of
from corpus.loaders import load_bytes
from corpus.loaders.files import read
from corpus.records import Passage, Source
from corpus.retrieval.index import Library
from corpus.retrieval.vectors import rounded

Change = Literal["added", "updated", "unchanged", "removed", "failed", "kept"]
TOGETHER = 256
"""Passages of several documents embedded at once: small documents alone would leave the processor idle."""
SYNCED = 5_000
"""Passages written before Chroma gets them, if the run is not over before."""
FRESH = 2 * 10**9
"""Nanoseconds: a file written this shortly before it was read may change again within its time stamp."""


@dataclass(frozen=True)
class Document:
    """One of the user's documents, and what `ingest` did with it."""

    id: str
    title: str
    path: str
    """Where it was when it was ingested: a file, an address, or the name of an upload."""
    passages: int
    pages: int
    """0 for documents without pages."""
    change: Change = "kept"
    """`kept` in a listing. A dry run says what would be done."""
    problem: str = ""
    """Why it failed, in one line that names the path."""

    def to_json(self) -> dict[str, Any]:
        """The record as plain dicts, lists and scalars."""
        return dataclasses.asdict(self)


def listed(row: Row, change: Change = "kept") -> Document:
    return Document(row.name, row.title, row.entry.path, row.passages, row.pages, change)


@dataclass(frozen=True)
class _Parsed:
    """A document that waits to be embedded with others."""

    source: Source
    entry: Entry
    old: Row | None
    cut: list[Passage]


class Ingest:
    """One run: considers each item, embeds what is new in lots of TOGETHER, writes document by document."""

    def __init__(self, library: Library, report: Report, *, dry_run: bool = False) -> None:
        self.library, self.store, self.report, self.dry_run = library, library.store, report, dry_run
        self.found: list[Document] = []
        self.waiting: list[_Parsed] = []
        self.recipe = recipe()
        self.total = self.done = self.written = 0
        """Bytes of all files, of those considered, and of those whose passages are written."""
        self.passages = self.synced = 0
        """Passages written, and how many of them Chroma has."""
        self.began = self.told = time.monotonic()

    def run(self, given: Sequence[str | Path | Upload]) -> list[Document]:
        self.total = sum(item.size for path in given for item in walk(path))
        if not self.dry_run:
            self._complete_vectors()
        for path in given:
            for item in walk(path):
                try:
                    self._consider(item)
                except Unusable:
                    raise
                except CorpusError as error:
                    self._fail(item.path, str(error))
                self.done += item.size
                if sum(len(parsed.cut) for parsed in self.waiting) >= TOGETHER:
                    self._flush()
            self._flush()
            if folder := folder_of(path):
                self._take_out_gone(folder)
        if not self.dry_run and self.library.nearest:
            self.library.nearest.sync(self.report)
        return self.found

    def _consider(self, item: Item) -> None:
        """Read and parse what is new or changed; it is embedded with others."""
        if item.problem:
            raise CorpusError(item.problem)
        old = next(self.store.rows("origin = ? and path = ?", (OWN, item.path)), None)
        if (
            old
            and item.content is None
            and (item.size, item.mtime, self.recipe)
            == (
                old.entry.size,
                old.entry.mtime,
                old.entry.recipe,
            )
        ):
            self.found.append(listed(old, "unchanged"))
            return
        now = time.time_ns()
        media_type, url = "", ""
        if item.content is not None:
            content, name = item.content, item.path
        elif item.address:
            from corpus.fetching.fetch import fetch

            fetched = fetch(item.path)
            content, name, media_type, url = fetched.content, fetched.name, fetched.media_type, fetched.url
        else:
            content, name = read(Path(item.path), item.within)
        digest = hashlib.sha256(content).hexdigest()
        mtime = item.mtime if now - item.mtime > FRESH else 0
        entry = Entry(OWN, item.path, item.size, mtime, digest, self.recipe)
        if old and (digest, self.recipe) == (old.entry.file_hash, old.entry.recipe):
            if mtime and not self.dry_run:
                self.store.touch(old, entry)
            self.found.append(listed(old, "unchanged"))
            return
        if self.dry_run:
            self.found.append(Document("", name, item.path, 0, 0, "updated" if old else "added"))
            return
        source = load_bytes(content, name, media_type, url)
        source = dataclasses.replace(source, id=self._free_id(source.id, item.path))
        self.waiting.append(_Parsed(source, entry, old, passages(source)))

    def _flush(self) -> None:
        """Embed what waits, then write each document in a transaction of its own."""
        cuts = [(parsed.source, passage) for parsed in self.waiting for passage in parsed.cut]
        vectors = self._embedded(cuts)
        key, first = (self.library.embedder.key if self.library.embedder else ""), 0
        for parsed in self.waiting:
            last = first + len(parsed.cut)
            mine = sketch(parsed.source.text)
            work = work_of(self.store, parsed.source, mine, parsed.entry.path)
            source = dataclasses.replace(parsed.source, work=work)
            self.store.put(
                source, parsed.entry, parsed.cut, vectors[first:last] if vectors else None, key, mine
            )
            row = next(self.store.rows("name = ?", (source.id,)))
            self.found.append(listed(row, "updated" if parsed.old else "added"))
            self.passages += last - first
            first = last
        self.waiting.clear()
        self.written = self.done
        if self.library.nearest and self.passages - self.synced >= SYNCED:
            self.library.nearest.sync(self.report)
            self.synced = self.passages
        self._tell()

    def _embedded(self, cuts: Sequence[tuple[Source, Passage]]) -> list[np.ndarray] | None:
        """A vector for each passage; one that reads as it did before keeps its vector."""
        embedder = self.library.embedder
        if embedder is None:
            return None  # found by its words; vectors are made when an embedder is there
        known = self.store.vectors_by_hash([passage.hash for _, passage in cuts], embedder.key)
        fresh = {p.hash: embedded_text(p, source.title) for source, p in cuts if p.hash not in known}
        hashes = list(fresh)
        for first in range(0, len(hashes), TOGETHER):
            part = hashes[first : first + TOGETHER]
            new = rounded(embedder.encode_many([fresh[hash] for hash in part]))
            known.update(zip(part, new, strict=True))
            self._tell(first + len(part), len(hashes))
        return [known[passage.hash] for _, passage in cuts]

    def _complete_vectors(self) -> None:
        """Make the vectors that are missing, or are another embedder's, for documents indexed before."""
        embedder = self.library.embedder
        if embedder is None:
            return
        query = """select p.id from passages p left join vectors v on v.passage = p.id and v.embedder = ?
            where v.passage is null limit ?"""
        while ids := [row[0] for row in self.store.db.execute(query, (embedder.key, TOGETHER))]:
            found = self.library.current().get(ids)
            sources = self.library.current().sources
            texts = [embedded_text(p, sources[p.source_id].title) for p in found.values()]
            vectors = rounded(embedder.encode_many(texts))
            self.store.set_vectors(dict(zip(found, vectors, strict=True)), embedder.key)
            self.passages += len(ids)
            self._tell()

    def _take_out_gone(self, folder: Path) -> None:
        """Documents of the folder whose files are no longer there. A file that can't be looked at stays."""
        inside = (OWN, f"{folder}{os.sep}", f"{folder}{chr(ord(os.sep) + 1)}")
        for row in list(self.store.rows("origin = ? and path > ? and path < ?", inside)):
            try:
                os.stat(row.entry.path)
            except (FileNotFoundError, NotADirectoryError):
                if not self.dry_run:
                    self.store.drop(row)
                self.found.append(listed(row, "removed"))
            except OSError:
                continue

    def _free_id(self, id: str, path: str) -> str:
        """`own-...`, so that it is no shipped source's, with a part of the path's hash where another has it."""
        name = id if id.startswith("own-") else f"own-{id}"
        taken = any(row.entry.path != path for row in self.store.rows("name = ?", (name,)))
        taken = taken or any(parsed.source.id == name for parsed in self.waiting)
        return f"{name}-{hashlib.sha256(path.encode()).hexdigest()[:6]}" if taken else name

    def _fail(self, path: str, problem: str) -> None:
        line = problem if path in problem else f"{path}: {problem}"
        self.found.append(Document("", Path(path).name, path, 0, 0, "failed", line))

    def _tell(self, extra: int = 0, lot: int = 0) -> None:
        """At most one line a second: how much is done, how fast, and how long the rest may take.

        `extra` passages of the `lot` that is being embedded are done.
        """
        now = time.monotonic()
        if now - self.told < 1 or self.dry_run:
            return
        self.told, took = now, now - self.began
        done = self.passages + extra
        line = f"{done:,} passage{'s' * (done != 1)}"
        if done > took:
            line += f", {done / took:.0f} a second"
        finished = self.written + (self.done - self.written) * extra / max(lot, 1)
        if 0 < finished < self.total:
            line += f", about {took / finished * (self.total - finished):.0f} s left"
        self.report(line)
