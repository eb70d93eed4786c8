"""Questions whose answers are known, with the sentences that might answer them: what `corpus.answering.fit` learns from.

Questions marked `half: test` are left out before anything is read of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.answering.choose import Candidate, candidates
from corpus.answering.guided import guide_for, sentences_of
from corpus.answering.meaning import Meaning, meaning_of
from corpus.answering.question import Question, checked, parse
from corpus.answering.spelling import mended
from corpus.answering.weights import Linear, Rank
from corpus.errors import CorpusError
from corpus.retrieval.index import Corpus

_START = Linear(
    0.0, {"cosine": 4.0, "passage": 2.0, "found": 2.0, "covers": 2.0, "subject": 1.0, "thing": 1.0}
)
START = Rank(_START, _START)
"""What ranks the candidates of the first round."""


@dataclass(frozen=True)
class Case:
    """A question, its candidates, and what is known of its answer."""

    entry: dict[str, Any]
    question: Question
    ranked: tuple[Candidate, ...]
    meaning: Meaning | None = None
    guided: tuple[Candidate, ...] = ()
    """The sentences of its guide, if it has one: they answer, however others rank."""

    @property
    def answerable(self) -> bool:
        return "facts" in self.entry

    def gold(self, candidate: Candidate) -> bool:
        return self._source(candidate) and any(self._holds(candidate.text))

    def right(self, chosen: Sequence[Candidate]) -> bool:
        text = " ".join(candidate.text for candidate in chosen)
        return any(map(self._source, chosen)) and all(self._holds(text))

    def _holds(self, text: str) -> list[bool]:
        return [bool(re.search(fact, text, re.IGNORECASE)) for fact in self.entry["facts"]]

    def _source(self, candidate: Candidate) -> bool:
        entry = self.entry
        wanted = [entry["source"]] if "source" in entry else entry.get("source_any") or entry.get("sources")
        return not wanted or candidate.source_id in wanted


def read_questions(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Every question with or without an answer, those of a test half left out."""
    import yaml

    found: list[dict[str, Any]] = []
    for path in paths:
        sets = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for name in ("answerable", "unanswerable"):
            entries = [e if isinstance(e, dict) else {"q": e} for e in sets[name]]
            found += [e | {"file": path.name} for e in entries if e.get("half") != "test"]
    return found


def cases(corpus: Corpus, entries: Sequence[dict[str, Any]]) -> list[Case]:
    """Candidates for each question; what is no question is left out."""
    from corpus.answering.answer import read

    made: list[Case] = []
    for entry in entries:
        try:
            text = mended(checked(entry["q"]), corpus)
        except CorpusError:
            continue
        question = parse(text, corpus.names)
        meaning = meaning_of(corpus, question)
        guide = guide_for(text, corpus, meaning)
        near, far = read(corpus, question, meaning, 12, guide.places(corpus) if guide else ())
        ranked = candidates(corpus, question, [*near, *far], meaning, START)
        guided = sentences_of(guide, ranked) if guide else []
        made.append(Case(entry, question, tuple(ranked), meaning, tuple(guided)))
    return made
