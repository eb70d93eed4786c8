"""Doubt: how likely an imagined rollout is wrong, told before a step of it is taken.

One score, fitted to ordinary recordings alone, so it isn't told what may change in a world. Five signs go into it:

shaken   how far rollouts spread when the belief they start from is shaken a little: near a wall or a door's edge a
         small error at the start becomes a large one.
way      how badly the decoded first frame fits the real one, along the imagined way; not where the agent stands, since
         how well a viewer paints the agent says nothing of what lies in its way.
misfit   the worst such misfit anywhere in the frame.
colours  colours of misfit that ordinary misfits don't have (Mahalanobis distance).
strange  distance of the latent from the nearest latents of the recordings.

The first two always count. The others only where they lie beyond nearly everything ordinary: within what is ordinary
they say nothing about which rollout fails. A tail probability turns each sign into the same unit, and their logarithms
are added (Fisher 1932).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from world_model.data import Episodes, to_tensor
from world_model.errors import WorldModelError
from world_model.models.base import WorldModel

ALWAYS, BEYOND = ("shaken", "way"), ("misfit", "colours", "strange")
SHAKES, SHAKE = 8, 0.1
"""Shaken copies of a belief, and the standard deviation of a shake, where latents have one of about 1."""
AGENT = 6
"""Pixels around the agent that its own picture may take."""
ORDINARY = 3.0
"""-log of the tail probability up to which a sign of BEYOND is ordinary: one frame in twenty lies further out."""


@dataclass(frozen=True)
class Doubt:
    """What is ordinary for one model. Made by `fit`."""

    model: WorldModel
    latents: Tensor
    """[n, E]: of recorded frames, in units of their spread."""
    spread: Tensor
    """[E]."""
    colour_mean: Tensor
    """[3]: of ordinary misfits."""
    colour_precision: Tensor
    """[3, 3]."""
    tails: dict[str, np.ndarray]
    """Sign -> its sorted values in ordinary rollouts."""

    @torch.no_grad()
    def signs(self, obs: Tensor, actions: Tensor, seed: int = 0) -> dict[str, np.ndarray]:
        """First frames [B, 3, 64, 64] uint8 and the actions to imagine [B, H, A] -> each sign [B], larger is worse."""
        return _signs(self, obs, actions, torch.Generator().manual_seed(seed))

    def score(self, obs: Tensor, actions: Tensor, seed: int = 0) -> np.ndarray:
        """[B]: 0 and up; the larger, the likelier the rollout is wrong."""
        return self.combine(self.signs(obs, actions, seed))

    def combine(self, signs: dict[str, np.ndarray]) -> np.ndarray:
        """Signs [B] each -> score [B]."""
        always = sum(self._surprise(name, signs[name]) for name in ALWAYS)
        beyond = sum(np.maximum(self._surprise(name, signs[name]) - ORDINARY, 0) for name in BEYOND)
        return np.asarray(always + beyond)

    def _surprise(self, name: str, value: np.ndarray) -> np.ndarray:
        """-log of the share of ordinary rollouts with a larger sign; past them all, it goes on with the ratio."""
        ordinary = self.tails[name]
        below = np.searchsorted(ordinary, value, side="right")
        tail = 1 - np.clip(below - 0.5, 0, len(ordinary) - 0.5) / len(ordinary)
        return -np.log(tail) + 5 * np.log(np.maximum(value / max(ordinary[-1], 1e-9), 1))


@torch.no_grad()
def fit(
    model: WorldModel, episodes: Episodes, horizon: int = 16, rollouts: int = 1000, seed: int = 0
) -> Doubt:
    """What is ordinary in recordings of the kind that the model learned from.

    Raises WorldModelError for a model that sees no frames or whose position nothing reads.
    """
    if len(episodes.obs_shape) != 3 or "position" not in episodes.facts:
        raise WorldModelError("doubt is measured on frames in which an agent has a position")
    rng = np.random.default_rng(seed)
    window, action = episodes.windows(rng, rollouts, horizon)
    obs = to_tensor(window[:, 0])
    many = model.embed(model.first(to_tensor(episodes.frames(rng, 3000, 1)[:, 0])))
    spread = many.std(0).clamp_min(1e-6)
    colours = _colours(_misfit(model, obs, model.first(obs))).reshape(-1, 3)
    precision = torch.linalg.inv(torch.cov(colours.T) + 1e-6 * torch.eye(3))
    plain = Doubt(model, many / spread, spread, colours.mean(0), precision, {})
    signs = plain.signs(obs, torch.from_numpy(action), seed)
    return Doubt(
        model, plain.latents, spread, plain.colour_mean, precision, {k: np.sort(v) for k, v in signs.items()}
    )


def _misfit(model: WorldModel, obs: Tensor, state: Tensor) -> Tensor:
    """[B, 3, 64, 64] in [-1, 1]: decoded less real."""
    return (model.decode(state).float() - obs.float()) / 255


def _colours(misfit: Tensor) -> Tensor:
    """[B, 3, 64, 64] -> [B, 64, 64, 3], smoothed over 3 x 3 pixels, so that no single pixel's edge is a colour."""
    return F.avg_pool2d(misfit, 3, 1, 1).movedim(1, -1)


def _nearby(wrong: Tensor) -> Tensor:
    """[B, 64, 64] -> the same: means over 7 x 7 pixels."""
    return F.avg_pool2d(wrong[:, None], 7, 1, 3, count_include_pad=False)[:, 0]


def _away(position: Tensor, side: int) -> Tensor:
    """Agents' x and y [B, 2] -> [B, side, side]: 1 where the agent isn't, 0 around it."""
    pixel = torch.arange(side)
    x, y = position[:, 0, None, None], position[:, 1, None, None]
    return ((pixel - x).square() + (pixel[:, None] - y).square() > AGENT**2).float()


def _signs(doubt: Doubt, obs: Tensor, actions: Tensor, generator: torch.Generator) -> dict[str, np.ndarray]:
    model, state = doubt.model, doubt.model.first(obs)
    way = model.read(model.rollout(state, actions))["position"]
    misfit = _misfit(model, obs, state)
    wrong = misfit.abs().mean(1)
    around, elsewhere = _nearby(wrong), _nearby(wrong * _away(model.read(state)["position"], wrong.shape[-1]))
    cell = way.round().long().clamp(0, around.shape[-1] - 1)
    along = elsewhere[torch.arange(len(obs))[:, None], cell[..., 1], cell[..., 0]]
    colour = _colours(misfit) - doubt.colour_mean
    far = ((colour @ doubt.colour_precision) * colour).sum(-1)
    near = torch.cdist(model.embed(state) / doubt.spread, doubt.latents).topk(3, largest=False).values
    ends = []
    for _ in range(SHAKES):
        shaken = state + SHAKE * torch.randn(state.shape, generator=generator)
        ends.append(model.read(model.rollout(shaken, actions))["position"])
    found = {
        "shaken": torch.stack(ends).std(0).norm(dim=-1).amax(1),
        "way": along.amax(1),
        "misfit": around.amax((1, 2)),
        "colours": far.amax((1, 2)),
        "strange": near.mean(1),
    }
    return {name: value.numpy() for name, value in found.items()}
