"""A user's document as a `Source`: whatever it says of itself is cleaned, cut to size and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from corpus.errors import CorpusError
from corpus.loaders.text import one_line, sha256, slug
from corpus.records import Source

MAX_CHARS = 10_000_000
"""Longest text of one document; the longest novels have a third of it."""
DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
"""ISO, as precise as is known."""
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\]{1,2000}", re.IGNORECASE)


def document(
    name: str,
    text: str,
    *,
    title: str = "",
    authors: Iterable[str] = (),
    published: str = "",
    kind: str = "document",
    url: str = "",
    topics: Iterable[str] = (),
    camp: str = "neutral",
    pages: Sequence[int] = (),
    times: Sequence[tuple[int, float]] = (),
) -> Source:
    """`text` is clean already: `pages` and `times` count in it. Raises CorpusError when it is empty or too long."""
    if not text.strip():
        raise CorpusError(f"{name} holds no text")
    if len(text) > MAX_CHARS:
        raise CorpusError(
            f"{name} holds {len(text) / 1e6:.0f} million characters; the limit is {MAX_CHARS // 10**6} million: split it"
        )
    title = one_line(title) or one_line(PurePosixPath(name).stem) or "Untitled"
    return Source(
        id=f"{slug(title)}-{sha256(text)[:8]}",
        title=title,
        authors=_names(authors),
        published=published if DATE.fullmatch(published) else "",
        kind=one_line(kind, 40) or "document",
        url=url if _ADDRESS.fullmatch(url) else "",
        topics=_names(topics),
        camp=camp,
        text=text,
        hash=sha256(text),
        pages=tuple(pages),
        times=tuple(times),
    )


def _names(values: Iterable[str], most: int = 100) -> tuple[str, ...]:
    lines = (one_line(value, 120) for value, _ in zip(values, range(most), strict=False))
    return tuple(line for line in lines if line)
