"""A learned temporal distance: how many steps lie between a state and another, at the least.

It is a quasimetric, learned by looking on: neighbours in a recording are a step apart at the most, and whatever else is
pushed apart as far as that allows. What is left between two places is the shortest way (Wang, Torralba, Isola and Zhang
2023, "Optimal Goal-Reaching Reinforcement Learning via Quasimetric Learning", arXiv 2304.01203), also where pieces of many
recordings must be joined into a way that nobody ever walked as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.data import Episodes
from world_model.descent import descend, seeded
from world_model.models.parts import in_pieces, mlp
from world_model.stages import Stage, TrainConfig

if TYPE_CHECKING:
    from world_model.models.base import WorldModel

SCALE = 10.0
"""Steps that count as 1 inside the network."""
GROUPS, EACH = 4, 16
"""Landmarks: in each group the one counts by which two states differ most."""
FAR = 60.0
"""Steps beyond which pushing two states apart gains little more."""
TIGHT = 30.0
"""Weight of a step being a step."""


class Temporal(nn.Module):
    """Steps from a state [..., D] to another [..., D].

    Each of the network's outputs is how far a state has come from a landmark. By as much as they differ, the way between
    two states is at least as long; with enough landmarks, as long exactly (Frechet's embedding of a metric space). So what
    it says is never negative, 0 to itself, and never more than by way of a third.
    """

    middle: Tensor
    spread: Tensor
    """[D] of the states it learned from: their numbers are brought to one size."""

    def __init__(self, state_size: int, hidden: int = 64):
        super().__init__()
        self.net = mlp(state_size, hidden, GROUPS * EACH)
        self.register_buffer("middle", torch.zeros(state_size))
        self.register_buffer("spread", torch.ones(state_size))

    def landmarks(self, state: Tensor) -> Tensor:
        """[..., D] -> [..., EACH, GROUPS]."""
        return in_pieces(self.net, (state - self.middle) / self.spread).unflatten(-1, (EACH, GROUPS))

    def forward(self, state: Tensor, goal: Tensor) -> Tensor:
        """[..., D], [..., D], broadcast against each other -> [...] steps, 0 or more."""
        return apart(self.landmarks(state), self.landmarks(goal))

    @classmethod
    def of(cls, weights: Mapping[str, Tensor], prefix: str) -> Temporal:
        """As large as the weights of that prefix ask for."""
        hidden, state_size = weights[f"{prefix}net.0.weight"].shape
        return cls(state_size, hidden)


def apart(here: Tensor, there: Tensor) -> Tensor:
    """Landmarks [..., EACH, GROUPS], twice -> steps [...]: the mean over groups of a maximum, each a quasimetric."""
    return SCALE * (there - here).amax(-2).relu().mean(-1)


class LearnTemporal(Stage):
    """On states that no longer move: their constrained objective, with a fixed weight in the place of a multiplier that is
    learned too. Goals come from all episodes where those share a room, else from the same one."""

    name = "temporal"
    imagines = False

    def __init__(self, model: WorldModel, episodes: Episodes, config: TrainConfig):
        super().__init__(config.temporal_updates, 2e-3)
        model.requires_grad_(False)
        self.within = config.apart
        self.states = model.readable(model.beliefs(episodes))
        self.head = model.temporal = Temporal(self.states.shape[-1])
        spread, middle = torch.std_mean(self.states.flatten(0, -2), 0)
        self.head.middle.copy_(middle)
        self.head.spread.copy_(spread.clamp_min(1e-6))

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        n, length = self.states.shape[:2]
        episode, now = rng.integers(0, n, 512), rng.integers(0, length - 1, 512)
        where = np.where(rng.random(512) < self.within, episode, rng.integers(0, n, 512))
        goal = self.states[where, rng.integers(0, length, 512)]
        both = torch.cat([self.states[episode, now], self.states[episode, now + 1], goal])
        here, later, there = self.head.landmarks(both).split(512)
        return {
            "steps": TIGHT * (apart(here, later) - 1).relu().square().mean(),
            "apart": F.softplus((FAR - apart(here, there)) / SCALE).mean(),
        }


def fit(model: WorldModel, episodes: Episodes, config: TrainConfig) -> Temporal:
    """A temporal distance for a trained model, left on it as `model.temporal`; for models made before there was one."""
    from world_model.train import one_thread

    with one_thread(), seeded(config.seed):
        rng = np.random.default_rng(config.seed)
        stage = LearnTemporal(model, episodes, config)

        def loss(update: int) -> Tensor:
            return sum(stage.loss(rng).values(), torch.zeros(()))

        descend(stage.head.parameters(), loss, stage.updates, stage.learning_rate)
    return stage.head.requires_grad_(False).eval()
