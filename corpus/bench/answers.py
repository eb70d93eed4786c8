"""`orrery bench answers`: questions with known answers, and without: answered rightly, refused rightly, by half and kind.

The questions are a YAML file with `answerable` (q, facts, source | source_any | sources, kind, half), `unanswerable`
(q, why, half) and `dialogues` (turns, half). The halves were split once; nothing is tuned by looking at the second.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus.bench.machine import machine, threads
from corpus.errors import CorpusError
from corpus.library.lock import Report, silent
from corpus.records import Answer
from corpus.retrieval.index import Corpus

HALVES = ("tune", "test")
TOP = 5
"""Passages among which a wanted source should be found."""

Entry = dict[str, Any]


@dataclass(frozen=True)
class Count:
    """So many of so many."""

    right: int
    n: int

    @property
    def share(self) -> float:
        return self.right / self.n if self.n else float("nan")


@dataclass(frozen=True)
class HalfScores:
    """One half of the questions."""

    half: str
    right: Count
    """Answerable questions whose answer holds the facts and cites a wanted source."""
    found: Count
    """Answerable questions of which a wanted source is among the first TOP passages."""
    precision: Count
    """Refused questions that should be."""
    recall: Count
    """Questions that should be refused and are."""
    kinds: dict[str, Count]
    """Of `right`, by the kind of question."""
    reasons: dict[str, Count]
    """Of `recall`, by why there is no answer."""
    dialogues: Count
    """Conversations of which every turn is right."""
    turns: Count
    words_mean: float
    """In an answer."""
    ms_median: float
    """For a question, retrieval and all."""

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class AnswersBench:
    """Both halves, and what they were measured on."""

    questions: str
    """The file's name."""
    halves: tuple[HalfScores, ...]
    corpus_hash: str
    machine: str
    threads: int
    date: str

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def bench_answers(path: Path, corpus: Corpus, report: Report = silent) -> AnswersBench:
    """Raises CorpusError where the file is none of the kind."""
    entries = read_questions(path)
    halves = []
    for half in HALVES:
        report(f"{half} half: asking")
        halves.append(measure(entries, half, corpus))
    return AnswersBench(
        path.name, tuple(halves), corpus.hash, machine(), threads(), time.strftime("%Y-%m-%d")
    )


def read_questions(path: Path) -> dict[str, list[Entry]]:
    """The three lists of the file."""
    import yaml

    try:
        found = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CorpusError(f"{path} can't be read as questions ({type(error).__name__})") from None
    if not isinstance(found, dict) or not found.get("answerable") or not found.get("unanswerable"):
        raise CorpusError(f"{path.name} must hold the lists answerable, unanswerable and dialogues")
    return {name: list(found.get(name) or []) for name in ("answerable", "unanswerable", "dialogues")}


def measure(entries: dict[str, list[Entry]], half: str, corpus: Corpus) -> HalfScores:
    """Ask every question of one half."""
    return scores(replies(entries, half, corpus))


@dataclass(frozen=True)
class Replies:
    """What was said to the questions of one half; None to what is no question."""

    half: str
    answerable: list[tuple[Entry, Answer | None]]
    unanswerable: list[tuple[Entry, Answer | None]]
    dialogues: list[list[bool]]
    """Whether each turn was right."""
    took: list[float]
    """Milliseconds for each question, retrieval and all."""


def replies(entries: dict[str, list[Entry]], half: str, corpus: Corpus) -> Replies:
    """Every question of one half asked."""
    from corpus.answering.answer import ask

    took: list[float] = []

    def asked(entry: Entry) -> Answer | None:
        began = time.perf_counter()
        try:
            return ask(entry["q"], corpus, writer="extractive")
        except CorpusError:  # no question at all: refused before it is asked
            return None
        finally:
            took.append((time.perf_counter() - began) * 1000)

    def mine(name: str) -> list[Entry]:
        return [entry for entry in entries[name] if entry["half"] == half]

    yes = [(entry, asked(entry)) for entry in mine("answerable")]
    no = [(entry, asked(entry)) for entry in mine("unanswerable")]
    talks = [_turns(entry["turns"], corpus) for entry in mine("dialogues")]
    return Replies(half, yes, no, talks, took)


def scores(found: Replies) -> HalfScores:
    """What the replies count."""
    yes, no, talks = found.answerable, found.unanswerable, found.dialogues
    rightly = sum(refused(answer) for _, answer in no)
    wrongly = sum(refused(answer) for _, answer in yes)
    lengths = [sum(len(s.text.split()) for s in a.sentences) for _, a in yes if a and a.sentences]
    return HalfScores(
        half=found.half,
        right=Count(sum(right(entry, answer) for entry, answer in yes), len(yes)),
        found=Count(sum(source_found(entry, answer) for entry, answer in yes), len(yes)),
        precision=Count(rightly, rightly + wrongly),
        recall=Count(rightly, len(no)),
        kinds=_by((entry.get("kind", ""), right(entry, answer)) for entry, answer in yes),
        reasons=_by((entry.get("why", ""), refused(answer)) for entry, answer in no),
        dialogues=Count(sum(map(all, talks)), len(talks)),
        turns=Count(sum(map(sum, talks)), sum(map(len, talks))),
        words_mean=float(np.mean(lengths)) if lengths else 0.0,
        ms_median=float(np.median(found.took)),
    )


def wanted(entry: Entry) -> set[str]:
    """Sources of which one must be cited; where there are none, any may be."""
    return (
        {entry["source"]} if "source" in entry else set(entry.get("source_any") or entry.get("sources", ()))
    )


def right(entry: Entry, answer: Answer | None) -> bool:
    """Every fact stands in the answer's text, and a wanted source is cited."""
    if answer is None or answer.refusal:
        return False
    text = " ".join(sentence.text for sentence in answer.sentences)
    cited = {citation.source_id for sentence in answer.sentences for citation in sentence.citations}
    sourced = not wanted(entry) or bool(wanted(entry) & cited)
    return sourced and all(re.search(f, text, re.IGNORECASE) for f in entry["facts"])


def refused(answer: Answer | None) -> bool:
    return answer is None or answer.refusal is not None


def source_found(entry: Entry, answer: Answer | None) -> bool:
    return answer is not None and bool({hit.passage.source_id for hit in answer.hits[:TOP]} & wanted(entry))


def _turns(turns: Sequence[Entry], corpus: Corpus) -> list[bool]:
    """Whether each turn of one conversation is right; an earlier turn's answer is what later ones refer to."""
    from corpus.answering.answer import ask

    history: list[Answer] = []
    found = []
    for turn in turns:
        answer = ask(turn["q"], corpus, history=tuple(history), writer="extractive")
        history.append(answer)
        found.append(refused(answer) if turn.get("refuse") else right(turn, answer))
    return found


def _by(pairs: Iterable[tuple[str, bool]]) -> dict[str, Count]:
    """Name -> how many, of how many; names in order."""
    found: dict[str, list[bool]] = {}
    for name, good in pairs:
        found.setdefault(name, []).append(good)
    return {name: Count(sum(found[name]), len(found[name])) for name in sorted(found)}
