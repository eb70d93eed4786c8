"""An encoder that says where things are: learned features, each boiled down to the place where it is strongest."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.models.parts import Patches

CELLS = 16
"""Along each side of a map: patches of 4 x 4 pixels."""
SHARPNESS = 4.0
"""Of every keypoint, at first; it is learned."""


class KeypointEncoder(nn.Module):
    """Frames [N, 3, 64, 64] uint8 -> [N, size], by spatial soft-argmax (Finn et al. 2016, arXiv 1509.06113, section
    IV-B): each of `count` maps becomes a distribution over its cells, and all that is kept of it is the mean place.

    Two things in one frame then do not compete: each has keypoints of its own, and a place is a number from the first
    update on. A plain convolution must first learn what is where, and sees the larger thing long before the smaller.
    Every map is brought to mean 0 and deviation 1 before the softmax, so that a faint thing makes as sharp a point.
    """

    grid: Tensor
    """[cells, 2]: the middle of each cell, x and y in -2 to 2."""

    def __init__(self, size: int, count: int, channels: int = 16):
        super().__init__()
        self.stem = Patches(channels, 64 // CELLS)
        self.maps = nn.Conv2d(channels, count, kernel_size=3, padding=1)
        self.sharpness = nn.Parameter(torch.full((count, 1), SHARPNESS))
        self.head = nn.Sequential(nn.Linear(2 * count, 64), nn.ReLU(), nn.Linear(64, size))
        middle = torch.linspace(-2, 2, CELLS)
        grid = torch.stack([middle.repeat(CELLS), middle.repeat_interleave(CELLS)], 1)
        self.register_buffer("grid", grid, persistent=False)

    def points(self, obs: Tensor) -> Tensor:
        """Frames -> places [N, count, 2], x and y in -2 (the first cell) to 2 (the last)."""
        maps = self.maps(F.relu(self.stem(obs))).flatten(2)
        return torch.softmax(self.sharpness * F.layer_norm(maps, maps.shape[2:]), -1) @ self.grid

    def forward(self, obs: Tensor) -> Tensor:
        return self.head(self.points(obs).flatten(1))
