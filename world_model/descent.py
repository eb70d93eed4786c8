"""Small networks fitted beside a model: probes, distances, and whatever else is read from its latents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """What is drawn inside, such as a new network's weights, comes from `seed`; nobody else's randomness moves."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


@torch.enable_grad()
def descend(
    parameters: Iterable[nn.Parameter], loss: Callable[[int], Tensor], updates: int, rate: float
) -> None:
    """Adam, its step size falling from `rate` to zero on a cosine. `loss` draws its own batch; it is told the update."""
    optimiser = torch.optim.Adam(parameters, rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, updates)
    for update in range(updates):
        optimiser.zero_grad()
        loss(update).backward()
        optimiser.step()
        schedule.step()
