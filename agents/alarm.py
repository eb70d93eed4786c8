"""An alarm for dreams gone wrong: what is seen is compared with what was imagined at every step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from agents.loop import Eyes

HELD_OUT_SEED = 5_500
"""Episodes that the usual error is learned from; training data comes from seeds below."""
WALKS = 128
"""How many."""
USUAL = 8
"""Imagined steps after which a gap is of the usual size. It is one size for all ages of a dream: one that has drifted for
long is no less wrong for that."""


@dataclass(frozen=True)
class Monitor:
    """How far a model's imagination usually is from what it then sees."""

    usual: Tensor
    """[D] root mean square gap of each latent dimension after 8 imagined steps."""

    def surprise(self, gap: Tensor) -> np.ndarray:
        """`gap` [N, D] between seen and imagined states -> [N]: its root mean square over dimensions, each in units of its
        usual size."""
        return (gap / self.usual).square().mean(-1).sqrt().numpy()


@torch.no_grad()
def calibrate(eyes: Eyes) -> Monitor:
    """The monitor of a model, from random episodes of its unchanged world."""
    world, rng = eyes.world, np.random.default_rng(HELD_OUT_SEED)
    state = world.sample_starts(rng, WALKS)
    act, belief = world.behaviour(rng, WALKS), eyes.first(state)
    for _ in range(USUAL):
        action = act(state)
        state = world.step(state, action)
        belief = eyes.mind.predict(belief, torch.from_numpy(action))
    usual = (eyes.look(belief, state) - belief).square().mean(0).sqrt()
    return Monitor(usual.clamp_min(1e-3 * usual.amax().clamp_min(1e-6)))
