"""The cross-entropy method (Rubinstein 1999), plain, and improved for control as iCEM (arXiv 2008.06389)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from agents.config import NUM_ELITES
from agents.objectives import Mind
from agents.planners.base import Plan, Planner, choose


class CEM(Planner):
    """Sample around a mean, keep the best few, refit mean and spread to them, again.

    The best candidate of the last round is executed, not the mean: between a plan that passes left of
    an obstacle and one that passes right, the mean hits it.
    """

    correlation = 0.0
    """Between neighbouring knots of a sample's noise."""
    explore = 0.0
    """Share of every round's samples drawn as widely as in the first."""
    kept_elites = 0
    """Elites carried over into the next round, unchanged."""

    def plan(self, mind: Mind, state: Tensor, goal: Tensor, previous: Plan | None, executed: int) -> Plan:
        c = self.config
        mean = torch.zeros(len(state), c.knots, self.action_size)
        kept = mean[:, None][:, :0]
        if previous is not None:
            mean, taken = self.moved_on(previous, executed)
            mean[:, c.knots - taken :] = 0
            kept = mean[:, None]
        spread = torch.ones_like(mean)
        for _ in range(c.iterations):
            knots = torch.cat([kept, self.sample(mean, spread, c.num_samples - kept.shape[1])], 1)
            cost, states, actions = self.score(mind, state, goal, knots)
            best = cost.topk(NUM_ELITES, largest=False).indices
            elites = knots[torch.arange(len(state))[:, None], best]
            mean, spread = elites.mean(1), elites.std(1).clamp_min(0.05)
            kept = elites[:, : self.kept_elites]
        return choose(cost, states, actions, knots)

    def sample(self, mean: Tensor, spread: Tensor, samples: int) -> Tensor:
        """`mean`, `spread` [B, K, A] -> knots [B, samples, K, A] in [-1, 1]."""
        batch, knots, size = mean.shape
        noise = torch.randn(batch, samples, knots, size, generator=self.generator)
        noise[:, :, 1:] *= (1 - self.correlation**2) ** 0.5
        for before, knot in pairwise(noise.unbind(2)):
            knot.add_(before, alpha=self.correlation)
        drawn = mean[:, None] + spread[:, None] * noise
        wide = int(self.explore * samples)
        return torch.cat([noise[:, :wide], drawn[:, wide:]], 1).clamp(-1, 1)


class ICEM(CEM):
    """CEM whose noise is correlated in time (long straight runs find doors), whose elites survive a round, and
    which goes on exploring: with the true simulator, 99.0 % against 89.7 % of
    300 tasks in two-rooms at the same budget."""

    correlation = 0.5
    explore = 0.3
    kept_elites = 2
