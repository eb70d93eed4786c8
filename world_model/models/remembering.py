"""What every model that remembers has in common: looks, told as latents, correct a belief only by the error of what was
expected.

Where the look is as expected, nothing changes. So a screen that looks as it should cannot wipe out the ball behind it, and
closed eyes are the same operation as seeing nothing new. It is the form of the Kalman filter (Kalman 1960: prediction,
innovation, gain) with learned functions in each place.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from world_model.data import Episodes
from world_model.models.base import WorldModel
from world_model.models.readers import shown


@dataclass(frozen=True)
class Followed:
    """A recording, followed look by look. What is seen at a step is expected before, and corrects what is believed after."""

    before: Tensor
    """[B, T + 1, D]."""
    expected: Tensor
    """[B, T + 1, L] latents of looks."""
    after: Tensor
    """[B, T + 1, D]."""


class Remembering(WorldModel):
    """An encoder of single looks and a recurrent belief over what it tells.

    A state is the belief alone. A distance to a goal compares what would be seen: the expected latent.
    """

    encoder: nn.Module
    start: nn.Parameter
    """What is believed before the first look; flat, it is a state [D]."""

    @abstractmethod
    def expected(self, state: Tensor) -> Tensor:
        """[..., D] -> [..., L]: the latent of what would be seen now."""

    @abstractmethod
    def corrected(self, state: Tensor, error: Tensor) -> Tensor:
        """Belief [B, D] and by how much the look [B, L] was not what it expected. No error, no change."""

    def latent(self, obs: Tensor) -> Tensor:
        """[B, ...] -> [B, L]: what one look tells."""
        return self.encoder(obs).flatten(1)

    def first(self, obs: Tensor) -> Tensor:
        return self.correct(self.start.flatten().expand(len(obs), -1), obs)

    def correct(self, state: Tensor, obs: Tensor) -> Tensor:
        return self.corrected(state, self.latent(obs) - self.expected(state))

    def embed(self, state: Tensor) -> Tensor:
        return self.expected(state)

    def decode(self, state: Tensor) -> Tensor:
        return shown(self.viewer(state))

    def read(self, state: Tensor) -> dict[str, Tensor]:
        return self.probe(state)

    def follow(self, latent: Tensor, action: Tensor, eyes: Tensor | None = None) -> Followed:
        """Through recordings' latents [B, T + 1, L] and actions [B, T, A]; `eyes` [B, T + 1]: 0 where there is no look."""
        before, expected, after = [], [], []
        state = self.start.flatten().expand(len(latent), -1)
        for t in range(latent.shape[1]):
            if t:
                state = self.predict(state, action[:, t - 1])
            before.append(state)
            expected.append(self.expected(state))
            error = latent[:, t] - expected[-1]
            state = self.corrected(state, error if eyes is None else error * eyes[:, t, None])
            after.append(state)
        return Followed(torch.stack(before, 1), torch.stack(expected, 1), torch.stack(after, 1))

    @torch.no_grad()
    def beliefs(self, episodes: Episodes, chunk: int = 100) -> Tensor:
        action, after = torch.from_numpy(episodes.action), []
        for i in range(0, len(action), chunk):
            some = slice(i, i + chunk)
            latent = Episodes(episodes.obs[some], episodes.action[some]).encoded(self.latent)
            after.append(self.follow(latent, action[some]).after)
        return torch.cat(after)


def closing(rng: np.random.Generator, batch: int, length: int, longest: int, earliest: int = 1) -> Tensor:
    """[batch, length]: 0 where eyes are closed, in random spans of at most `longest` steps, never before look `earliest`."""
    time, eyes = np.arange(length), np.ones((batch, length), np.float32)
    longest = min(longest, length // 2 + 2)
    for chance in (0.8, 0.4):
        begin = rng.integers(earliest, length, (batch, 1))
        end = begin + rng.integers(1, longest + 1, (batch, 1))
        closed = (time >= begin) & (time < end) & (rng.random((batch, 1)) < chance)
        eyes[closed] = 0
    return torch.from_numpy(eyes)
