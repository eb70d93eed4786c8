"""Behaviour cloning with hindsight: whatever a recording reached later was its goal all along, and what it did was right.

Ghosh et al. 2019 (arXiv 1912.06088), without their rounds of collecting anew: it learns from the same random behaviour as
a model does. It is given the true places of agent and goal instead of pictures.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from agents.baselines.ppo import seen
from agents.worlds.base import Policy
from world_model.data import Episodes
from world_model.descent import descend, seeded
from world_model.models.parts import mlp


class Clone:
    """Says from where the agent is, and where it wants to be, what was done in recordings that got there."""

    def __init__(self, episodes: Episodes, seed: int, updates: int = 2000):
        place, action = episodes.facts["position"], episodes.action
        n, steps = action.shape[:2]
        rng = np.random.default_rng(seed)
        with seeded(seed):
            self.net = mlp(4, 128, action.shape[-1])

        def loss(update: int) -> torch.Tensor:
            row, now = rng.integers(0, n, 256), rng.integers(0, steps, 256)
            later = now + 1 + (rng.random(256) * (steps - now)).astype(int)
            inputs = torch.from_numpy(seen(place[row, now], place[row, later]))
            return F.mse_loss(self.net(inputs), torch.from_numpy(action[row, now]))

        descend(self.net.parameters(), loss, updates, 2e-3)

    def policy(self, goals: np.ndarray) -> Policy:
        """At full speed: the mean of what many recordings did points the right way, but is short."""

        def act(state: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                mean = self.net(torch.from_numpy(seen(state, goals)))
            return (mean / mean.norm(dim=1, keepdim=True).clamp_min(1e-6)).numpy()

        return act
