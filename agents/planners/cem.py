"""The cross-entropy method (Rubinstein 1999; with elites kept between iterations, iCEM, arXiv 2008.06389)."""

from __future__ import annotations

import torch
from torch import Tensor

from agents.planners.base import Plan, Planner, Rollout, choose


class CEM(Planner):
    """Sample around a mean, keep the best few, refit mean and spread to them, again.

    The best candidate ever scored is executed, not the mean: between a plan that passes left of an
    obstacle and one that passes right, the mean hits it.
    """

    name = "cem"

    def plan(self, rollout: Rollout, state: Tensor, goal: Tensor, previous: Plan | None, executed: int) -> Plan:
        b = self.budget
        batch = len(state)
        mean = torch.zeros(batch, b.knots, self.action_size)
        kept = torch.empty(batch, 0, b.knots, self.action_size)
        if previous is not None:
            shift = min(executed // b.hold, b.knots)
            mean = torch.cat([previous.knots[:, shift:], mean[:, :shift]], 1)
            kept = mean[:, None]
        spread = torch.ones_like(mean)
        for iteration in range(b.iterations):
            shape = (batch, b.num_samples - kept.shape[1], b.knots, self.action_size)
            noise = torch.randn(*shape, generator=self.generator)
            fresh = (mean[:, None] + spread[:, None] * noise).clamp(-1, 1)
            knots = torch.cat([kept, fresh], 1)
            cost, states, actions = self.score(rollout, state, goal, knots)
            best = cost.topk(b.num_elites, largest=False).indices
            elites = knots[torch.arange(batch)[:, None], best]
            mean, spread = elites.mean(1), elites.std(1).clamp_min(0.05)
            if iteration < b.iterations - 1:
                kept = elites[:, :2]
        return choose(cost, states, actions, knots)
