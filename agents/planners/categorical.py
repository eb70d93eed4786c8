"""The cross-entropy method for choices: what is fitted to the best plans is how likely each action is at each knot
(Rubinstein 1999, section 4)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from agents.config import NUM_ELITES
from agents.objectives import Mind
from agents.planners.base import Plan, Planner, choose


class CategoricalCEM(Planner):
    """Every sample is a row of choices, never a mixture: a model has seen one-hot actions alone.

    As in iCEM, elites survive a round, some samples go on exploring, and the best candidate is executed. An exploring
    sample repeats its choices for a few knots, since a walk that changes its mind at every step gets nowhere.
    """

    explore = 0.3
    """Share of every round's samples that follow no chances learned so far."""
    repeat = 0.6
    """Chance that an exploring sample does at a knot what it did at the one before."""
    kept_elites = 2
    """Elites carried over into the next round, unchanged."""
    least = 0.05
    """Of every choice's chance, so that none is ever ruled out."""

    def plan(self, mind: Mind, state: Tensor, goal: Tensor, previous: Plan | None, executed: int) -> Plan:
        c = self.config
        chance = torch.full((len(state), c.knots, self.action_size), 1 / self.action_size)
        kept = chance[:, None][:, :0]
        if previous is not None:
            warm, taken = self.moved_on(previous, executed)
            kept, chance = warm[:, None], 0.5 * chance + 0.5 * warm
            chance[:, c.knots - taken :] = 1 / self.action_size
        for _ in range(c.iterations):
            knots = torch.cat([kept, self.sample(chance, c.num_samples - kept.shape[1])], 1)
            cost, states, actions = self.score(mind, state, goal, knots)
            best = cost.topk(NUM_ELITES, largest=False).indices
            elites = knots[torch.arange(len(state))[:, None], best]
            chance = elites.mean(1).clamp_min(self.least)
            kept = elites[:, : self.kept_elites]
        return choose(cost, states, actions, knots)

    def sample(self, chance: Tensor, samples: int) -> Tensor:
        """`chance` [B, K, A] of each choice -> one-hot knots [B, samples, K, A]."""
        batch, knots, size = chance.shape
        wide = int(self.explore * samples)
        learned = self._draw(chance.repeat_interleave(samples - wide, 0)).view(batch, -1, knots, size)
        free = self._draw(torch.ones(batch * wide, knots, size)).view(batch, wide, knots, size)
        again = torch.rand(batch, wide, knots, 1, generator=self.generator) < self.repeat
        for k in range(1, knots):
            free[:, :, k] = torch.where(again[:, :, k], free[:, :, k - 1], free[:, :, k])
        return torch.cat([free, learned], 1)

    def _draw(self, chance: Tensor) -> Tensor:
        """[N, K, A] -> one-hot [N, K, A]."""
        pick = torch.multinomial(chance.flatten(0, 1), 1, generator=self.generator)[:, 0]
        return F.one_hot(pick, chance.shape[-1]).view(chance.shape).to(chance.dtype)
