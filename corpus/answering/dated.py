"""Questions of time: what is new since 2024, what changed in 2026, when did papers on JEPA rise.

The answer quotes what the dated sources of that time say of themselves, and beside it stands what the bibliography
counts (`corpus.trends`): titles, which tell what people write about, not what works.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.answering.choose import Candidate
from corpus.answering.features import DANGLING
from corpus.answering.lexicon import STOP
from corpus.answering.question import Question
from corpus.errors import CorpusError
from corpus.library.store import SHIPPED
from corpus.records import Source, Tally
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import plain, words
from corpus.topics import topics
from corpus.trends import changed_since, papers, papers_of, timeline

MOST, WORDS = 4, 110
"""Sources quoted, one sentence each, and their words."""
YEARS = 4
"""Years counted."""
LATEST = 12
"""Months that "the latest" goes back from the newest source."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEWS = re.compile(
    r"\bwhat(?:'s| is| has| have| was| are| were)? (?:\w+ ){0,4}?(?:changed?|new|newest|latest|happen(?:ed|ing)|appeared|recent|came out|bring out|brought out|"
    r"developments?|trends?)\b|^(?:any |the )?(?:latest|recent|new|news)\b|\bcame out\b"
)
_COUNT = re.compile(
    r"\bhow many (?:\w+ ){0,3}(?:papers?|titles?|publications?|preprints?)\b"
    r"|\b(?:papers?|titles?|publications?|preprints?|research|interest|work) (?:\w+ ){0,5}?(?:ris(?:e|en|ing)|rose|gr[oe]w(?:n|ing|th)?|"
    r"take off|took off|increased?|start(?:ed)?|peak(?:ed)?|declin\w+)\b"
)
_GENERAL = _words(
    """
    changed change changes new newest latest happened happening appeared recent recently came news trend trends
    developments development papers paper titles title publications publication preprints research field work works world
    worlds model models ai year years month months rise risen rising rose grow grew growing growth grown take took increase
    increased increasing start started peak peaked decline declined declining interest published written bibliography
    sources topic topics area progress bring brought line
    """
)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WHEN = rf"(?:({'|'.join(_MONTHS)}) )?((?:19|20)\d\d)"


@dataclass(frozen=True)
class Span:
    """What a question of time asks for."""

    since: str
    """YYYY or YYYY-MM; empty: from the beginning."""
    until: str
    """The same; empty: to the end."""
    topic: str
    """Id of a topic, or empty for all."""
    counting: bool
    """Whether papers are to be counted."""


def asked_span(question: Question, corpus: Corpus) -> Span | None:
    """The time and topic asked for; None where the question asks for anything else besides."""
    low = plain(question.text)
    counting = bool(_COUNT.search(low))
    if not (counting or _NEWS.search(low)) or question.future:
        return None
    topic, rest = _topic(low)
    left = {w for w in words(re.sub(_WHEN, " ", rest)) if w not in STOP} - _GENERAL
    if left:
        return None
    since, until = _months(low)
    if not since and not until and not counting:
        if not re.search(r"\b(?:latest|newest|recent|recently|new|news|happening)\b", low):
            return None
        since = _back(_newest(corpus), LATEST)
    return Span(since, until, topic, counting)


def _topic(low: str) -> tuple[str, str]:
    """(the topic whose words the question holds, the question without them)."""
    for id, topic in topics().items():
        named = topic.name.lower()
        if named in low or re.search(topic.pattern, low):
            return id, re.sub(topic.pattern, " ", low.replace(named, " "))
    return "", low


def _months(low: str) -> tuple[str, str]:
    def month(match: re.Match[str], name: int = 1) -> str:
        named, year = match.group(name), match.group(name + 1)
        return f"{year}-{_MONTHS.index(named) + 1:02d}" if named else year

    if match := re.search(rf"\b(?:between|from) {_WHEN} (?:and|to|until) {_WHEN}", low):
        return month(match), month(match, 3)
    if match := re.search(rf"\b(?:since|from) {_WHEN}", low):
        return month(match), ""
    if match := re.search(rf"\bafter {_WHEN}", low):
        return (month(match) if match.group(1) else str(int(match.group(2)) + 1)), ""
    if match := re.search(rf"\b(?:until|before|by) {_WHEN}", low):
        return "", month(match)
    if match := re.search(rf"\b{_WHEN}", low):
        return month(match), month(match)
    return "", ""


def _back(month: str, months: int) -> str:
    count = int(month[:4]) * 12 + int(month[5:7] or 12) - 1 - months
    return f"{count // 12}-{count % 12 + 1:02d}"


def of_span(corpus: Corpus, span: Span) -> list[Source]:
    """The shipped dated sources of that time and topic, the newest first; to a count, of any time if there are none."""

    def inside(source: Source, leading: int, timed: bool) -> bool:
        at = source.published
        after = not timed or at[: len(span.since)] >= span.since
        before = not timed or not span.until or at[: len(span.until)] <= span.until
        return bool(at) and after and before and (not span.topic or span.topic in source.topics[:leading])

    shipped = sorted(_shipped(corpus), key=lambda s: (s.published, s.id), reverse=True)
    for leading, timed in ((1, True), (9, True), (9, False)) if span.counting else ((2, True),):
        if found := [source for source in shipped if inside(source, leading, timed)]:
            return found
    return []


def _shipped(corpus: Corpus) -> list[Source]:
    return [corpus.sources[row.name] for row in corpus.store.rows("origin = ?", (SHIPPED,))]


def _newest(corpus: Corpus) -> str:
    """YYYY-MM of the newest source: the corpus tells what is new, not today's date."""
    return max(s.published[:7] for s in _shipped(corpus) if len(s.published) >= 7)


def told(span: Span, sources: Sequence[Source], ranked: Sequence[Candidate]) -> list[Candidate]:
    """One sentence a source that says what it is: for a count the first and the newest source; else the newest of as
    many topics as fit."""
    wanted = [sources[-1], sources[0]][: len(sources)] if span.counting and sources else _spread(sources)
    chosen: list[Candidate] = []
    for source in wanted:
        own = [c for c in ranked if c.source_id == source.id and not DANGLING.match(c.text)]
        opening = min(own, key=lambda c: c.start, default=None)
        length = sum(len(c.text.split()) for c in chosen)
        if opening and len(chosen) < MOST and length + len(opening.text.split()) <= WORDS:
            chosen.append(opening)
    return chosen


def _spread(sources: Sequence[Source]) -> list[Source]:
    """Those first that bring a leading topic not yet seen."""
    seen: set[str] = set()
    fresh: list[Source] = []
    others: list[Source] = []
    for source in sources:
        lead = source.topics[0] if source.topics else ""
        (others if lead in seen else fresh).append(source)
        seen.add(lead)
    return [*fresh, *others]


def tallies(span: Span) -> tuple[Tally, ...]:
    """What the bibliography counts for the span: titles a year and, without a topic, whose share changed most."""
    last = papers()[-1].published
    until = min(span.until or last, last) if len(span.until) != 4 else span.until
    first = span.since or papers()[0].published
    name = f" on {topics()[span.topic].name.lower()}" if span.topic else ""
    found = []
    if len(span.since) == 7 and span.since == span.until:
        n, of = len(papers_of(span.since, span.topic)), len(papers_of(span.since))
        text = f"{n} of {of} titles{name} in {span.since}" if span.topic else f"{of} titles in {span.since}"
        found.append(Tally(text, span.since, span.since, span.topic, n, of))
    years = range(int(first[:4]), min(int(until[:4]), int(last[:4])) + 1)[-YEARS:]
    for year in years:
        n, of = len(papers_of(str(year), span.topic)), len(papers_of(str(year)))
        upto = f" (to {last})" if last.startswith(str(year)) else ""
        text = f"{n} of {of} titles{name} in {year}{upto}" if span.topic else f"{of} titles in {year}{upto}"
        found.append(Tally(text, str(year), str(year), span.topic, n, of))
    if span.topic:
        months = [p.published for p in papers() if span.topic in p.topics]
        if span.counting and months:
            half = months[len(months) // 2]
            text = f"half of all {len(months)} titles on {topics()[span.topic].name.lower()} are of {half} or later"
            found.append(Tally(text, half, last, span.topic, sum(m >= half for m in months), len(months)))
    elif span.since and (not span.until or span.until >= last[: len(span.until)]):
        try:
            changes = changed_since(span.since)[:3]
        except CorpusError:  # no time of equal length before it
            changes = ()
        for change in changes:
            text = (
                f"{topics()[change.topic].name}: {change.after} of {change.total_after} titles since {span.since}, "
                f"{change.before} of {change.total_before} in as many months before"
            )
            found.append(Tally(text, span.since, last, change.topic, change.after, change.total_after))
    return tuple(found)


def counted() -> str:
    """What the tallies count."""
    whole = timeline()
    return (
        f"titles of the bibliography (bibliography/papers.csv: {sum(whole.total):,} works on world models, "
        f"{whole.months[0]} to {whole.months[-1]}), under a topic by the words of topics.csv"
    )
