"""A source cut into passages (what is found) and sentences (what is quoted), with exact offsets."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from corpus.loaders.caution import caution
from corpus.loaders.text import sha256
from corpus.records import Passage, Source

MIN_WORDS, MAX_WORDS = 60, 130
"""Short paragraphs are joined to the next under the same heading; long ones are cut between sentences.
MiniLM reads 256 word pieces, about 180 words."""
MAX_CHARS = 4000
"""No passage is longer, whatever its words are: 130 words of prose have about 900."""

_LINE = re.compile(r"[^\n]+")
_WORD = re.compile(r"\S+")
_SPACE = re.compile(r"\s*")
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?=\s)")
"""A run of stops is tried from its first alone: from each of them, a line of dots would take the square of its time."""
_ABBREVIATION = re.compile(
    r"(?:\b(?:et al|e\.g|i\.e|cf|vs|etc|approx|ca|Fig|Figs|Eq|Eqs|Sec|Tab|Ref|Refs|Ch|Vol|No|pp|Dr|Mr|Mrs|Ms|"
    r"Prof|St|Jr|Sr|Inc|Ltd|Co|Corp|resp|arXiv)|(?:^|[\s(.]|\.-)[A-Z])\.$"
)
_MAY_START = re.compile(r"[\"'“‘(\[]*(?:[A-Z0-9]|[^\W\d_]*[A-Z0-9]|[^\x00-\x7f])")


def passages(source: Source) -> list[Passage]:
    """Every passage of the source in order; headings belong to none."""
    found: list[Passage] = []
    title_why = caution(source.title)
    for heading, start, end in _spans(source):
        text = source.text[start:end]
        why = caution(text, heading) or (f"its title {title_why}" if title_why else "")
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
                seconds=seconds_at(source, start),
                caution=why,
            )
        )
    return found


def embedded_text(passage: Passage, title: str) -> str:
    """What is embedded for a passage: with its source's title, so that 'the model' has a name."""
    return _embedded(title, passage.text)


def seconds_at(source: Source, offset: int) -> float | None:
    """When what stands at `offset` is said: the start of its cue. None where the source is no transcript."""
    after = bisect_right(source.times, (offset, float("inf")))
    return source.times[after - 1][1] if after else None


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
            if pending and not _fits(text, pending[0], b):
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


def _fits(text: str, start: int, end: int) -> bool:
    return end - start <= MAX_CHARS and _words(text, start, end) <= MAX_WORDS


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The paragraph whole, or cut between sentences into even parts of at most MAX_WORDS words."""
    total = _words(text, start, end)
    if _fits(text, start, end):
        yield start, end
        return
    target = total / -(-total // MAX_WORDS)
    first: int | None = None
    last = start
    for a, b in _short(text, start, end):
        if first is not None and not _fits(text, first, b):
            yield first, last
            first = None
        first, last = (a if first is None else first), b
        if _words(text, first, last) >= target:
            yield first, last
            first = None
    if first is not None:
        yield first, last


def _short(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Sentences of one line; what no author means as one, without a stop for pages, is cut between words."""
    for a, b in _split(text, start, end):
        if _fits(text, a, b):
            yield a, b
            continue
        first, last, count = a, a, 0
        for match in _WORD.finditer(text, a, b):
            if count and (count == MAX_WORDS or match.end() - first > MAX_CHARS):
                yield first, last
                first, count = match.start(), 0
            while match.end() - first > MAX_CHARS:
                yield first, first + MAX_CHARS
                first += MAX_CHARS
            last, count = match.end(), count + 1
        if last > first:
            yield first, last


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Non-empty lines, trimmed. A line is a heading, a list item or a paragraph: loaders unwrap text."""
    for match in _LINE.finditer(text, start, end):
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
        gap = _SPACE.match(text, stop, end)
        after = gap.end() if gap else stop
        if after < end and not _MAY_START.match(text, after, end):
            continue
        yield begin, stop
        begin = after
    if begin < end:
        yield begin, end
