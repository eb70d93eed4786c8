"""The questions that the sentences of the digests answer, as people ask them, and near misses that none answers.

A sentence is found by its own wording, and people ask in other words. So every digest has a file of questions beside it,
written sentence by sentence: document expansion (Nogueira et al., Document Expansion by Query Prediction, 2019), with
questions that were written for it instead of predicted. The user's own documents have none; they are found by their wording.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from corpus.errors import CorpusError
from corpus.loaders.text import sha256
from corpus.retrieval.metric import Metric
from corpus.retrieval.vectors import Vectors

FOLDER = "asked"
"""Beside the digests. `<id>.txt` holds the opening words of a sentence on a line, and its questions, indented, below."""
NOTHING = "-"
"""Stands in place of the opening words above the questions that no digest answers."""


ROUND, SHARPNESS = 10, 20.0
"""How many of either kind are round about a question, and what their cosines are multiplied with in a softmax."""
SAME = 0.95
"""Cosine in the learned metric from which on two questions are one."""


@dataclass(frozen=True, eq=False)
class Known:
    """A question of which it is known what answers it."""

    source: str
    """The digest's id."""
    opening: str
    """The opening words of the sentence that answers it, or `NOTHING`."""
    text: str


def read_asked(path: Path) -> list[Known]:
    """One digest's questions. Raises CorpusError naming the line that is wrong."""
    found: list[Known] = []
    opening = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith(" "):
            opening = line
        elif not opening:
            raise CorpusError(f"{path.name}, line {number}: a question stands before any sentence")
        else:
            found.append(Known(path.stem, opening, line.strip()))
    return found


@dataclass(frozen=True, eq=False)
class Alike:
    """How like one question is to the known ones: cosines in the learned metric."""

    answered: np.ndarray
    """[n] to those that a sentence answers."""
    missed: np.ndarray
    """[m] to those that nothing answers."""

    @property
    def astray(self) -> float:
        """Log odds that nothing answers it, by the known questions round about: the more alike, the more one counts."""
        if not len(self.answered) or not len(self.missed):
            return 0.0
        answered, missed = (
            np.exp(np.sort(part)[-ROUND:] * SHARPNESS).sum() for part in (self.answered, self.missed)
        )
        return float(np.log(missed / answered))

    @property
    def certain(self) -> bool:
        """Whether it is, all but word for word, a question of which it is known that nothing answers it."""
        missed, answered = (float(part.max(initial=0.0)) for part in (self.missed, self.answered))
        return missed >= max(SAME, answered)


NOTHING_KNOWN = Alike(np.zeros(0, np.float32), np.zeros(0, np.float32))


class Asked:
    """The known questions of the digests."""

    def __init__(self, files: Sequence[Path], vectors: Vectors, metric: Metric) -> None:
        """Questions without a stored vector are left out: to embed them all takes longer than an answer may."""
        self._files, self._stored, self._metric = files, vectors, metric

    @cached_property
    def hash(self) -> str:
        """sha256 over the files."""
        return sha256("".join(path.read_text(encoding="utf-8") for path in self._files))

    def alike(self, turned: np.ndarray) -> Alike:
        """`turned` [d]: a question's vector in the learned metric."""
        answered, missed = self._vectors
        if not len(answered):
            return NOTHING_KNOWN
        return Alike(answered @ turned, missed @ turned)

    def nearest(self, alike: Alike, most: int, least: float = -1.0) -> list[Known]:
        """The most alike of those that are answered, one a sentence, the most alike first; `least`: cosine."""
        order = np.argsort(-alike.answered, kind="stable")[: 4 * most]
        order = order[alike.answered[order] >= least]
        best: dict[tuple[str, str], Known] = {}
        for known in (self._answered[row] for row in order):
            best.setdefault((known.source, known.opening), known)
        return list(best.values())[:most]

    def knows(self, source: str) -> bool:
        """Whether any question is known that the source answers."""
        return source in self._rows

    def best(self, source: str, sentence: str, alike: Alike) -> tuple[float, str]:
        """(likeness, text) of the most alike of the sentence's questions; 0 and nothing if it has none."""
        rows = self._of(source, sentence)
        if not rows:
            return 0.0, ""
        row = rows[int(alike.answered[rows].argmax())]
        return float(alike.answered[row]), self._answered[row].text

    def questions(self, source: str, sentence: str) -> list[str]:
        """Those that the sentence answers."""
        return [self._answered[row].text for row in self._of(source, sentence)]

    def _of(self, source: str, sentence: str) -> Sequence[int]:
        openings = self._rows.get(source, {})
        return next((rows for opening, rows in openings.items() if sentence.startswith(opening)), ())

    @cached_property
    def _known(self) -> Sequence[Known]:
        found = (known for path in self._files for known in read_asked(path))
        return [known for known in found if sha256(known.text) in self._stored]

    @cached_property
    def _answered(self) -> Sequence[Known]:
        return [known for known in self._known if known.opening != NOTHING]

    @cached_property
    def _rows(self) -> Mapping[str, Mapping[str, list[int]]]:
        """Digest -> opening -> rows of its questions."""
        found: dict[str, dict[str, list[int]]] = {}
        for row, known in enumerate(self._answered):
            found.setdefault(known.source, {}).setdefault(known.opening, []).append(row)
        return found

    @cached_property
    def _vectors(self) -> tuple[np.ndarray, np.ndarray]:
        """[n, d] of those that are answered and [m, d] of the others, in the learned metric."""
        size = len(next(iter(self._stored.values()), ()))

        def turned(known: Iterable[Known]) -> np.ndarray:
            stored = [self._stored[sha256(one.text)] for one in known]
            return self._metric.turn(np.stack(stored)) if stored else np.zeros((0, size), np.float32)

        return turned(self._answered), turned(k for k in self._known if k.opening == NOTHING)


NO_QUESTIONS = Asked([], {}, Metric(None))
