"""Fits `weights.json`: how much each named number counts in choosing sentences and in refusing.

    python -m corpus.answering.fit --questions tests/corpus/evaluation.yaml tests/corpus/questions.yaml

Questions marked `half: test` are left out before anything is read of them. A question with an answer also serves
as one without: once with every sentence that holds a right fact taken away, which leaves a near miss.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from corpus.answering.choose import Candidate, candidates, choose, in_order
from corpus.answering.cover import SIGNALS, signals
from corpus.answering.features import FEATURES
from corpus.answering.question import Question, checked, parse
from corpus.answering.spelling import mended
from corpus.answering.weights import LEVELS, PATH, Linear
from corpus.errors import CorpusError
from corpus.retrieval.index import Corpus, build_library

START = Linear(
    0.0, {"cosine": 4.0, "passage": 2.0, "found": 2.0, "covers": 2.0, "subject": 1.0, "thing": 1.0}
)
"""What ranks the candidates of the first round."""
PRIOR = 1.0
"""Strength of the pull towards 0, of features as they are (ranking) or scaled to spread 1 (refusal)."""
MASKED = 0.05
"""What a near miss made by masking counts beside a real question."""
FOLDS, REPEATS = 5, 1
TIE = 0.02
"""Of a share: so near, two cautions are equals."""


@dataclass(frozen=True)
class Case:
    """A question, its candidates, and what is known of its answer."""

    entry: dict[str, Any]
    question: Question
    ranked: tuple[Candidate, ...]
    vector: np.ndarray | None = None
    """[d] the question's."""

    @property
    def answerable(self) -> bool:
        return "facts" in self.entry

    def gold(self, candidate: Candidate) -> bool:
        return self._source(candidate) and any(self._holds(candidate.text))

    def right(self, chosen: Sequence[Candidate]) -> bool:
        text = " ".join(candidate.text for candidate in chosen)
        return any(map(self._source, chosen)) and all(self._holds(text))

    def masked(self) -> tuple[Candidate, ...]:
        return tuple(c for c in self.ranked if not any(self._holds(c.text)))

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
        vector = corpus.embedder.encode([text])[0] if corpus.embedder else None
        question = parse(text, corpus.names)
        near, far = read(corpus, question, vector, 12)
        ranked = candidates(corpus, question, [*near, *far], vector, START)
        made.append(Case(entry, question, tuple(ranked), vector))
    return made


def fit_rank(made: Sequence[Case]) -> Linear:
    """Weights that put a right sentence first: conditional logit over each question's candidates.

    McFadden, Conditional Logit Analysis of Qualitative Choice Behavior (1974), with the right ones' shares added.
    """
    import torch

    made = [case for case in made if case.answerable and any(map(case.gold, case.ranked))]
    longest = max(len(case.ranked) for case in made)
    x = torch.zeros(len(made), longest, len(FEATURES))
    right = torch.zeros(len(made), longest, dtype=torch.bool)
    there = torch.zeros(len(made), longest, dtype=torch.bool)
    for i, case in enumerate(made):
        n = len(case.ranked)
        x[i, :n] = torch.from_numpy(np.stack([c.features for c in case.ranked]))
        right[i, :n] = torch.tensor([case.gold(c) for c in case.ranked])
        there[i, :n] = True

    def loss(w: Any) -> Any:
        shares = (x @ w).masked_fill(~there, -1e9).log_softmax(1)
        return -shares.masked_fill(~right, -1e9).logsumexp(1).sum() + PRIOR / 2 * (w**2).sum()

    return Linear(0.0, _named(FEATURES, _minimum(loss, len(FEATURES))))


def fit_cover(rows: Sequence[tuple[dict[str, float], bool, float]], names: Sequence[str]) -> Linear:
    """Logistic regression of (signals, whether they answer, what the row counts) on the signals of these names."""
    import torch

    raw = torch.tensor([[float(found[name]) for name in names] for found, _, _ in rows])
    y = torch.tensor([float(answers) for _, answers, _ in rows])
    share = torch.tensor([counts for _, _, counts in rows])
    mean, spread = raw.mean(0), raw.std(0) + 1e-6
    x = (raw - mean) / spread

    def loss(w: Any) -> Any:
        z = x @ w[:-1] + w[-1]
        each = torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none")
        return (share * each).sum() + PRIOR * (w[:-1] ** 2).sum()

    w = _minimum(loss, len(names) + 1)
    weights = w[:-1] / spread.numpy()
    return Linear(round(float(w[-1] - weights @ mean.numpy()), 4), _named(names, weights))


def _minimum(loss: Callable[[Any], Any], size: int) -> np.ndarray:
    import torch

    w = torch.zeros(size, requires_grad=True)
    steps = torch.optim.LBFGS([w], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Any:
        steps.zero_grad()
        value = loss(w)
        value.backward()
        return value

    steps.step(closure)
    return w.detach().numpy()


def _named(names: Sequence[str], values: np.ndarray) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


def ranked_by(case: Case, rank: Linear) -> list[Candidate]:
    if not case.ranked:
        return []
    scores = rank.rows(FEATURES, np.stack([c.features for c in case.ranked]))
    return in_order(
        [dataclasses.replace(c, score=float(s)) for c, s in zip(case.ranked, scores, strict=True)]
    )


@dataclass(frozen=True)
class Outcome:
    """What became of a question that was left out of the fit."""

    case: Case
    share: float
    """Probability that it is answered, as the fit without it sees it."""
    right: bool


def rows_of(corpus: Corpus, made: Sequence[Case], rank: Linear) -> list[tuple[dict[str, float], bool, float]]:
    """What refusal is fitted to: each question's signals, and those of its masked twin."""
    rows: list[tuple[dict[str, float], bool, float]] = []
    for case in made:
        if case.question.unknown or not case.ranked:
            continue  # refused before any signal is asked for
        ranked = ranked_by(case, rank)
        chosen = choose(corpus, case.question, ranked)
        found = signals(corpus, case.question, ranked, chosen, case.vector)
        rows.append((found, case.answerable, 1.0))
        if not case.answerable or not case.question.matter:
            continue  # who asks just about a thing is answered by nearly all that is said of it
        if left := ranked_by(dataclasses.replace(case, ranked=case.masked()), rank):
            chosen = choose(corpus, case.question, left)
            rows.append((signals(corpus, case.question, left, chosen, case.vector), False, MASKED))
    return rows


def level_of(corpus: Corpus) -> str:
    return "lexical" if corpus.embedder is None else "dense"


def left_out(corpus: Corpus, made: Sequence[Case], seed: int) -> list[Outcome]:
    """Each question once, judged by weights fitted to the other folds."""
    order = np.random.default_rng(seed).permutation(len(made))
    found: list[Outcome] = []
    for fold in range(FOLDS):
        rest = [made[i] for other in range(FOLDS) if other != fold for i in order[other::FOLDS]]
        rank = fit_rank(rest)
        cover = fit_cover(rows_of(corpus, rest, rank), SIGNALS[level_of(corpus)])
        for case in (made[i] for i in order[fold::FOLDS]):
            ranked = ranked_by(case, rank)
            if case.question.unknown or not ranked:
                found.append(Outcome(case, 0.0, False))
                continue
            chosen = choose(corpus, case.question, ranked)
            share = cover.share(signals(corpus, case.question, ranked, chosen, case.vector))
            found.append(Outcome(case, share, case.answerable and case.right(chosen)))
    return found


def trade_off(found: Sequence[Outcome]) -> list[dict[str, float]]:
    """For each caution: of the answerable the share answered and answered rightly; of refusals the precision and recall."""
    with_answer = [o for o in found if o.case.answerable]
    without = [o for o in found if not o.case.answerable]
    curve = []
    for caution in np.linspace(0, 1, 41):
        refused = sum(o.share < caution for o in without)
        wrongly = sum(o.share < caution for o in with_answer)
        curve.append(
            {
                "caution": round(float(caution), 3),
                "answered": round(1 - wrongly / len(with_answer), 4),
                "rightly": round(
                    sum(o.right for o in with_answer if o.share >= caution) / len(with_answer), 4
                ),
                "precision": round(refused / (refused + wrongly), 4) if refused + wrongly else 1.0,
                "recall": round(refused / len(without), 4),
            }
        )
    return [{name: float(value) for name, value in point.items()} for point in curve]


def best(curve: Sequence[dict[str, float]]) -> dict[str, float]:
    """The least cautious point whose weakest figure is the highest but for `TIE`.

    Two or three questions decide between such points, and who is refused wrongly has nothing to check.
    """
    weakest = [min(point["rightly"], point["precision"], point["recall"]) for point in curve]
    return next(point for point, value in zip(curve, weakest, strict=True) if value >= max(weakest) - TIE)


@contextmanager
def _equipped(level: str):  # type: ignore[no-untyped-def]
    """A corpus of the shipped sources at a level; without an embedder for the lexical one."""
    before = os.environ.get("ORRERY_EMBEDDER")
    if level == "lexical":
        os.environ["ORRERY_EMBEDDER"] = "none"
    try:
        library = build_library(own=False)
    finally:
        if level == "lexical":
            del os.environ["ORRERY_EMBEDDER"]
            if before is not None:
                os.environ["ORRERY_EMBEDDER"] = before
    try:
        yield library.current()
    finally:
        library.close()


def fit_level(corpus: Corpus, made: Sequence[Case], measured_on: str) -> dict[str, Any]:
    """The weights of one level, fitted to all of `made`, and what caution trades over the questions of one file.

    The caution to begin with is the best on that curve.
    """
    found = [outcome for seed in range(REPEATS) for outcome in left_out(corpus, made, seed)]
    rank, curve = fit_rank(made), trade_off([o for o in found if o.case.entry["file"] == measured_on])
    caution = best(curve)["caution"]
    for file in dict.fromkeys(o.case.entry["file"] for o in found):
        points = trade_off([o for o in found if o.case.entry["file"] == file])
        print(level_of(corpus), file, next(p for p in points if p["caution"] == caution))
    return {
        "caution": caution,
        "rank": dataclasses.asdict(rank),
        "cover": dataclasses.asdict(fit_cover(rows_of(corpus, made, rank), SIGNALS[level_of(corpus)])),
        "trade_off": curve,
    }


def main(
    questions: tuple[Path, ...], out: Path = PATH, levels: tuple[Literal["dense", "lexical"], ...] = LEVELS
) -> None:
    """Fit and write the weights.

    Args:
        questions: YAML files of questions as in tests/corpus; the trade-off is measured on the first.
        out: Where to write.
        levels: With the embedder and without; the weights of one that is left out stay as they are.
    """
    entries = read_questions(questions)
    before = json.loads(out.read_text()) if out.is_file() else {}
    found: dict[str, Any] = {level: before[level] for level in LEVELS if level in before} | {
        "questions": [path.name for path in questions],
        "answerable": sum("facts" in e for e in entries),
        "unanswerable": sum("facts" not in e for e in entries),
        "made": "each level's trade-off is cross-validated on the tuning half: "
        f"{FOLDS} folds, {REPEATS} times",
    }
    for level in levels:
        with _equipped(level) as corpus:
            made = cases(corpus, entries)
            found[level] = fit_level(corpus, made, questions[0].name)
    out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
