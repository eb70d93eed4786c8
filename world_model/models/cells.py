"""What a model whose latent keeps the picture's cells is built from: an 8 x 8 map of patches, told, painted and probed.

Vectors are a map of one cell, so that a model made of these parts takes them too.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.data import to_tensor
from world_model.models.parts import Probe

PATCH = 8
"""Pixels a side of a cell."""
CHUNK = 512
"""States that a probe takes at once: a planner asks for hundreds of thousands."""


class CellEncoder(nn.Module):
    """Frames [N, 3, 64, 64] uint8 -> [N, 8, 8, E], vectors [N, d] -> [N, 1, 1, E]: the principal components of each patch,
    brought to equal spread. Found from recorded frames in a second, not learned by gradients, so nothing can collapse.

    A ball that covers a few of sixty-four patches is then as loud as the scenery (Coates and Ng 2012, section 3).
    """

    weight: Tensor
    """[E, P]."""
    bias: Tensor
    """[E]."""

    def __init__(self, obs_shape: tuple[int, ...], components: int):
        super().__init__()
        self.side = obs_shape[-1] // PATCH if len(obs_shape) == 3 else 1
        numbers = 3 * PATCH * PATCH if len(obs_shape) == 3 else obs_shape[0]
        self.register_buffer("weight", torch.zeros(components, numbers))
        self.register_buffer("bias", torch.zeros(components))

    @torch.no_grad()
    def fit(self, obs: np.ndarray, floor: float) -> None:
        """To observations [N, ...]. What varies by less than `floor`, in grey levels squared (in units squared, of
        vectors), is not blown up to full size. More components than there are numbers stay 0."""
        patches = self.patches(to_tensor(obs))
        value, vector = torch.linalg.eigh(patches.T.cov())
        many = min(len(self.weight), len(value))
        scaled = vector * (value.clamp_min(0) + floor).rsqrt()
        self.weight[:many] = scaled.T.flip(0)[:many].half().float()  # as a checkpoint will hold it
        self.bias.copy_((-self.weight @ patches.mean(0)).half().float())

    def patches(self, obs: Tensor) -> Tensor:
        """[N, ...] -> [N * cells, P]."""
        if obs.dim() == 2:
            return obs.float()
        rows = obs.movedim(-3, -1).reshape(-1, self.side, PATCH, self.side, 3 * PATCH)
        return rows.transpose(2, 3).reshape(-1, 3 * PATCH * PATCH).float()

    def forward(self, obs: Tensor) -> Tensor:
        told = F.linear(self.patches(obs), self.weight, self.bias)
        return told.view(len(obs), self.side, self.side, -1)


class CellViewer(nn.Module):
    """A map of M numbers a cell, flat [N, cells * M] -> [N, 3, 64, 64] in [0, 1], or vectors [N, d]: for people's eyes only.

    Every cell paints its own patch, all with the same weights, on `room`, which is what the frames have in common.
    """

    def __init__(self, obs_shape: tuple[int, ...], size: int, hidden: int = 64):
        super().__init__()
        self.frames, self.size = len(obs_shape) == 3, size
        self.side = obs_shape[-1] // PATCH if self.frames else 1
        self.paint = nn.Sequential(
            nn.Linear(size, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 3 * PATCH * PATCH if self.frames else obs_shape[0]),
        )
        self.room = nn.Parameter(torch.zeros(obs_shape))

    def begin(self, usual: Tensor, states: Tensor) -> None:
        """From the `usual` frame [3, 64, 64] in [0, 1]."""
        self.room.data.copy_(torch.logit(usual.clamp(0.02, 0.98)))

    def forward(self, state: Tensor) -> Tensor:
        painted = self.paint(state.view(-1, self.side, self.side, self.size))
        if not self.frames:
            return self.room + painted[:, 0, 0]
        return torch.sigmoid(self.room + F.pixel_shuffle(painted.movedim(-1, 1), PATCH))


class CellProbe(Probe):
    """A map of M numbers a cell, flat [..., cells * M] -> hidden facts by name. All facts share a first look at the cells;
    each has an MLP of its own on what that found."""

    def __init__(self, obs_shape: tuple[int, ...], size: int, facts: dict[str, int], found: int = 96):
        super().__init__(found, facts, hidden=48)
        self.side, self.size = (obs_shape[-1] // PATCH if len(obs_shape) == 3 else 1), size
        self.cell = nn.Sequential(nn.Linear(size, 48), nn.ReLU(), nn.Linear(48, 16), nn.ReLU(), nn.Flatten())
        self.all = nn.Linear(16 * self.side**2, found)

    def forward(self, state: Tensor) -> dict[str, Tensor]:
        found = torch.cat([self._found(some) for some in state.reshape(-1, state.shape[-1]).split(CHUNK)])
        return {name: values.view(*state.shape[:-1], -1) for name, values in super().forward(found).items()}

    def _found(self, state: Tensor) -> Tensor:
        return F.relu(self.all(self.cell(state.unflatten(1, (self.side**2, self.size)))))
