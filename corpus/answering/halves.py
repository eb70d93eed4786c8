"""Two questions in one: "Who wrote the parrots paper, and what does the image mean?" is answered half by half.

Read as one question it is nearest to the sentences about either half, and the other goes unanswered. Both halves must be
answered, each with the confidence that any answer needs; else the question is read as one, as it stands.
"""

from __future__ import annotations

import dataclasses
import re

from corpus.answering.choose import MAX_SENTENCES, MAX_WORDS
from corpus.records import Answer, Hit, Sentence

_ASKS = (
    r"(?:who|whose|what|which|why|how|when|where|is|are|was|were|do|does|did|has|have|had|can|could|will|would|"
    r"should|(?:in|on|at|by|for|with|of) (?:what|which))\b"
)
_BEGINS = re.compile(rf"^(?:so |and |ok |well )*,? ?{_ASKS}", re.IGNORECASE)
_BETWEEN = re.compile(rf"(?:[,;?]?\s+(?:and|but)\s+|\?\s+)(?={_ASKS})", re.IGNORECASE)
SHORTEST = 4
"""Words of a first half: "how many" of "how many and which robots" is none."""


def halves(text: str) -> tuple[str, str] | None:
    """The two questions in the text; None where there are not two. The second may lean on the first."""
    between = list(_BETWEEN.finditer(text))
    if len(between) != 1 or not _BEGINS.match(text):
        return None
    first, second = text[: between[0].start()], text[between[0].end() :]
    return (f"{first}?", second) if len(first.split()) >= SHORTEST else None


def joined(whole: Answer, first: Answer, second: Answer) -> Answer:
    """Both halves' answers as the answer to the whole: the best of each, then further sentences by turns while they fit."""
    chosen = _by_turns(first, second)
    places = [citation for sentence in chosen for citation in sentence.citations]

    def used(hit: Hit) -> bool:
        p = hit.passage
        return any(p.source_id == c.source_id and p.start <= c.start < p.end for c in places)

    by_id = {hit.passage.id: hit for hit in (*second.hits, *first.hits)}
    asked = (half.read_as or half.question for half in (first, second))
    return dataclasses.replace(
        first,
        question=whole.question,
        read_as=" ".join(asked),
        sentences=chosen,
        hits=tuple(dataclasses.replace(hit, used=used(hit)) for hit in by_id.values()),
        confidence=min(first.confidence, second.confidence),
        demo=first.demo or second.demo,
    )


def _by_turns(first: Answer, second: Answer) -> tuple[Sentence, ...]:
    """The first half's sentences, then the second's. Of each those that stand in front, so that none loses what it leans on."""
    said = {sentence.text for sentence in first.sentences}
    rest = [list(first.sentences), [s for s in second.sentences if s.text not in said]]
    taken: list[list[Sentence]] = [[], []]
    words = 0
    while any(rest):
        for mine, left in zip(taken, rest, strict=True):
            if left and (not mine or words + len(left[0].text.split()) <= MAX_WORDS):
                words += len(left[0].text.split())
                mine.append(left.pop(0))
            else:
                left.clear()
            if sum(map(len, taken)) == MAX_SENTENCES:
                return (*taken[0], *taken[1])
    return (*taken[0], *taken[1])
