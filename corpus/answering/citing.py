"""A citation of a span: the one place that makes one."""

from __future__ import annotations

from corpus.library.passages import seconds_at
from corpus.records import Citation, Passage, Source


def cited(source: Source, start: int, end: int, passage: Passage | None = None) -> Citation:
    """The exact span: `source.text[start:end] == quote`. Its page and its caution are those of the passage that it was
    found in, if it was found in one."""
    return Citation(
        source_id=source.id,
        title=source.title,
        url=source.url,
        published=source.published,
        camp=source.camp,
        start=start,
        end=end,
        quote=source.text[start:end],
        source_hash=source.hash,
        page=passage.page if passage else None,
        seconds=seconds_at(source, start),
        caution=passage.caution if passage else "",
    )
