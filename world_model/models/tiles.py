"""A world model for pictures laid of few kinds of tiles: what each cell shows, and one memory of what no cell shows.

Each cell of a look is one of a few kinds, found in the recordings. Imagination gives every kind a chance, cell by cell; all
cells share one set of weights, so what is learned in one place holds in all. A chance that is nearly 1 stays there, so
long imagination stays as crisp as seeing (as with the tokens of IRIS: Micheli et al. 2023).

The memory is written from what happens, never from itself (a minimal gated unit: Feng et al. 2024, "Were RNNs all we
needed?"). So a whole recording is learned from at once, with only the gates worked out step by step, and what was picked
up at the first step is known at the last.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.data import Episodes, to_tensor
from world_model.errors import WorldModelError
from world_model.models.base import WorldModel
from world_model.models.encoders import has_bfloat16, patches_of
from world_model.models.parts import in_pieces
from world_model.models.readers import Probe, shown
from world_model.stages import Stage, TrainConfig

PATCH = 8
"""Pixels a side of a cell."""
STAYS = 8.0
"""Nats by which a cell is expected to stay what it is, before anything is learned."""
KEEPS = -1.0, -5.0
"""Between which the gates begin: memories that last from exp(1) = 3 to exp(5) = 150 steps (Tallec and Ollivier 2018,
section 3)."""
EPISODES, SURPRISING = 4, 2
"""In a batch; and how many of them are drawn by how much they surprised when last seen (Schaul et al. 2016: what is rare
and not yet understood is seen oftener). The others are drawn evenly."""
LONGEST = 96
"""Looks of an episode that are learned from at once."""
SPANS, CLOSED = 20, 4
"""In a batch, how often eyes are closed after a look, and for how many steps."""
FRAMES_FITTED = 4096
"""That the kinds are found in."""


class Tiles(WorldModel):
    """A state is the chances of each kind in each cell, and the memory, flat. A distance to a goal compares chances."""

    def __init__(
        self,
        obs_shape: tuple[int, ...],
        action_size: int,
        facts: dict[str, int],
        kinds: int = 16,
        memory_size: int = 16,
        width: int = 48,
    ):
        super().__init__()
        if len(obs_shape) != 3:
            raise WorldModelError(
                f"the family 'tiles' learns from frames, and these observations are {obs_shape[0]} numbers; "
                "train another family, such as jepa"
            )
        self.encoder = Kinds(tuple(obs_shape), kinds)
        self.action_size, self.kinds, self.memory_size = action_size, kinds, memory_size
        self.map_shape = (self.encoder.side, self.encoder.side, kinds)
        self.state_size = self.encoder.side**2 * kinds + memory_size
        self.start = nn.Parameter(torch.zeros(memory_size))
        self.near = nn.Conv2d(kinds, width, kernel_size=3, padding=1)
        self.anywhere = nn.Linear(kinds, width, bias=False)
        self.acted = nn.Linear(action_size, width, bias=False)
        self.write = nn.Linear(width + kinds, 2 * memory_size)
        self.recall = nn.Linear(memory_size, width, bias=False)
        self.bend, self.show = nn.Linear(width, width), nn.Linear(width, kinds)
        self.write.bias.data[memory_size:] = torch.linspace(*KEEPS, memory_size)
        self.viewer = TileViewer(self.encoder, self.map_shape)
        self.probe = TileProbe(self.map_shape, memory_size, facts)

    @staticmethod
    def sizes(config: TrainConfig) -> dict[str, int]:
        return {"kinds": config.kinds, "memory_size": config.memory_size, "width": config.width}

    def parts(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """[..., D] -> chances [..., 8, 8, K] and memory [..., M]."""
        look, memory = state.split([state.shape[-1] - self.memory_size, self.memory_size], -1)
        return look.unflatten(-1, self.map_shape), memory

    def first(self, obs: Tensor) -> Tensor:
        return self._joined(self.encoder(obs), self.start.expand(len(obs), -1))

    def correct(self, state: Tensor, obs: Tensor) -> Tensor:
        """What is seen takes the place of what was expected; what it tells is remembered with the next step."""
        return self._joined(self.encoder(obs), self.parts(state)[1])

    def predict(self, state: Tensor, action: Tensor) -> Tensor:
        look, memory = self.parts(state)
        chances, memory = self.step(look, memory, action)
        return self._joined(chances.exp(), memory)

    def step(self, look: Tensor, memory: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """Chances [N, 8, 8, K], memory [N, M], action [N, A] -> log chances and memory, one step later."""
        happens = self.happens(look, action)
        memory = torch.lerp(memory, *self.written(look, happens))
        return self.shows(look, happens, memory), memory

    def happens(self, look: Tensor, action: Tensor) -> Tensor:
        """[N, 8, 8, W]: of each cell, from its neighbours, from what there is anywhere, and from the action."""
        with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16()):  # several times faster
            near = self.near(look.movedim(-1, 1)).movedim(1, -1)
            all_over = self.anywhere(look.flatten(1, 2).amax(1)) + self.acted(action)
            return F.relu(near + all_over[:, None, None])

    def written(self, look: Tensor, happens: Tensor) -> tuple[Tensor, Tensor]:
        """What the memory moves to and how far, both [N, M]: by what there is, and what happens, in any cell."""
        seen = torch.cat([look, happens.float()], -1).flatten(1, 2).amax(1)
        new, gate = self.write(seen).chunk(2, -1)
        return torch.tanh(new), torch.sigmoid(gate)

    def shows(self, look: Tensor, happens: Tensor, memory: Tensor) -> Tensor:
        """Log chances [N, 8, 8, K] of what is seen next."""
        with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16()):
            told = self.show(F.relu(self.bend(happens) + self.recall(memory)[:, None, None]))
        return (told.float() + STAYS * look).log_softmax(-1)

    def follow(self, look: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """Through recordings, eyes open: looks [B, T + 1, 8, 8, K], actions [B, T, A] -> log chances of the looks after the
        first, [B, T, 8, 8, K], each foreseen from the look before, and the memory after each action, [B, T, M]."""
        batch, steps = action.shape[:2]
        now = look[:, :-1].flatten(0, 1)
        happens = self.happens(now, action.flatten(0, 1))
        new, gate = (part.unflatten(0, (batch, steps)) for part in self.written(now, happens))
        memory = [self.start.expand(batch, -1)]
        for t in range(steps):
            memory.append(torch.lerp(memory[-1], new[:, t], gate[:, t]))
        kept = torch.stack(memory[1:], 1)
        return self.shows(now, happens, kept.flatten(0, 1)).unflatten(0, (batch, steps)), kept

    def embed(self, state: Tensor) -> Tensor:
        return self.parts(state)[0].flatten(-3)

    def decode(self, state: Tensor) -> Tensor:
        return shown(self.viewer(state))

    def read(self, state: Tensor) -> dict[str, Tensor]:
        return self.probe(state)

    @torch.no_grad()
    def beliefs(self, episodes: Episodes, chunk: int = 20) -> Tensor:
        action, states = torch.from_numpy(episodes.action), []
        for i in range(0, len(action), chunk):
            some = slice(i, i + chunk)
            look = Episodes(episodes.obs[some], episodes.action[some]).encoded(
                lambda obs: self.encoder(obs).flatten(1)
            )
            kept = self.follow(look.unflatten(-1, self.map_shape), action[some])[1]
            first = self.start.expand(len(look), 1, -1)
            states.append(torch.cat([look, torch.cat([first, kept], 1)], -1))
        return torch.cat(states)

    def stages(self, episodes: Episodes, config: TrainConfig) -> Iterator[Stage]:
        """How it learns: to expect the next look."""
        yield LearnToExpect(self, episodes, config)

    def _joined(self, look: Tensor, memory: Tensor) -> Tensor:
        return torch.cat([look.flatten(-3), memory], -1)


class Kinds(nn.Module):
    """Frames [N, 3, 64, 64] uint8 -> [N, 8, 8, K]: 1 for the kind that a cell's patch is nearest to, 0 for the others.

    The kinds are patches of recorded frames, each the farthest from those chosen before it (Gonzalez 1985): what is rare
    but looks like nothing else is a kind too. Where there are fewer kinds than K, the last ones are never the nearest.
    """

    patch: Tensor
    """[K, P] grey levels."""

    def __init__(self, obs_shape: tuple[int, ...], kinds: int):
        super().__init__()
        self.side = obs_shape[-1] // PATCH
        self.register_buffer("patch", torch.full((kinds, 3 * PATCH * PATCH), -1e4))

    @torch.no_grad()
    def fit(self, obs: np.ndarray) -> None:
        """To frames [N, H, W, 3]."""
        found = np.unique(patches_of(to_tensor(obs), PATCH).flatten(0, 2).numpy(), axis=0)
        patches = torch.from_numpy(found).float()
        far = torch.full((len(patches),), torch.inf)
        for kind in range(min(len(self.patch), len(patches))):
            self.patch[kind] = patches[far.argmax()]
            far = torch.minimum(far, (patches - self.patch[kind]).square().sum(1))

    def index(self, obs: Tensor) -> Tensor:
        """[N, 3, 64, 64] -> [N, 8, 8] uint8."""
        likeness = F.linear(patches_of(obs, PATCH).float(), self.patch, -self.patch.square().sum(1) / 2)
        return likeness.argmax(-1).byte()

    def forward(self, obs: Tensor) -> Tensor:
        return F.one_hot(self.index(obs).long(), len(self.patch)).float()


class TileViewer(nn.Module):
    """States -> [N, 3, 64, 64] in [0, 1]: the patches of the kinds, by their chances. There is nothing to learn."""

    def __init__(self, kinds: Kinds, map_shape: tuple[int, int, int]):
        super().__init__()
        self.known, self.map_shape = [kinds], map_shape

    def begin(self, usual: Tensor, states: Tensor) -> None:
        """A viewer that learns would begin from the usual frame."""

    def forward(self, state: Tensor) -> Tensor:
        (kinds,), (side, _, many) = self.known, self.map_shape
        look = state[:, : side * side * many].unflatten(-1, self.map_shape)
        patch = kinds.patch.clamp(0, 255).unflatten(-1, (PATCH, PATCH, 3)).permute(0, 3, 1, 2)
        painted = (look / 255) @ patch.flatten(1)
        return F.pixel_shuffle(painted.movedim(-1, 1), PATCH)


class TileProbe(Probe):
    """States [..., D] -> hidden facts by name, each by an MLP on how much there is of every kind, where that is on the mean,
    and the memory. So an agent in a doorway never seen before is read as well as anywhere."""

    def __init__(self, map_shape: tuple[int, int, int], memory_size: int, facts: dict[str, int]):
        super().__init__(3 * map_shape[2] + memory_size, facts)
        self.map_shape = map_shape
        place = torch.linspace(-1, 1, map_shape[0])
        self.place = torch.stack(torch.meshgrid(place, place, indexing="ij"), -1).flatten(0, 1)

    def forward(self, state: Tensor) -> dict[str, Tensor]:
        return super().forward(in_pieces(self._found, state))

    def _found(self, state: Tensor) -> Tensor:
        side, _, kinds = self.map_shape
        look, memory = state.split([side * side * kinds, state.shape[1] - side * side * kinds], 1)
        there = look.unflatten(1, (side * side, kinds))
        much = there.sum(1)
        some = much.clamp_min(1)[..., None]  # a trace of a kind is no place
        where = torch.einsum("nck,cx->nkx", there, self.place) / some
        return torch.cat([much / side, where.flatten(1), memory], 1)


class LearnToExpect(Stage):
    """The kinds are found first and then stand still, so nothing can collapse; the frames are told by them once.

    The loss is the surprise at each look, in nats: at the next one after every look of whole episodes, and at those that
    follow while eyes are closed.
    """

    name = "expect"
    imagines = False
    surprise: Tensor
    """[N]: the largest that each episode held when it was last learned from, in nats."""

    def __init__(self, model: Tiles, episodes: Episodes, config: TrainConfig):
        super().__init__(config.predict_updates, 6e-3)
        flat = episodes.obs.reshape(-1, *episodes.obs.shape[2:])
        model.encoder.fit(flat[:: max(1, len(flat) // FRAMES_FITTED)])
        self.look = episodes.encoded(lambda obs: model.encoder.index(obs).flatten(1))
        self.action = torch.from_numpy(episodes.action)
        self.learns = nn.ModuleList(
            [model.near, model.anywhere, model.acted, model.write, model.recall, model.bend, model.show]
        )
        self.start, self.model = model.start, [model]
        self.register_buffer("surprise", torch.ones(len(self.look)))

    def shaped(self, obs: Tensor) -> Tensor:
        """What is 1 or 0, against the even share of one kind: less than a tenth of that would be a collapse here."""
        (model,) = self.model
        return model.kinds * model.encoder(obs).flatten(1)

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        (model,) = self.model
        chance = self.surprise.double().numpy()
        drawn = rng.choice(len(chance), SURPRISING, p=chance / chance.sum())
        even = rng.integers(0, len(chance), EPISODES - SURPRISING)
        episode = torch.from_numpy(np.concatenate([drawn, even]))
        looks = min(self.look.shape[1], LONGEST)
        begin = torch.from_numpy(rng.integers(0, self.look.shape[1] - looks + 1, EPISODES))
        step = begin[:, None] + torch.arange(looks)
        kind = self.look[episode[:, None], step].long().unflatten(-1, model.map_shape[:2])
        action = self.action[episode[:, None], step[:, :-1]]
        look = F.one_hot(kind, model.kinds).float()
        expected, memory = model.follow(look, action)
        nats = -(expected * look[:, 1:]).sum((-3, -2, -1))
        self.surprise[episode] = nats.detach().amax(1).clamp(0.01, 10)

        row = torch.from_numpy(rng.integers(0, EPISODES, SPANS))
        t = torch.from_numpy(rng.integers(0, looks - 1 - CLOSED, SPANS))
        foreseen, kept, imagined = expected[row, t], memory[row, t], []
        for ahead in range(1, CLOSED + 1):
            foreseen, kept = model.step(foreseen.exp(), kept, action[row, t + ahead])
            imagined.append(-(foreseen * look[row, t + ahead + 1]).sum((-3, -2, -1)))
        return {"expected": nats.mean(), "imagined": torch.stack(imagined).mean()}
