"""SQuAD 2.0 (Rajpurkar, Jia, Liang 2018): paragraphs, and questions that they answer or only seem to."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import CorpusError


@dataclass(frozen=True)
class Asked:
    """A question to a paragraph. `spans`: where its answer stands, or where a careless reader would think it does."""

    text: str
    answerable: bool
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Paragraph:
    text: str
    questions: tuple[Asked, ...]


@dataclass(frozen=True)
class Article:
    title: str
    paragraphs: tuple[Paragraph, ...]


def read_squad(path: Path) -> list[Article]:
    """Every article of a SQuAD 2.0 file (`.json` or `.json.gz`), by title. Raises CorpusError where it is none."""
    try:
        raw = path.read_bytes()
        articles = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)["data"]
        return sorted((_article(article) for article in articles), key=lambda article: article.title)
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not SQuAD 2.0's JSON"
        raise CorpusError(f"{path} can't be read: {why}; give dev-v2.0.json of SQuAD 2.0") from None


def _article(raw: dict[str, Any]) -> Article:
    return Article(
        raw["title"].replace("_", " "),
        tuple(Paragraph(p["context"], tuple(map(_asked, p["qas"]))) for p in raw["paragraphs"]),
    )


def _asked(raw: dict[str, Any]) -> Asked:
    marked = raw.get("plausible_answers", []) if raw["is_impossible"] else raw["answers"]
    spans = {(a["answer_start"], a["answer_start"] + len(a["text"])) for a in marked}
    return Asked(raw["question"].strip(), not raw["is_impossible"], tuple(sorted(spans)))
