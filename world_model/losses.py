"""What keeps a latent from collapsing."""

from __future__ import annotations

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
