"""The true simulator behind the planners' contract: the ceiling for a planner and an objective."""

from __future__ import annotations

import torch
from torch import Tensor

from agents.planners.base import Rollout
from agents.worlds import Simulator


def true_rollout(sim: Simulator) -> Rollout:
    """A `rollout` whose states are the simulator's own: [N, S], [N, H, A] -> [N, H, S]."""

    def rollout(state: Tensor, actions: Tensor) -> Tensor:
        current, steps = state.numpy(), []
        for action in actions.unbind(1):
            current = sim.step(current, action.numpy())
            steps.append(torch.from_numpy(current))
        return torch.stack(steps, 1)

    return rollout
