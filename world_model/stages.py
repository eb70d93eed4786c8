"""Training, stage by stage: each stage trains a part of a model on a loss of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from torch import Tensor, nn

if TYPE_CHECKING:
    from world_model.models.base import WorldModel


@dataclass(frozen=True)
class TrainConfig:
    """The recipe. What had to differ between worlds is in `agents.learning.recipes`, and nowhere else."""

    fast_size: int = 8
    """Latent dimensions that actions move."""
    context_size: int = 8
    """Latent dimensions that an episode keeps; 0 for none."""
    width: int = 128
    """Hidden units of the predictor."""
    agreement: float = 2.0
    """Weight of two frames of one episode having one context. Too strong, and the context forgets what is small."""
    inverse: float = 5.0
    """Weight of inverse dynamics: it pulls the latent towards what the agent moves and away from the scenery."""
    apart: float = 1.0
    """Share of VICReg that is taken over differences within an episode, the rest over different episodes: 1 where
    episodes differ in what stays, 0 where they don't."""
    horizon: int = 8
    """Imagined steps while the encoder learns."""
    context_updates: int = 600
    """Gradient steps of each stage."""
    fast_updates: int = 1500
    predict_updates: int = 4000
    reader_updates: int = 2000
    """Gradient steps on the viewer and the probes, model frozen."""
    seed: int = 0
    """Weights and batches."""
    regulariser: Literal["vicreg", "sigreg"] = "vicreg"
    """What keeps a JEPA's latent from collapsing, beside inverse dynamics."""
    whiten: float = 0.0
    """Patches of frames are whitened while the encoder learns, down to this variance, in grey levels squared; 0: not."""
    memory_size: int = 64
    """Numbers that are remembered beside what would be seen, where a model remembers."""
    components: int = 24
    """Numbers that tell a look, where a palette tells it."""
    batch: int = 64
    """Windows in a batch while the encoder learns."""
    rate: float = 1e-3
    """Adam's first step size while the encoder learns."""
    members: int = 5
    """Predictors of an ensemble."""
    particles: int = 16
    """Imagined futures side by side, where a model throws dice."""
    temporal_updates: int = 0
    """Gradient steps on a temporal distance, model frozen, for the objective `temporal`; 0: it learns none."""
    keypoints: int = 0
    """Places that each encoder boils a frame down to, where several things matter; 0: encoders that see the frame as a
    whole. Frames only."""
    kinds: int = 16
    """Kinds of tiles told apart, where a picture is laid of tiles."""
    reader_batch: int = 64
    """States in a batch of the viewer and the probes; pictures are painted of 64 of them at most."""
    travel: float = 0.0
    """Weight of reading the sum of actions between distant frames of an episode off the difference of their latents:
    it keeps a backdrop from taking the agent's place in the latent, and the latent from crumpling; 0: not asked."""


class Stage(nn.Module, ABC):
    """Holds every module it trains, and as a buffer whatever else changes, so that saving a stage saves all of training. A
    model of which it trains some parts is kept in a list, where torch doesn't look for modules."""

    name: str
    imagines: bool = True
    """Whether what it trains imagines, so that it can be said while it runs how far imagination is off."""
    steepest: float = 10.0
    """Norm that a gradient is cut down to."""

    def __init__(self, updates: int, learning_rate: float):
        super().__init__()
        self.updates, self.learning_rate = updates, learning_rate

    def finish(self) -> None:
        """After the last update."""
        return None

    def shaped(self, obs: Tensor) -> Tensor | None:
        """Observations [N, ...] -> the latents [N, d] that this stage shapes, whose health is shown; None: the
        model's own."""
        return None

    def imagine(self, model: WorldModel, state: Tensor, actions: Tensor) -> Tensor:
        """[B, D], [B, H, A] -> readable states [B, H, R], as far as this stage has come."""
        return model.readable(model.rollout(state, actions))

    @abstractmethod
    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        """Draws its own batch; the parts, whose sum is minimised."""
