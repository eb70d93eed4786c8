"""A plan that is a rule, not a list: what to do as a function of what will then be seen.

Where chance rules, a list of orders fixed today must hedge against every future at once; a rule waits and sees. So the
search is over rules, each judged by the futures that it would live through in the model, where every particle is acted
upon as it is then seen: policy search in imagination (Ha and Schmidhuber 2018, section 4.3, with a linear controller and
CMA-ES), by the objective that any planner has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from agents.config import PlanConfig
from agents.errors import AgentError
from agents.objectives import Mind, Objective
from agents.planners.base import Plan, Planner
from agents.planners.evolution import Evolution
from agents.worlds.base import World


class Futures(Mind, Protocol):
    """A mind of many futures, as `world_model.models.particles` is."""

    habit: Tensor

    def join(self, state: Tensor) -> Tensor: ...
    def react(
        self, state: Tensor, act: Callable[[Tensor], Tensor], steps: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]: ...


STARTS = 12
"""Episodes, drawn anew each round, in whose futures that round's rules are judged."""
SHOWN = 16
"""Steps of the futures that a plan holds."""
DESCENT, STRIDE = 100, 0.03
"""Steps of the descent, at most, and how far it goes in the first."""
SPREAD, THRESHOLD, HEED = 0.15, 0.3, 0.01
"""How far from it evolution looks at first, the thresholds it begins with, and the least weight that counts."""
CALM = 0.1
"""What the last round of evolution counts in the mean of their middles, and the one before it that much less: each round
has its own luck."""
_FOUND: WeakKeyDictionary[Mind, dict[PlanConfig, Tensor]] = WeakKeyDictionary()
"""Model and settings -> the rule that was found."""


class Feedback(Planner):
    """Each number of an action is a weighted sum of what is seen and a constant, where that is above a threshold, and else
    -1, which is nothing: an order has a price, so it is large or none. Base-stock and (s, S) rules are of this kind.

    The rule is searched for once a model, at its first look, in the futures of all episodes that are planned together:
    `num_samples` rules a round for `iterations` rounds, each for `horizon` steps. After that, a look costs next to nothing.
    """

    needs_model = True

    def __init__(self, config: PlanConfig, objective: Objective, world: World):
        super().__init__(config, objective, world)
        if config.hold != 1:
            raise AgentError(
                f"hold is {config.hold}; the planner 'feedback' acts anew at every step: --hold 1"
            )

    def plan(self, mind: Mind, state: Tensor, goal: Tensor, previous: Plan | None, executed: int) -> Plan:
        if not hasattr(mind, "react"):
            raise AgentError(
                "the planner 'feedback' needs a model that imagines many futures: train one with --family particles"
            )
        futures = cast(Futures, mind)
        found = _FOUND.setdefault(futures, {})
        if self.config not in found:
            found[self.config] = self._search(futures, state, goal)
        rule = found[self.config]
        steps = min(self.config.horizon, max(SHOWN, self.config.look_every))
        states, each = futures.react(state, _doing(rule), steps, self.generator)
        actions = each.mean(2)
        return Plan(
            actions, actions, self.objective(mind, states[:, None], goal)[:, 0], states, states[:, None]
        )

    def _search(self, mind: Futures, state: Tensor, goal: Tensor) -> Tensor:
        """[A, d + 2]: weights, constant, threshold of each number of an action."""
        rules = self._downhill(mind, state, goal), self._evolved(mind, state, goal)
        return min(rules, key=self._judge(mind, state, goal))

    def _downhill(self, mind: Futures, state: Tensor, goal: Tensor) -> Tensor:
        """From what was usually done in the recordings, without a threshold, along the slope of the futures' cost (as
        Dreamer's actor learns, Hafner et al. 2020). It finds how much, and can't see what a threshold would alter."""
        steps, way = min(DESCENT, self.config.iterations), []
        with torch.enable_grad():
            rule = torch.cat([mind.habit, torch.zeros(self.action_size, 1)], 1).requires_grad_()
            optimiser = torch.optim.Adam([rule], STRIDE)
            schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(steps, 1), STRIDE / 10)
            for _ in range(steps):
                (slope,) = torch.autograd.grad(self._cost(mind, state, goal, rule, self.generator), rule)
                rule.grad = slope / slope.norm().clamp_min(1e-9)  # a disaster is no reason for a leap
                optimiser.step()
                schedule.step()
                way.append(rule.detach().clone())
        return torch.stack(way[-max(1, steps // 6) :]).mean(0) if way else rule.detach()

    def _evolved(self, mind: Futures, state: Tensor, goal: Tensor) -> Tensor:
        """By evolution, which asks for no slope: thresholds, constants, and the weights of what the habit doesn't heed; its
        own weights stay. Fewer numbers, and each round's luck in its costs misleads less."""
        c = self.config
        first = torch.cat([mind.habit, torch.full((self.action_size, 1), THRESHOLD)], 1)
        first[:, -2] += THRESHOLD / 2
        heeded = (mind.habit[:, :-1].abs() > HEED).any(0)
        free = torch.cat([~heeded, torch.ones(2, dtype=torch.bool)]).expand_as(first)
        search = Evolution(first[free], SPREAD, c.num_samples, self.generator)
        found = search.middle
        for _ in range(c.iterations):
            who = torch.randint(len(state), (STARTS,), generator=self.generator)
            rules = first.repeat(c.num_samples, 1, 1).masked_scatter(free, search.ask())
            together = mind.join(state[who]).expand(c.num_samples, -1)
            states, _ = mind.react(together, _doing(rules), c.horizon, self.generator)
            search.tell(self.objective(mind, states[None], goal[:1])[0])
            found = found + CALM * (search.middle - found)
        return first.masked_scatter(free, found.float())

    def _judge(self, mind: Futures, state: Tensor, goal: Tensor) -> Callable[[Tensor], float]:
        """What a rule costs in futures that are the same for every rule."""
        seed = int(torch.randint(2**31, (1,), generator=self.generator))
        return lambda rule: float(
            self._cost(mind, state, goal, rule, torch.Generator().manual_seed(seed), many=8)
        )

    def _cost(
        self, mind: Futures, state: Tensor, goal: Tensor, rule: Tensor, chance: torch.Generator, many: int = 1
    ) -> Tensor:
        """Mean over `many` times 24 episodes."""
        costs = []
        for _ in range(many):
            who = torch.randint(len(state), (2 * STARTS,), generator=chance)
            states, _ = mind.react(mind.join(state[who]), _doing(rule), self.config.horizon, chance)
            costs.append(self.objective(mind, states[None], goal[:1]).mean())
        return torch.stack(costs).mean()


def _doing(rule: Tensor) -> Callable[[Tensor], Tensor]:
    """Rules [A, d + 2], or one a row [B, A, d + 2], as a function: what is seen [B, M, d] -> actions [B, M, A]."""
    weights, constant, threshold = rule[..., :-2], rule[..., None, :, -2], rule[..., None, :, -1]

    def act(seen: Tensor) -> Tensor:
        wanted = seen @ weights.transpose(-1, -2) + constant
        return torch.where(wanted > threshold, wanted.clamp(-1, 1), -1.0)

    return act
