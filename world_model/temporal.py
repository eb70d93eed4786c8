"""A learned temporal distance: how many steps lie between a state and another, at the least.

It is learned by looking on. No step of a recording is the shortest way anywhere, but pieces of many recordings join into
ways that nobody ever walked as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.data import Episodes
from world_model.models.parts import mlp
from world_model.stages import Stage, TrainConfig

if TYPE_CHECKING:
    from world_model.models.base import WorldModel

SCALE = 10.0
"""Steps that count as 1 inside the network."""
LONGEST = 100.0
"""Steps; nothing is further."""
EXPECTILE = 0.1
"""Of the targets, which differ by what the recorded policy happened to do: near 0, only the luckiest counts."""
AHEAD = 6
"""Recorded steps that a target looks ahead, at most."""
ELSEWHERE = 0.3
"""Share of goals from anywhere, the rest from later in the same episode."""


class Temporal(nn.Module):
    """Steps from a state [..., D] to a goal's embedding [..., E]."""

    def __init__(self, state_size: int, goal_size: int, hidden: int = 128):
        super().__init__()
        self.net = mlp(state_size + goal_size, hidden, 1)

    def forward(self, state: Tensor, goal: Tensor) -> Tensor:
        """[..., D], [..., E], broadcast against each other -> [...] steps, 0 or more."""
        shape = torch.broadcast_shapes(state.shape[:-1], goal.shape[:-1])
        both = torch.cat([state.expand(*shape, -1), goal.expand(*shape, -1)], -1)
        return SCALE * F.softplus(self.net(both).squeeze(-1))

    @classmethod
    def of(cls, weights: Mapping[str, Tensor], prefix: str, state_size: int) -> Temporal:
        """As large as the weights of that prefix ask for."""
        hidden, inputs = weights[f"{prefix}net.0.weight"].shape
        return cls(state_size, inputs - state_size, hidden)


class LearnTemporal(Stage):
    """On states that no longer move. The steps to a goal are those taken so far plus those that are left (a Bellman
    equation, with goals taken in hindsight: Andrychowicz et al. 2017); expectile regression takes the least of what was
    seen instead of the mean (Kostrikov, Nair and Levine 2022, eq. 5), so a wandering policy teaches the shortest way.
    """

    name = "temporal"
    shapes_all = False

    def __init__(self, model: WorldModel, episodes: Episodes, updates: int = 3000):
        super().__init__(updates, 1e-3)
        model.requires_grad_(False)
        states, goals = model.beliefs(episodes), model.embed(episodes.encoded(model.first))
        self.head = model.temporal = Temporal(states.shape[-1], goals.shape[-1])
        self.slow = Temporal(states.shape[-1], goals.shape[-1])
        self.slow.load_state_dict(self.head.state_dict())
        self.slow.requires_grad_(False)
        self.states, self.goals = states, goals

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        n, length = self.states.shape[:2]
        episode, now = rng.integers(0, n, 512), rng.integers(0, length - 1, 512)
        left = 1 + (rng.random(512) * (length - 1 - now)).astype(int)
        elsewhere = rng.random(512) < ELSEWHERE
        where, when = (
            np.where(elsewhere, rng.integers(0, n, 512), episode),
            np.where(elsewhere, rng.integers(0, length, 512), now + left),
        )
        most = np.where(elsewhere, length - 1 - now, left)
        ahead = 1 + (rng.random(512) * np.minimum(most, AHEAD)).astype(int)
        goal = self.goals[where, when]
        arrived = torch.from_numpy(~elsewhere & (ahead == left))
        with torch.no_grad():
            rest = self.slow(self.states[episode, now + ahead], goal).masked_fill(arrived, 0)
            target = (torch.from_numpy(ahead) + rest).clamp_max(LONGEST)
            taken = torch.from_numpy(np.where(elsewhere, LONGEST, left))
            target = torch.minimum(target, taken.float())
            for old, new in zip(self.slow.parameters(), self.head.parameters(), strict=True):
                old.lerp_(new, 0.01)
        gap = (target - self.head(self.states[episode, now], goal)) / SCALE
        weight = torch.where(gap > 0, EXPECTILE, 1 - EXPECTILE)
        return {"steps": (weight * gap.square()).mean()}


def fit(model: WorldModel, episodes: Episodes, config: TrainConfig, updates: int = 3000) -> Temporal:
    """A temporal distance for a trained model, left on it as `model.temporal`; for models made before there was one."""
    from world_model.train import one_thread

    with one_thread(), torch.random.fork_rng():
        torch.manual_seed(config.seed)
        rng = np.random.default_rng(config.seed)
        stage = LearnTemporal(model, episodes, updates)
        optimiser = torch.optim.Adam(stage.head.parameters(), stage.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, updates)
        for _ in range(updates):
            loss = stage.loss(rng)["steps"]
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return stage.head.requires_grad_(False).eval()
