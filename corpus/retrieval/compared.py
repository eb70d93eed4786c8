"""The nearest passages by comparing every vector: exact, and fast enough for a small library.

The library of one visit needs no more: no index beside it, and nothing left behind but its own file. Others have Chroma on
top (`corpus.retrieval.nearest`), and fall back on this where that can't be used.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from corpus.library.lock import Report, silent
from corpus.library.store import Store, unpacked

if TYPE_CHECKING:
    from corpus.retrieval.embed import Embedder


class Compared:
    """Of one library and embedder. 1,149 passages take 2 ms."""

    def __init__(self, store: Store, embedder: Embedder) -> None:
        self._store, self._embedder = store, embedder
        self.problem = ""
        """Why an index can't be used, in one line; then every vector is compared instead."""

    def near(self, vector: np.ndarray, count: int) -> list[int]:
        """Rows of the nearest passages, nearest first."""
        best: list[tuple[float, int]] = []
        rows = self._store.db.execute(
            "select passage, vector from vectors where embedder = ?", (self._embedder.key,)
        )
        while part := rows.fetchmany(4096):
            cosines = unpacked(b"".join(blob for _, blob in part)).reshape(len(part), -1) @ vector
            best = heapq.nlargest(
                count, [*best, *((float(c), row[0]) for c, row in zip(cosines, part, strict=True))]
            )
        return [id for _, id in best]

    def behind(self) -> bool:
        """Whether `sync` would change something."""
        return False

    def sync(self, report: Report = silent) -> None:
        """Bring what is kept beside the library up to it. Its caller holds the library's lock."""
        with self._store.writing() as db:
            db.execute("delete from pending")

    def close(self) -> None:
        """Free what is held open."""
