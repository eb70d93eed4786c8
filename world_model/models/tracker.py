"""A world model that follows things: few numbers tell a look, and a small memory carries on what goes out of sight.

A state is a short vector, not a map of cells: whole episodes go by in batches, and many imagined flights side by side.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from world_model.data import Episodes
from world_model.models.palette import Palette
from world_model.models.readers import Probe, make_viewer
from world_model.models.remembering import Remembering, closing
from world_model.stages import Stage, TrainConfig

LONGEST_SPAN = 24
"""Steps that eyes stay closed in training, at most."""
SETTLED = 4
"""Looks before eyes are first closed: nobody can foresee a flight that was hardly seen, and what can't be learned is noise."""
WINDOWS = ((0.2, 9, 128), (0.6, 17, 64), (1.0, 10_000, 64))
"""Up to which share of the updates windows have so many looks, and how many are in a batch: short ones teach how things
move, whole episodes what to keep for long."""
BOUND = 8.0
"""No number of a belief goes further. What is seen lies in -3 to 3."""
LOST = 1.0
"""Mean squared error of a look from which a flight counts as lost: what comes after teaches nothing. A ball that appears out
of nowhere is a tenth of it; windows twice as long as those learned from so far can get there."""
LOOKED_AT = 200
"""Episodes that the palette is found from, every eighth frame of each."""


class Tracker(Remembering):
    """A palette that tells a look, and a recurrent belief over what it tells; beside them a viewer and probes.

    A state is what would be seen (`components` numbers) and what is remembered (`memory_size`). A step is moved by gated
    linear units (Dauphin et al. 2017, arXiv 1612.08083, eq. 1): what bounces keeps moving straight, until a gate turns it.
    The error of a look is taken over as it is by what is seen; into the memory it goes through gates without bias.
    """

    encoder: Palette
    probe: Standardised

    def __init__(
        self,
        obs_shape: tuple[int, ...],
        action_size: int,
        facts: dict[str, int],
        components: int = 48,
        memory_size: int = 48,
        width: int = 256,
    ):
        super().__init__()
        shape = tuple(obs_shape)
        self.encoder = Palette(shape, components)
        self.action_size, self.components, self.memory_size = action_size, components, memory_size
        size = self.state_size = components + memory_size
        self.start = nn.Parameter(torch.zeros(size))
        self.gate = nn.Linear(size + action_size, width)
        self.value = nn.Linear(size + action_size, width)
        self.move = nn.Linear(width, size)
        self.trust = nn.Linear(size, width)
        self.error_in = nn.Linear(components, width, bias=False)
        self.error_out = nn.Linear(width, memory_size, bias=False)
        with torch.no_grad():  # hardly anything moves at first, and gates do turn
            self.move.weight.mul_(0.3)
            self.gate.weight.mul_(2.0)
        self.viewer = make_viewer(shape, size)
        self.probe = Standardised(size, facts)

    @staticmethod
    def sizes(config: TrainConfig) -> dict[str, int]:
        return {
            "components": config.components,
            "memory_size": config.memory_size,
            "width": config.width,
        }

    def expected(self, state: Tensor) -> Tensor:
        return state[..., : self.components]

    def corrected(self, state: Tensor, error: Tensor) -> Tensor:
        kept = self.error_out(torch.sigmoid(self.trust(state)) * self.error_in(error))
        return state + torch.cat([error, kept], -1)

    def predict(self, state: Tensor, action: Tensor) -> Tensor:
        now = torch.cat([state, action], -1)
        moved = state + self.move(torch.sigmoid(self.gate(now)) * self.value(now))
        return moved.clamp(-BOUND, BOUND)

    def studied(self, episodes: Episodes) -> Tensor:
        """Every other episode with eyes closed for spans: readers are asked about imagined states too."""
        latent, action = episodes.encoded(self.latent), torch.from_numpy(episodes.action)
        n, looks, _ = latent.shape
        eyes = closing(np.random.default_rng(0), n, looks, LONGEST_SPAN, SETTLED)
        eyes[::2] = 1
        with torch.no_grad():
            return self.follow(latent, action, eyes).after

    def stages(self, episodes: Episodes, config: TrainConfig) -> Iterator[Stage]:
        """How it learns: what to believe of what looks tell."""
        yield LearnToTrack(self, episodes, config)


class Standardised(Probe):
    """Reads states [..., D] whose numbers are brought to one size first."""

    mean: Tensor
    scale: Tensor

    def __init__(self, state_size: int, facts: dict[str, int]):
        super().__init__(state_size, facts)
        self.register_buffer("mean", torch.zeros(state_size))
        self.register_buffer("scale", torch.ones(state_size))

    def begin(self, states: Tensor) -> None:
        """To states [..., D]."""
        spread, mean = torch.std_mean(states.flatten(0, -2), 0)
        self.mean.copy_(mean)
        self.scale.copy_(spread.clamp_min(1e-3))

    def forward(self, state: Tensor) -> dict[str, Tensor]:
        return super().forward((state - self.mean) / self.scale)


class LearnToTrack(Stage):
    """The palette is found first and then stands still, so nothing can collapse; its latents are computed once.

    Each look is expected before it is seen. For random spans of steps the eyes are closed: nothing corrects the belief, and
    what it expects must still be right. So a flight is learned while it can be seen, and carries on where it can't.
    """

    name = "track"
    imagines = False
    steepest = (
        0.1  # about the usual: through many steps some are a hundred times as steep, and one would undo all
    )
    update: Tensor
    """How many there were."""

    def __init__(self, model: Tracker, episodes: Episodes, config: TrainConfig):
        super().__init__(config.predict_updates, config.rate)
        model.encoder.fit(episodes.obs[:LOOKED_AT, ::8], np.random.default_rng(config.seed))
        self.latent, self.action = episodes.encoded(model.latent), torch.from_numpy(episodes.action)
        learned = (model.gate, model.value, model.move, model.trust, model.error_in, model.error_out)
        self.memory, self.start, self.model = nn.ModuleList(learned), model.start, [model]
        self.register_buffer("update", torch.zeros(()))

    def finish(self) -> None:
        (model,) = self.model
        with torch.no_grad():
            model.probe.begin(model.follow(self.latent[:300], self.action[:300]).after)

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        (model,) = self.model
        whole = self.latent.shape[1]
        length, batch = next(
            (min(looks, whole), many)
            for share, looks, many in WINDOWS
            if self.update < share * self.updates or share == 1
        )
        self.update += 1
        episode = torch.from_numpy(rng.integers(0, len(self.latent), batch))[:, None]
        begin = torch.from_numpy(rng.integers(0, whole - length + 1, batch))
        begin[::2] = 0  # what is seen at first is not what is seen in the middle
        steps = begin[:, None] + torch.arange(length)
        latent = self.latent[episode, steps]
        eyes = closing(rng, batch, length, LONGEST_SPAN, SETTLED)
        followed = model.follow(latent, self.action[episode, steps[:, :-1]], eyes)
        off = (followed.expected[:, 1:] - latent[:, 1:]).square().mean(2)
        lost = off.detach() > LOST
        sound = lost.cumsum(1) - lost.long() == 0
        return {"expected": 10 * torch.where(sound, off, 0.0).mean()}
