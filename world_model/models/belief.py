"""A world model that remembers: what is out of sight stays believed until something seen contradicts it.

A frame's latent is what one look tells. The belief is moved by imagination and corrected only by the *error* of what was
expected to be seen, through layers without bias: where the look is as expected, nothing changes. So a screen that looks
as it should cannot wipe out the ball behind it, and closed eyes are the same operation as seeing nothing new. It is the
form of the Kalman filter (Kalman 1960: prediction, innovation, gain) with learned functions in each place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.data import Episodes, to_tensor
from world_model.losses import spread_apart
from world_model.models.base import WorldModel
from world_model.models.parts import FrameEncoder, Probe, make_encoder, make_viewer, mlp, shown
from world_model.stages import Stage, TrainConfig
from world_model.temporal import LearnTemporal

FORETOLD = 0.1
"""Weight of prediction while the frame encoder learns: what is easily foretold, a paddle or a screen, would else drive
out a ball, whose way takes memory to foretell."""
LONGEST_SPAN = 24
"""Steps that eyes stay closed in training, at most."""
SHORT, SHORT_SHARE = 16, 0.75
"""Looks in a short window of training, and the share of updates that see no longer ones."""


@dataclass(frozen=True)
class Followed:
    """A recording, followed look by look. What is seen at a step is expected before, and corrects what is believed after."""

    before: Tensor
    """[B, T + 1, D]."""
    expected: Tensor
    """[B, T + 1, E] latents of looks."""
    after: Tensor
    """[B, T + 1, D]."""


class Belief(WorldModel):
    """A frame encoder and a recurrent belief over its latents; beside them a viewer and probes.

    A state is the belief alone. A distance to a goal compares what would be seen: the expected latent.
    """

    mean: Tensor
    scale: Tensor
    """[E] of the encoder's numbers over the recordings."""

    def __init__(
        self,
        obs_shape: tuple[int, ...],
        action_size: int,
        facts: dict[str, int],
        fast_size: int = 16,
        context_size: int = 16,
        memory_size: int = 64,
        width: int = 256,
    ):
        super().__init__()
        self.action_size, self.fast_size, self.state_size = action_size, fast_size, memory_size
        self.seen_size = seen = fast_size + context_size
        self.encoder = make_encoder(tuple(obs_shape), seen)
        self.register_buffer("mean", torch.zeros(seen))
        self.register_buffer("scale", torch.ones(seen))
        self.start = nn.Parameter(torch.zeros(memory_size))
        self.mover = mlp(memory_size + action_size, width, memory_size)
        self.expecter = mlp(memory_size, width // 2, seen)
        self.error_in = nn.Linear(seen, 128, bias=False)
        self.gate = nn.Linear(memory_size, 128)
        self.error_out = nn.Linear(128, memory_size, bias=False)
        self.viewer = make_viewer(tuple(obs_shape), memory_size)
        self.probe = Probe(memory_size, facts)

    @staticmethod
    def sizes(config: TrainConfig) -> dict[str, int]:
        return {
            "fast_size": config.fast_size,
            "context_size": config.context_size,
            "memory_size": config.memory_size,
            "width": config.width,
        }

    def latent(self, obs: Tensor) -> Tensor:
        """[B, ...] -> [B, E]: what one look tells, each number with mean 0 and spread 1 over the recordings."""
        return self.norm(self.encoder(obs))

    def norm(self, latent: Tensor) -> Tensor:
        """What the encoder gives [..., E], with mean 0 and spread 1."""
        return (latent - self.mean) / self.scale

    def expected(self, state: Tensor) -> Tensor:
        """[..., D] -> [..., E]: the latent of what would be seen now."""
        return self.expecter(state)

    def corrected(self, state: Tensor, error: Tensor) -> Tensor:
        """Belief [B, D] and by how much the look [B, E] was not what it expected. No error, no change."""
        bent = F.relu(self.error_in(error)) * 2 * torch.sigmoid(self.gate(state))
        return state + self.error_out(bent)

    def first(self, obs: Tensor) -> Tensor:
        return self.correct(self.start.expand(len(obs), -1), obs)

    def predict(self, state: Tensor, action: Tensor) -> Tensor:
        return state + self.mover(torch.cat([state, action], -1))

    def correct(self, state: Tensor, obs: Tensor) -> Tensor:
        return self.corrected(state, self.latent(obs) - self.expected(state))

    def embed(self, state: Tensor) -> Tensor:
        return self.expected(state)

    def decode(self, state: Tensor) -> Tensor:
        return shown(self.viewer(state))

    def read(self, state: Tensor) -> dict[str, Tensor]:
        return self.probe(state)

    def follow(self, latent: Tensor, action: Tensor, eyes: Tensor | None = None) -> Followed:
        """Through recordings' latents [B, T + 1, E] and actions [B, T, A]; `eyes` [B, T + 1]: 0 where there is no look."""
        before, expected, after = [], [], []
        state = self.start.expand(len(latent), -1)
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
    def beliefs(self, episodes: Episodes) -> Tensor:
        return self.follow(episodes.encoded(self.latent), torch.from_numpy(episodes.action)).after

    def stages(self, episodes: Episodes, config: TrainConfig) -> Iterator[Stage]:
        """How it learns: what a frame tells, then what to remember of it."""
        yield LearnFrames(self, episodes, config)
        yield LearnToRemember(self, episodes, config)
        if config.temporal_updates:
            yield LearnTemporal(self, episodes, config.temporal_updates)


class LearnFrames(Stage):
    """The error of a short imagined rollout against the encoder's own latents, started from two frames, since one
    doesn't tell how things move. Nothing here remembers.

    What keeps the latent from collapsing is inverse dynamics, and VICReg's variance and covariance (Bardes, Ponce, LeCun
    2022, eq. 1 and 3-4), twice: all of the latent must differ between episodes; the fast part of it must differ between
    distant frames of one episode, so that the scenery, which stays, cannot supply its variance.
    """

    name = "frames"
    shapes_all = False

    def __init__(self, model: Belief, episodes: Episodes, config: TrainConfig):
        super().__init__(config.fast_updates, config.rate)
        self.encoder = model.encoder
        self.predictor = mlp(2 * model.seen_size + model.action_size, 128, model.seen_size)
        self.inverse = mlp(2 * model.seen_size, 64, model.action_size)
        self.episodes, self.config = episodes, config
        if isinstance(self.encoder, FrameEncoder):
            whiten_stem(self.encoder.stem, to_tensor(episodes.frames(np.random.default_rng(0), 512, 1)[:, 0]))
            self.encoder.stem.eval()  # in full precision: what is made louder here is lost in bfloat16

    def shaped(self, obs: Tensor) -> Tensor:
        return self.encoder(obs)

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        window, action, elsewhere = self.episodes.windows_and_frames(
            rng, self.config.batch, self.config.horizon, 2
        )
        obs = to_tensor(np.concatenate([window, elsewhere], 1))
        both = self.encoder(obs.flatten(0, 1)).unflatten(0, obs.shape[:2])
        latent, far = both[:, :-2], both[:, -2:]
        actions = torch.from_numpy(action)
        before, state, imagined = latent[:, 0], latent[:, 1], []
        for step in actions[:, 1:].unbind(1):
            before, state = state, state + self.predictor(torch.cat([before, state, step], -1))
            imagined.append(state)
        apart = torch.cat([far[:, 0] - latent[:, 0], far[:, 1] - latent[:, -1]])[:, : self.config.fast_size]
        (variance, covariance), (variance2, covariance2) = (
            spread_apart(apart / 2**0.5),
            spread_apart(latent[:, 0]),
        )
        read = self.inverse(torch.cat([latent[:, :-1], latent[:, 1:]], -1))
        return {
            "prediction": FORETOLD * F.mse_loss(torch.stack(imagined, 1), latent[:, 2:]),
            "variance": variance + variance2,
            "covariance": (covariance + covariance2) / 25,
            "inverse": self.config.inverse * F.mse_loss(read, actions),
        }


class LearnToRemember(Stage):
    """The frame encoder stands still, so nothing can collapse; its latents are computed once.

    Each step's latent is expected before it is seen. For random spans of steps the eyes are closed: nothing corrects
    the belief, and what it expects must still be right. Short windows come first, since they teach how things move at a
    third of the cost; whole episodes at the end.
    """

    name = "remember"
    shapes_all = False
    update: Tensor
    """How many there were."""

    def __init__(self, model: Belief, episodes: Episodes, config: TrainConfig):
        super().__init__(config.predict_updates, 3e-3)
        model.encoder.requires_grad_(False)
        latent = episodes.encoded(model.encoder.eval())
        model.mean.copy_(latent.flatten(0, 1).mean(0))
        model.scale.copy_(latent.flatten(0, 1).std(0).clamp_min(1e-3))
        self.latent, self.action = model.norm(latent), torch.from_numpy(episodes.action)
        self.memory = nn.ModuleList(
            [model.mover, model.expecter, model.error_in, model.gate, model.error_out]
        )
        self.start, self.model = model.start, [model]
        self.batch = 64
        self.register_buffer("update", torch.zeros(()))

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        (model,) = self.model
        whole = self.latent.shape[1]
        length = min(whole, SHORT) if self.update < SHORT_SHARE * self.updates else whole
        self.update += 1
        episode = torch.from_numpy(rng.integers(0, len(self.latent), self.batch))[:, None]
        begin = torch.from_numpy(rng.integers(0, whole - length + 1, self.batch))
        begin[::2] = 0  # what is seen at first is not what is seen in the middle
        steps = begin[:, None] + torch.arange(length)
        latent = self.latent[episode, steps]
        followed = model.follow(latent, self.action[episode, steps[:, :-1]], self._eyes(rng, length))
        return {
            "expected": F.mse_loss(followed.expected[:, 1:], latent[:, 1:]),
            "recalled": 0.1 * F.mse_loss(model.expected(followed.after[:, 0]), latent[:, 0]),
        }

    def _eyes(self, rng: np.random.Generator, length: int) -> Tensor:
        """[batch, length]: 0 in random spans, never in the first look."""
        time, eyes = np.arange(length), np.ones((self.batch, length), np.float32)
        longest = min(LONGEST_SPAN, length // 2)
        for chance in (0.8, 0.4):
            begin = rng.integers(1, length, (self.batch, 1))
            end = begin + rng.integers(1, longest + 1, (self.batch, 1))
            closed = (time >= begin) & (time < end) & (rng.random((self.batch, 1)) < chance)
            eyes[closed] = 0
        return torch.from_numpy(eyes)


def whiten_stem(stem: nn.Conv2d, frames: Tensor) -> None:
    """Start a patch stem from the patches' principal components [half of the channels], each of equal spread, and their
    negatives: a ball, in one patch of a hundred, is then as loud as the scenery (Coates and Ng 2012, section 3)."""
    size, half = stem.kernel_size[0], stem.out_channels // 2
    patches = F.unfold(frames.float() / 127.5 - 1, size, stride=size).movedim(1, 2).flatten(0, 1)
    mean = patches.mean(0)
    values, directions = torch.linalg.eigh((patches - mean).T @ (patches - mean) / len(patches))
    filters = (directions / values.clamp_min(1e-6).sqrt()).T.flip(0)[:half]
    filters = torch.cat([filters, -filters])
    stem.weight.data.copy_(filters.view_as(stem.weight))
    assert stem.bias is not None
    stem.bias.data.copy_(-filters @ mean)
