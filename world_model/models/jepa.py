"""A joint-embedding predictive architecture (LeCun 2022): predict the next frame's latent, not its pixels.

The latent has two parts. The fast part is what actions move; the context is what an episode keeps, such as where its
walls stand. The predictor moves the first and only reads the second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.data import Episodes, to_tensor
from world_model.losses import sigreg, spread_apart
from world_model.models.base import WorldModel
from world_model.models.encoders import make_encoder, unwhiten, whiten
from world_model.models.imagining import imagine
from world_model.models.keypoints import KeypointEncoder, look_for
from world_model.models.parts import mlp
from world_model.models.readers import Probe, Readings, make_viewer, shown
from world_model.models.scene import SceneEncoder, begin
from world_model.stages import Stage, TrainConfig


class JEPA(WorldModel):
    """Two encoders and a residual predictor; beside them a viewer and probes that nothing depends on.

    A state is [fast | context]; a distance to a goal compares the fast part alone.
    """

    def __init__(
        self,
        obs_shape: tuple[int, ...],
        action_size: int,
        facts: dict[str, int],
        fast_size: int = 8,
        context_size: int = 8,
        width: int = 256,
        keypoints: int = 0,
    ):
        super().__init__()
        self.action_size, self.fast_size, self.context_size = action_size, fast_size, context_size
        self.state_size = fast_size + context_size
        shape = tuple(obs_shape)

        def encoder(size: int) -> nn.Module:
            return KeypointEncoder(size, keypoints) if keypoints else make_encoder(shape, size)

        self.encoder = encoder(fast_size)
        if not context_size:
            self.context: nn.Module = Nothing()
        elif len(shape) == 3:
            self.context = SceneEncoder(context_size)
        else:
            self.context = encoder(context_size)
        self.predictor = mlp(self.state_size + action_size, width, fast_size)
        self.viewer = make_viewer(shape, self.state_size)
        self.probe = Probe(self.state_size, facts)

    @staticmethod
    def sizes(config: TrainConfig) -> dict[str, int]:
        sizes = {"fast_size": config.fast_size, "context_size": config.context_size, "width": config.width}
        return {**sizes, "keypoints": config.keypoints} if config.keypoints else sizes

    def first(self, obs: Tensor) -> Tensor:
        return torch.cat([self.encoder(obs), self.context(obs)], -1)

    def predict(self, state: Tensor, action: Tensor) -> Tensor:
        fast, context = state.split([self.fast_size, self.context_size], -1)
        return torch.cat([fast + self.predictor(torch.cat([state, action], -1)), context], -1)

    def rollout(self, state: Tensor, actions: Tensor) -> Tensor:
        fast, context = state.split([self.fast_size, self.context_size], -1)
        imagined = imagine(self.predictor, fast, context, actions)
        return torch.cat([imagined, context[:, None].expand(-1, imagined.shape[1], -1)], -1)

    def embed(self, state: Tensor) -> Tensor:
        return state[..., : self.fast_size]

    def decode(self, state: Tensor) -> Tensor:
        return shown(self.viewer(state))

    def read(self, state: Tensor) -> Mapping[str, Tensor]:
        return Readings(self.probe, state)

    def stages(self, episodes: Episodes, config: TrainConfig) -> Iterator[Stage]:
        """How it learns: what an episode keeps, then what actions move, then how they move it."""
        if self.context_size:
            yield LearnContext(self, episodes, config)
        yield LearnFast(self, episodes, config)
        yield LearnToPredict(self, episodes, config)


class Nothing(nn.Module):
    """The context of a world whose episodes keep nothing to themselves: observations [N, ...] -> [N, 0]."""

    def forward(self, obs: Tensor) -> Tensor:
        return torch.zeros(len(obs), 0)


def imagined_by(predictor: nn.Module, model: WorldModel, state: Tensor, actions: Tensor) -> Tensor:
    """[B, D], [B, H, A] -> [fast | context] [B, H, F + C], moved by a predictor that may not be the model's."""
    assert isinstance(model, JEPA)
    fast, context = model.readable(state).split([model.fast_size, model.context_size], -1)
    imagined = imagine(predictor, fast, context, actions)
    return torch.cat([imagined, context[:, None].expand(-1, imagined.shape[1], -1)], -1)


class LearnContext(Stage):
    """Two frames of one episode, at random, should have the same context, and different episodes different ones.

    Agreement is VICReg's invariance term (Bardes, Ponce, LeCun 2022, eq. 5) with the episode as the thing that two
    views share.
    """

    name = "context"
    imagines = False

    def __init__(self, model: JEPA, episodes: Episodes, config: TrainConfig):
        super().__init__(config.context_updates, 2e-3)
        self.encoder = model.context
        self.episodes, self.config = episodes, config
        look_for(self.encoder, episodes.obs, config.seed)
        begin(self.encoder, episodes.obs)

    def shaped(self, obs: Tensor) -> Tensor:
        return self.encoder(obs)

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        obs = self.episodes.frames(rng, 256, 2)
        one, two = self.encoder(to_tensor(obs).flatten(0, 1)).unflatten(0, obs.shape[:2]).unbind(1)
        (variance, covariance), (variance2, covariance2) = spread_apart(one), spread_apart(two)
        return {
            "agreement": self.config.agreement * F.mse_loss(one, two),
            "variance": self.config.apart * variance + (1 - self.config.apart) * variance2,
            "covariance": (self.config.apart * covariance + (1 - self.config.apart) * covariance2) / 25,
        }


class LearnFast(Stage):
    """The error of an imagined rollout against the encoder's own latents: no stop-gradient, no moving average.

    What keeps the latent from collapsing is inverse dynamics (the action must be readable from two neighbouring
    latents) and VICReg's variance and covariance (eq. 1 and 3-4), or SIGReg in their place. They are taken over the
    frames of different episodes, or over the differences between distant frames of one episode, where what stays the
    same, its layout or its backdrop, cannot supply the variance (but two places that no episode joins may then share a
    latent).

    All of that can be had from a latent that is wrong in the large. A backdrop that an episode keeps is predicted
    without error, so the encoder may settle on it before it has seen the agent; and a latent that tells neighbours
    apart may be crumpled, with far places side by side. `travel` sees both: the difference of the latents of any two
    frames of an episode should tell, linearly, the sum of the actions between them.
    """

    name = "fast"

    def __init__(self, model: JEPA, episodes: Episodes, config: TrainConfig):
        super().__init__(config.fast_updates, config.rate)
        self.encoder, self.context = model.encoder, model.context.requires_grad_(False)
        self.predictor = mlp(model.fast_size + model.context_size + model.action_size, 128, model.fast_size)
        self.inverse = mlp(2 * model.fast_size, 64, model.action_size)
        self.episodes, self.config = episodes, config
        if config.travel:
            self.travel = nn.Linear(model.fast_size, model.action_size, bias=False)
            went = torch.from_numpy(episodes.went())
            self.went = went / (2**0.5 * (went - went.mean(1, keepdim=True)).std()).clamp_min(1e-6)
        whiten(self.encoder, episodes.obs, config.whiten)
        look_for(self.encoder, episodes.obs, config.seed)

    def finish(self) -> None:
        unwhiten(self.encoder)

    def imagine(self, model: WorldModel, state: Tensor, actions: Tensor) -> Tensor:
        return imagined_by(self.predictor, model, state, actions)

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        rows, steps = self.episodes.places(rng, self.config.batch, self.config.horizon, 2)
        obs = to_tensor(self.episodes.obs[rows, steps])
        both = self.encoder(obs.flatten(0, 1)).unflatten(0, obs.shape[:2])
        fast, far = both[:, :-2], both[:, -2:]
        actions = torch.from_numpy(self.episodes.action[rows, steps[:, : self.config.horizon]])
        context = self.context(obs[:, 0])
        imagined = imagine(self.predictor, fast[:, 0], context, actions)
        apart = torch.cat([far[:, 0] - fast[:, 0], far[:, 1] - fast[:, -1]]) / 2**0.5
        read = self.inverse(torch.cat([fast[:, :-1], fast[:, 1:]], -1))
        parts = {
            "prediction": F.mse_loss(imagined, fast[:, 1:]),
            "inverse": self.config.inverse * F.mse_loss(read, actions),
            **self._spread(apart, fast[:, 0], rng),
        }
        if self.config.travel:
            # a distant frame with the window's first, another with its last, and the two distant ones
            pairs = torch.tensor([[0, -2], [-3, -1], [-2, -1]])
            here, there = both[:, pairs].unbind(2)
            before, after = self.went[torch.from_numpy(rows), torch.from_numpy(steps)][:, pairs].unbind(2)
            parts["travel"] = self.config.travel * F.mse_loss(self.travel(there - here), after - before)
        return parts

    def _spread(self, apart: Tensor, anywhere: Tensor, rng: np.random.Generator) -> dict[str, Tensor]:
        """What keeps differences within episodes [2 B, F] and frames of different episodes [B, F] spread out."""
        share = self.config.apart
        if self.config.regulariser == "sigreg":
            generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
            within = share * sigreg(apart, generator) if share > 0 else torch.zeros(())
            between = (1 - share) * sigreg(anywhere, generator) if share < 1 else torch.zeros(())
            return {"sigreg": 0.1 * (within + between)}
        (variance, covariance), (variance2, covariance2) = spread_apart(apart), spread_apart(anywhere)
        return {
            "variance": share * variance + (1 - share) * variance2,
            "covariance": (share * covariance + (1 - share) * covariance2) / 25,
        }


class LearnToPredict(Stage):
    """Both encoders stand still, so nothing can collapse; the predictor learns through longer rollouts. It is given the
    context of some other frame of the episode, so that it can't lean on what little of the window shows in its own.

    Half of the windows are drawn by how badly they were predicted last time: most steps cross an empty floor, and
    walls would hardly be met. `other`, where given, is a predictor trained in place of the model's own.
    """

    name = "predict"
    surprise: Tensor
    """[windows] how badly each window was predicted when it was last drawn."""

    def __init__(self, model: JEPA, episodes: Episodes, config: TrainConfig, other: nn.Module | None = None):
        super().__init__(config.predict_updates, 2e-3)
        self.predictor = model.predictor if other is None else other
        self.horizon, self.batch = 12, 256
        self.fast = episodes.encoded(model.encoder.eval())
        self.kept = episodes.encoded(model.context.eval())
        self.action = torch.from_numpy(episodes.action)
        self.scale = self.fast.flatten(0, 1).std(0)
        n, steps = self.action.shape[:2]
        self.register_buffer("surprise", torch.ones(n * (steps - self.horizon + 1)))

    def imagine(self, model: WorldModel, state: Tensor, actions: Tensor) -> Tensor:
        return imagined_by(self.predictor, model, state, actions)

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        starts = self.action.shape[1] - self.horizon + 1
        pool = torch.from_numpy(rng.integers(0, len(self.surprise), 4 * self.batch))
        badly = self.surprise[pool].topk(self.batch // 2).indices
        row = torch.cat([pool[: self.batch // 2], pool[badly]])
        episode, start = row // starts, row % starts
        steps = start[:, None] + torch.arange(self.horizon + 1)
        fast, action = self.fast[episode[:, None], steps], self.action[episode[:, None], steps[:, :-1]]
        anywhere = torch.from_numpy(rng.integers(0, self.kept.shape[1], len(episode)))
        imagined = imagine(self.predictor, fast[:, 0], self.kept[episode, anywhere], action)
        error = ((imagined - fast[:, 1:]) / self.scale).square().mean((1, 2))
        self.surprise[row] = error.detach()
        return {"prediction": error.mean()}
