"""The user's own documents: their text and vectors, kept under ORRERY_HOME/documents.

A document is `<id>.json`, written last, and `<id>.safetensors`. The original file is not needed again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from corpus.errors import CorpusError
from corpus.home import home, write_atomically
from corpus.loaders import load
from corpus.passages import passages
from corpus.records import Source
from corpus.vectors import Vectors, read, save


@dataclass(frozen=True)
class Document:
    """One of the user's documents as `list_documents` and `ingest` tell of it."""

    id: str
    title: str
    path: str
    """Where the file was when it was ingested."""
    passages: int
    pages: int
    """0 for documents without pages."""
    change: Literal["added", "updated", "unchanged", "kept"] = "kept"
    """What `ingest` did; `kept` in a listing."""

    def to_json(self) -> dict[str, Any]:
        """The record as plain dicts, lists and scalars."""
        return dataclasses.asdict(self)


def ingest(paths: Sequence[str | Path]) -> list[Document]:
    """Add documents; one that has not changed costs nothing, one that has replaces its older self.

    Either all files can be read or CorpusError names the first that can't, and nothing is added.
    """
    kept = {record["path"]: record for _, record, _ in _records() if record}
    plan: list[tuple[Path, str, dict[str, Any] | None, Source | None]] = []
    for given in paths:
        path = Path(given).expanduser().resolve()
        old = kept.get(str(path))
        digest = _file_hash(path) if path.is_file() else ""
        same = old is not None and old["file_hash"] == digest
        plan.append((path, digest, old, None if same else load(path)))
    found: list[Document] = []
    for path, digest, old, source in plan:
        if source is None and old is not None:
            found.append(_document(old, "unchanged"))
            continue
        assert source is not None
        source = dataclasses.replace(source, id=_free_id(source.id, str(path)))
        record = {
            "path": str(path),
            "file_hash": digest,
            "passages": len(passages(source)),
            "source": source.to_json(),
        }
        _write(source, record)
        if old is not None and old["source"]["id"] != source.id:
            _delete(old["source"]["id"])
        found.append(_document(record, "updated" if old else "added"))
    _reopen()
    return found


def list_documents() -> list[Document]:
    """The user's documents in order of title."""
    return sorted((_document(r) for _, r, _ in _records() if r), key=lambda d: (d.title.lower(), d.id))


def remove(id: str) -> Document:
    """Take one document out, text and vectors. Raises CorpusError naming the ids that exist."""
    known = {record["source"]["id"]: record for _, record, _ in _records() if record}
    if id not in known:
        have = ", ".join(sorted(known)) or "none yet"
        raise CorpusError(f"no document '{id}'; your documents: {have}")
    _delete(id)
    _reopen()
    return _document(known[id])


def read_all(model_hash: str) -> tuple[list[Source], Vectors, list[str]]:
    """Sources, their vectors, and one line for each file that is damaged (and so left out)."""
    sources: list[Source] = []
    vectors: Vectors = {}
    problems: list[str] = []
    for path, record, problem in _records():
        if record is None:
            problems.append(f"Your document {path.stem} is left out: {problem}; ingest it again.")
            continue
        source = _source(record["source"])
        sources.append(source)
        if model_hash:
            try:
                vectors |= read(path.with_suffix(".safetensors"), model_hash)
            except CorpusError as error:
                problems.append(f"{error}; embedding it again, or ingest the document again.")
    return sources, vectors, problems


def _folder() -> Path:
    return home() / "documents"


def _records() -> list[tuple[Path, dict[str, Any] | None, str]]:
    """(file, its record or None, what is wrong with it)."""
    found: list[tuple[Path, dict[str, Any] | None, str]] = []
    for path in sorted(_folder().glob("*.json")) if _folder().is_dir() else []:
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            source = _source(record["source"])
            if hashlib.sha256(source.text.encode()).hexdigest() != source.hash:
                raise ValueError("its text does not match its hash")
            if source.id != path.stem or not {"path", "file_hash", "passages"} <= record.keys():
                raise ValueError("its record is not ours")
            found.append((path, record, ""))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            what = str(error) if type(error) is ValueError else "its record can't be read"
            found.append((path, None, what))
    return found


def _source(fields: dict[str, Any]) -> Source:
    tuples = {key: tuple(fields[key]) for key in ("authors", "topics", "pages")}
    return Source(**{**fields, **tuples})


def _document(
    record: dict[str, Any], change: Literal["added", "updated", "unchanged", "kept"] = "kept"
) -> Document:
    source = record["source"]
    return Document(
        source["id"], source["title"], record["path"], record["passages"], len(source["pages"]), change
    )


def _free_id(id: str, path: str) -> str:
    """The source's id, made unlike a shipped one, and unlike that of a same text under another path."""
    taken = {r["source"]["id"] for _, r, _ in _records() if r and r["path"] != path}
    name = id if id.startswith("own-") else f"own-{id}"
    return name if name not in taken else f"{name}-{hashlib.sha256(path.encode()).hexdigest()[:6]}"


def _write(source: Source, record: dict[str, Any]) -> None:
    from corpus.embed import find_embedder
    from corpus.index import embed_texts, embedded_texts

    path = _folder() / f"{source.id}.json"
    try:
        try:
            embedder = find_embedder()
        except CorpusError:
            embedder = None  # its text is found by BM25; vectors are made when an embedder is there
        if embedder:
            vectors = embed_texts(embedder, embedded_texts([source]), {})
            save(path.with_suffix(".safetensors"), vectors, embedder.hash)
        write_atomically(path, json.dumps(record, ensure_ascii=False).encode())
    except OSError as error:
        raise CorpusError(
            f"can't write in {_folder()} ({error.strerror}); set ORRERY_HOME to a folder of yours"
        ) from None


def _delete(id: str) -> None:
    (_folder() / f"{id}.json").unlink(missing_ok=True)
    (_folder() / f"{id}.safetensors").unlink(missing_ok=True)


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reopen() -> None:
    from corpus.index import close_corpus

    close_corpus()
