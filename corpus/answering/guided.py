"""Guides: big questions, each answered by an editor with sentences of several digests.

"When will AGI come?" is answered by no single sentence, and what ranks well one by one doesn't make a good answer. A
guide holds the wordings by which people ask such a question and the sentences, in order, that answer it together. How
often the right one is found is measured in `tests/corpus/test_guides.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from corpus.answering.choose import Candidate
from corpus.answering.meaning import Meaning
from corpus.answering.stance import names_in
from corpus.errors import CorpusError
from corpus.loaders.text import sha256
from corpus.retrieval.index import Corpus, Library
from corpus.retrieval.words import squash

GUIDES = Path(__file__).parents[1] / "guides"
"""`<area>.txt`: a guide's id after "# ", its wordings after "? ", its sentences after "> ", the source's id and the
sentence's opening words with a colon between."""
NEAREST = 3
"""Wordings of a guide whose mean cosine with the question, in the learned metric, is how like it the guide is."""
MIN_LIKENESS = 0.55
"""And the nearest wording must be as like as any known question, of a single sentence or of none: who asks for a detail is
told the detail. Chosen on the questions that the answers are fitted to."""


_YEAR = re.compile(r"\b\d{4}\b")


@dataclass(frozen=True)
class Guide:
    """One big question."""

    id: str
    asked: tuple[str, ...]
    sentences: tuple[tuple[str, str], ...]
    """(source's id, opening words) of each sentence of the answer, the one that leads first."""

    def places(self, corpus: Corpus) -> list[tuple[str, int]]:
        """Where they stand: each source's id and an offset in its text."""
        return [(id, corpus.sources[id].text.find(opening)) for id, opening in self.sentences]


@cache
def guides(folder: Path = GUIDES) -> dict[str, Guide]:
    """The shipped guides by id. Raises CorpusError naming the line that is wrong."""
    found: dict[str, Guide] = {}
    for path in sorted(folder.glob("*.txt")):
        id, asked, sentences = "", [], []  # type: ignore[var-annotated]
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate([*lines, "# "], 1):
            sign, rest = line[:2], line[2:].strip()
            if sign == "# ":
                if id:
                    found[id] = Guide(id, tuple(asked), tuple(sentences))
                id, asked, sentences = rest, [], []
            elif sign == "? " and id:
                asked.append(rest)
            elif sign == "> " and id and ": " in rest:
                source, opening = rest.split(": ", 1)
                sentences.append((source, opening))
            elif line.strip():
                raise CorpusError(
                    f"{path.name}, line {number}: {line!r} is no '# id', '? question' or '> source: words'"
                )
    return found


def guide_for(question: str, corpus: Corpus, meaning: Meaning | None) -> Guide | None:
    """The guide to the question, or None; always None without the embedder that the metric was fitted to."""
    if meaning is None or corpus.metric.matrix is None:
        return None
    found, vectors = _wordings(corpus.library)
    if not found:
        return None
    cosines = vectors @ meaning.turned
    near = [np.sort(cosines[rows])[-NEAREST:] for _, rows in found]
    best = int(np.argmax([part.mean() for part in near]))
    guide, rows = found[best]
    if near[best].mean() < MIN_LIKENESS or near[best].max() < meaning.alike.nearest:
        return None
    if any(id not in corpus.sources for id, _ in guide.sentences):
        return None
    wording = guide.asked[int(cosines[rows].argmax())]
    asked, said = squash(question), squash(" ".join(guide.asked))
    named = [*names_in(question, corpus), *_YEAR.findall(question)]
    same = all(name in said for name in named)
    return guide if same and all(name in asked for name in names_in(wording, corpus)) else None


@lru_cache(maxsize=1)
def _wordings(library: Library) -> tuple[list[tuple[Guide, slice]], np.ndarray]:
    """Each guide with the rows of its wordings, and all wordings' vectors in the learned metric. Guides of which a vector is
    not stored are left out: to embed them takes longer than an answer may."""
    stored = [
        guide for guide in guides().values() if all(sha256(text) in library.known for text in guide.asked)
    ]
    if not stored:
        return [], np.zeros((0, 1), np.float32)
    ends = np.cumsum([len(guide.asked) for guide in stored]).tolist()
    rows = [slice(end - len(guide.asked), end) for guide, end in zip(stored, ends, strict=True)]
    vectors = library.embed([text for guide in stored for text in guide.asked])
    return list(zip(stored, rows, strict=True)), library.current().turn(vectors)


def sentences_of(guide: Guide, ranked: Sequence[Candidate]) -> list[Candidate]:
    """The guide's sentences among what was read, in its order."""
    found = []
    for source, opening in guide.sentences:
        found += [c for c in ranked if c.source_id == source and c.text.startswith(opening)][:1]
    return found
