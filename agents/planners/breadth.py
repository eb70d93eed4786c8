"""Breadth-first search for choices (Moore 1959): every way is tried, but no imagined place twice.

Where a world has few states, and a model that foresees them well, this finds the shortest way through them, also one that
leads away from the goal first: to a key, say.
"""

from __future__ import annotations

import torch
from torch import Tensor

from agents.baselines.oracle import Truth
from agents.objectives import Mind
from agents.planners.base import Plan, Planner, choose

ALIKE = 0.25
"""Of the largest change that one action makes: what differs by less is the same place."""
SHOWN = 12


class BreadthFirst(Planner):
    """Two imagined states are the same place where they would look alike. The way to the first place that looks like the
    goal is taken; where none does, the way to the one that the objective likes best. As many places are opened as another
    planner would try samples: `num_samples` times `iterations`, to the depth of the horizon."""

    def plan(self, mind: Mind, state: Tensor, goal: Tensor, previous: Plan | None, executed: int) -> Plan:
        ways = torch.stack([self._ways(mind, state[b], goal[b]) for b in range(len(state))])
        knots = torch.nn.functional.one_hot(ways, self.action_size).float()
        cost, states, actions = self.score(mind, state, goal, knots)
        cost[:, 0] = cost.amin(1) - 1e-6  # the search has chosen already
        return choose(cost, states, actions, knots, SHOWN)

    def _ways(self, mind: Mind, state: Tensor, goal: Tensor) -> Tensor:
        """Choices [SHOWN, K]: the way to take, then others that are nearly as good."""
        c, a = self.config, self.action_size
        every = torch.eye(a).repeat_interleave(c.hold, 0).view(a, c.hold, a)
        places, looks = state[None], _look(mind, state[None])
        ways = torch.zeros(1, c.knots, dtype=torch.long)
        front, alike = torch.zeros(1, dtype=torch.long), None
        for depth in range(c.knots):
            many = len(front)
            if not many or len(places) >= c.num_samples * c.iterations:
                break
            tried = mind.rollout(places[front].repeat_interleave(a, 0), every.repeat(many, 1, 1))[:, -1]
            seen = _look(mind, tried)
            if alike is None:
                alike = ALIKE * _apart(seen, looks).amax()
            way = ways[front].repeat_interleave(a, 0)
            way[:, depth] = torch.arange(a).repeat(many)
            new = _apart(seen, looks).amin(1) > alike
            between = _apart(seen, seen) <= alike
            twin = (between & new & torch.ones_like(between).tril(-1)).any(1)  # of an earlier one
            fresh = torch.nonzero(new & ~twin)[:, 0]
            front = torch.arange(len(places), len(places) + len(fresh))
            places, looks = torch.cat([places, tried[fresh]]), torch.cat([looks, seen[fresh]])
            ways = torch.cat([ways, way[fresh]])
        cost = self.objective(mind, places[None, :, None], goal[None])[0]
        there = _apart(looks, _look(mind, goal[None]))[:, 0]
        cost = torch.where(there <= (alike if alike is not None else 0), cost.amin() - 1, cost)
        order = cost.sort(stable=True).indices[:SHOWN]
        return ways[order[torch.arange(SHOWN).clamp_max(len(order) - 1)]]


def _look(mind: Mind, state: Tensor) -> Tensor:
    """[N, D] -> [N, E]: what tells places apart. The truth is its own."""
    return state if isinstance(mind, Truth) else mind.embed(state)


def _apart(one: Tensor, other: Tensor) -> Tensor:
    """Squared distances [N, M]."""
    return torch.cdist(one, other).square()
