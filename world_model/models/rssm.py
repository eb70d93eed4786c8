"""A recurrent state-space model, after PlaNet (Hafner et al. 2019) and DreamerV3 (Hafner et al. 2023).

What is believed has two parts: a memory that a recurrent network carries along without chance, and a code of what is
seen now, which has a spread. The prior guesses the code from the memory alone; the posterior reads it off the frame.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from world_model.data import Episodes, to_tensor
from world_model.losses import picture_error, usual_frame
from world_model.models.base import WorldModel
from world_model.models.encoders import make_encoder, unwhiten, whiten
from world_model.models.parts import mlp
from world_model.models.readers import Probe, make_painter, make_viewer, shown
from world_model.stages import Stage, TrainConfig


class RSSM(WorldModel):
    """A state is [code | memory]; a distance to a goal compares the codes.

    The posterior sees the frame alone, not the memory (as in STORM, Zhang et al. 2023), so that a goal seen once and an
    imagined state have comparable codes. The prior adds what it says to the last code. Imagination goes through means.
    """

    def __init__(
        self,
        obs_shape: tuple[int, ...],
        action_size: int,
        facts: dict[str, int],
        fast_size: int = 8,
        memory_size: int = 64,
        width: int = 128,
    ):
        super().__init__()
        self.action_size, self.fast_size, self.memory_size = action_size, fast_size, memory_size
        self.state_size = fast_size + memory_size
        self.posterior = make_encoder(tuple(obs_shape), 2 * fast_size)
        self.memory = nn.GRUCell(fast_size + action_size, memory_size)
        self.prior = mlp(memory_size, width, 2 * fast_size)
        self.viewer = make_viewer(tuple(obs_shape), self.state_size)
        self.probe = Probe(self.state_size, facts)

    @staticmethod
    def sizes(config: TrainConfig) -> dict[str, int]:
        return {"fast_size": config.fast_size, "memory_size": config.memory_size, "width": config.width}

    def first(self, obs: Tensor) -> Tensor:
        mean, _ = self.posterior(obs).chunk(2, -1)
        return torch.cat([mean, mean.new_zeros(len(obs), self.memory_size)], -1)

    def predict(self, state: Tensor, action: Tensor) -> Tensor:
        code, memory = state.split([self.fast_size, self.memory_size], -1)
        memory = self.memory(torch.cat([code, action], -1), memory)
        change, _ = self.prior(memory).chunk(2, -1)
        return torch.cat([code + change, memory], -1)

    def correct(self, state: Tensor, obs: Tensor) -> Tensor:
        return torch.cat([self.first(obs)[:, : self.fast_size], state[:, self.fast_size :]], -1)

    def embed(self, state: Tensor) -> Tensor:
        return state[..., : self.fast_size]

    @torch.no_grad()
    def beliefs(self, episodes: Episodes) -> Tensor:
        state = self.first(to_tensor(episodes.obs[:, 0]))
        states = [state]
        for t in range(episodes.action.shape[1]):
            imagined = self.predict(state, torch.from_numpy(episodes.action[:, t]))
            state = self.correct(imagined, to_tensor(episodes.obs[:, t + 1]))
            states.append(state)
        return torch.stack(states, 1)

    def decode(self, state: Tensor) -> Tensor:
        return shown(self.viewer(state))

    def read(self, state: Tensor) -> dict[str, Tensor]:
        return self.probe(state)

    def stages(self, episodes: Episodes, config: TrainConfig) -> Iterator[Stage]:
        yield LearnToDream(self, episodes, config)


def spread_of(raw: Tensor) -> Tensor:
    """A network's output -> a standard deviation above 0.05."""
    return nn.functional.softplus(raw) + 0.05


def divergence(mean: Tensor, std: Tensor, mean2: Tensor, std2: Tensor) -> Tensor:
    """KL of one diagonal Gaussian [..., k] from another, in nats, summed over k -> [...]."""
    ratio = (std / std2).square()
    return 0.5 * (ratio + ((mean - mean2) / std2).square() - 1 - ratio.log()).sum(-1)


class LearnToDream(Stage):
    """DreamerV3's loss of the world model (Hafner et al. 2023, eq. 4 and 5), with Gaussian codes as in PlaNet.

    Frames are painted from a sampled posterior code and the memory (weighted squared error, summed over pixels). The
    prior is pulled to the posterior (weight 0.5) harder than the posterior to the prior (0.1): KL balance; and neither
    by what is below 1 nat: free bits. Frames are painted at two steps of each window, drawn anew each time.
    """

    name = "dream"
    FREE_NATS = 1.0

    def __init__(self, model: RSSM, episodes: Episodes, config: TrainConfig):
        super().__init__(config.fast_updates, config.rate)
        self.posterior, self.memory, self.prior = model.posterior, model.memory, model.prior
        self.usual = usual_frame(episodes.obs)
        self.painter = make_painter(episodes.obs_shape, model.state_size, self.usual)
        self.episodes, self.batch, self.memory_size = episodes, config.batch, model.memory_size
        self.steps = 2 * config.horizon
        whiten(self.posterior, episodes.obs, config.whiten)

    def finish(self) -> None:
        unwhiten(self.posterior)

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        window, action = self.episodes.windows(rng, self.batch, self.steps)
        obs, actions = to_tensor(window), torch.from_numpy(action)
        mean, raw = self.posterior(obs.flatten(0, 1)).unflatten(0, obs.shape[:2]).chunk(2, -1)
        std = spread_of(raw)
        noise = torch.from_numpy(rng.standard_normal(mean.shape, np.float32))
        code = mean + std * noise
        memory, before = torch.zeros(len(obs), self.memory_size), torch.zeros_like(code[:, 0])
        memories, guesses, spreads = [], [], []
        for t in range(self.steps + 1):
            if t:
                before = code[:, t - 1]
                memory = self.memory(torch.cat([before, actions[:, t - 1]], -1), memory)
            change, raw = self.prior(memory).chunk(2, -1)
            memories.append(memory)
            guesses.append(before + change)
            spreads.append(spread_of(raw))
        guess, spread = torch.stack(guesses, 1), torch.stack(spreads, 1)
        forward = divergence(mean.detach(), std.detach(), guess, spread).mean()
        backward = divergence(mean, std, guess.detach(), spread.detach()).mean()
        steps = rng.permutation(self.steps + 1)[:2]
        state = torch.cat([code, torch.stack(memories, 1)], -1)[:, steps]
        error = picture_error(self.painter(state.flatten(0, 1)), obs[:, steps].flatten(0, 1), self.usual)
        return {
            "picture": error * int(np.prod(self.episodes.obs_shape)),
            "prior": 0.5 * forward.clamp_min(self.FREE_NATS),
            "posterior": 0.1 * backward.clamp_min(self.FREE_NATS),
        }
