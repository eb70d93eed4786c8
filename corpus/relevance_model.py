"""The reader behind `corpus.relevance`: MiniLM over a question and a text at once, with a low-rank adapter.

Imports torch: import it where it is used.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from corpus.errors import CorpusError

ADAPTED = ("query", "value")
"""Names of the linear layers that get an adapter, in each of BERT's layers."""
LONGEST = 192
"""Word pieces of question and text together; what is longer is cut at the text's end."""


@dataclass(frozen=True)
class Rank:
    """The adapter's size: W becomes W + scale/rank * up @ down."""

    rank: int = 8
    scale: float = 16.0


class LowRank(nn.Module):
    """A frozen linear layer plus a trained product of two thin matrices (LoRA, Hu et al. 2021, eq. 3).

    `up` starts at zero, so an untrained adapter changes nothing.
    """

    def __init__(self, linear: nn.Linear, size: Rank, draw: torch.Generator) -> None:
        super().__init__()
        self.linear = linear
        start = torch.randn(size.rank, linear.in_features, generator=draw) / math.sqrt(linear.in_features)
        self.down, self.up = nn.Parameter(start), nn.Parameter(torch.zeros(linear.out_features, size.rank))
        self.scale = size.scale / size.rank

    def forward(self, x: Tensor) -> Tensor:
        thin = functional.linear(x, self.down.to(x.dtype))
        return self.linear(x) + functional.linear(thin, self.up.to(x.dtype) * self.scale)

    def merged(self) -> nn.Linear:
        """The same map as one layer, added up in float32: no slower than the layer without an adapter."""
        extra = self.up.float() @ self.down.float() * self.scale
        self.linear.weight.data = (self.linear.weight.float() + extra).to(self.linear.weight.dtype)
        return self.linear


@dataclass(frozen=True)
class Batch:
    """Pairs as word pieces: `ids`, `types` (1 in the text, else 0) and `mask` (0 in the padding), each [B, T]."""

    ids: Tensor
    types: Tensor
    mask: Tensor


class Reader(nn.Module):
    """A question and a text in; out comes how far the text answers it, and where."""

    def __init__(self, encoder: Any, size: Rank, seed: int = 0) -> None:
        super().__init__()
        self.size = size
        draw = torch.Generator().manual_seed(seed)
        self.encoder = (
            encoder.eval()
        )  # its own dropout stays off: the adapter is small, and this is twice as fast
        for parameter in encoder.parameters():
            parameter.requires_grad_(False)
        for module in list(encoder.encoder.modules()):
            for name, child in list(module.named_children()):
                if name in ADAPTED and isinstance(child, nn.Linear):
                    setattr(module, name, LowRank(child, size, draw))
        width = encoder.config.hidden_size
        self.ends = nn.Parameter(0.02 * torch.randn(2, width, generator=draw))
        """Directions of an answer's first and last word piece."""
        self.whole = nn.Parameter(torch.zeros(2 * width + 2))
        """Weights of the pair's summary (first place, and mean of the text), of the answer's margin, and a bias."""

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits [B] that the text answers, and [B, T, 2] that a piece begins or ends the answer.

        Place 0 stands for "no answer in this text", as in Devlin et al., BERT (2019), section 4.3.
        """
        states = self.encoder(
            input_ids=batch.ids, token_type_ids=batch.types, attention_mask=batch.mask
        ).last_hidden_state.float()
        inside = batch.types[:, :, None].float()
        mean = (states * inside).sum(1) / inside.sum(1).clamp(min=1)
        outside = (batch.types == 0)[:, :, None].expand(-1, -1, 2).clone()
        outside[:, 0] = False
        ends = (states @ self.ends.T).masked_fill(outside, -1e4)
        margin = ends[:, 1:].amax(1).sum(-1) - ends[:, 0].sum(-1)
        summary = torch.cat([states[:, 0], mean, margin[:, None], torch.ones_like(margin)[:, None]], 1)
        return summary @ self.whole, ends

    def trained(self) -> dict[str, Tensor]:
        """What training changes, by name: all that an adapter file holds."""
        return {name: p.detach() for name, p in self.named_parameters() if p.requires_grad}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Take over what `trained` gave. Raises CorpusError where names or shapes are another reader's."""
        mine = {name: p for name, p in self.named_parameters() if p.requires_grad}
        if mine.keys() != tensors.keys() or any(mine[name].shape != tensors[name].shape for name in mine):
            raise CorpusError("the adapter is not made for this embedder")
        for name, parameter in mine.items():
            parameter.data = tensors[name].float()

    def merge(self) -> None:
        """Put the adapter into the encoder's weights. For reading only: nothing is left to train."""
        for module in list(self.encoder.modules()):
            for name, child in list(module.named_children()):
                if isinstance(child, LowRank):
                    setattr(module, name, child.merged())


def load_encoder(folder: Path) -> tuple[Any, Any]:
    """(tokenizer, float32 encoder) of a sentence-transformers folder. Raises CorpusError where it isn't BERT's kind."""
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        encoder = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    except Exception as error:
        raise CorpusError(f"the embedder in {folder} can't be loaded: {type(error).__name__}") from None
    if getattr(encoder.config, "type_vocab_size", 0) < 2 or not hasattr(encoder, "encoder"):
        raise CorpusError("the embedder is no BERT encoder, so the adapter does not fit it")
    return tokenizer, encoder


Tokens = tuple[list[int], list[int]]
"""Word pieces of a pair, and their types."""


def tokens(tokenizer: Any, questions: Sequence[str], texts: Sequence[str]) -> list[Tokens]:
    """Each pair as `[CLS] question [SEP] text [SEP]`; the type is 1 in the text and 0 elsewhere."""
    cut = tokenizer(list(questions), truncation=True, max_length=LONGEST // 2, add_special_tokens=False)
    made = tokenizer(list(texts), truncation=True, max_length=LONGEST, add_special_tokens=False)
    first, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
    found: list[Tokens] = []
    for question, text in zip(cut["input_ids"], made["input_ids"], strict=True):
        text = text[: LONGEST - 3 - len(question)]
        types = [0] * (len(question) + 2) + [1] * len(text) + [0]
        found.append(([first, *question, sep, *text, sep], types))
    return found


def collate(pairs: Sequence[Tokens], step: int = 8) -> Batch:
    """Padded to the longest, and that to a multiple of `step`."""
    width = -(-max(len(ids) for ids, _ in pairs) // step) * step
    ids = torch.zeros(len(pairs), width, dtype=torch.long)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, (pieces, kinds) in enumerate(pairs):
        ids[row, : len(pieces)] = torch.tensor(pieces)
        types[row, : len(pieces)] = torch.tensor(kinds)
        mask[row, : len(pieces)] = 1
    return Batch(ids, types, mask)


def alike(pairs: Sequence[Tokens], budget: int) -> Iterator[list[int]]:
    """Indices of the pairs, the longest first, like lengths together, at most `budget` padded pieces at once."""
    order = sorted(range(len(pairs)), key=lambda i: (-len(pairs[i][0]), i))
    while order:
        count = max(1, budget // len(pairs[order[0]][0]))
        yield order[:count]
        order = order[count:]
