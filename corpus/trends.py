"""What appeared when: papers a month by topic, and the first dated source of each system.

The papers are bibliographic facts, 1,414 titles of works on world models with their arXiv month
(`bibliography/papers.csv`). A list of titles shows what people write about, not what works.
"""

from __future__ import annotations

import csv
import dataclasses
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from corpus.errors import CorpusError
from corpus.records import Source
from corpus.topics import topics, topics_of


@dataclass(frozen=True)
class Paper:
    """One title of the bibliography."""

    arxiv_id: str
    published: str
    """YYYY-MM, the month of its arXiv id."""
    title: str
    topics: tuple[str, ...]
    """By the rules of `topics.csv`; a title may have several, or none."""

    @property
    def url(self) -> str:
        return f"https://arxiv.org/abs/{self.arxiv_id}"


@dataclass(frozen=True)
class Timeline:
    """Papers a month. Every month from the first to the last is there, empty ones too."""

    months: tuple[str, ...]
    total: tuple[int, ...]
    """Papers in each month, each counted once."""
    counts: dict[str, tuple[int, ...]]
    """Topic id -> papers in each month. A paper counts under each of its topics."""
    untold: int
    """Papers whose title no rule matches; they are in `total` only."""

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Appearance:
    """The first dated source that is about a system, and how many are."""

    system: str
    published: str
    source_id: str
    title: str
    sources: int

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@cache
def papers() -> tuple[Paper, ...]:
    """The bibliography, oldest first."""
    path = Path(__file__).parent / "bibliography" / "papers.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = [
            Paper(row["arxiv_id"], row["published"], row["title"], topics_of(row["title"]))
            for row in csv.DictReader(file)
        ]
    return tuple(sorted(rows, key=lambda paper: (paper.published, paper.arxiv_id)))


def timeline(since: str = "", until: str = "", topic: str = "") -> Timeline:
    """Papers a month by topic, from month `since` to month `until` (YYYY or YYYY-MM, both included).

    Raises CorpusError, in one line, for a month or a topic that isn't one.
    """
    first, last = _month(since or papers()[0].published, "01"), _month(until or papers()[-1].published, "12")
    _check_topic(topic)
    if first > last:
        raise CorpusError(f"since {first} is after until {last}; turn them round")
    months = tuple(_months(first, last))
    chosen = [p for p in papers() if first <= p.published <= last and (not topic or topic in p.topics)]
    total = Counter(p.published for p in chosen)
    by_topic = Counter((id, p.published) for p in chosen for id in p.topics)
    wanted = [topic] if topic else list(topics())
    return Timeline(
        months=months,
        total=tuple(total[month] for month in months),
        counts={id: tuple(by_topic[id, month] for month in months) for id in wanted},
        untold=sum(not p.topics for p in chosen),
    )


def appearances(sources: Iterable[Source]) -> tuple[Appearance, ...]:
    """Each system that the sources name, by the date of its first source; a source without a date doesn't date."""
    first: dict[str, tuple[str, int, str]] = {}
    count: Counter[str] = Counter()
    known = {source.id: source for source in sources if source.published}
    for source in known.values():
        for place, system in enumerate(source.systems):  # of two of one day, the one that is more about it
            found = (source.published, place, source.id)
            first[system] = min(found, first.get(system, found))
            count[system] += 1
    return tuple(
        Appearance(system, published, id, known[id].title, count[system])
        for system, (published, _, id) in sorted(
            first.items(), key=lambda item: (item[1][0], item[1][2], item[0])
        )
    )


def first_seen(since: str = "", until: str = "", topic: str = "") -> tuple[Appearance, ...]:
    """The systems whose first shipped source is of these months (as in `timeline`) and, with `topic`, about it."""
    from corpus.library.shipped import read_sources

    first, last = _month(since or "0001", "01"), _month(until or "9999", "12")
    sources = read_sources()
    about = {source.id for source in sources if not topic or topic in source.topics}
    return tuple(
        found
        for found in appearances(sources)
        if found.source_id in about and first[: len(found.published)] <= found.published[: len(first)] <= last
    )


def _check_topic(topic: str) -> None:
    if topic and topic not in topics():
        raise CorpusError(f"unknown topic '{topic}'; the topics are: {', '.join(topics())}")


def _month(given: str, missing: str) -> str:
    if re.fullmatch(r"\d{4}", given):
        return f"{given}-{missing}"
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", given):
        raise CorpusError(f"'{given}' is not a month; write YYYY or YYYY-MM")
    return given


def _months(first: str, last: str) -> Iterable[str]:
    year, month = map(int, first.split("-"))
    while f"{year}-{month:02d}" <= last:
        yield f"{year}-{month:02d}"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def papers_of(month: str, topic: str = "") -> tuple[Paper, ...]:
    """The titles of one month (YYYY-MM) or year (YYYY), of one topic or of all. Raises CorpusError as `timeline` does."""
    first, last = _month(month, "01"), _month(month, "12")
    _check_topic(topic)
    return tuple(p for p in papers() if first <= p.published <= last and (not topic or topic in p.topics))


@dataclass(frozen=True)
class Statement:
    """A claim by the date of the first source that speaks for it."""

    claim_id: str
    statement: str
    status: str
    published: str
    source_id: str
    topics: tuple[str, ...]


def claims_seen(since: str = "", until: str = "", topic: str = "") -> tuple[Statement, ...]:
    """The claims first said in these months (as in `timeline`), oldest first; those whose sources have no date are left
    out. Said here means: in a source of this corpus, which need not be the first to say it."""
    from corpus.ledger import claims
    from corpus.library.shipped import read_sources

    first, last = _month(since or "0001", "01"), _month(until or "9999", "12")
    dates = {source.id: source.published for source in read_sources()}
    found = []
    for claim in claims().values():
        said = min(
            ((dates[v.source_id], v.source_id) for v in claim.supports if dates[v.source_id]), default=None
        )
        if (
            said
            and first[: len(said[0])] <= said[0][: len(first)] <= last
            and (not topic or topic in claim.topics)
        ):
            found.append(Statement(claim.id, claim.statement, claim.status, *said, claim.topics))
    return tuple(sorted(found, key=lambda one: (one.published, one.claim_id)))


@dataclass(frozen=True)
class Change:
    """One topic's share of the titles in a span of months, beside the span of equal length before it."""

    topic: str
    before: int
    after: int
    total_before: int
    total_after: int

    @property
    def growth(self) -> float:
        """Difference of the two shares, in [-1, 1]. Counts alone grow with the field."""
        return self.after / max(1, self.total_after) - self.before / max(1, self.total_before)


def changed_since(month: str) -> tuple[Change, ...]:
    """Each topic's titles from `month` to the end of the bibliography against as many months before, the greatest change
    of share first. Raises CorpusError when there is no span of that length before it."""
    first, end = _month(month, "01"), papers()[-1].published
    after = list(_months(first, end))
    every = list(_months(papers()[0].published, end))
    at = every.index(first) if first in every else -1
    if not after or at < len(after):
        raise CorpusError(
            f"since {month} there are {len(after)} months up to {end}, and fewer before it from {every[0]} on; "
            f"choose a later month"
        )
    span = timeline(every[at - len(after)], end)
    found = [
        Change(
            topic,
            sum(n[: len(after)]),
            sum(n[len(after) :]),
            sum(span.total[: len(after)]),
            sum(span.total[len(after) :]),
        )
        for topic, n in span.counts.items()
    ]
    return tuple(sorted(found, key=lambda change: (-abs(change.growth), change.topic)))
