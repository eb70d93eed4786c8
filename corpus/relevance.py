"""Does this text answer this question? A learned judge: MiniLM reading both at once, with an adapter of 150 KB.

The embedder sees question and sentence apart and measures whether they are about the same thing. An answer is more:
"Who wrote it?" wants a name. The adapter (LoRA, Hu et al. 2021) turns the same weights into a reader of pairs; it was
trained on SQuAD 2.0 (Rajpurkar et al. 2018), half of whose questions look answerable and are not. See
`corpus.train_relevance`, which makes it again, and `relevance.json`, its passport.

It is a weak judge. On 222 questions to three articles that it never saw, answerable and not are told apart with AUROC
.67 (best cosine .61, BM25 .53), but its first sentence is right less often (.46; .52 and .54). On the shipped sources
cosine tells them apart better than it does: one feature among others, at most.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus.embed import Embedder
from corpus.errors import CorpusError
from corpus.fast import processor_flags

if TYPE_CHECKING:
    from corpus.relevance_model import Reader

ADAPTER = Path(__file__).with_name("relevance.safetensors")
FORMAT = "orrery-relevance-1"
BUDGET = 1536
"""Padded word pieces read at once: more leave the cache."""


def open_relevance(embedder: Embedder | None, adapter: Path = ADAPTER) -> tuple[Relevance | None, str]:
    """The judge, and an empty line; or None and one line on why there is none. Nothing heavy is loaded yet."""
    if embedder is None:
        return None, "Sentences are chosen without the learned judge: there is no embedder."
    try:
        return Relevance(embedder, adapter), ""
    except CorpusError as error:
        return None, f"Sentences are chosen without the learned judge: {error}."


class Relevance:
    """Scores of texts for a question, in [0, 1]."""

    def __init__(self, embedder: Embedder, adapter: Path = ADAPTER) -> None:
        """Raises CorpusError where the adapter is missing, damaged, or made for another embedder."""
        self.embedder = embedder
        self.passport = passport(adapter)
        if self.passport["embedder"] != embedder.hash:
            made = str(self.passport["embedder"])[:12]
            raise CorpusError(
                f"{adapter.name} was made for another embedder ({made}..., not {embedder.key[:12]}...)"
            )
        self.adapter = adapter
        self.hash: str = self.passport["sha256"]
        """Of the adapter; with the embedder's it says what an answer was judged by."""

    def score(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """[texts] float32: how likely each text answers the question.

        Calibrated on SQuAD 2.0's questions and single sentences. The same call gives the same bytes on one machine;
        the same pair among other texts may differ in the third decimal, because bfloat16 rounds by batch.
        """
        slope, shift = self.passport["calibration"]
        chances = np.clip(slope * self.logits(question, texts) + shift, -30, 30)
        return (1 / (1 + np.exp(-chances))).astype(np.float32)

    def logits(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """[texts] float64, before calibration."""
        import torch

        from corpus.relevance_model import alike, collate, tokens

        found = np.zeros(len(texts))
        if not len(texts):
            return found
        tokenizer, reader = self._reader
        pairs = tokens(tokenizer, [question] * len(texts), texts)
        with torch.inference_mode():
            for rows in alike(pairs, BUDGET):
                found[rows] = reader(collate([pairs[i] for i in rows]))[0].numpy()
        return found

    @cached_property
    def _reader(self) -> tuple[Any, Reader]:
        """Tokenizer and reader, from disk at the first use: about a second."""
        import torch
        from safetensors.torch import load_file

        from corpus.relevance_model import Rank, Reader, load_encoder

        tokenizer, encoder = load_encoder(self.embedder.folder)
        reader = Reader(encoder, Rank(**self.passport["size"]))
        reader.load(load_file(self.adapter))
        reader.merge()
        if not self.embedder.plain and {"avx512_bf16", "amx_bf16"} & processor_flags():
            encoder.to(torch.bfloat16)
        return tokenizer, reader.eval()


def passport(adapter: Path = ADAPTER) -> dict[str, Any]:
    """What lies beside the adapter: data, seed, figures. Raises CorpusError where either file is not as it was made."""
    beside = adapter.with_suffix(".json")
    for path in (adapter, beside):
        if not path.is_file():
            raise CorpusError(f"{path.name} is missing")
    try:
        found = json.loads(beside.read_text(encoding="utf-8"))
        known = {name: found[name] for name in ("format", "sha256", "embedder", "size", "calibration")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{beside.name} is damaged ({type(error).__name__})") from None
    if known["format"] != FORMAT:
        raise CorpusError(f"{beside.name} has the format {known['format']!r}, not {FORMAT!r}")
    if known["sha256"] != hashlib.sha256(adapter.read_bytes()).hexdigest():
        raise CorpusError(f"{adapter.name} is damaged (its content does not match its hash)")
    return dict(found)
