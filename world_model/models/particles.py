"""A model that throws dice: many imagined futures side by side, for worlds where chance decides what a plan costs.

What is observed must be a vector that tells all there is to tell. Standardised, it is the latent: there is nothing to
encode, and nothing that could collapse. What is learned is what comes next, as a distribution, by maximum likelihood.

A state is a cloud of particles, each one possible future. What is read from it is read from every particle and averaged:
an expectation under the model's own uncertainty. All plans meet the same dice, so that they differ by what they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.data import Episodes
from world_model.models.base import WorldModel
from world_model.models.readers import Probe, Readings
from world_model.stages import Stage, TrainConfig

KINDS = 6
"""Ways in which a step may turn out."""
LEAST = 0.02
"""The smallest spread of a number, in units of its recorded spread."""
STEPS = 64
"""Imagined steps before the dice repeat."""
ROWS = 4096
"""Particles that are imagined at a time, so that they stay in the processor's cache."""


class Particles(WorldModel):
    """A state [B, M * d + 1] is M particles of d numbers, and for how many steps they were imagined."""

    habit: Tensor
    """[A, d + 1] weights and constant: what was done in the recordings, where it was above 0, as a linear function of what
    was seen. A search for something better can begin there."""
    dice: Tensor
    """[STEPS, M, 1 + d], the same for every plan and never trained."""

    def __init__(
        self,
        obs_shape: tuple[int, ...],
        action_size: int,
        facts: dict[str, int],
        width: int = 64,
        count: int = 16,
    ):
        super().__init__()
        (self.size,) = obs_shape
        self.action_size, self.count, self.state_size = action_size, count, count * self.size + 1
        self.standard = Standard(self.size)
        self.move = Move(self.size, action_size, width)
        self.viewer = Middle(self.standard)
        self.probe: CloudProbe = CloudProbe(self.size, facts)
        self.register_buffer("habit", torch.zeros(action_size, self.size + 1))
        dice = throw(torch.Generator().manual_seed(0), STEPS, count, self.size)
        self.register_buffer("dice", dice, persistent=False)

    @staticmethod
    def sizes(config: TrainConfig) -> dict[str, int]:
        return {"width": config.width, "count": config.particles}

    def first(self, obs: Tensor) -> Tensor:
        alike = self.standard(obs).repeat(1, self.count)
        return torch.cat([alike, alike.new_zeros(len(obs), 1)], -1)

    def predict(self, state: Tensor, action: Tensor) -> Tensor:
        age = state[:, -1]
        return self._moved(state, action[:, None], self.dice[age.long() % STEPS])

    def rollout(self, state: Tensor, actions: Tensor) -> Tensor:
        """Row by row the same as `predict`, H times, but a cacheful of rows at a time."""
        rows = max(1, ROWS // self.count)
        pairs = zip(state.split(rows), actions.split(rows), strict=True)
        return torch.cat([super(Particles, self).rollout(some, their) for some, their in pairs])

    def react(
        self, state: Tensor, act: Callable[[Tensor], Tensor], steps: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Futures in which each particle is acted upon as it is then seen, with dice of `generator`, the same for every
        row. `act` takes what is seen [B, M, d] and gives actions [B, M, A]; states [B, steps, D], actions
        [B, steps, M, A] come back.
        """
        dice = throw(generator, steps, cloud(state, self.size).shape[-2], self.size)
        states, actions = [], []
        for now in dice:
            action = act(self.standard.back(cloud(state, self.size)))
            state = self._moved(state, action, now)
            states.append(state)
            actions.append(action)
        return torch.stack(states, 1), torch.stack(actions, 1)

    def join(self, state: Tensor) -> Tensor:
        """[B, D] -> [1, B * M * d + 1]: one cloud of all their particles, each of which then has dice of its own."""
        return torch.cat([state[:, :-1].reshape(1, -1), state[:1, -1:]], -1)

    def _moved(self, state: Tensor, action: Tensor, dice: Tensor) -> Tensor:
        moved = self.move(cloud(state, self.size), action, dice)
        return torch.cat([moved.flatten(1), state[:, -1:] + 1], -1)

    def embed(self, state: Tensor) -> Tensor:
        """The middle of the cloud."""
        return cloud(state, self.size).mean(-2)

    def decode(self, state: Tensor) -> Tensor:
        return self.viewer(state)

    def read(self, state: Tensor) -> Mapping[str, Tensor]:
        return Readings(self.probe, state)

    def stages(self, episodes: Episodes, config: TrainConfig) -> Iterator[Stage]:
        seen = torch.from_numpy(episodes.obs).flatten(0, 1)
        self.standard.fit(seen)
        self._fit_habit(episodes)
        before, after = (
            self.standard(torch.from_numpy(part).flatten(0, 1))
            for part in (episodes.obs[:, :-1], episodes.obs[:, 1:])
        )
        self.move.fit_line(before, torch.from_numpy(episodes.action).flatten(0, 1), after)
        self.probe.fit_sums(self.standard(seen), episodes.facts)
        yield LearnChances(self, episodes, config)

    def _fit_habit(self, episodes: Episodes) -> None:
        """From one step to the next, what was done changed as what was seen did, but where the recorder changed its mind:
        least trimmed squares (Rousseeuw 1984) on the differences, the better half kept, four times."""
        seen = torch.from_numpy(episodes.obs[:, :-1]).double()
        for index, done in enumerate(torch.from_numpy(episodes.action).double().unbind(2)):
            some = (done[:, 1:] > 0) & (done[:, :-1] > 0)
            more, changed = (seen[:, 1:] - seen[:, :-1])[some], (done[:, 1:] - done[:, :-1])[some]
            kept = torch.ones_like(changed, dtype=torch.bool)
            for _ in range(4):
                weights = torch.linalg.lstsq(more[kept], changed[kept, None], driver="gelsd").solution[:, 0]
                left = (changed - more @ weights).abs()
                kept = left <= left.median()
            self.habit[index, :-1] = weights
            self.habit[index, -1] = (done - seen @ weights)[done > 0].mean()


def cloud(state: Tensor, size: int) -> Tensor:
    """[..., M * d + 1] -> particles [..., M, d]."""
    return state[..., :-1].unflatten(-1, (-1, size))


def throw(generator: torch.Generator, steps: int, count: int, size: int) -> Tensor:
    """Dice [steps, count, 1 + size] for `count` particles: a uniform number, spread evenly over them (stratified), then
    normal ones, in opposite pairs (antithetic), which makes a mean over few particles steadier."""
    shuffled = torch.rand(steps, count, generator=generator).argsort(1)
    even = (shuffled + torch.rand(steps, 1, generator=generator)) / count
    half = torch.randn(steps, (count + 1) // 2, size, generator=generator)
    return torch.cat([even[..., None], torch.cat([half, -half], 1)[:, :count]], -1)


class Standard(nn.Module):
    """Numbers [..., d] in units of their usual spread: that of the middle four fifths, since a rare disaster is a hundred
    times the usual."""

    mean: Tensor
    scale: Tensor

    def __init__(self, size: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))

    def fit(self, values: Tensor) -> None:
        low, middle, high = torch.from_numpy(np.quantile(values.numpy(), (0.1, 0.5, 0.9), axis=0)).float()
        usual = (high - low) / 2.56
        self.mean.copy_(middle)
        self.scale.copy_(torch.where(usual > 0.01, usual, values.std(0).clamp_min(1e-3)))

    def forward(self, values: Tensor) -> Tensor:
        return (values - self.mean) / self.scale

    def back(self, values: Tensor) -> Tensor:
        return values * self.scale + self.mean


class Move(nn.Module):
    """What comes next, as a mixture of normal distributions (Bishop 1994): one of KINDS is drawn, by chances that depend
    on what is seen and done (the port is struck, or spared), and has a middle of its own; the noise about it is the same
    everywhere. Goods that move on and seasons that turn are linear; two hidden layers do the rest."""

    def __init__(self, size: int, action_size: int, width: int):
        super().__init__()
        self.line = nn.Linear(size + 3 * action_size, size)
        self.enter = nn.Linear(size + 3 * action_size, width)
        self.hidden = nn.Sequential(nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.kinds = nn.Linear(width, KINDS)
        self.rest = nn.Linear(width, KINDS * size)
        self.spread = nn.Parameter(torch.full((size,), -2.0))

    @property
    def noise(self) -> Tensor:
        """[d] standard deviations."""
        return LEAST + self.spread.exp()

    def forward(self, particles: Tensor, action: Tensor, dice: Tensor) -> Tensor:
        """Particles [..., d], actions [..., A], dice [..., 1 + d]: one uniform, the others normal -> [..., d]."""
        line, chance, rest = self._parts(particles, action)
        below = chance.softmax(-1).cumsum(-1)[..., :-1]
        kind = (dice[..., :1] > below).sum(-1, keepdim=True)[..., None]
        chosen = rest.gather(-2, kind.expand(*kind.shape[:-1], rest.shape[-1])).squeeze(-2)
        return line + chosen + self.noise * dice[..., 1:]

    def _parts(self, particles: Tensor, action: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What is linear [..., d], the kinds' chances as logits [..., KINDS], and what each adds [..., KINDS, d]."""
        both = given(particles, action)
        hidden = self.hidden(self.enter(both))
        return particles + self.line(both), self.kinds(hidden), self.rest(hidden).unflatten(-1, (KINDS, -1))

    def fit_line(self, before: Tensor, action: Tensor, after: Tensor) -> None:
        """Least squares on recorded steps [n, d], [n, A], [n, d]: where training begins."""
        terms = torch.cat([given(before, action), torch.ones(len(before), 1)], -1).double()
        weights = torch.linalg.lstsq(terms, (after - before).double()).solution.float()
        self.line.weight.data, self.line.bias.data = weights[:-1].T.contiguous(), weights[-1]
        self.rest.weight.data *= 0.1

    def surprise(self, particles: Tensor, action: Tensor, seen: Tensor) -> Tensor:
        """[N, d], [N, A], [N, d] -> [N]: minus the log of how probable what came was, per number. Errors of more than 4
        standard deviations count linearly (Huber 1964): a rare queue of ships must not drown all else."""
        line, chance, rest = self._parts(particles, action)
        middle, came = (line[:, None] + rest) / self.noise, (seen / self.noise)[:, None].expand_as(rest)
        error = F.huber_loss(middle, came, reduction="none", delta=4.0).sum(-1)
        return self.noise.log().mean() - torch.logsumexp(chance.log_softmax(-1) - error, -1) / seen.shape[-1]


def given(particles: Tensor, action: Tensor) -> Tensor:
    """[..., d], [..., A] -> [..., d + 3 A]. Of an action, too, how much of it is above 0 and whether any is: an order may
    have a price however small it is, and a network is slow to learn a step."""
    action = action.expand(*particles.shape[:-1], -1)
    return torch.cat([particles, action, action.clamp_min(0), (action > 0).float()], -1)


class Middle(nn.Module):
    """What the middle of a cloud would look like: nothing to learn."""

    def __init__(self, standard: Standard):
        super().__init__()
        self.standard = standard

    def forward(self, state: Tensor) -> Tensor:
        return self.standard.back(cloud(state, len(self.standard.mean)).mean(-2))


class CloudProbe(Probe):
    """Reads every particle, and averages. A fact that is a sum of what is seen, as a bill that is shown, is read as one."""

    def __init__(self, size: int, facts: dict[str, int]):
        super().__init__(size, facts)
        self.size = size
        for name, many in facts.items():
            self.register_buffer(f"sum_{name}", torch.zeros(size + 1, many))

    def fit_sums(self, seen: Tensor, facts: dict[str, np.ndarray]) -> None:
        """Least squares on what is seen [n, d]; kept where it leaves less than a ten-thousandth of a fact's variance."""
        terms = torch.cat([seen, torch.ones(len(seen), 1)], 1).double()
        for name, values in facts.items():
            truth = torch.from_numpy(values).flatten(0, 1).double()
            weights = torch.linalg.lstsq(terms, truth).solution
            if (terms @ weights - truth).square().mean() < 1e-4 * truth.var(0).mean():
                getattr(self, f"sum_{name}").copy_(weights)

    def one(self, state: Tensor, name: str) -> Tensor:
        each, weights = cloud(state, self.size), getattr(self, f"sum_{name}")
        if weights.any():
            return each.mean(-2) @ weights[:-1] + weights[-1]
        mean, scale = getattr(self, f"mean_{name}"), getattr(self, f"scale_{name}")
        return mean + scale * self.heads[name](each).mean(-2)


class LearnChances(Stage):
    """Maximum likelihood of recorded steps."""

    name = "chances"
    imagines = False

    def __init__(self, model: Particles, episodes: Episodes, config: TrainConfig):
        super().__init__(config.predict_updates, 3e-3)
        self.move, self.standard, self.episodes = model.move, model.standard, episodes

    def shaped(self, obs: Tensor) -> Tensor:
        return self.standard(obs)

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        obs, action = self.episodes.windows(rng, 512, 1)
        seen = self.standard(torch.from_numpy(obs))
        return {"surprise": self.move.surprise(seen[:, 0], torch.from_numpy(action[:, 0]), seen[:, 1]).mean()}
