"""An encoder that says where things are: learned features, each boiled down to the place where it is strongest."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.data import to_tensor
from world_model.models.encoders import Patches, patches_of

CELLS = 16
"""Along each side of a map: patches of 4 x 4 pixels."""
SHARPNESS = 2.0
"""Of every keypoint, at first; it is learned."""
RIDGE = 0.01
"""Variance, of pixels in -1 to 1, below which what patches differ by is taken for noise."""


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

    @torch.no_grad()
    def look_for(self, obs: np.ndarray, rng: np.random.Generator) -> None:
        """Begins every keypoint at a patch of `obs` [N, 64, 64, 3] uint8, each unlike the others.

        From random weights, all maps are strongest on the largest thing; softmax then shows nothing of a small one, not
        even to a gradient. Patches are drawn as k-means++ draws its seeds (Arthur and Vassilvitskii 2007), by their
        squared distance from those drawn already, on whitened patches: what is rare is as likely as what is large.
        """
        patches = patches_of(to_tensor(obs), self.stem.side).flatten(0, 2).float() / 127.5 - 1
        mean, spread = patches.mean(0), patches.T.cov() + RIDGE * torch.eye(patches.shape[1])
        value, vector = torch.linalg.eigh(spread)
        root = vector @ torch.diag(value.rsqrt()) @ vector.T
        white = (patches - mean) @ root
        chosen = torch.zeros(0, patches.shape[1])
        distance = white.square().sum(1)
        for _ in range(len(self.stem.weight)):
            chance = distance.double()
            drawn = int(rng.choice(len(white), p=(chance / chance.sum()).numpy()))
            chosen = torch.cat([chosen, white[drawn : drawn + 1]])
            distance = torch.minimum(distance, (white - white[drawn]).square().sum(1))
        weight = F.normalize(chosen) @ root
        side = self.stem.side
        self.stem.weight.copy_(weight.view(-1, side, side, 3).permute(0, 3, 1, 2))
        assert self.stem.bias is not None
        self.stem.bias.copy_(-weight @ mean)
        self.maps.weight.mul_(0.1)
        for k, own in enumerate(self.maps.weight):
            own[k % len(weight)] += 1 / 9

    def forward(self, obs: Tensor) -> Tensor:
        return self.head(self.points(obs).flatten(1))


def look_for(encoder: nn.Module, obs: np.ndarray, seed: int) -> None:
    """Begins a keypoint encoder at what is seen in the first frames of `obs` [N, T, ...]; other encoders stay as they are."""
    if isinstance(encoder, KeypointEncoder):
        encoder.look_for(obs[:100, 0], np.random.default_rng(seed))
