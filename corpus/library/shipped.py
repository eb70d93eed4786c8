"""The shipped digests: read from their folder, kept as documents of the library.

The vectors of their passages and sentences lie beside them, and those of the questions, the claims and the guides, so that a
fresh clone embeds nothing; `python -m corpus.library.shipped` writes those again after one of these has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from corpus.errors import CorpusError
from corpus.library.passages import embedded_text, passages, sentences
from corpus.library.store import SHIPPED, Entry, Store
from corpus.loaders import markdown
from corpus.loaders.text import sha256
from corpus.records import Source
from corpus.retrieval.asked import FOLDER, read_asked
from corpus.retrieval.embed import WEIGHTS_SHA256, Embedder, find_embedder
from corpus.retrieval.vectors import read, read_folder, rounded, save

ROOM = Path(__file__).parents[1]
SOURCES = ROOM / "sources"
VECTORS = "vectors"
"""The folder beside the digests that holds their vectors, a file for each, one for the claims and one for the guides."""
_CUTTING = (
    "library/passages.py",
    "library/store.py",
    "retrieval/words.py",
    "answering/lexicon.py",
    "answering/names.py",
    "loaders/caution.py",
)
"""Modules that decide what is stored of a document."""

Embed = Callable[[Sequence[str]], np.ndarray]


def read_sources(folder: Path = SOURCES) -> list[Source]:
    """The shipped sources in order of id. Raises CorpusError naming the file and the field that is wrong."""
    found = [markdown.read_digest(path) for path in sorted(folder.glob("*.md"))]
    if len({source.id for source in found}) < len(found):
        raise CorpusError(f"two sources in {folder.name} have one id")
    return found


def recipe() -> str:
    """Hash of the code that cuts and counts documents: when it has changed, they are cut again."""
    digest = hashlib.sha256()
    for name in _CUTTING:
        digest.update((ROOM / name).read_bytes())
    return digest.hexdigest()[:16]


def state_of(folder: Path, embedder: Embedder | None) -> str:
    """What tells, without reading them, whether the digests are those that the library holds."""
    digest = hashlib.sha256(f"{recipe()} {embedder.key if embedder else ''}".encode())
    for path in sorted(folder.glob("*.md")):
        stat = path.stat()
        digest.update(f"{path.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def synchronise(store: Store, folder: Path, embedder: Embedder | None, embed: Embed) -> None:
    """Make the library's shipped documents those of the folder, in one transaction; unchanged ones are left alone.

    Its caller holds the library's lock.
    """
    state = state_of(folder, embedder)
    if store.meta("shipped") == state:
        return
    key, made_by = (embedder.key if embedder else ""), recipe()
    found = {source.id: source for source in read_sources(folder)}
    with store.writing() as db:
        kept = {row.name: row for row in store.rows("origin = ?", (SHIPPED,))}
        for name, row in kept.items():
            if name not in found:
                store.drop(row)
        for name, source in found.items():
            mark = sha256(f"{source.to_json()} {key}")
            if name in kept and (kept[name].entry.file_hash, kept[name].entry.recipe) == (mark, made_by):
                continue
            cut = passages(source)
            vectors = list(embed([embedded_text(p, source.title) for p in cut])) if embedder else None
            store.put(source, Entry(SHIPPED, name, file_hash=mark, recipe=made_by), cut, vectors, key)
        db.execute("update meta set value = ? where key = 'shipped'", (state,))


def embedded_texts(sources: Iterable[Source]) -> list[str]:
    """Everything that an answer needs a vector of: each passage with its title, and each sentence."""
    texts: list[str] = []
    for source in sources:
        for passage in passages(source):
            texts.append(embedded_text(passage, source.title))
        texts += sentences_of(source)
    return list(dict.fromkeys(texts))


def sentences_of(source: Source) -> list[str]:
    """The whole sentences of its passages, each once."""
    spans = (sentences(source.text, passage.start, passage.end) for passage in passages(source))
    return list(dict.fromkeys(source.text[a:b] for cut in spans for a, b in cut))


def main() -> None:
    """Write the shipped sources' and claims' vectors; a text whose vector is stored already costs nothing."""
    from corpus.answering.guided import guides
    from corpus.ledger import claims

    embedder = find_embedder()
    if embedder.hash != WEIGHTS_SHA256:
        raise CorpusError("the shipped embeddings are made with the packaged embedder; unset ORRERY_EMBEDDER")
    folder = SOURCES / VECTORS
    known, _ = read_folder(folder, embedder.hash)
    sources = read_sources()
    wanted = {source.id: {sha256(text): text for text in embedded_texts([source])} for source in sources}
    for path in (SOURCES / FOLDER).glob("*.txt"):
        wanted[path.stem] |= {sha256(known.text): known.text for known in read_asked(path)}
    said = [text for claim in claims().values() for text in (claim.statement, *claim.asked)]
    wanted["claims"] = {sha256(text): text for text in said}
    wanted["guides"] = {sha256(text): text for guide in guides().values() for text in guide.asked}
    fresh = {key: text for texts in wanted.values() for key, text in texts.items() if key not in known}
    known |= dict(zip(fresh, rounded(embedder.encode(list(fresh.values()))), strict=True))
    for id, texts in wanted.items():
        path = folder / f"{id}.safetensors"
        if (
            not path.is_file()
            or any(key in fresh for key in texts)
            or len(read(path, embedder.hash)) != len(texts)
        ):
            save(path, {key: known[key] for key in texts}, embedder.hash)
            path.chmod(0o644)  # it ships: everyone may read it
    for path in folder.glob("*.safetensors"):
        if path.stem not in wanted:
            path.unlink()
    size = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
    print(f"{sum(map(len, wanted.values()))} vectors ({len(fresh)} new), {size:.2f} MB, in {folder.name}")


if __name__ == "__main__":
    try:
        main()
    except CorpusError as error:
        raise SystemExit(f"orrery: {error}") from None
