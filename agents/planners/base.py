"""What every planner is given and hands back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from agents.config import PlanConfig
from agents.objectives import Mind, Objective
from agents.worlds.base import World


@dataclass(frozen=True)
class Plan:
    """The chosen actions for B episodes, and what else was considered."""

    knots: Tensor
    """[B, K, A]; held, they are the actions."""
    actions: Tensor
    """[B, H, A] in [-1, 1]."""
    cost: Tensor
    """[B], imagined."""
    states: Tensor
    """[B, H, D], imagined."""
    candidates: Tensor
    """[B, k, H, D] imagined states of a few of the plans considered in the last iteration, best first."""

    def undrawn(self) -> Plan:
        """The same without the candidates, which take most of its memory."""
        return replace(self, candidates=self.candidates[:, :0].clone())

    def of(self, who: np.ndarray) -> Plan:
        """The plans of those episodes alone."""
        return Plan(*(part[torch.from_numpy(who)] for part in vars(self).values()))

    def put(self, who: np.ndarray, fresh: Plan) -> Plan:
        """The same, with `fresh` in the place of those episodes' plans."""
        if len(who) == len(self.cost):
            return fresh
        rows = torch.from_numpy(who)
        return Plan(*(old.index_copy(0, rows, vars(fresh)[name]) for name, old in vars(self).items()))


class Planner(ABC):
    """Searches action sequences for B episodes at once. Randomness comes from the configuration's seed alone."""

    needs_model = False
    """Whether it can't plan in the true world, so that there is no oracle."""

    def __init__(self, config: PlanConfig, objective: Objective, world: World):
        self.config, self.objective, self.action_size = config, objective, world.action_size
        self.generator = torch.Generator().manual_seed(config.seed)

    @abstractmethod
    def plan(self, mind: Mind, state: Tensor, goal: Tensor, previous: Plan | None, executed: int) -> Plan:
        """`state`, `goal` [B, D]; `previous` is the last plan, of which `executed` steps were taken (warm start)."""

    def moved_on(self, previous: Plan, executed: int) -> tuple[Tensor, int]:
        """The last plan's knots [B, K, A] from the first that is not yet taken, those that are put behind; and how many
        those are."""
        taken = min(executed // self.config.hold, self.config.knots)
        return previous.knots.roll(-taken, 1), taken

    def score(self, mind: Mind, state: Tensor, goal: Tensor, knots: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`knots` [B, S, K, A] -> cost [B, S], states [B, S, H, D], actions [B, S, H, A]."""
        batch, samples = knots.shape[:2]
        actions = knots.repeat_interleave(self.config.hold, 2)
        starts = state[:, None].expand(-1, samples, -1).flatten(0, 1)
        states = mind.rollout(starts, actions.flatten(0, 1)).unflatten(0, (batch, samples))
        return self.objective(mind, states, goal), states, actions


def choose(cost: Tensor, states: Tensor, actions: Tensor, knots: Tensor, keep: int = 12) -> Plan:
    """The best of S scored candidates of each episode, with `keep` spread over the ranking kept for drawing."""
    order = cost.argsort(1)
    shown = order[:, torch.linspace(0, order.shape[1] - 1, min(keep, order.shape[1])).long()]
    rows = torch.arange(len(cost))
    best = order[:, 0]
    return Plan(
        knots[rows, best],
        actions[rows, best],
        cost[rows, best],
        states[rows, best],
        states[rows[:, None], shown],
    )
