"""Imagined steps of a residual predictor: nearly all the time that a plan takes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.models.parts import PIECE, joined


def imagine(predictor: nn.Module, fast: Tensor, context: Tensor, actions: Tensor) -> Tensor:
    """fast [B, F], context [B, C], actions [B, H, A] -> fast [B, H, F]: each step adds what the predictor, an `mlp` of
    [fast | context | action], says. What the first layer makes of the context is worked out once, not every step.

    The layers are called without their modules, which would take a quarter more for the 64 candidates of one plan.
    """
    first, second, third = layers(predictor)
    moved, kept, acted = first.weight.split([fast.shape[1], context.shape[1], actions.shape[2]], 1)
    one, two, three = torch.cat([moved, acted], 1).T, second.weight.T, third.weight.T
    still = F.linear(context, kept, first.bias)
    pieces = []
    for now, its, acts in zip(fast.split(PIECE), still.split(PIECE), actions.split(PIECE), strict=True):
        imagined = []
        for action in acts.unbind(1):
            hidden = torch.addmm(its, torch.cat([now, action], 1), one).relu_()
            hidden = torch.addmm(second.bias, hidden, two).relu_()
            now = now + torch.addmm(third.bias, hidden, three)
            imagined.append(now)
        pieces.append(torch.stack(imagined, 1))
    return joined(pieces)


def layers(net: nn.Module) -> tuple[nn.Linear, nn.Linear, nn.Linear]:
    """The three of an `mlp`."""
    assert isinstance(net, nn.Sequential)
    first, second, third = net[0], net[2], net[4]
    assert isinstance(first, nn.Linear)
    assert isinstance(second, nn.Linear)
    assert isinstance(third, nn.Linear)
    return first, second, third
