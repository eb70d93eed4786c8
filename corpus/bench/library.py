"""A library of a test collection's documents and nothing else, filled as the product fills a user's."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from corpus.library.lock import Report, silent
from corpus.library.passages import embedded_text, passages
from corpus.library.store import OWN, Entry, Store
from corpus.records import Source
from corpus.retrieval.embed import find_embedder
from corpus.retrieval.index import Library
from corpus.retrieval.nearest import Nearest

BATCH = 100
"""Documents embedded together."""


def filled(sources: Sequence[Source], folder: Path, report: Report = silent) -> Library:
    """Cut, embed and store them in `folder`. Raises CorpusError without an embedder."""
    embedder = find_embedder()
    store = Store(folder / "library.db")
    library = Library(store, embedder, Nearest(store, embedder), [])
    told = time.monotonic()
    with store.writing():
        for first in range(0, len(sources), BATCH):
            cut = [(source, passages(source)) for source in sources[first : first + BATCH]]
            vectors = embedder.encode_many([embedded_text(p, s.title) for s, found in cut for p in found])
            at = 0
            for source, found in cut:
                mine = vectors[at : at + len(found)]
                at += len(found)
                store.put(source, Entry(OWN, f"/{source.id}"), found, list(mine), embedder.key)
            if time.monotonic() - told > 10:
                told = time.monotonic()
                report(f"{first + len(cut):,} of {len(sources):,} documents embedded")
    assert library.nearest is not None
    library.nearest.sync(report)
    return library
