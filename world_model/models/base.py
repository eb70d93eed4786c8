"""The one contract that every family of world model keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from world_model.data import Episodes
from world_model.errors import WorldModelError
from world_model.models.readers import Probe
from world_model.stages import Stage, TrainConfig

if TYPE_CHECKING:
    from world_model.temporal import Temporal


class WorldModel(nn.Module, ABC):
    """A state is a flat tensor that holds all the model believes, so planners need not know the family.

    Shapes: B batch, K frames, C channels, D state, A action, H horizon. Continuous actions lie in [-1, 1],
    choices are one-hot rows.
    """

    state_size: int
    action_size: int
    viewer: nn.Module
    probe: Probe
    """Readers, trained last, that nothing else depends on."""
    temporal: Temporal
    """A learned temporal distance; there only where one was trained."""

    @staticmethod
    @abstractmethod
    def sizes(config: TrainConfig) -> dict[str, int]:
        """The constructor's arguments that a recipe decides, beside obs_shape, action_size and facts."""

    @abstractmethod
    def first(self, obs: Tensor) -> Tensor:
        """[B, ...] one observation, with nothing known before -> state [B, D]."""

    @abstractmethod
    def predict(self, state: Tensor, action: Tensor) -> Tensor:
        """[B, D], [B, A] -> state [B, D], one step later, eyes closed."""

    def correct(self, state: Tensor, obs: Tensor) -> Tensor:
        """What was believed [B, D] and what is now seen [B, ...] -> state [B, D].

        A model without memory believes what it sees.
        """
        return self.first(obs)

    def encode(self, obs: Tensor, action: Tensor | None = None) -> Tensor:
        """[B, K, ...] the last K observations and the K - 1 actions between them [B, K - 1, A] -> state [B, D]."""
        state = self.first(obs[:, 0])
        for k in range(1, obs.shape[1]):
            assert action is not None
            state = self.correct(self.predict(state, action[:, k - 1]), obs[:, k])
        return state

    def rollout(self, state: Tensor, actions: Tensor) -> Tensor:
        """[B, D], [B, H, A] -> states [B, H, D]: `predict`, H times."""
        states = []
        for action in actions.unbind(1):
            state = self.predict(state, action)
            states.append(state)
        return torch.stack(states, 1)

    def embed(self, state: Tensor) -> Tensor:
        """[..., D] -> [..., E]: the part of a state that a distance to a goal compares."""
        return state

    def readable(self, state: Tensor) -> Tensor:
        """[..., D] -> what the viewer and the probe take, where that isn't the whole state."""
        return state

    def steps(self, state: Tensor, goal: Tensor) -> Tensor:
        """Steps [...] from states [..., D] to goals [..., D], as a learned temporal distance has it. Raises
        WorldModelError where none was trained."""
        if not hasattr(self, "temporal"):
            raise WorldModelError(
                "this model has no temporal distance; plan with another objective, such as min-mean, or train it with one"
            )
        return self.temporal(self.readable(state), self.readable(goal))

    def beliefs(self, episodes: Episodes) -> Tensor:
        """[N, T + 1, D]: what is believed at every step of recordings. Without memory, simply what is seen."""
        return episodes.encoded(self.first)

    def studied(self, episodes: Episodes) -> Tensor:
        """[N, T + 1, D]: the states that readers learn from. What is believed, unless they will be asked about others."""
        return self.beliefs(episodes)

    @abstractmethod
    def stages(self, episodes: Episodes, config: TrainConfig) -> Iterator[Stage]:
        """How it learns: the stages of its training, each made when the one before has ended."""

    @abstractmethod
    def decode(self, state: Tensor) -> Tensor:
        """[B, D] -> what would be seen, [B, 3, H, W] uint8 or [B, d].

        A viewer, trained on frozen states; it never scores a plan.
        """

    @abstractmethod
    def read(self, state: Tensor) -> Mapping[str, Tensor]:
        """[..., D] -> hidden facts by name, each [..., k], as probes trained on frozen states read them.

        A referee's tool; only an objective that says so (`decoded`) plans with it.
        """
