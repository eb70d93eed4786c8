"""A world model that remembers: what is out of sight stays believed until something seen contradicts it.

A belief is a map. For each cell of the picture it holds what would be seen there now, and beside it what is remembered. It
is moved by imagination and corrected only by the error of what was expected to be seen: what would be seen by the error
itself, the memory through layers without bias.

All cells share one set of weights, so that how a ball flies, or what a key does to a door, is learned in all places at once.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.data import Episodes
from world_model.models.cells import CellEncoder, CellProbe, CellViewer
from world_model.models.parts import has_bfloat16
from world_model.models.remembering import Remembering, closing
from world_model.stages import Stage, TrainConfig

LONGEST_SPAN = 24
"""Steps that eyes stay closed in training, at most."""
LOOKS = 340
"""In a batch, however long its windows are."""
WINDOWS = ((0.4, 17), (0.8, 33), (1.0, 10_000))
"""Up to which share of the updates windows have so many looks: short ones teach how things move, whole episodes what to
keep for long."""
FRAMES_FITTED = 4096
"""That the encoder's components are found from."""


class Belief(Remembering):
    """An encoder of cells and a recurrent belief over what it tells; beside them a viewer and probes.

    A state is the belief alone, `components` + `memory_size` numbers a cell; a latent `components` numbers a cell; both
    flat. A distance to a goal compares what would be seen: the expected latent.
    """

    encoder: CellEncoder

    def __init__(
        self,
        obs_shape: tuple[int, ...],
        action_size: int,
        facts: dict[str, int],
        components: int = 24,
        memory_size: int = 16,
        width: int = 48,
    ):
        super().__init__()
        shape = tuple(obs_shape)
        self.encoder = CellEncoder(shape, components)
        side, both = self.encoder.side, components + memory_size
        self.action_size, self.components, self.state_size = action_size, components, both * side**2
        self.map_shape, self.latent_shape = (side, side, both), (side, side, components)
        self.start = nn.Parameter(torch.zeros(self.map_shape))
        self.near = nn.Conv2d(both, width, kernel_size=3, padding=1)
        self.column = nn.Linear(both, width, bias=False)
        self.row = nn.Linear(both, width, bias=False)
        self.acted = nn.Linear(action_size, width, bias=False)
        self.move = nn.Sequential(nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, both))
        self.error_in = nn.Linear(components, width, bias=False)
        self.gate = nn.Linear(both, width)
        self.error_out = nn.Linear(width, memory_size, bias=False)
        self.viewer = CellViewer(shape, both)
        self.probe = CellProbe(shape, both, facts)

    @staticmethod
    def sizes(config: TrainConfig) -> dict[str, int]:
        return {
            "components": config.components,
            "memory_size": config.memory_size,
            "width": config.width,
        }

    def expected(self, state: Tensor) -> Tensor:
        return state.unflatten(-1, self.map_shape)[..., : self.components].flatten(-3)

    def corrected(self, state: Tensor, error: Tensor) -> Tensor:
        cells, wrong = state.unflatten(-1, self.map_shape), error.unflatten(-1, self.latent_shape)
        bent = F.relu(self.error_in(wrong)) * 2 * torch.sigmoid(self.gate(cells))
        return state + torch.cat([wrong, self.error_out(bent)], -1).flatten(1)

    def predict(self, state: Tensor, action: Tensor) -> Tensor:
        """Each cell from its neighbours, from the means of its column and its row (a wall behind a screen shows only above
        it and below), and from the action."""
        cells = state.unflatten(-1, self.map_shape)
        with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16()):  # several times faster
            near = self.near(cells.movedim(-1, 1)).movedim(1, -1)
            columns = self.column(cells.mean(1)) + self.acted(action)[:, None]
            rows = self.row(cells.mean(2))
            moved = self.move(near + columns[:, None] + rows[:, :, None])
        return state + moved.flatten(1)

    def stages(self, episodes: Episodes, config: TrainConfig) -> Iterator[Stage]:
        """How it learns: what to believe of what frames tell."""
        yield LearnToRemember(self, episodes, config)


class LearnToRemember(Stage):
    """The encoder is fitted first and then stands still, so nothing can collapse; its latents are computed once.

    Each step's latent is expected before it is seen. For random spans of steps the eyes are closed: nothing corrects
    the belief, and what it expects must still be right.
    """

    name = "remember"
    shapes_all = False
    update: Tensor
    """How many there were."""

    def __init__(self, model: Belief, episodes: Episodes, config: TrainConfig):
        super().__init__(config.predict_updates, 3e-3)
        flat = episodes.obs.reshape(-1, *episodes.obs.shape[2:])
        model.encoder.fit(flat[:: max(1, len(flat) // FRAMES_FITTED)], config.whiten)
        self.latent = episodes.encoded(lambda obs: model.latent(obs).bfloat16())
        self.action = torch.from_numpy(episodes.action)
        imagines = (model.near, model.column, model.row, model.acted, model.move)
        self.memory = nn.ModuleList([*imagines, model.error_in, model.gate, model.error_out])
        self.start, self.model = model.start, [model]
        self.register_buffer("update", torch.zeros(()))

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        (model,) = self.model
        whole = self.latent.shape[1]
        length = next(looks for share, looks in WINDOWS if self.update < share * self.updates or share == 1)
        length = min(whole, length)
        self.update += 1
        batch = max(8, LOOKS // length)
        episode = torch.from_numpy(rng.integers(0, len(self.latent), batch))[:, None]
        begin = torch.from_numpy(rng.integers(0, whole - length + 1, batch))
        begin[::2] = 0  # what is seen at first is not what is seen in the middle
        steps = begin[:, None] + torch.arange(length)
        latent = self.latent[episode, steps].float()
        followed = model.follow(
            latent, self.action[episode, steps[:, :-1]], closing(rng, batch, length, LONGEST_SPAN)
        )
        return {"expected": 10 * F.mse_loss(followed.expected[:, 1:], latent[:, 1:])}
