"""The nouns of the corpus: what a source is, what an answer is made of.

All are frozen, all serialise to JSON (`to_json`), and they are what the rooms hand each other.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

Support = Literal["verbatim", "verified", "unsupported"]
Status = Literal["bankable", "contested", "thesis"]


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
    times: tuple[tuple[int, float], ...] = ()
    """For transcripts: (offset in `text`, seconds into the recording), both rising. Empty otherwise."""
    systems: tuple[str, ...] = ()
    """Named systems, benchmarks and methods that the source concerns, its own first."""
    people: tuple[str, ...] = ()
    """Full names of those it is known by or quotes."""
    work: str = ""
    """Documents that are one work (a paper as PDF and as a web page) share it: together they are one witness.
    Empty: a work of its own."""


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
    seconds: float | None = None
    """Where it is said, in a transcript."""
    caution: str = ""
    """Why the text must be shown as marked (it addresses a reader's tools, say); empty for nearly all."""


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
    seconds: float | None = None
    caution: str = ""


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
    covers: tuple[Sentence, ...] = ()
    """What those do say that comes nearest, with citations; where the question takes something for granted that
    they tell otherwise, that first. No answer, and to be shown as none."""
    instead: tuple[str, ...] = ()
    """Questions like this one that they do answer."""


@dataclass(frozen=True)
class Tally(_Record):
    """A count of the bibliography's titles (`corpus.trends`): what people write about, not what works."""

    text: str
    """The count in words, with its time and topic."""
    since: str
    until: str
    """Both YYYY or YYYY-MM, included."""
    topic: str
    """Id of the topic counted, or empty for all titles."""
    n: int
    of: int
    """Titles of that time, of all topics."""


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
    read_as: str = ""
    """The question as it was understood, where that differs: a follow-up made whole, a misspelling mended."""
    topic: str = ""
    """What the question is about, as a follow-up may take it up."""
    kind: str = ""
    """What kind of thing was asked for (`corpus.answering.kinds`)."""
    confidence: float = 0.0
    """Probability that the sentences answer the question; below `caution` it is refused."""
    caution: float = 0.0
    top_k: int = 0
    """Passages read."""
    claim: str = ""
    """Id of the claim of the ledger that the question touches, or empty."""
    claim_status: str = ""
    """How that claim stands: `bankable`, `contested` or `thesis`."""
    guide: str = ""
    """Id of the guide whose sentences these are, put together by hand for a big question (`corpus.answering.guided`), or
    empty."""
    demo: str = ""
    """Id of the experiment that shows what was asked for, or tests the touched claim; or empty."""
    counts: tuple[Tally, ...] = ()
    """For a question of time: what the bibliography counts. Figures of ours, no sentences of a source."""
    counted: str = ""
    """What those counts are of."""


@dataclass(frozen=True)
class Voice(_Record):
    """Someone on a claim, in the words of a source: `source.text[start:end] == quote`."""

    who: str
    source_id: str
    quote: str
    start: int
    end: int
    passage_id: str
    """The passage that holds the whole quote."""


@dataclass(frozen=True)
class Claim(_Record):
    """A statement one could be wrong about, who says so, who disagrees, and what would settle it."""

    id: str
    statement: str
    status: Status
    """`bankable`: measured, undisputed within its setting. `contested`: evidence on both sides.
    `thesis`: argued for, not yet measured."""
    topics: tuple[str, ...]
    supports: tuple[Voice, ...]
    disputes: tuple[Voice, ...]
    """Empty only where no published dispute was found."""
    would_change: str
    """The evidence that would move the status."""
    experiment: str = ""
    """The id of the experiment that tests its toy version, or empty. Only `agents` knows what it runs."""
    if_true: str = ""
    """What that experiment would show if the claim were true."""
    asked: tuple[str, ...] = ()
    """Questions by which people ask whether or why it is so, its opposite among them: by these it is recognised."""
