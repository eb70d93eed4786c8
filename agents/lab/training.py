"""A JEPA's encoder trained on some parts of its loss and not on others: what `collapse` and `slow-features` compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from agents.lab.base import Report
from agents.lab.toys import TASKS, explained, read_out
from agents.learning.collect import collect
from agents.learning.recipes import arguments
from world_model.health import effective_rank
from world_model.models.jepa import JEPA, LearnFast
from world_model.stages import TrainConfig


@dataclass(frozen=True)
class Trained:
    """What one training run left behind."""

    curve: list[float]
    """The prediction loss, update by update."""
    spread: float
    """Mean standard deviation of a latent dimension over fresh episodes."""
    rank: float
    """Effective rank of the same latents, 1 to D."""
    position: float
    """R² of a small network that reads the dot's position from the latent, on episodes it was not trained on."""

    @property
    def loss(self) -> float:
        """Mean of the last tenth of the curve."""
        return float(np.mean(self.curve[-len(self.curve) // 10 :]))


def train_fast(
    world: str, seed: int, parts: tuple[str, ...], report: Report, *,
    updates: int, episodes: int = 300, **config,
) -> Trained:  # fmt: skip
    """Trains the encoder of what moves for `updates` steps on those `parts` of its loss alone: prediction, variance,
    covariance, inverse. Everything else is the shipped recipe of a single room (`config`: what differs)."""
    settings = TrainConfig(**{"context_size": 0, "apart": 0, "inverse": 1, "horizon": 2, **config}, seed=seed)
    recorded = collect(world, episodes, 50, seed)
    curve: list[float] = []
    with torch.random.fork_rng(), torch.enable_grad():
        torch.manual_seed(seed)
        model = JEPA(**arguments("jepa", recorded, settings))
        stage, rng = LearnFast(model, recorded, settings), np.random.default_rng(seed)
        optimiser = torch.optim.Adam([p for p in stage.parameters() if p.requires_grad], stage.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, updates)
        for update in range(updates):
            if update % 50 == 0:
                report(f"seed {seed}, {world}, {' + '.join(parts)}: update {update} of {updates}")
            loss = stage.loss(rng)
            curve.append(float(loss["prediction"].detach()))
            optimiser.zero_grad()
            torch.stack([loss[part] for part in parts]).sum().backward()
            torch.nn.utils.clip_grad_norm_(stage.parameters(), 10.0)
            optimiser.step()
            schedule.step()
    fresh = collect(world, 200, 30, TASKS + seed)
    code = fresh.encoded(model.encoder.eval()).flatten(0, 1)
    place = fresh.facts["position"].reshape(-1, 2)
    return Trained(
        curve,
        float(code.std(0).mean()),
        effective_rank(code),
        explained(place[len(place) // 2 :], read_out(code.numpy(), place, 64, seed, 800)),
    )
