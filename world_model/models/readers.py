"""What reads a latent: the viewer and the probe, trained last, that nothing else depends on; and a painter for the families
that learn by painting frames again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.models.parts import in_pieces, mlp


class Viewer(nn.Module):
    """[N, D] -> [N, 3, 64, 64], nearly in [0, 1]: for people's eyes only.

    A picture is what frames have in common, and strokes upon it: each a colour, laid on by how far a row times how far
    a column is part of it. So a dot, a wall and a door are one or two strokes each, sharp to the pixel. A row's and a
    column's profiles are sums of waves, which makes them smooth; the waves begin as cosines.
    """

    def __init__(self, state_size: int, strokes: int = 12, waves: int = 32, hidden: int = 128):
        super().__init__()
        self.shape = (strokes, 2, waves)
        self.strokes = mlp(state_size, hidden, strokes * 2 * waves)
        angle = (torch.arange(64) + 0.5) * torch.pi / 64
        self.waves = nn.Parameter(torch.cos(torch.arange(waves)[:, None] * angle) * (2 / waves) ** 0.5)
        self.colour = nn.Parameter(torch.randn(strokes, 3))
        self.room = nn.Parameter(torch.zeros(3, 64, 64))
        self.register_buffer("mean", torch.zeros(state_size))
        self.register_buffer("scale", torch.ones(state_size))

    mean: Tensor
    scale: Tensor

    def begin(self, usual: Tensor, states: Tensor) -> None:
        """From the `usual` frame [3, 64, 64] in [0, 1] and from states [..., D] that will be painted, whose numbers are
        brought to one size: a dot's place must not be the quietest of them."""
        self.room.data.copy_(usual)
        spread, mean = torch.std_mean(states.flatten(0, -2), 0)
        self.mean.copy_(mean)
        self.scale.copy_(spread.clamp_min(1e-3))

    def forward(self, state: Tensor) -> Tensor:
        told = self.strokes((state - self.mean) / self.scale).view(-1, *self.shape)
        rows, columns = F.relu(told @ self.waves).unbind(2)
        return self.room + torch.einsum("kc,nkh,nkw->nchw", self.colour, rows, columns)


class Painter(nn.Module):
    """[N, D] -> [N, 3, 64, 64] in [0, 1]: the decoder of a family that learns by painting frames again.

    `room` is what the frames have in common; an MLP paints what differs, in 16 x 16 cells of 4 x 4 pixels.
    """

    def __init__(self, state_size: int, usual: Tensor, channels: int = 6):
        """`usual` [3, 64, 64] in [0, 1]: what `room` begins as."""
        super().__init__()
        self.channels = channels
        self.cells = nn.Sequential(nn.Linear(state_size, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.grid = nn.Linear(64, channels * 16 * 16)
        self.pixels = nn.Conv2d(channels, 3 * 4 * 4, kernel_size=1)
        self.room = nn.Parameter(torch.logit(usual.clamp(0.02, 0.98)))

    def forward(self, state: Tensor) -> Tensor:
        grid = F.relu(self.grid(self.cells(state))).view(-1, self.channels, 16, 16)
        return torch.sigmoid(self.room + F.pixel_shuffle(self.pixels(grid), 4))


def make_viewer(obs_shape: tuple[int, ...], state_size: int) -> nn.Module:
    """For frames, or for vectors: then simply what would be observed."""
    return Viewer(state_size) if len(obs_shape) == 3 else mlp(state_size, 64, obs_shape[0])


def make_painter(obs_shape: tuple[int, ...], state_size: int, usual: Tensor | None) -> nn.Module:
    """For frames, of which one is the `usual`, or for vectors."""
    return mlp(state_size, 64, obs_shape[0]) if usual is None else Painter(state_size, usual)


def shown(picture: Tensor) -> Tensor:
    """What a viewer gives, as it is observed: pictures become uint8."""
    return (picture.clamp(0, 1) * 255).round().to(torch.uint8) if picture.dim() == 4 else picture


class Probe(nn.Module):
    """[..., D] -> hidden facts by name: one MLP each, in the fact's own units."""

    def __init__(self, state_size: int, facts: dict[str, int], hidden: int = 64):
        super().__init__()
        self.heads = nn.ModuleDict({name: mlp(state_size, hidden, size) for name, size in facts.items()})
        for name, size in facts.items():
            self.register_buffer(f"mean_{name}", torch.zeros(size))
            self.register_buffer(f"scale_{name}", torch.ones(size))

    def forward(self, state: Tensor) -> dict[str, Tensor]:
        return {name: self.one(state, name) for name in self.heads}

    def one(self, state: Tensor, name: str) -> Tensor:
        """[..., D] -> that fact [..., k]."""
        told = in_pieces(self.heads[name], state)
        return getattr(self, f"mean_{name}") + getattr(self, f"scale_{name}") * told

    def fit_units(self, name: str, values: Tensor) -> None:
        """Learn a fact's mean and spread from recorded `values` [n, k]."""
        getattr(self, f"mean_{name}").copy_(values.mean(0))
        getattr(self, f"scale_{name}").copy_(values.std(0).clamp_min(1e-3))


class Readings(Mapping[str, Tensor]):
    """Facts that are read when they are asked for: a planner that wants one does not pay for all."""

    def __init__(self, probe: Probe, state: Tensor):
        self.probe, self.state = probe, state

    def __getitem__(self, name: str) -> Tensor:
        return self.probe.one(self.state, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.probe.heads)

    def __len__(self) -> int:
        return len(self.probe.heads)
