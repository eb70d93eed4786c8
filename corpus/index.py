"""The opened corpus: sources, passages, their vectors in Chroma, and BM25.

The shipped passages' and sentences' vectors lie beside the sources, so a fresh clone embeds nothing.
`python -m corpus.index` writes that file again after a source has changed.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus import library
from corpus.embed import WEIGHTS_SHA256, Embedder, find_embedder
from corpus.errors import CorpusError
from corpus.loaders import markdown
from corpus.loaders.text import sha256
from corpus.passages import embedded_text, passages, sentences
from corpus.records import Passage, Source
from corpus.vectors import Vectors, read, rounded, save
from corpus.words import terms

if TYPE_CHECKING:
    from langchain_chroma import Chroma

SOURCES = Path(__file__).parent / "sources"
STORED = SOURCES / "embeddings.safetensors"


@dataclass(frozen=True, eq=False)
class Corpus:
    """Everything an answer is made from. Read only, except that vectors embedded on the way are remembered."""

    sources: dict[str, Source]
    passages: tuple[Passage, ...]
    embedder: Embedder | None
    """None: answers come from BM25 alone, and `notice` says so."""
    notice: str
    hash: str
    """sha256 over the passages' hashes and the embedder's."""
    _known: Vectors

    @property
    def embedder_hash(self) -> str:
        return self.embedder.hash if self.embedder else ""

    @cached_property
    def row(self) -> dict[str, int]:
        """Passage id -> its row in `vectors` and `bm25`."""
        return {passage.id: i for i, passage in enumerate(self.passages)}

    @cached_property
    def vectors(self) -> np.ndarray:
        """[passages, dimensions] float32, unit length."""
        titles = {id: source.title for id, source in self.sources.items()}
        return self.embed([embedded_text(p, titles[p.source_id]) for p in self.passages])

    def embed(self, texts: list[str]) -> np.ndarray:
        """[texts, dimensions]; stored vectors where there are any. Needs an embedder."""
        if self.embedder is None:
            raise CorpusError("there is no embedder; answers come from BM25 alone")
        keys = [sha256(text) for text in texts]
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if fresh:
            new = rounded(self.embedder.encode(list(fresh.values())))
            self._known.update(zip(fresh, new, strict=True))
        return np.stack([self._known[key] for key in keys]) if keys else np.zeros((0, 1), np.float32)

    @cached_property
    def bm25(self) -> Any:
        """BM25 over stemmed titles and passages."""
        import bm25s

        index = bm25s.BM25()
        documents = [terms(f"{self.sources[p.source_id].title}. {p.text}") for p in self.passages]
        index.index(documents, show_progress=False)
        return index

    @cached_property
    def store(self) -> Chroma:
        """Chroma in this process (opening it takes a tenth of a second), cosine space, our own vectors."""
        import chromadb
        from chromadb.config import Settings
        from langchain_chroma import Chroma

        client = chromadb.EphemeralClient(Settings(anonymized_telemetry=False, allow_reset=False))
        name = f"orrery-{self.hash[:24]}"
        collection = client.get_or_create_collection(
            name, configuration={"hnsw": {"space": "cosine", "ef_search": 200}}, embedding_function=None
        )
        for first in range(0, len(self.passages), 1000):
            part = self.passages[first : first + 1000]
            collection.upsert(
                ids=[p.id for p in part],
                embeddings=self.vectors[first : first + 1000],
                documents=[p.text for p in part],
                metadatas=[{"source_id": p.source_id, "start": p.start, "end": p.end} for p in part],
            )
        return Chroma(client=client, collection_name=name, embedding_function=self.embedder)


_OPENING = threading.Lock()


@cache
def _opened() -> Corpus:
    return build_corpus()


def open_corpus() -> Corpus:
    """The shipped sources and the user's documents, opened once a process, however many threads ask."""
    with _OPENING:
        return _opened()


def close_corpus() -> None:
    """The next `open_corpus` reads everything again: after a document came or went."""
    _opened.cache_clear()


def build_corpus(folder: Path = SOURCES, stored: Path | None = None, *, own: bool = True) -> Corpus:
    """A corpus from a folder of markdown sources, its stored vectors, and (`own`) the user's documents."""
    notices: list[str] = []
    sources = {source.id: source for source in read_sources(folder)}
    known: Vectors = {}
    embedder: Embedder | None = None
    try:
        embedder = find_embedder()
    except CorpusError as error:
        notices.append(f"Answering from BM25 alone: {error}.")
    if embedder:
        try:
            known |= read(stored or folder / STORED.name, embedder.hash)
        except CorpusError as error:
            notices.append(f"Embeddings rebuilt in memory, which is slower: {error}.")
    if own:
        documents, vectors, problems = library.read_all(embedder.hash if embedder else "")
        sources |= {source.id: source for source in documents}
        known |= vectors
        notices += problems
    if not sources:
        raise CorpusError(f"no sources in {folder.name}; there is nothing to answer from")
    cut = tuple(p for source in sources.values() for p in passages(source))
    digest = hashlib.sha256((embedder.hash if embedder else "").encode())
    for passage in cut:
        digest.update(f"{passage.id} {passage.hash}\n".encode())
    return Corpus(sources, cut, embedder, " ".join(notices), digest.hexdigest(), known)


def read_sources(folder: Path = SOURCES) -> list[Source]:
    """The shipped sources in order of id. Raises CorpusError naming the file and the field that is wrong."""
    found = [markdown.load(path, shipped=True) for path in sorted(folder.glob("*.md"))]
    if len({source.id for source in found}) < len(found):
        raise CorpusError(f"two sources in {folder.name} have one id")
    return found


def embedded_texts(sources: Iterable[Source]) -> list[str]:
    """Everything that an answer needs a vector of: each passage with its title, and each sentence."""
    texts: list[str] = []
    for source in sources:
        for passage in passages(source):
            texts.append(embedded_text(passage, source.title))
            texts += [source.text[a:b] for a, b in sentences(source.text, passage.start, passage.end)]
    return list(dict.fromkeys(texts))


def embed_texts(embedder: Embedder, texts: list[str], known: Vectors) -> Vectors:
    """Vectors of all the texts, keyed by hash; only those not yet `known` are embedded."""
    fresh = [text for text in texts if sha256(text) not in known]
    new = rounded(embedder.encode(fresh)) if fresh else ()
    made = known | {sha256(text): vector for text, vector in zip(fresh, new, strict=True)}
    return {sha256(text): made[sha256(text)] for text in texts}


def main() -> None:
    """Write the shipped sources' vectors; texts whose vectors are stored already cost nothing."""
    embedder = find_embedder()
    if embedder.hash != WEIGHTS_SHA256:
        raise CorpusError("the shipped embeddings are made with the packaged embedder; unset ORRERY_EMBEDDER")
    try:
        known = read(STORED, embedder.hash)
    except CorpusError as error:
        print(f"{error}; making it")
        known = {}
    texts = embedded_texts(read_sources())
    vectors = embed_texts(embedder, texts, known)
    save(STORED, vectors, embedder.hash)
    STORED.chmod(0o644)  # it ships: everyone may read it
    size = STORED.stat().st_size / 2**20
    print(f"{len(vectors)} vectors ({len(set(vectors) - set(known))} new), {size:.2f} MB, in {STORED.name}")


if __name__ == "__main__":
    try:
        main()
    except CorpusError as error:
        raise SystemExit(f"orrery: {error}") from None
