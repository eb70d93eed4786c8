"""What several families are built from: encoders, the viewer, the probe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized, register_parametrization, remove_parametrizations


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


class Patches(nn.Conv2d):
    """Frames [N, 3, 64, 64] uint8 -> [N, channels, 64 / side, 64 / side]: a convolution whose stride is its width, done
    as one matrix product over patches. It is several times faster on a CPU than a stack of strided convolutions.

    While training, the product is taken in bfloat16 where the processor has it: pixels fit it exactly.
    """

    def __init__(self, channels: int, side: int = 8):
        super().__init__(3, channels, kernel_size=side, stride=side)
        self.side = side

    def forward(self, obs: Tensor) -> Tensor:
        kind = torch.bfloat16 if self.training and has_bfloat16() else torch.float32
        patches = patches_of(obs, self.side).to(kind)
        weight = self.weight.permute(0, 2, 3, 1).flatten(1)
        assert self.bias is not None
        offset = (self.bias - weight.sum(1)).to(kind)
        return F.linear(patches, (weight / 127.5).to(kind), offset).float().movedim(-1, 1)


def patches_of(obs: Tensor, side: int) -> Tensor:
    """Frames [N, 3, 64, 64] -> [N, 64 / side, 64 / side, side * side * 3]: each patch by rows, then pixels, then colours."""
    cells = obs.shape[-1] // side
    rows = obs.movedim(-3, -1).reshape(-1, cells, side, cells, 3 * side)
    return rows.transpose(2, 3).flatten(3)


class Whitening(nn.Module):
    """Weights [channels, 3, 8, 8] as they are learned -> as they are used: on patches whose covariance is near 1.

    Gradient descent sees first what varies most. Where that is a texture, a small dot is learned a hundred times too
    slowly, unless every direction of patch space is divided by its spread (ZCA whitening, Bell and Sejnowski 1997).
    What varies by less than `floor` grey levels squared, pixel noise say, is not blown up to size.
    """

    def __init__(self, frames: np.ndarray, floor: float):
        """`frames` [N, 64, 64, 3] uint8."""
        super().__init__()
        patches = torch.from_numpy(frames).view(-1, 8, 8, 8, 8, 3).permute(0, 1, 3, 5, 2, 4).reshape(-1, 192)
        value, vector = torch.linalg.eigh(patches.float().T.cov())
        matrix = vector @ torch.diag((value.clamp_min(0) + floor).rsqrt()) @ vector.T
        self.register_buffer("matrix", matrix / matrix.square().sum(0).mean().sqrt())

    matrix: Tensor
    """[192, 192], scaled so that weights keep their mean size."""

    def forward(self, weight: Tensor) -> Tensor:
        return (weight.flatten(1) @ self.matrix).view_as(weight)


def has_bfloat16() -> bool:
    """Whether this processor multiplies in bfloat16; elsewhere it would be slower, not faster."""
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


class FrameEncoder(nn.Module):
    """Frames [N, 3, 64, 64] uint8 -> [N, size], for what moves: 8 x 8 patches, then one strided convolution, whose
    weights every place shares, so that a dot met in one corner is known in all.
    """

    def __init__(self, size: int, channels: int = 32):
        super().__init__()
        self.stem = Patches(channels)
        self.conv = nn.Conv2d(channels, channels, kernel_size=3, stride=2, padding=1)
        self.head = nn.Sequential(nn.Linear(channels * 4 * 4, 128), nn.ReLU(), nn.Linear(128, size))

    def forward(self, obs: Tensor) -> Tensor:
        x = F.relu(self.conv(F.relu(self.stem(obs))))
        return self.head(x.flatten(1))


class VectorEncoder(nn.Module):
    """Vectors [N, d] float32 -> [N, size]."""

    def __init__(self, inputs: int, size: int):
        super().__init__()
        self.layers = mlp(inputs, 128, size)

    def forward(self, obs: Tensor) -> Tensor:
        return self.layers(obs)


def whiten(encoder: nn.Module, obs: np.ndarray, floor: float) -> None:
    """Learn the encoder's first layer on whitened patches of `obs` [N, T, ...], until `unwhiten`; 0: leave it."""
    if floor and isinstance(encoder, FrameEncoder):
        register_parametrization(encoder.stem, "weight", Whitening(obs[:300, 0], floor))


def unwhiten(encoder: nn.Module) -> None:
    """What was learned on whitened patches, as weights on plain ones."""
    if isinstance(encoder, FrameEncoder) and is_parametrized(encoder.stem):
        remove_parametrizations(encoder.stem, "weight")


def make_encoder(obs_shape: tuple[int, ...], size: int) -> nn.Module:
    """For frames [3, 64, 64] or for vectors [d], of what moves."""
    return VectorEncoder(obs_shape[0], size) if len(obs_shape) == 1 else FrameEncoder(size)


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
