"""Fits `weights.json`: how much each named number counts in choosing sentences and in refusing.

    python -m corpus.answering.fit --questions tests/corpus/evaluation.yaml tests/corpus/questions.yaml \\
        tests/corpus/more_questions.yaml tests/corpus/fresh_questions.yaml tests/corpus/premises.yaml

What caution trades is measured on all of them; every question is judged by fits to the others' folds.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from corpus.answering.answer import SURE
from corpus.answering.cases import Case, cases, read_questions
from corpus.answering.choose import Candidate, choose, in_order
from corpus.answering.cover import SIGNALS, signals
from corpus.answering.features import FEATURES, INDEX, KNOWN
from corpus.answering.meaning import KNOWS_NOTHING, Sort
from corpus.answering.trading import Outcome, best, trade_off
from corpus.answering.weights import LEVELS, PATH, Linear, Rank
from corpus.retrieval.index import Corpus, build_library

RANK_PRIOR, PRIOR, SORT_PRIOR = 0.6, 1.0, 0.3
"""Strength of the pull towards 0, of features as they are (ranking), of signals scaled to spread 1 (refusal), and of
the dimensions of a bare question's vector (its sort)."""
FOLDS = 5


def fit_rank(made: Sequence[Case], seed: int = 0) -> Rank:
    """Weights that put a right sentence first: conditional logit over each question's candidates.

    McFadden, Conditional Logit Analysis of Qualitative Choice Behavior (1974), with the right ones' shares added. Each
    question counts thrice: as it is, and with half and all of its sources made strange, as if no questions of theirs were
    known. So the user's own documents are weighed, alone and beside the digests.
    """
    import torch

    made = [case for case in made if case.answerable and any(map(case.gold, case.ranked))]
    rng = np.random.default_rng(seed)
    described = [np.stack([c.features for c in case.ranked]) for case in made]
    for share in (0.5, 1.0):
        described += [_made_strange(case, described[i], share, rng) for i, case in enumerate(made)]
    longest, size = max(map(len, described)), len(FEATURES)
    x = torch.zeros(len(described), longest, 2 * size)
    right = torch.zeros(len(described), longest, dtype=torch.bool)
    there = torch.zeros(len(described), longest, dtype=torch.bool)
    for i, (case, rows) in enumerate(zip(made * 3, described, strict=True)):
        n, familiar = len(rows), rows[:, INDEX["familiar"], None]
        x[i, :n] = torch.from_numpy(np.hstack([rows * familiar, rows * (1 - familiar)]))
        right[i, :n] = torch.tensor([case.gold(c) for c in case.ranked])
        there[i, :n] = True

    def loss(w: Any) -> Any:
        shares = (x @ w).masked_fill(~there, -1e9).log_softmax(1)
        return -shares.masked_fill(~right, -1e9).logsumexp(1).sum() + RANK_PRIOR / 2 * (w**2).sum()

    w = _minimum(loss, 2 * size)
    return Rank(Linear(0.0, _named(FEATURES, w[:size])), Linear(0.0, _named(FEATURES, w[size:])))


def _made_strange(case: Case, described: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """[candidates, FEATURES] with what is known of the questions of a share of the sources taken away."""
    sources = sorted({c.source_id for c in case.ranked})
    strange = {source for source, out in zip(sources, rng.random(len(sources)) < share, strict=True) if out}
    rows = np.flatnonzero([c.source_id in strange for c in case.ranked])
    made = described.copy()
    for name in KNOWN:
        made[rows, INDEX[name]] = 0.0
    return made


def fit_cover(rows: Sequence[tuple[dict[str, float], bool]], names: Sequence[str]) -> Linear:
    """Logistic regression of whether there is an answer on the signals of these names."""
    import torch

    raw = torch.tensor([[float(found[name]) for name in names] for found, _ in rows])
    y = torch.tensor([float(answers) for _, answers in rows])
    mean, spread = raw.mean(0), raw.std(0) + 1e-6
    x = (raw - mean) / spread

    def loss(w: Any) -> Any:
        z = x @ w[:-1] + w[-1]
        each = torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none")
        return each.sum() + PRIOR * (w[:-1] ** 2).sum()

    w = _minimum(loss, len(names) + 1)
    weights = w[:-1] / spread.numpy()
    return Linear(round(float(w[-1] - weights @ mean.numpy()), 4), _named(names, weights))


def fit_sort(made: Sequence[Case], embedder: str) -> Sort:
    """Logistic regression of whether a question has an answer on the vector of the bare question."""
    import torch

    vectors = [case.meaning.bare for case in made if case.meaning]
    if not vectors:
        return KNOWS_NOTHING
    x = torch.from_numpy(np.stack(vectors))
    y = torch.tensor([float(case.answerable) for case in made if case.meaning])

    def loss(w: Any) -> Any:
        z = x @ w[:-1] + w[-1]
        each = torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none")
        return each.sum() + SORT_PRIOR * (w[:-1] ** 2).sum()

    w = _minimum(loss, x.shape[1] + 1)
    return Sort(embedder, round(float(w[-1]), 3), tuple(round(float(value), 3) for value in w[:-1]))


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


def ranked_by(case: Case, rank: Rank) -> list[Candidate]:
    if not case.ranked:
        return []
    scores = rank.rows(np.stack([c.features for c in case.ranked]))
    return in_order(
        [dataclasses.replace(c, score=float(s)) for c, s in zip(case.ranked, scores, strict=True)]
    )


@dataclass(frozen=True)
class Held:
    """A question as weights see it that were fitted without it."""

    case: Case
    fold: int
    found: dict[str, float] | None
    """Its signals; None where it is refused before any is asked for."""
    right: bool
    """Whether the sentences chosen, or its guide's, answer it."""


def held_out(corpus: Corpus, made: Sequence[Case], seed: int = 0) -> list[Held]:
    """Each question once, its sentences and its sort judged by fits to the other folds.

    Refusal is fitted to these signals, not to those of questions that the ranking was fitted to: they look better
    than any new question's.
    """
    order = np.random.default_rng(seed).permutation(len(made))
    held: list[Held] = []
    for fold in range(FOLDS):
        rest = [made[i] for other in range(FOLDS) if other != fold for i in order[other::FOLDS]]
        rank, sort = fit_rank(rest), fit_sort(rest, corpus.embedder_hash)
        for case in (made[i] for i in order[fold::FOLDS]):
            ranked = ranked_by(case, rank)
            if case.question.unknown or not ranked:
                held.append(Held(case, fold, None, False))
                continue
            chosen = choose(corpus, case.question, ranked)
            odds = sort.log_odds(case.meaning, corpus.embedder_hash)
            found = signals(corpus, case.question, ranked, chosen, case.meaning, odds)
            held.append(Held(case, fold, found, case.answerable and case.right(case.guided or chosen)))
    return held


def cover_of(held: Sequence[Held], names: Sequence[str]) -> Linear:
    return fit_cover([(h.found, h.case.answerable) for h in held if h.found is not None], names)


def outcomes(held: Sequence[Held], names: Sequence[str]) -> list[Outcome]:
    """What would become of each question, its refusal too judged by a fit to the other folds."""
    found = []
    for fold in range(FOLDS):
        cover = cover_of([h for h in held if h.fold != fold], names)
        for h in (h for h in held if h.fold == fold):
            share = 0.0 if h.found is None else SURE if h.case.guided else cover.share(h.found)
            found.append(Outcome(h.case, share, h.right))
    return found


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


def fit_level(corpus: Corpus, made: Sequence[Case]) -> dict[str, Any]:
    """The weights of one level, fitted to all of `made`, and what caution trades over them.

    The caution to begin with is the best on that curve.
    """
    names = SIGNALS["lexical" if corpus.embedder is None else "dense"]
    held = held_out(corpus, made)
    found = outcomes(held, names)
    curve = trade_off(found)
    caution = best(curve)["caution"]
    for file in dict.fromkeys(o.case.entry["file"] for o in found):
        points = trade_off([o for o in found if o.case.entry["file"] == file])
        print(file, next(p for p in points if p["caution"] == caution))
    return {
        "caution": caution,
        "rank": dataclasses.asdict(fit_rank(made)),
        "cover": dataclasses.asdict(cover_of(held, names)),
        "sort": dataclasses.asdict(fit_sort(made, corpus.embedder_hash)),
        "trade_off": curve,
    }


def main(
    questions: tuple[Path, ...], out: Path = PATH, levels: tuple[Literal["dense", "lexical"], ...] = LEVELS
) -> None:
    """Fit and write the weights.

    Args:
        questions: YAML files of questions as in tests/corpus.
        out: Where to write.
        levels: With the embedder and without; the weights of one that is left out stay as they are.
    """
    entries = read_questions(questions)
    before = json.loads(out.read_text()) if out.is_file() else {}
    found: dict[str, Any] = {level: before[level] for level in LEVELS if level in before} | {
        "questions": [path.name for path in questions],
        "answerable": sum("facts" in e for e in entries),
        "unanswerable": sum("facts" not in e for e in entries),
        "made": f"each level's trade-off is cross-validated: {FOLDS} folds",
    }
    for level in levels:
        with _equipped(level) as corpus:
            made = cases(corpus, entries)
            found[level] = fit_level(corpus, made)
    out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
