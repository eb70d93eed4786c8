"""Several predictors of one latent (deep ensembles, Lakshminarayanan et al. 2017): where they disagree, nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from world_model.data import Episodes
from world_model.models.imagining import imagine
from world_model.models.jepa import JEPA, LearnToPredict
from world_model.models.parts import mlp
from world_model.models.pixel import Pixel
from world_model.models.readers import shown
from world_model.stages import Stage, TrainConfig


class Ensemble(JEPA):
    """One encoder, K predictors: each has its own weights and its own order of the same data.

    A state is [fast of member 1 | ... | fast of member K | context]. A look gives all members the same belief, and
    imagining moves them apart. Distances, pictures and what probes read are those of their mean.
    """

    def __init__(
        self,
        obs_shape: tuple[int, ...],
        action_size: int,
        facts: dict[str, int],
        fast_size: int = 8,
        context_size: int = 8,
        width: int = 128,
        members: int = 5,
        learns: Literal["jepa", "pixel"] = "jepa",
        keypoints: int = 0,
    ):
        super().__init__(obs_shape, action_size, facts, fast_size, context_size, width, keypoints)
        single = self.state_size + action_size
        self.others = nn.ModuleList(mlp(single, width, fast_size) for _ in range(members - 1))
        self.learns: type[JEPA] = {"jepa": JEPA, "pixel": Pixel}[learns]
        self.count, self.state_size = members, members * fast_size + context_size

    @staticmethod
    def sizes(config: TrainConfig) -> dict[str, int]:
        return {**JEPA.sizes(config), "members": config.members}

    def first(self, obs: Tensor) -> Tensor:
        return torch.cat([self.encoder(obs).repeat(1, self.count), self.context(obs)], -1)

    def predict(self, state: Tensor, action: Tensor) -> Tensor:
        fast, context = self._split(state)
        moved = [
            part + predictor(torch.cat([part, context, action], -1))
            for part, predictor in zip(fast.unbind(-2), [self.predictor, *self.others], strict=True)
        ]
        return torch.cat([*moved, context], -1)

    def rollout(self, state: Tensor, actions: Tensor) -> Tensor:
        fast, context = self._split(state)
        moved = [
            imagine(predictor, part, context, actions)
            for part, predictor in zip(fast.unbind(-2), [self.predictor, *self.others], strict=True)
        ]
        return torch.cat([*moved, context[:, None].expand(-1, actions.shape[1], -1)], -1)

    def embed(self, state: Tensor) -> Tensor:
        return self._split(state)[0].mean(-2)

    def readable(self, state: Tensor) -> Tensor:
        return torch.cat([self.embed(state), self._split(state)[1]], -1)

    def decode(self, state: Tensor) -> Tensor:
        return shown(self.viewer(self.readable(state)))

    def read(self, state: Tensor) -> dict[str, Tensor]:
        return {name: values.mean(-2) for name, values in self.read_each(state).items()}

    def read_each(self, state: Tensor) -> dict[str, Tensor]:
        """[..., D] -> hidden facts by name, as each member has them, [..., K, k]."""
        fast, context = self._split(state)
        each = context[..., None, :].expand(*fast.shape[:-1], -1)
        return self.probe(torch.cat([fast, each], -1))

    def stages(self, episodes: Episodes, config: TrainConfig) -> Iterator[Stage]:
        """One model as its family learns it; then the other predictors, one after the other, everything else frozen."""
        yield from self.learns.stages(self, episodes, config)
        for predictor in self.others:
            yield LearnToPredict(self, episodes, config, predictor)

    def _split(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """[..., D] -> the members' fast parts [..., K, F] and the context [..., C]."""
        fast = state[..., : self.count * self.fast_size].unflatten(-1, (self.count, self.fast_size))
        return fast, state[..., self.count * self.fast_size :]
