"""The one contract that every family of world model keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class WorldModel(nn.Module, ABC):
    """A state is a flat tensor, so planners need not know the family.

    Shapes: B batch, K frames, D state, A action, H horizon. Actions lie in [-1, 1].
    """

    state_size: int
    action_size: int
    frames: int
    """K, how many of the last frames `encode` sees."""

    @abstractmethod
    def encode(self, obs: Tensor) -> Tensor:
        """[B, K, C, H, W] uint8, the last K frames -> state [B, D]."""

    @abstractmethod
    def predict(self, state: Tensor, action: Tensor) -> Tensor:
        """[B, D], [B, A] -> state [B, D], one step later."""

    @abstractmethod
    def decode(self, state: Tensor) -> Tensor:
        """[B, D] -> frames [B, C, H, W] uint8. A viewer, trained on frozen states; it never scores a plan."""

    @abstractmethod
    def locate(self, state: Tensor) -> Tensor:
        """[B, D] -> the agent's position [B, 2] in pixels, by a probe trained on frozen states. A referee's tool."""

    def rollout(self, state: Tensor, actions: Tensor) -> Tensor:
        """[B, D], [B, H, A] -> states [B, H, D]: `predict`, H times."""
        states = []
        for action in actions.unbind(1):
            state = self.predict(state, action)
            states.append(state)
        return torch.stack(states, 1)
