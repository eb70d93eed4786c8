"""What can be read from a latent: linear and MLP probes of every hidden fact, measured on recordings they never saw."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from world_model.data import Episodes
from world_model.descent import descend, seeded
from world_model.health import effective_rank
from world_model.models.base import WorldModel
from world_model.models.readers import Probe
from world_model.train import one_thread

DRAWN = 800
"""States on the map."""


@dataclass(frozen=True)
class FactRead:
    """How well one fact can be read; errors are mean distances in the fact's own units, pixels for positions."""

    name: str
    linear_r2: float
    """1 minus the share of variance that is left; below 0 is worse than guessing the mean."""
    mlp_r2: float
    linear_error: float
    mlp_error: float
    guess_error: float
    """Of always guessing the mean."""


@dataclass(frozen=True)
class Reading:
    """Of one model's states."""

    facts: tuple[FactRead, ...]
    constant: tuple[str, ...]
    """Facts that never vary in these recordings, so that there is nothing to read."""
    learned_on: int
    """States that the probes learned from."""
    held_out: int
    """States, of other episodes, that they were measured on."""
    effective_rank: float
    spread: float
    map: np.ndarray
    """[n, 2]: a sample of held-out states on their two principal axes."""
    shares: tuple[float, float]
    """Of the states' variance along those axes."""
    values: dict[str, np.ndarray]
    """The facts of the sample, each [n, k]."""

    def to_json(self) -> dict[str, Any]:
        """Everything but the map."""
        left_out = ("map", "values")
        record = {name: value for name, value in vars(self).items() if name not in left_out}
        return {**record, "facts": [asdict(fact) for fact in self.facts]}


def read(
    model: WorldModel, learn: Episodes, held_out: Episodes, seed: int = 0, updates: int = 1500
) -> Reading:
    """Probes that learn from the states believed in `learn`, measured in `held_out`. The model isn't touched."""
    with one_thread():
        states = model.readable(model.beliefs(learn)).flatten(0, 1)
        unseen = model.readable(model.beliefs(held_out)).flatten(0, 1)
        facts = {name: _flat(values) for name, values in learn.facts.items()}
        truth = {name: _flat(values) for name, values in held_out.facts.items()}
        varied = [name for name in facts if float(truth[name].std(0).max()) > 1e-6]
        zero, units = states.mean(0), states.std(0).clamp_min(1e-6)
        states, unseen = (states - zero) / units, (unseen - zero) / units
        probe = _mlp(states, {name: facts[name] for name in varied}, seed, updates)
        with torch.no_grad():
            read_by_mlp = probe(unseen)
        rows = [
            _fact(name, truth[name], _linear(states, facts[name], unseen), read_by_mlp[name], facts[name])
            for name in varied
        ]
        sample = torch.from_numpy(np.random.default_rng(seed).permutation(len(unseen))[:DRAWN])
        _, strength, axes = torch.linalg.svd(unseen - unseen.mean(0), full_matrices=False)
        share = strength.square() / strength.square().sum()
        return Reading(
            tuple(rows),
            tuple(name for name in facts if name not in varied),
            len(states),
            len(unseen),
            effective_rank(unseen[:4096]),
            float(units.mean()),
            ((unseen[sample] - unseen.mean(0)) @ axes[:2].T).numpy(),
            (float(share[0]), float(share[1]) if len(share) > 1 else 0.0),
            {name: truth[name][sample].numpy() for name in varied},
        )


def _flat(values: np.ndarray) -> Tensor:
    """[N, T + 1, k] -> [N * (T + 1), k]."""
    return torch.from_numpy(values).float().flatten(0, 1)


def _fact(name: str, truth: Tensor, linear: Tensor, mlp: Tensor, learned: Tensor) -> FactRead:
    left = (truth - truth.mean(0)).square().sum()

    def r2(found: Tensor) -> float:
        return float(1 - (found - truth).square().sum() / left)

    def error(found: Tensor) -> float:
        return float((found - truth).norm(dim=-1).mean())

    return FactRead(
        name, r2(linear), r2(mlp), error(linear), error(mlp), error(learned.mean(0).expand_as(truth))
    )


def _linear(states: Tensor, facts: Tensor, unseen: Tensor) -> Tensor:
    """Ridge regression, hardly regularised."""
    wide = torch.cat([states, torch.ones(len(states), 1)], 1).double()
    square = wide.T @ wide + 1e-3 * torch.eye(wide.shape[1], dtype=torch.float64)
    weights = torch.linalg.solve(square, wide.T @ facts.double())
    return (torch.cat([unseen, torch.ones(len(unseen), 1)], 1).double() @ weights).float()


def _mlp(states: Tensor, facts: dict[str, Tensor], seed: int, updates: int) -> Probe:
    with seeded(seed):
        probe = Probe(states.shape[1], {name: values.shape[1] for name, values in facts.items()}, hidden=128)
    for name, values in facts.items():
        probe.fit_units(name, values)
    rng = np.random.default_rng(seed)

    def loss(update: int) -> Tensor:
        batch = torch.from_numpy(rng.integers(0, len(states), 512))
        found, total = probe(states[batch]), torch.zeros(())
        for name, values in facts.items():
            scale = getattr(probe, f"scale_{name}")
            total = total + F.mse_loss(found[name] / scale, values[batch] / scale)
        return total

    descend(probe.parameters(), loss, updates, 3e-3)
    return probe.requires_grad_(False)
