"""The rival bet: learn what a frame is by painting it (Ha and Schmidhuber 2018; Hafner et al. 2019).

Everything else is the JEPA's: the same networks, the same second stage, the same planner. So whatever differs
between the two comes from what the encoder was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from world_model.data import Episodes, to_tensor
from world_model.losses import picture_error, usual_frame
from world_model.models.base import WorldModel
from world_model.models.encoders import unwhiten, whiten
from world_model.models.imagining import imagine
from world_model.models.jepa import JEPA, LearnToPredict, imagined_by
from world_model.models.parts import mlp
from world_model.models.readers import make_painter
from world_model.models.scene import begin
from world_model.stages import Stage, TrainConfig


class Pixel(JEPA):
    """A JEPA's networks whose encoder learns by reconstruction: no inverse dynamics, no regulariser."""

    def stages(self, episodes: Episodes, config: TrainConfig) -> Iterator[Stage]:
        """How it learns: to paint what is seen and what comes next, then how actions move the latent."""
        yield LearnToPaint(self, episodes, config)
        yield LearnToPredict(self, episodes, config)


class LearnToPaint(Stage):
    """The squared error, weighted, of frames painted from their own latent and from the latent imagined for them since
    the window's first frame: the reconstruction term of PlaNet (Hafner et al. 2019, eq. 3) and of its latent
    overshooting, without the noise. Painting is what costs, so each window is painted at two steps, drawn anew.

    The context is that of another frame of the episode, so it can only hold what the whole episode keeps. The painter
    is thrown away afterwards; the viewer that people see is trained like any family's, on frozen states.
    """

    name = "paint"

    def __init__(self, model: Pixel, episodes: Episodes, config: TrainConfig):
        super().__init__(config.fast_updates, config.rate)
        self.encoder, self.context, size = model.encoder, model.context, model.fast_size + model.context_size
        self.predictor = mlp(size + model.action_size, 128, model.fast_size)
        self.usual = usual_frame(episodes.obs)
        self.painter = make_painter(episodes.obs_shape, size, self.usual)
        self.episodes, self.config = episodes, config
        whiten(self.encoder, episodes.obs, config.whiten)
        begin(self.context, episodes.obs)

    def finish(self) -> None:
        unwhiten(self.encoder)

    def imagine(self, model: WorldModel, state: Tensor, actions: Tensor) -> Tensor:
        return imagined_by(self.predictor, model, state, actions)

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        window, action, elsewhere = self.episodes.windows_and_frames(
            rng, self.config.batch, self.config.horizon, 1
        )
        later = 1 + rng.permutation(self.config.horizon)[:2]
        obs = to_tensor(window[:, [0, *later]])
        fast = self.encoder(obs.flatten(0, 1)).unflatten(0, obs.shape[:2])
        context = self.context(to_tensor(elsewhere)[:, 0])
        imagined = imagine(self.predictor, fast[:, 0], context, torch.from_numpy(action))
        return {
            "seen": self._error(fast[:, :2], context, obs[:, :2]),
            "imagined": self._error(imagined[:, later - 1], context, obs[:, 1:]),
        }

    def _error(self, fast: Tensor, context: Tensor, obs: Tensor) -> Tensor:
        """fast [B, T, F], context [B, C], obs [B, T, ...] -> scalar."""
        state = torch.cat([fast, context[:, None].expand(-1, fast.shape[1], -1)], -1)
        return picture_error(self.painter(state.flatten(0, 1)), obs.flatten(0, 1), self.usual)
