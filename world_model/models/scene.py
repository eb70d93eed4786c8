"""An encoder for what an episode keeps, such as where its walls stand: features of rows and columns, each boiled down to
the place where it is strongest."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.data import to_tensor

SIDE = 64
SHARPNESS = 2.0
"""Of every place, at first; it is learned."""
FAINTEST = 0.02
"""The least spread, of means of pixels in 0 to 1, that is brought to size 1."""
SAMPLE = 1000
"""Frames that the spreads are taken over."""


class SceneEncoder(nn.Module):
    """Frames [N, 3, 64, 64] uint8 -> [N, size]. A frame is first averaged over its rows and over its columns (strip
    pooling, Hou et al. 2020, arXiv 2003.13328): a wall or a gap in it is plain in one of the two, and a small thing that
    moves is faint. Then, along each, `count` learned features become places by spatial soft-argmax (Finn et al. 2016,
    arXiv 1509.06113, section IV-B), of which the state is a linear function.

    So where a door is stays a *smooth* number. An encoder free to choose any code for a layout tells a probe the same, but
    a predictor that reads such a code learns layouts by heart. From 1,000 episodes of two-rooms:random and 1,500 updates,
    55 % of 800 imagined dots came through solid walls, against 17 % with places, and 21 % told the true wall and door.
    """

    usual: Tensor
    """[2, 3, 64]: mean of the columns' and rows' means, which are brought to mean 0 and deviation 1 by it and `spread`."""
    spread: Tensor

    def __init__(self, size: int, count: int = 8, width: int = 9):
        super().__init__()
        self.along = nn.ModuleList([nn.Conv1d(3, count, width, padding=width // 2) for _ in range(2)])
        self.sharpness = nn.Parameter(torch.full((2, count, 1), SHARPNESS))
        self.head = nn.Linear(2 * count, size)
        self.register_buffer("usual", torch.zeros(2, 3, SIDE))
        self.register_buffer("spread", torch.ones(2, 3, SIDE))
        self.register_buffer("middle", torch.zeros(2 * count))
        self.register_buffer("scale", torch.ones(2 * count))
        self.register_buffer("grid", torch.linspace(-2, 2, SIDE), persistent=False)

    middle: Tensor
    """[2 * count]: the places' means; with `scale` they too are brought to one size."""
    scale: Tensor
    grid: Tensor

    def strips(self, obs: Tensor) -> Tensor:
        """Frames -> [N, 2, 3, 64] in 0 to 1: the mean colour of every column, and of every row."""
        pixels = obs.movedim(-3, -1).contiguous().float()
        return torch.stack([pixels.mean(1), pixels.mean(2)], 1).transpose(2, 3) / 255

    def places(self, obs: Tensor) -> Tensor:
        """Frames -> [N, 2 * count]: x of the columns' features, then y of the rows', in -2 (the first) to 2 (the last)."""
        strips = (self.strips(obs) - self.usual) / self.spread
        maps = torch.stack([conv(strips[:, k]) for k, conv in enumerate(self.along)], 1)
        sharp = self.sharpness * F.layer_norm(maps, maps.shape[3:])
        return (torch.softmax(sharp, -1) @ self.grid).flatten(1)

    @torch.no_grad()
    def begin(self, frames: np.ndarray) -> None:
        """Takes what is usual, and what varies by how much, from `frames` [N, 64, 64, 3] uint8."""
        obs = to_tensor(frames[:SAMPLE])
        spread, usual = torch.std_mean(self.strips(obs), 0)
        self.usual.copy_(usual)
        self.spread.copy_(spread.clamp_min(FAINTEST))
        scale, middle = torch.std_mean(self.places(obs), 0)
        self.middle.copy_(middle)
        self.scale.copy_(scale.clamp_min(0.05))

    def forward(self, obs: Tensor) -> Tensor:
        return self.head((self.places(obs) - self.middle) / self.scale)


def begin(encoder: nn.Module, obs: np.ndarray) -> None:
    """Begins a scene encoder at what is usual in the first frames of `obs` [N, T, ...]; other encoders stay as they are."""
    if isinstance(encoder, SceneEncoder):
        encoder.begin(obs[:, 0])
