"""Many texts embedded at once: bfloat16 where the processor multiplies in it, batches of like length.

Matrix products in bfloat16 (AMX or AVX-512 BF16) are several times as fast as in float32; the vectors' cosine to
float32's is above .999. Without such a processor the same batches run in float32.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH_TOKENS = 2048
"""Tokens in a batch, padding included: fewer leave the matrix units idle, more leave the cache."""
STEP = 16
"""Widths are multiples of it."""
HALF = {"avx512_bf16", "amx_bf16"}
"""A processor with any of these multiplies in bfloat16; another one is twenty times as slow at it as in float32."""


def processor_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """What the processor can do, as Linux tells it; empty where that is not known."""
    try:
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("flags"):
                return frozenset(line.split(":", 1)[1].split())
    except OSError:
        pass
    return frozenset()


class FastEncoder:
    """A SentenceTransformer's own encoder, pooled by the mean and scaled to unit length."""

    def __init__(self, model: SentenceTransformer, flags: frozenset[str]) -> None:
        import torch

        encoder: Any = model[0].model
        self.half = bool(HALF & flags)
        if self.half:
            import copy

            encoder = copy.deepcopy(encoder).to(torch.bfloat16).eval()
        self._encoder: Any = encoder
        self._tokenizer: Any = model.tokenizer
        self._longest = int(model.max_seq_length or 256)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """[texts, dimensions] float32, unit length."""
        import torch

        tokens = self._tokenizer(list(texts), truncation=True, max_length=self._longest, padding=False)
        ids: list[list[int]] = tokens["input_ids"]
        found: np.ndarray | None = None
        with torch.inference_mode():
            for batch in batches([len(row) for row in ids]):
                rows, width = shape(len(batch), max(len(ids[i]) for i in batch))
                taken = torch.zeros(rows, width, dtype=torch.long)
                mask = torch.zeros(rows, width, dtype=torch.long)
                mask[:, 0] = 1  # a row of padding alone attends to its first place, not to nothing
                for row, i in enumerate(batch):
                    taken[row, : len(ids[i])] = torch.tensor(ids[i])
                    mask[row, : len(ids[i])] = 1
                states = self._encoder(input_ids=taken, attention_mask=mask).last_hidden_state.float()
                share = mask[:, :, None].float()
                mean = (states * share).sum(1) / share.sum(1)
                vectors = torch.nn.functional.normalize(mean[: len(batch)], dim=1).numpy()
                if found is None:
                    found = np.zeros((len(ids), vectors.shape[1]), np.float32)
                found[batch] = vectors
        assert found is not None, "no texts"
        return found


def fits(model: SentenceTransformer) -> bool:
    """Whether the model is what `FastEncoder` computes: an encoder, its mean, scaled to unit length."""
    kinds = [type(part).__name__ for part in model]
    return kinds == ["Transformer", "Pooling", "Normalize"] and (model[1].pooling_mode == "mean")


def shape(rows: int, width: int) -> tuple[int, int]:
    """The batch's size with padding: one of a few, because torch keeps compiled code and memory for each it meets."""
    width = -(-width // STEP) * STEP
    most = max(BATCH_TOKENS // width, 1)
    return min(1 << (rows - 1).bit_length(), most), width


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of the texts, like lengths together, at most BATCH_TOKENS padded tokens a batch."""
    order = sorted(range(len(lengths)), key=lambda i: (lengths[i], i))
    batch: list[int] = []
    for i in reversed(order):  # the longest first: it sets the batch's width
        if batch and len(batch) == shape(len(lengths), lengths[batch[0]])[0]:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
