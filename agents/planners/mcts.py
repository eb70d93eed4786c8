"""Monte Carlo tree search for choices: UCT (Kocsis and Szepesvari 2006), for one player (Schadd et al. 2008)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from agents.objectives import Mind
from agents.planners.base import Plan, Planner, choose

EXPLORE = 0.7
"""UCB1's constant, for values scaled to [0, 1] by the best and the worst seen so far."""
PLAYOUTS = 2
"""Random continuations of every new leaf."""
REPEAT = 0.6
"""Chance that a continuation does at a knot what it did at the one before."""
SHOWN = 12


class MCTS(Planner):
    """B trees grow side by side, a node for each row of choices. A round walks down by UCB1, opens all children of the leaf
    it comes to, and plays each to the horizon at random; the whole way is scored by the objective, and its value is
    averaged into every node that it passed. As one player against nobody, it executes the best whole way ever tried."""

    def plan(self, mind: Mind, state: Tensor, goal: Tensor, previous: Plan | None, executed: int) -> Plan:
        c, a = self.config, self.action_size
        tried = a * PLAYOUTS
        rounds = max(1, c.num_samples * c.iterations // tried)
        tree = _Tree(len(state), a, rounds, c.knots)
        first = self._random(len(state), tried)
        if previous is not None:
            first[:, 0] = self.moved_on(previous, executed)[0].argmax(-1)
        best = self._score(mind, state, goal, first)
        for _ in range(rounds):
            path, depth = tree.descend()
            way = self._random(len(state), tried)
            on_path = torch.arange(c.knots) < depth[:, None]
            way = torch.where(on_path[:, None], path[:, None], way)
            child = torch.arange(a).repeat_interleave(PLAYOUTS)
            at = torch.arange(c.knots) == depth[:, None]
            way = torch.where(at[:, None], child[:, None], way)
            scored = self._score(mind, state, goal, way)
            tree.open(scored[0])
            best = _keep(best, scored)
        cost, states, actions, knots = best
        return choose(cost, states, actions, knots, SHOWN)

    def _random(self, batch: int, samples: int) -> Tensor:
        """Choices [batch, samples, K]."""
        shape = (batch, samples, self.config.knots)
        picked = torch.randint(self.action_size, shape, generator=self.generator)
        again = torch.rand(shape, generator=self.generator) < REPEAT
        for k in range(1, shape[-1]):
            picked[:, :, k] = torch.where(again[:, :, k], picked[:, :, k - 1], picked[:, :, k])
        return picked

    def _score(self, mind: Mind, state: Tensor, goal: Tensor, way: Tensor) -> tuple[Tensor, ...]:
        """Choices [B, S, K] -> cost [B, S], states, actions and knots, as `choose` takes them."""
        knots = F.one_hot(way, self.action_size).float()
        return *self.score(mind, state, goal, knots), knots


def _keep(one: tuple[Tensor, ...], other: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The cheapest few of both."""
    both = [torch.cat(pair, 1) for pair in zip(one, other, strict=True)]
    order = both[0].topk(min(SHOWN, both[0].shape[1]), largest=False).indices
    rows = torch.arange(len(order))[:, None]
    return tuple(part[rows, order] for part in both)


class _Tree:
    """B trees of the same number of nodes; node 0 is the root of each, its children are opened all at once."""

    def __init__(self, batch: int, actions: int, rounds: int, depth: int):
        nodes = 1 + rounds * actions
        self.rows, self.actions, self.most = torch.arange(batch), actions, depth - 1
        self.first_child = torch.zeros(batch, nodes, dtype=torch.long)  # 0: a leaf
        self.visits, self.total = torch.zeros(batch, nodes), torch.zeros(batch, nodes)
        self.low, self.high = torch.full((batch,), torch.inf), torch.full((batch,), -torch.inf)
        self.used = 1

    def descend(self) -> tuple[Tensor, Tensor]:
        """The choices [B, K] that lead to a leaf of each tree, and how many of them count [B]."""
        node = torch.zeros_like(self.rows)
        self.passed, choices, depth = [node], [], torch.zeros_like(self.rows)
        for _ in range(self.most):
            first = self.first_child[self.rows, node]
            inside = first > 0
            child = first[:, None] + torch.arange(self.actions)
            seen = self.visits[self.rows[:, None], child].clamp_min(1)
            mean = self.total[self.rows[:, None], child] / seen
            scaled = (self.high[:, None] - mean) / (self.high - self.low).clamp_min(1e-9)[:, None]
            parent = self.visits[self.rows, node].clamp_min(1)[:, None]
            pick = (scaled + EXPLORE * (parent.log() / seen).sqrt()).argmax(1)
            node = torch.where(inside, child[self.rows, pick], node)
            choices.append(pick)
            depth += inside
            self.passed.append(node)
        way = torch.stack([*choices, torch.zeros_like(self.rows)], 1)
        self.leaf = node
        return way, depth

    def open(self, cost: Tensor) -> None:
        """The leaf's children get what their playouts cost, [B, A * PLAYOUTS]; so does every node on the way, once."""
        of_child = cost.view(len(cost), self.actions, PLAYOUTS)
        self.low, self.high = torch.minimum(self.low, cost.amin(1)), torch.maximum(self.high, cost.amax(1))
        fresh = self.used + torch.arange(self.actions)
        self.first_child[self.rows, self.leaf] = self.used
        self.visits[:, fresh] = PLAYOUTS
        self.total[:, fresh] = of_child.sum(2)
        self.used += self.actions
        met = torch.zeros_like(self.visits)
        for node in self.passed:
            met[self.rows, node] = 1
        self.visits += met * cost.shape[1]
        self.total += met * cost.sum(1, keepdim=True)
