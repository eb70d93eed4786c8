"""Test collections in BEIR's layout: documents, questions, and which document answers which question.

Thakur et al., BEIR (2021): `corpus.jsonl`, `queries.jsonl`, `qrels/test.tsv`, each possibly gzipped.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import CorpusError

CUT = 10
"""Ranks that count."""


@dataclass(frozen=True)
class Dataset:
    """One collection; only questions that have a judgement."""

    name: str
    documents: dict[str, tuple[str, str]]
    """Id -> (title, text)."""
    questions: dict[str, str]
    judged: dict[str, dict[str, int]]
    """Question -> document -> gain, above 0."""


def read_dataset(folder: Path) -> Dataset:
    """Raises CorpusError naming the file, and the line where one is wrong."""
    if not folder.is_dir():
        raise CorpusError(
            f"no folder {folder}; --dataset names one that holds corpus.jsonl and queries.jsonl"
        )
    documents = {
        str(row["_id"]): (str(row.get("title", "")), str(row.get("text", "")))
        for row in _rows(folder, "corpus.jsonl")
    }
    asked = {str(row["_id"]): str(row.get("text", "")) for row in _rows(folder, "queries.jsonl")}
    judged: dict[str, dict[str, int]] = {}
    path = _find(folder, "qrels.tsv", "qrels/test.tsv")
    for number, line in enumerate(_lines(path), 1):
        parts = line.split("\t")
        if number == 1 and parts[-1].strip() == "score":
            continue
        try:
            question, document, gain = parts[0], parts[1], int(parts[2])
        except (IndexError, ValueError):
            raise CorpusError(
                f"{path.name}, line {number}: not query, document and score: {line[:60]!r}"
            ) from None
        if gain > 0 and question in asked and document in documents:
            judged.setdefault(question, {})[document] = gain
    if not judged:
        raise CorpusError(f"{path}: no question of the folder has a judged document in it")
    questions = {id: text for id, text in asked.items() if id in judged}
    return Dataset(folder.resolve().name, documents, questions, judged)


def ndcg(ranked: Sequence[str], gains: Mapping[str, int], cut: int = CUT) -> float:
    """Normalised discounted cumulative gain, in [0, 1]: Järvelin and Kekäläinen (2002), gains as judged."""

    def discounted(values: Sequence[int]) -> float:
        return sum(value / math.log2(rank + 1) for rank, value in enumerate(values, 1))

    best = discounted(sorted(gains.values(), reverse=True)[:cut])
    return discounted([gains.get(id, 0) for id in ranked[:cut]]) / best


def recall(ranked: Sequence[str], gains: Mapping[str, int], cut: int = CUT) -> float:
    """Share of the judged documents among the first `cut`."""
    return len(gains.keys() & set(ranked[:cut])) / len(gains)


def interval(values: Sequence[float], seed: int = 0, samples: int = 2000) -> tuple[float, float]:
    """95 % of the means of resampled questions lie between these: the percentile bootstrap."""
    drawn = np.random.default_rng(seed).integers(len(values), size=(samples, len(values)))
    low, high = np.percentile(np.asarray(values, float)[drawn].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def _find(folder: Path, *names: str) -> Path:
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    raise CorpusError(f"{folder.name} holds no {' or '.join(names)}")


def _lines(path: Path) -> Iterator[str]:
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
            yield from (line.rstrip("\r\n") for line in file if line.strip())
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise CorpusError(f"{path.name} can't be read ({type(error).__name__})") from None


def _rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    path = _find(folder, name)
    for number, line in enumerate(_lines(path), 1):
        try:
            row = json.loads(line)
        except ValueError:
            raise CorpusError(f"{path.name}, line {number}: not JSON: {line[:60]!r}") from None
        if not isinstance(row, dict) or "_id" not in row:
            raise CorpusError(f"{path.name}, line {number}: no field '_id'")
        yield row
