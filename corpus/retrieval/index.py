"""The opened corpus: a library of documents, and what answering reads of it.

The shipped digests are documents of the library like the user's own (`corpus.library.shipped`).
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from corpus.answering.names import Names
from corpus.errors import CorpusError
from corpus.home import home
from corpus.library.database import Unusable
from corpus.library.lock import Held, writing
from corpus.library.shipped import SOURCES, VECTORS, state_of, synchronise
from corpus.library.store import Store, passage_of
from corpus.loaders.text import sha256
from corpus.records import Passage, Source
from corpus.retrieval.asked import FOLDER, NO_QUESTIONS, Asked
from corpus.retrieval.compared import Compared
from corpus.retrieval.embed import Embedder, find_embedder
from corpus.retrieval.metric import Metric, read_metric
from corpus.retrieval.nearest import Nearest
from corpus.retrieval.vectors import Vectors, read_folder, rounded

KEPT = 20_000
"""Most vectors of sentences that are remembered; 30 MB."""


@dataclass(frozen=True, eq=False)
class Library:
    """The store, its vector index and the embedder: one of each in a process."""

    store: Store
    embedder: Embedder | None
    """None: answers come from BM25 alone, and the notice says so."""
    nearest: Compared | None
    notices: list[str]
    known: Vectors = field(default_factory=dict)
    """Stored vectors of the shipped passages, sentences and questions, by hash of the text."""
    asked: Asked = NO_QUESTIONS
    """The questions that the shipped sentences are known to answer."""
    _made: dict[str, np.ndarray] = field(default_factory=dict)
    _current: list[Corpus] = field(default_factory=list)

    def current(self) -> Corpus:
        """The corpus as it is now; the same object until a document comes or goes."""
        with self.store.reading():
            if not self._current or self._current[0].generation != self.store.meta("generation"):
                self._current[:] = [Corpus(self)]
            return self._current[0]

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """[texts, dimensions]; stored and remembered vectors where there are any. Needs an embedder."""
        if self.embedder is None:
            raise CorpusError("there is no embedder; answers come from BM25 alone")
        keys = [sha256(text) for text in texts]
        found = {key: self.known[key] for key in keys if key in self.known}
        found |= {key: self._made[key] for key in keys if key in self._made}
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if fresh:
            new = dict(zip(fresh, rounded(self.embedder.encode_many(list(fresh.values()))), strict=True))
            found |= new
            if len(self._made) > KEPT:
                self._made.clear()
            self._made.update(new)
        return np.stack([found[key] for key in keys]) if keys else np.zeros((0, 1), np.float32)

    def close(self) -> None:
        if self.nearest:
            self.nearest.close()
        self.store.close()


class Corpus:
    """One state of a library: everything an answer is made from. Nothing is read before it is asked for."""

    def __init__(self, library: Library) -> None:
        meta = library.store.meta
        self.library = library
        self.store, self.embedder, self.nearest = library.store, library.embedder, library.nearest
        self.asked = library.asked
        self.generation: int = meta("generation")
        self.size: int = meta("passages")
        """Passages in all."""
        self.mean_terms: float = meta("terms") / max(self.size, 1)
        """Stems in a passage and its title, on average."""
        self.hash = sha256(f"{self.embedder_hash} {meta('content')} {self.asked.hash}")
        """sha256 over the embedder's hash, the documents' and that of the questions they are known to answer."""
        self._count = lru_cache(maxsize=20_000)(lambda term: self.store.counts([term]).get(term, 0))

    @contextlib.contextmanager
    def reading(self) -> Iterator[Corpus]:
        """The corpus of one moment, whatever is written meanwhile: this one, or a newer where it has changed."""
        with self.store.reading():
            yield self.library.current() if self.store.meta("generation") != self.generation else self

    @property
    def embedder_hash(self) -> str:
        return self.embedder.hash if self.embedder else ""

    @property
    def notice(self) -> str:
        """One line on what is degraded, or empty."""
        problem = self.nearest.problem if self.nearest else ""
        return " ".join([*self.library.notices, *([f"{problem}."] if problem else [])])

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Id -> source, read when it is asked for."""
        return _Sources(self.store)

    @cached_property
    def passages(self) -> Sequence[Passage]:
        """In order of arrival, read when they are asked for."""
        return _Passages(self)

    @cached_property
    def names(self) -> Names:
        return Names(lambda: self.store.db, self.library.asked.words)

    def get(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Row -> passage; rows that are no longer there are left out."""
        found = self.store.passage_rows(rows)
        return {row: passage_of(self.sources[name], rest) for row, (name, *rest) in found.items()}

    def count(self, term: str) -> int:
        """How many passages hold the stem."""
        return self._count(term)

    def rarity(self, term: str) -> float:
        """Log inverse share of the passages that hold the stem; of a stem that none holds, as if one did."""
        return math.log(1 + self.size / max(self.count(term), 1))

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return self.library.embed(texts)

    def turn(self, vectors: np.ndarray) -> np.ndarray:
        """The embedder's vectors [..., d] in the learned metric."""
        return self.metric.turn(vectors)

    @property
    def metric(self) -> Metric:
        return read_metric(self.embedder_hash)


class _Sources(Mapping[str, Source]):
    def __init__(self, store: Store) -> None:
        self._store = store
        self._read = lru_cache(maxsize=128)(store.source)

    def __getitem__(self, id: str) -> Source:
        found = self._read(id)
        if found is None:
            raise KeyError(id)
        return found

    def __iter__(self) -> Iterator[str]:
        return (row.name for row in list(self._store.rows()))

    def __len__(self) -> int:
        return int(self._store.meta("documents"))


class _Passages(Sequence[Passage]):
    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def __len__(self) -> int:
        return self._corpus.size

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        """A passage, or a list of them for a slice."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        query = "select id from passages order by id limit 1 offset ?"
        row = self._corpus.store.db.execute(query, (range(len(self))[index],)).fetchone()
        return self._corpus.get([row[0]])[row[0]]

    def __iter__(self) -> Iterator[Passage]:
        ids = [id for (id,) in self._corpus.store.db.execute("select id from passages order by id")]
        for first in range(0, len(ids), 500):
            part = self._corpus.get(ids[first : first + 500])
            yield from (part[id] for id in ids[first : first + 500] if id in part)


_OPENING = threading.RLock()
_OPENED: dict[Path, Library] = {}


def open_corpus() -> Corpus:
    """The shipped sources and the user's documents as they are now, whoever wrote them."""
    return open_library().current()


def open_library() -> Library:
    """The library in ORRERY_HOME, opened once a process, however many threads ask."""
    with _OPENING:
        key = home().absolute()
        if key not in _OPENED:
            close_corpus()
            _OPENED[key] = build_library()
        return _OPENED[key]


def close_corpus() -> None:
    """The next `open_corpus` opens everything again."""
    with _OPENING:
        while _OPENED:
            _OPENED.popitem()[1].close()


def build_corpus(folder: Path = SOURCES, *, own: bool = True) -> Corpus:
    """A corpus from a folder of markdown sources, the vectors stored there, and (`own`) the user's documents."""
    return build_library(folder, own=own).current()


def build_library(folder: Path = SOURCES, *, own: bool = True) -> Library:
    """Open the store in ORRERY_HOME (without `own`: one in memory) and bring its shipped documents up to date.

    A home that can't be used is a notice, and a library in memory. Raises CorpusError where a configured Chroma
    server can't be reached, or there is nothing to answer from.
    """
    notices: list[str] = []
    known: Vectors = {}
    embedder: Embedder | None = None
    try:
        embedder = find_embedder()
    except CorpusError as error:
        notices.append(f"Answering from BM25 alone: {error}.")
    if embedder:
        known, problem = read_folder(folder / VECTORS, embedder.hash)
        if problem:
            notices.append(f"Vectors are made again, which is slower: {problem}.")

    asked = Asked(
        sorted((folder / FOLDER).glob("*.txt")), known, read_metric(embedder.hash if embedder else "")
    )

    def opened(path: Path | None) -> Library:
        store = Store(path)
        nearest = Nearest(store, embedder) if embedder else None
        library = Library(store, embedder, nearest, notices, known, asked)
        try:
            _bring_up(library, folder)
        except BaseException:
            library.close()
            raise
        return library

    if own:
        try:
            home().mkdir(parents=True, exist_ok=True)
            return opened(home() / "library.db")
        except (OSError, Unusable) as error:
            notices.append(
                f"Your own documents are left out: the library in {home()} can't be used ({_why(error)})."
            )
    return opened(None)


def _bring_up(library: Library, folder: Path) -> None:
    """The shipped documents as they are in their folder, and Chroma as the store is."""
    store, nearest = library.store, library.nearest
    current = store.meta("shipped") == state_of(folder, library.embedder)
    if current and not (nearest and nearest.behind()):
        return
    first = not store.meta("documents")
    try:
        with writing(store.path.parent, wait=120 if first else 0) if store.path else contextlib.nullcontext():
            synchronise(store, folder, library.embedder, library.embed)
            if nearest:
                nearest.sync()
    except Held:
        return  # whoever writes brings it up
    except (OSError, Unusable) as error:
        if not store.meta("documents"):
            raise
        library.notices.append(f"Answering from what was indexed before: {_why(error)}.")
    if not store.meta("documents"):
        raise CorpusError(f"no sources in {folder.name}; there is nothing to answer from")


def _why(error: OSError | Unusable) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
