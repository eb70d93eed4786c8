"""Model predictive path integral control (Williams et al. 2017, "Information theoretic MPC")."""

from __future__ import annotations

import torch
from torch import Tensor

from agents.objectives import Mind
from agents.planners.base import Plan, Planner


class MPPI(Planner):
    """Sample around a mean; the new mean is the average of all samples, each weighted by how cheap it is. That average is
    what is executed: nothing is sorted and nothing thrown away, so a plan that passes left of an obstacle and one that
    passes right may blend into one that hits it."""

    spread = 0.8
    """Standard deviation of the noise in the first round; the rounds after it are `shrink` times as wide as the one
    before."""
    shrink = 0.6

    def plan(self, mind: Mind, state: Tensor, goal: Tensor, previous: Plan | None, executed: int) -> Plan:
        c = self.config
        mean = torch.zeros(len(state), c.knots, self.action_size)
        if previous is not None:
            mean, taken = self.moved_on(previous, executed)
            mean[:, c.knots - taken :] = 0
        for k in range(c.iterations):
            noise = torch.randn(
                len(state), c.num_samples - 1, c.knots, self.action_size, generator=self.generator
            )
            around = mean[:, None] + self.spread * self.shrink**k * noise
            knots = torch.cat([mean[:, None], around], 1).clamp(-1, 1)
            cost, states, _ = self.score(mind, state, goal, knots)
            mean = torch.einsum("bs,bska->bka", self.weights(cost), knots)
        shown = cost.topk(min(11, cost.shape[1]), largest=False).indices
        rows = torch.arange(len(state))[:, None]
        final, imagined, actions = self.score(mind, state, goal, mean[:, None])
        return Plan(
            mean, actions[:, 0], final[:, 0], imagined[:, 0], torch.cat([imagined, states[rows, shown]], 1)
        )

    def weights(self, cost: Tensor) -> Tensor:
        """[B, S] -> [B, S], adding up to 1: exp(-(cost - least) / lambda), their equation 26 and algorithm 2, with lambda
        the temperature times the costs' standard deviation, so that one temperature suits costs of any size."""
        scale = self.config.temperature * cost.std(1, keepdim=True).clamp_min(1e-12)
        return torch.softmax(-(cost - cost.amin(1, keepdim=True)) / scale, 1)
