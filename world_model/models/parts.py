"""What nearly everything is built from: a small network, and many rows sent through it a cacheful at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


def mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Two hidden layers."""
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.ReLU(inplace=True),
        nn.Linear(hidden, hidden),
        nn.ReLU(inplace=True),
        nn.Linear(hidden, outputs),
    )


PIECE = 512
"""Rows that pass through a network together where there are many: so few that what its layers make of them stays in the
processor's cache."""


def in_pieces(net: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """[..., D] -> net(rows), PIECE rows at a time."""
    found = joined([net(piece) for piece in rows.reshape(-1, rows.shape[-1]).split(PIECE)])
    return found.view(*rows.shape[:-1], found.shape[-1])


def joined(pieces: list[Tensor]) -> Tensor:
    """One piece isn't copied."""
    return torch.cat(pieces) if len(pieces) > 1 else pieces[0]
