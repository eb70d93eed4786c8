"""Does this sentence answer this question, or set it right? A small network reads both at once.

A cosine tells that a question and a sentence are about one thing. "How large is the replay buffer of MBPO?" is near to
what is said of that buffer, and "why did AlphaZero lose to Stockfish?" to what is said of those games; neither is
answered. The judge is a cross-encoder (Nogueira and Cho, Passage Re-ranking with BERT, 2019): the embedder's own network,
its layers fitted on to pairs of a question and a sentence by `corpus.bench.judge`. Stored is what that changed.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from corpus.retrieval.embed import Embedder

PATH = Path(__file__).parent / "judge.safetensors"
KINDS = ANSWERS, NEITHER, SETS_RIGHT = 0, 1, 2
LONGEST = 96
"""Tokens of a question and a sentence together; what is longer is cut."""
HEARD = 4
"""Sentences of an answer that are judged."""
REMEMBERED = 2048
"""Readings that are kept: a follow-up and a second look read the same again."""
SCALE = ".scale"
"""After a matrix's name: what its rows, stored as whole numbers from -127 to 127, are multiplied with."""


class Judge:
    """Float32 on one thread, so that one question has one answer."""

    def __init__(self, embedder: Embedder, path: Path = PATH) -> None:
        """Raises OSError or SafetensorError where the file can't be read."""
        import torch
        from safetensors import safe_open

        encoder: Any = embedder.model[0].model
        self._tokenizer: Any = embedder.model.tokenizer
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._read)
        self.encoder = copy.deepcopy(encoder, {id(encoder.embeddings): encoder.embeddings}).eval()
        with safe_open(path, "pt") as file, torch.no_grad():
            for name, weight in self.encoder.encoder.named_parameters():
                change = file.get_tensor(name).float()
                if change.ndim == 2:
                    change *= file.get_tensor(name + SCALE)[:, None]
                weight += change
            self.head, self.bias = file.get_tensor("head"), file.get_tensor("bias")

    def read(self, question: str, sentences: Sequence[str]) -> np.ndarray:
        """[sentences, KINDS] log probabilities that each answers the question, does neither, or sets it right."""
        return self._remembered(question, tuple(sentences))

    def _read(self, question: str, sentences: tuple[str, ...]) -> np.ndarray:
        import torch

        with torch.inference_mode():
            logits = judged(self.encoder, self._tokenizer, [(question, text) for text in sentences])
            found: np.ndarray = (logits @ self.head.T + self.bias).log_softmax(1).numpy()
        found.flags.writeable = False
        return found


def judged(encoder: Any, tokenizer: Any, pairs: Sequence[tuple[str, str]]) -> Any:
    """[pairs, d] tensor: each pair's tokens as the network sees them together, their mean."""
    tokens = tokenizer(
        [question for question, _ in pairs],
        [sentence for _, sentence in pairs],
        truncation=True,
        max_length=LONGEST,
        padding=True,
        return_tensors="pt",
    )
    states, mask = encoder(**tokens).last_hidden_state, tokens["attention_mask"].unsqueeze(-1)
    return ((states * mask).sum(1) / mask.sum(1)).float()


@lru_cache(maxsize=1)
def judge_of(embedder: Embedder | None) -> Judge | None:
    """None without an embedder, and for another than the one whose layers were fitted."""
    from safetensors import safe_open

    if embedder is None:
        return None
    with safe_open(PATH, "np") as file:
        fitted = (file.metadata() or {}).get("embedder") == embedder.hash
    return Judge(embedder) if fitted else None


def verdicts(embedder: Embedder | None, question: str, sentences: Sequence[str]) -> tuple[float, float]:
    """(log odds that one of the first few sentences answers, probability that one sets the question right rather than any
    answers), as the judge sees the likeliest of each; 0 and 0 without a judge."""
    judge = judge_of(embedder)
    if judge is None or not sentences:
        return 0.0, 0.0
    answers, _, rights = judge.read(question, sentences[:HEARD]).max(0).tolist()
    return answers - float(np.log(-np.expm1(min(answers, -1e-6)))), 1 / (1 + float(np.exp(answers - rights)))
