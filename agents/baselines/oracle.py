"""The true world behind a world model's contract: the ceiling for a planner and an objective."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from agents.errors import AgentError
from agents.worlds.base import World


class Truth:
    """Plans with it are imagined without error. A state is the world's own, [N, S].

    With `futures` = M > 0 it knows the rules but not the dice: a state is M copies of the world's own, [N, M S], each
    with other chance ahead of it (`World.another_future`), and what is read of it is their mean.
    """

    def __init__(self, world: World, futures: int = 0, rng: np.random.Generator | None = None):
        self.world, self.futures, self.rng = world, futures, rng

    def first(self, state: np.ndarray) -> Tensor:
        """True states [N, S] -> what is believed after seeing all of it."""
        if not self.futures:
            return torch.from_numpy(state)
        assert self.rng is not None
        copies = self.world.another_future(np.repeat(state, self.futures, 0), self.rng)
        return torch.from_numpy(copies.reshape(len(state), -1))

    def predict(self, state: Tensor, action: Tensor) -> Tensor:
        copies = max(1, self.futures)
        current = state.numpy().reshape(len(state) * copies, -1)
        return torch.from_numpy(self.world.step(current, action.numpy().repeat(copies, 0))).view_as(state)

    def rollout(self, state: Tensor, actions: Tensor) -> Tensor:
        """[N, D], [N, H, A] -> [N, H, D]."""
        steps = []
        for action in actions.unbind(1):
            state = self.predict(state, action)
            steps.append(state)
        return torch.stack(steps, 1)

    def embed(self, state: Tensor) -> Tensor:
        """[..., D] -> [..., F]: what a distance to the goal compares."""
        return self._mean(self.world.target(self._worlds(state)), state)

    def read(self, state: Tensor) -> dict[str, Tensor]:
        """Every hidden fact, exactly."""
        facts = self.world.facts(self._worlds(state))
        return {name: self._mean(value, state) for name, value in facts.items()}

    def steps(self, state: Tensor, goal: Tensor) -> Tensor:
        """[..., S], [..., S], broadcast -> [...]: the length of the shortest way, in pixels or, on a grid, in cells."""
        shape = torch.broadcast_shapes(state.shape, goal.shape)
        flat = (part.expand(shape).reshape(-1, shape[-1]).numpy() for part in (state, goal))
        length = self.world.shortest(*flat)
        if length is None:
            raise AgentError(
                f"the shortest way in {self.world.name} isn't known; plan with another objective"
            )
        return torch.from_numpy(length.astype(np.float32)).view(shape[:-1])

    def _worlds(self, state: Tensor) -> np.ndarray:
        """[..., D] -> [..., S], all copies in one row."""
        return state.reshape(-1, state.shape[-1] // max(1, self.futures)).numpy()

    def _mean(self, value: np.ndarray, state: Tensor) -> Tensor:
        copies = torch.from_numpy(np.ascontiguousarray(value))
        return copies.view(*state.shape[:-1], max(1, self.futures), -1).mean(-2)
