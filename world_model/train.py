"""Train a world model on recorded episodes, then its viewer and its probe on frozen latents."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from world_model.data import Episodes
from world_model.models.jepa import JEPA, JEPALoss


@dataclass(frozen=True)
class TrainConfig:
    """The recipe of the shipped models."""

    state_size: int = 8
    """Latent dimensions."""
    updates: int = 3000
    """Gradient steps on the model."""
    batch: int = 64
    """Windows a step."""
    horizon: int = 8
    """Imagined steps per window."""
    learning_rate: float = 1e-3
    """Adam, falling to zero on a cosine."""
    viewer_updates: int = 2000
    """Gradient steps on the viewer and the probe, model frozen."""
    seed: int = 0
    """Weights and batches."""


@dataclass(frozen=True)
class Health:
    """How training goes."""

    update: int
    parts: dict[str, float]
    """Loss parts."""
    spread: float
    """Mean standard deviation of a latent dimension over a batch. Near 0: collapsed."""
    effective_rank: float
    """exp of the entropy of the normalised singular values (Roy and Vetterli 2007), 1 to D."""
    seconds: float

    def __str__(self) -> str:
        parts = " ".join(f"{name} {value:.4f}" for name, value in self.parts.items())
        warning = "  COLLAPSE: the latent hardly varies" if self.spread < 0.1 else ""
        return (
            f"{self.update:5d}  {self.seconds:5.1f} s  {parts}  "
            f"spread {self.spread:.2f}  rank {self.effective_rank:.1f}{warning}"
        )


@contextmanager
def one_thread() -> Iterator[None]:
    """Small models run several times faster on one thread than on two; denormals would slow them further."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.set_flush_denormal(False)


def to_tensor(obs: np.ndarray) -> Tensor:
    """[..., H, W, 3] uint8 -> [..., 3, H, W] uint8."""
    return torch.from_numpy(obs).movedim(-1, -3)


def effective_rank(state: Tensor) -> float:
    """`state` [N, D] -> 1 to D."""
    values = torch.linalg.svdvals(state - state.mean(0))
    share = values / values.sum().clamp_min(1e-9)
    return float(torch.exp(-(share * share.clamp_min(1e-12).log()).sum()))


def train(
    episodes: Episodes, config: TrainConfig, report: Callable[[Health], None] = lambda health: None
) -> JEPA:
    """The same seed on one thread gives the same weights."""
    with one_thread(), torch.random.fork_rng():
        torch.manual_seed(config.seed)  # weight initialisation; forked, so nobody else's randomness moves
        rng = np.random.default_rng(config.seed)
        model = JEPA(config.state_size, episodes.action.shape[-1])
        _train_model(model, episodes, config, rng, report)
        _train_readers(model, episodes, config, rng)
        return model.eval()


def _train_model(model: JEPA, episodes: Episodes, config: TrainConfig, rng, report) -> None:
    loss = JEPALoss(model)
    trained = [*model.encoder.parameters(), *model.predictor.parameters(), *loss.inverse.parameters()]
    optimiser = torch.optim.Adam(trained, config.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.updates)
    start = time.perf_counter()
    for update in range(1, config.updates + 1):
        obs, action = episodes.windows(rng, config.batch, config.horizon)
        parts = loss(to_tensor(obs), torch.from_numpy(action))
        optimiser.zero_grad()
        parts["total"].backward()
        optimiser.step()
        schedule.step()
        if update % 100 == 0 or update == config.updates:
            with torch.no_grad():
                state = model.encode(to_tensor(obs[:, :1]))
            report(
                Health(
                    update,
                    {name: float(value.detach()) for name, value in parts.items()},
                    float(state.std(0).mean()),
                    effective_rank(state),
                    time.perf_counter() - start,
                )
            )


def _train_readers(model: JEPA, episodes: Episodes, config: TrainConfig, rng) -> None:
    """Viewer and position probe, from latents that no longer move. Nothing flows back into the model."""
    readers = [*model.viewer.parameters(), *model.probe.parameters()]
    optimiser = torch.optim.Adam(readers, 3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.viewer_updates)
    position = episodes.facts["position"]
    mean = torch.from_numpy(episodes.obs[:, 0].mean(0)).movedim(-1, 0).float() / 255
    model.viewer.room.data = torch.logit(mean.clamp(0.02, 0.98))
    for _ in range(config.viewer_updates):
        episode = rng.integers(0, len(episodes.obs), config.batch)
        step = rng.integers(0, episodes.obs.shape[1], config.batch)
        obs = to_tensor(episodes.obs[episode, step])
        with torch.no_grad():
            state = model.encode(obs[:, None])
        picture = obs.float() / 255
        # A dot is a hundredth of the pixels: those that differ from the usual frame weigh more.
        weight = 1 + 5 * (picture - mean).abs().amax(1, keepdim=True)
        seen = (weight * (model.viewer(state) - picture).square()).mean()
        found = F.mse_loss(model.locate(state) / 32, torch.from_numpy(position[episode, step]) / 32)
        optimiser.zero_grad()
        (seen + found).backward()
        optimiser.step()
        schedule.step()
