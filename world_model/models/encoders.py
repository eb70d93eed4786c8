"""Encoders of what moves: frames by patches, vectors as they are; and whitening, which lets a small thing be learned soon."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized, register_parametrization, remove_parametrizations

from world_model.models.parts import mlp


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
