"""The questions that the sentences of the digests answer, as people ask them; those they set right; and near misses.

A sentence is found by its own wording, and people ask in other words. So every digest has a file of questions beside it,
written sentence by sentence: document expansion (Nogueira et al., Document Expansion by Query Prediction, 2019), with
questions that were written for it instead of predicted. The user's own documents have none; they are found by their wording.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from corpus.errors import CorpusError
from corpus.loaders.text import sha256
from corpus.retrieval.metric import Metric
from corpus.retrieval.vectors import Vectors
from corpus.retrieval.words import plain, terms

_WORD = re.compile(r"[a-z0-9]+")
FOLDER = "asked"
"""Beside the digests. `<id>.txt` holds the opening words of a sentence on a line, and its questions, indented, below."""
NOTHING = "-"
"""Stands in place of the opening words above the questions that no digest answers: the near misses."""
WRONG = "! "
"""Before a question that takes for granted what its sentence sets right: a false premise."""


ROUND, SHARPNESS = 10, 20.0
"""How many of either kind are round about a question, and what their cosines are multiplied with in a softmax."""
SAME = 0.95
"""Cosine in the learned metric from which on two questions are one."""


@dataclass(frozen=True, eq=False)
class Known:
    """A question of which it is known what answers it, sets it right, or that nothing does."""

    source: str
    """The digest's id."""
    opening: str
    """The opening words of that sentence, or `NOTHING`."""
    text: str
    wrong: bool = False
    """It takes for granted what the sentence sets right."""

    @property
    def answered(self) -> bool:
        return self.opening != NOTHING and not self.wrong


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
            text = line.strip()
            found.append(Known(path.stem, opening, text.removeprefix(WRONG), text.startswith(WRONG)))
    return found


@dataclass(frozen=True, eq=False)
class Alike:
    """How like one question is to the known ones: cosines in the learned metric."""

    answered: np.ndarray
    """[n] to those that a sentence answers."""
    wrong: np.ndarray
    """[k] to those that a sentence sets right."""
    missed: np.ndarray
    """[m] to those that nothing answers."""

    @property
    def astray(self) -> float:
        """Log odds that nothing answers it, by the known questions round about: the more alike, the more one counts."""
        if not len(self.answered) or not len(self.missed):
            return 0.0
        missed, answered = (
            np.exp(np.sort(part)[-ROUND:] * SHARPNESS).sum() for part in (self.missed, self.answered)
        )
        return float(np.log(missed / answered))

    @property
    def nearest(self) -> float:
        """Cosine to the most alike of all."""
        return max(map(_nearest, (self.answered, self.wrong, self.missed)))

    @property
    def certain(self) -> bool:
        """Whether it is, all but word for word, a question of which it is known that nothing answers it: for lack of a
        sentence, or since it takes something wrong for granted."""
        unanswered = max(_nearest(self.missed), _nearest(self.wrong))
        return unanswered >= max(SAME, _nearest(self.answered))


def _nearest(cosines: np.ndarray) -> float:
    return float(cosines.max(initial=0.0))


_NONE = np.zeros(0, np.float32)
NOTHING_KNOWN = Alike(_NONE, _NONE, _NONE)


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
        answered, wrong, missed = self._vectors
        return Alike(answered @ turned, wrong @ turned, missed @ turned) if len(answered) else NOTHING_KNOWN

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

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Stems that stand side by side in a question that a sentence answers, stop words left out."""
        found = (terms(known.text) for known in self._answered)
        return frozenset(pair for stems in found for pair in itertools.pairwise(stems))

    @cached_property
    def words(self) -> frozenset[str]:
        """Plain words of the questions that a sentence answers."""
        return frozenset(word for known in self._answered for word in _WORD.findall(plain(known.text)))

    def _of(self, source: str, sentence: str) -> Sequence[int]:
        openings = self._rows.get(source, {})
        return next((rows for opening, rows in openings.items() if sentence.startswith(opening)), ())

    @cached_property
    def _known(self) -> Sequence[Known]:
        found = (known for path in self._files for known in read_asked(path))
        return [known for known in found if sha256(known.text) in self._stored]

    @cached_property
    def _answered(self) -> Sequence[Known]:
        return [known for known in self._known if known.answered]

    @cached_property
    def _wrong(self) -> Sequence[Known]:
        return [known for known in self._known if known.wrong]

    @cached_property
    def _rows(self) -> Mapping[str, Mapping[str, list[int]]]:
        """Digest -> opening -> rows of its questions."""
        found: dict[str, dict[str, list[int]]] = {}
        for row, known in enumerate(self._answered):
            found.setdefault(known.source, {}).setdefault(known.opening, []).append(row)
        return found

    @cached_property
    def _vectors(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """[n, d] of those that are answered, [k, d] set right and [m, d] neither, in the learned metric."""
        size = len(next(iter(self._stored.values()), ()))

        def turned(known: Iterable[Known]) -> np.ndarray:
            stored = [self._stored[sha256(one.text)] for one in known]
            return self._metric.turn(np.stack(stored)) if stored else np.zeros((0, size), np.float32)

        missed = (known for known in self._known if known.opening == NOTHING)
        return turned(self._answered), turned(self._wrong), turned(missed)


NO_QUESTIONS = Asked([], {}, Metric(None))
