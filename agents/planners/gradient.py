"""Planning by gradient descent through the model (Jyothir et al. 2023, arXiv 2312.17227)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from agents.errors import AgentError
from agents.objectives import Mind
from agents.planners.base import Plan, Planner, choose

LEARNING_RATE = 0.3
"""Adam's, in knots, which are pushed through tanh to stay inside [-1, 1]."""
DESCENTS = 8
"""Plans improved at once. The budget is that of the other planners, `num_samples * iterations` imagined rollouts; a rollout
that is differentiated costs about three."""


class Gradient(Planner):
    """From the last plan and some random ones downhill, the model differentiated; the best of the last step is executed.

    It needs a mind that can be differentiated: the true world can't.
    """

    def plan(self, mind: Mind, state: Tensor, goal: Tensor, previous: Plan | None, executed: int) -> Plan:
        if not isinstance(mind, nn.Module):
            raise AgentError(
                "the planner 'gradient' differentiates a model; the true world can't be: take icem"
            )
        c = self.config
        free = torch.randn(len(state), DESCENTS, c.knots, self.action_size, generator=self.generator)
        if previous is not None:
            warm, taken = self.moved_on(previous, executed)
            warm[:, c.knots - taken :] = 0
            free[:, 0] = torch.atanh(warm.clamp(-0.99, 0.99))
        steps = max(1, c.num_samples * c.iterations // DESCENTS)
        with torch.enable_grad():
            free.requires_grad_()
            optimiser = torch.optim.Adam([free], LEARNING_RATE)
            for _ in range(steps - 1):
                cost, _, _ = self.score(mind, state, goal, torch.tanh(free))
                optimiser.zero_grad()
                cost.sum().backward()
                optimiser.step()
        knots = torch.tanh(free.detach())
        return choose(*self.score(mind, state, goal, knots), knots)
