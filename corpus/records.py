"""The nouns of the corpus: what a source is, what an answer is made of.

All are frozen, all serialise to JSON (`to_json`), and they are what the rooms hand each other.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

Support = Literal["verbatim", "verified", "unsupported"]


class _Record:
    def to_json(self) -> dict[str, Any]:
        """The record as plain dicts, lists and scalars."""
        return dataclasses.asdict(self)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Source(_Record):
    """One document: front matter and text. `text` is what offsets of passages and citations count in."""

    id: str
    title: str
    authors: tuple[str, ...]
    published: str
    """ISO date, as precise as is known: 2022, 2022-06 or 2022-06-27."""
    kind: str
    url: str
    topics: tuple[str, ...]
    camp: str
    text: str
    hash: str
    """sha256 of `text`, hexadecimal."""
    read: str = "original"
    """`original`, or `secondary` where only accounts of the source could be read."""
    pages: tuple[int, ...] = ()
    """For paged documents: the offset in `text` where each page starts. Empty otherwise."""


@dataclass(frozen=True)
class Passage(_Record):
    """A span of a source, small enough to embed: `source.text[start:end] == text`."""

    id: str
    """`<source_id>:<start>-<end>`."""
    source_id: str
    start: int
    end: int
    text: str
    heading: str
    hash: str
    """sha256 of what is embedded; the key of the stored embedding."""
    page: int | None = None
    """1-based page of a paged document."""


@dataclass(frozen=True)
class Citation(_Record):
    """Where a sentence comes from: `source.text[start:end] == quote`."""

    source_id: str
    title: str
    url: str
    published: str
    camp: str
    start: int
    end: int
    quote: str
    source_hash: str
    page: int | None = None


@dataclass(frozen=True)
class Sentence(_Record):
    """One sentence of an answer and what it rests on."""

    text: str
    citations: tuple[Citation, ...]
    support: Support


@dataclass(frozen=True)
class Hit(_Record):
    """A passage found for a question, and how: ranks are 1-based, None where that half did not find it."""

    passage: Passage
    title: str
    bm25_rank: int | None
    bm25_score: float
    dense_rank: int | None
    cosine: float
    score: float
    """Fused: each half's scores scaled to [0, 1] over the question's candidates, then averaged."""
    used: bool = False
    """Whether the answer quotes from this passage."""


@dataclass(frozen=True)
class Refusal(_Record):
    """Why the sources don't answer, and what the nearest ones do cover."""

    reason: str
    nearest: tuple[str, ...] = ()
    """Titles of the nearest sources."""


@dataclass(frozen=True)
class Answer(_Record):
    """Either sentences or a refusal, never both; and the retrieval record behind them."""

    question: str
    sentences: tuple[Sentence, ...]
    refusal: Refusal | None
    hits: tuple[Hit, ...]
    writer: str
    """`extractive`, or the name of the configured language model."""
    notice: str
    """One line when something was degraded (no embedder, language model failed), else empty."""
    corpus_hash: str
    """sha256 over the hashes of all indexed passages: the same corpus and settings give the same answer."""
    embedder_hash: str
    """sha256 of the embedder's weights, or empty when answering from BM25 alone."""
