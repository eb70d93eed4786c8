"""A source cut into passages (what is found) and sentences (what is quoted), with exact offsets."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from corpus.loaders.text import sha256
from corpus.records import Passage, Source

MIN_WORDS, MAX_WORDS = 60, 130
"""Short paragraphs are joined to the next under the same heading; long ones are cut between sentences.
MiniLM reads 256 word pieces, about 180 words."""

_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:et al|e\.g|i\.e|cf|vs|etc|approx|ca|Fig|Figs|Eq|Eqs|Sec|Tab|Ref|Refs|Ch|Vol|No|pp|Dr|Mr|Mrs|Ms|"
    r"Prof|St|Jr|Sr|Inc|Ltd|Co|Corp|resp|arXiv)|(?:^|[\s(.]|\.-)[A-Z])\.$"
)
_MAY_START = re.compile(r"[\"'“‘(\[]*(?:[A-Z0-9]|[^\W\d_]*[A-Z0-9]|[^\x00-\x7f])")


def passages(source: Source) -> list[Passage]:
    """Every passage of the source in order; headings belong to none."""
    found: list[Passage] = []
    for heading, start, end in _spans(source):
        text = source.text[start:end]
        page = bisect_right(source.pages, start) if source.pages else None
        found.append(
            Passage(
                id=f"{source.id}:{start}-{end}",
                source_id=source.id,
                start=start,
                end=end,
                text=text,
                heading=heading,
                hash=sha256(_embedded(source.title, text)),
                page=page,
            )
        )
    return found


def embedded_text(passage: Passage, title: str) -> str:
    """What is embedded for a passage: with its source's title, so that 'the model' has a name."""
    return _embedded(title, passage.text)


def sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Offsets of the whole sentences in `text[start:end]`; headings and unfinished fragments are left out."""
    end = len(text) if end is None else end
    found: list[tuple[int, int]] = []
    for block_start, block_end in _lines(text, start, end):
        if text[block_start] == "#":
            continue
        for a, b in _split(text, block_start, block_end):
            if re.search(r"[.!?…][\"'”’)\]]*$", text[a:b]) and len(text[a:b].split()) >= 3:
                found.append((a, b))
    return found


def _embedded(title: str, text: str) -> str:
    return f"{title}. {text}"


def _spans(source: Source) -> Iterator[tuple[str, int, int]]:
    """(heading, start, end) of each passage."""
    text, heading = source.text, ""
    pending: tuple[int, int] | None = None
    for start, end in _lines(text, 0, len(text)):
        if text[start] == "#":
            if pending:
                yield heading, *pending
            pending, heading = None, text[start:end].lstrip("# ").strip()
            continue
        if pending and source.pages and _page(source, pending[0]) != _page(source, start):
            yield heading, *pending
            pending = None
        for a, b in _pieces(text, start, end):
            if pending and _words(text, pending[0], b) > MAX_WORDS:
                yield heading, *pending
                pending = None
            pending = (pending[0] if pending else a, b)
            if _words(text, *pending) >= MIN_WORDS:
                yield heading, *pending
                pending = None
    if pending:
        yield heading, *pending


def _page(source: Source, offset: int) -> int:
    return bisect_right(source.pages, offset)


def _words(text: str, start: int, end: int) -> int:
    return len(text[start:end].split())


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The paragraph whole, or cut between sentences into even parts of at most MAX_WORDS words."""
    total = _words(text, start, end)
    if total <= MAX_WORDS:
        yield start, end
        return
    target = total / -(-total // MAX_WORDS)
    first: int | None = None
    last = start
    for a, b in _split(text, start, end):
        if first is not None and _words(text, first, b) > MAX_WORDS:
            yield first, last
            first = None
        first, last = (a if first is None else first), b
        if _words(text, first, last) >= target:
            yield first, last
            first = None
    if first is not None:
        yield first, last


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Non-empty lines, trimmed. A line is a heading, a list item or a paragraph: loaders unwrap text."""
    for match in re.compile(r"[^\n]+").finditer(text, start, end):
        line = match.group()
        if line.strip():
            a = match.start() + len(line) - len(line.lstrip())
            yield a, match.start() + len(line.rstrip())


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Sentences of one line, trimmed; the last may be unfinished."""
    begin = start
    for match in _END.finditer(text, start, end):
        stop = match.end()
        if match.group()[0] == "." and _ABBREVIATION.search(
            text[max(start, match.start() - 8) : match.start() + 1]
        ):
            continue
        after = stop + len(text[stop:end]) - len(text[stop:end].lstrip())
        word = re.match(r"\S+", text[after:end])
        if word and not _MAY_START.match(word.group()):
            continue
        yield begin, stop
        begin = after
    if begin < end:
        yield begin, end
