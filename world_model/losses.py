"""What keeps a latent from collapsing, and what compares pictures."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def vicreg(state: Tensor) -> tuple[Tensor, Tensor]:
    """`state` [B, T, D] -> (variance, covariance), both scalars, over the batch at each time step.

    VICReg (Bardes, Ponce, LeCun 2022): variance is the hinge of eq. 1, which asks each dimension for a standard
    deviation of at least 1; covariance is eq. 4, the squared off-diagonal entries divided by D.
    """
    batch, _, size = state.shape
    centred = state - state.mean(0)
    std = torch.sqrt(centred.square().sum(0) / (batch - 1) + 1e-4)
    variance = F.relu(1 - std).mean()
    matrix = torch.einsum("btd,bte->tde", centred, centred) / (batch - 1)
    off_diagonal = matrix.square().sum((1, 2)) - matrix.diagonal(dim1=1, dim2=2).square().sum(1)
    return variance, (off_diagonal / size).mean()


def spread_apart(values: Tensor) -> tuple[Tensor, Tensor]:
    """VICReg's variance and covariance of `values` [N, D] over the batch."""
    return vicreg(values[:, None])


def sigreg(state: Tensor, generator: torch.Generator, projections: int = 128, knots: int = 17) -> Tensor:
    """`state` [B, D] -> scalar: how far its random one-dimensional projections are from a standard Gaussian.

    LeJEPA (Balestriero and LeCun 2025, arXiv 2511.08544), the Epps-Pulley statistic: the squared difference between
    the empirical characteristic function and exp(-t^2 / 2), weighted by a Gaussian window, integrated over `knots`
    points of [-5, 5].
    """
    direction = torch.randn(state.shape[1], projections, generator=generator)
    projected = state @ (direction / direction.norm(dim=0))
    t = torch.linspace(-5, 5, knots)
    target = torch.exp(-0.5 * t * t)
    angle = projected[..., None] * t
    gap = (angle.cos().mean(0) - target).square() + angle.sin().mean(0).square()
    return torch.trapezoid(gap * target, t).mean() * len(state)


def usual_frame(obs: np.ndarray) -> Tensor | None:
    """[N, T, H, W, 3] uint8 -> the mean of all episodes' first frames, [3, H, W] in [0, 1]; None for vectors."""
    if obs.dtype != np.uint8:
        return None
    return torch.from_numpy(obs[:, 0].mean(0) / 255).movedim(-1, 0).float()


def picture_error(
    painted: Tensor, seen: Tensor, usual: Tensor | None, resting: Tensor | None = None
) -> Tensor:
    """Painted [N, 3, H, W] in [0, 1] against seen, uint8 -> scalar; vectors [N, d], `usual` None: mean squared error.

    A dot is a hundredth of the pixels, and plain squared error hardly notices it: pixels that differ from the
    usual frame weigh up to 6 times as much, and those that differ from their episode's `resting` frame [N, 3, H, W]
    in [0, 1], where it is given, up to 40 times: where every room is another one, only the dot does.
    """
    if usual is None:
        return F.mse_loss(painted, seen)
    picture = seen.float() / 255
    weight = 1 + 5 * (picture - usual).abs().amax(1, keepdim=True)
    if resting is not None:
        weight = weight + 40 * (picture - resting).abs().amax(1, keepdim=True)
    return (weight * (painted - picture).square()).mean()
