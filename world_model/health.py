"""How training goes, while it goes: spread, rank, and how far imagination is off. Watching changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from world_model.data import Episodes, to_tensor
from world_model.descent import seeded
from world_model.models.base import WorldModel
from world_model.models.parts import mlp
from world_model.stages import Stage

STEPS_IMAGINED = 8


@dataclass(frozen=True)
class Health:
    """How training goes."""

    stage: str
    update: int
    updates: int
    parts: dict[str, float]
    """Loss parts."""
    spread: float
    """Mean standard deviation of a latent dimension over a batch. Near 0: collapsed."""
    effective_rank: float
    """exp of the entropy of the normalised singular values (Roy and Vetterli 2007), 1 to D."""
    seconds: float
    off: float | None = None
    """Pixels between where the agent was and where a quick MLP probe reads it, 8 imagined steps after a look; None
    where it was not measured."""
    within: float | None = None
    """Share of the latent's variance that lies within episodes, not between them; None where a stage is meant to hold
    what an episode keeps. Near 0: the latent tells one episode's scenery from another's, and holds nothing that moves."""

    @property
    def collapsed(self) -> str:
        """What happened, in words; empty: nothing."""
        if self.spread < 0.1:
            return "the latent hardly varies"
        if self.within is not None and self.within < 0.05:
            return "the latent hardly varies within an episode: it holds the scenery, not what moves"
        return ""

    def __str__(self) -> str:
        parts = " ".join(f"{name} {value:.4f}" for name, value in self.parts.items())
        off = "" if self.off is None else f"  {self.off:.1f} px off after {STEPS_IMAGINED} steps"
        warning = f"  COLLAPSE: {self.collapsed}" if self.collapsed else ""
        return (
            f"{self.stage:8} {self.update:5d}/{self.updates}  {self.seconds:5.1f} s  {parts}  "
            f"spread {self.spread:.2f}  rank {self.effective_rank:.1f}{off}{warning}"
        )


def effective_rank(state: Tensor) -> float:
    """`state` [N, D] -> 1 to D."""
    values = torch.linalg.svdvals(state - state.mean(0))
    share = values / values.sum().clamp_min(1e-9)
    return float(torch.exp(-(share * share.clamp_min(1e-12).log()).sum()))


@torch.no_grad()
def latent_health(stage: Stage, model: WorldModel, episodes: Episodes) -> tuple[float, float, float | None]:
    """(spread, effective rank) of what the stage shapes, over 256 random frames, and, where that is the model's own
    latent, the share of its variance within episodes, over 4 frames of each of 64."""
    obs = to_tensor(episodes.frames(np.random.default_rng(0), 256, 1)[:, 0])
    state = stage.shaped(obs)
    within = None
    if state is None:
        state = model.embed(model.first(obs))
        few = to_tensor(episodes.frames(np.random.default_rng(1), 64, 4))
        each = model.embed(model.first(few.flatten(0, 1)))
        apart = each.unflatten(0, few.shape[:2]) - each.mean(0)
        kept = apart - apart.mean(1, keepdim=True)
        within = float(kept.square().sum() * 4 / 3 / apart.square().sum().clamp_min(1e-12))
    return float(state.std(0).mean()), effective_rank(state), within


def imagined_error(stage: Stage, model: WorldModel, episodes: Episodes) -> float | None:
    """Pixels that the agent is off, 8 imagined steps after a look at 256 random frames.

    The probe is an MLP fitted for a moment on 2,048 other frames, so half a pixel is as good as nothing.
    """
    if "position" not in episodes.facts or episodes.action.shape[1] < STEPS_IMAGINED:
        return None
    rng = np.random.default_rng(0)
    position = torch.from_numpy(episodes.facts["position"]).float()
    middle, scale = position.mean((0, 1)), position.std((0, 1)).clamp_min(1e-3)
    n, steps = episodes.action.shape[:2]
    with torch.no_grad():
        row, t = rng.integers(0, n, 2048), rng.integers(0, steps + 1, 2048)
        states = model.readable(model.first(to_tensor(episodes.obs[row, t])))
        truth = (position[row, t] - middle) / scale
        spread, zero = states.std(0), states.mean(0)
        # at a first look a memory is empty: what doesn't vary is left out
        units = torch.where(spread > 1e-4, spread, torch.inf)
    with seeded(0):
        probe = mlp(states.shape[1], 64, position.shape[-1])
    optimiser = torch.optim.Adam(probe.parameters(), 5e-3)
    for _ in range(200):
        batch = torch.from_numpy(rng.integers(0, 2048, 256))
        loss = F.mse_loss(probe((states[batch] - zero) / units), truth[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        row, t = rng.integers(0, n, 256), rng.integers(0, steps - STEPS_IMAGINED + 1, 256)
        start = model.first(to_tensor(episodes.obs[row, t]))
        actions = torch.from_numpy(episodes.action[row[:, None], t[:, None] + np.arange(STEPS_IMAGINED)])
        imagined = stage.imagine(model, start, actions)[:, -1]
        off = scale * probe((imagined - zero) / units) + middle - position[row, t + STEPS_IMAGINED]
    return float(off.norm(dim=-1).mean())
