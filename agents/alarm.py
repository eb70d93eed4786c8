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


@dataclass(frozen=True)
class Monitor:
    """How far a model's imagination usually is from what it then sees, by steps imagined."""

    usual: Tensor
    """[A + 1, D] root mean square gap of each latent dimension after 0 to A imagined steps."""

    def surprise(self, gap: Tensor, age: np.ndarray) -> np.ndarray:
        """`gap` [N, D] between seen and imagined states, `age` [N] -> [N]: the root mean square over dimensions of the gap
        in units of its usual size. About 1 while all goes well."""
        usual = self.usual[torch.from_numpy(age).clamp_max(len(self.usual) - 1)]
        return (gap / usual).square().mean(-1).sqrt().numpy()


@torch.no_grad()
def calibrate(eyes: Eyes, longest: int) -> Monitor:
    """The monitor of a model, from random episodes of its unchanged world, imagined for up to `longest` steps."""
    world, rng = eyes.world, np.random.default_rng(HELD_OUT_SEED)
    state = world.sample_starts(rng, WALKS)
    act, belief, gaps = world.behaviour(rng, WALKS), eyes.first(state), []
    for _ in range(longest):
        action = act(state)
        state = world.step(state, action)
        belief = eyes.mind.predict(belief, torch.from_numpy(action))
        gaps.append((eyes.look(belief, state) - belief).square().mean(0).sqrt())
    usual = torch.stack([gaps[0], *gaps])
    return Monitor(usual.clamp_min(1e-3 * usual.amax().clamp_min(1e-6)))
