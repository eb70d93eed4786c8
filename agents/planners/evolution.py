"""CMA-ES (Hansen 2016, "The CMA Evolution Strategy: A Tutorial", arXiv 1604.00772): a search that learns which numbers
must change together."""

from __future__ import annotations

import math

import torch
from torch import Tensor


class Evolution:
    """Asks for `population` candidates [S, k] a round about a moving middle, and is told what each costs. Only the order
    of the costs counts, so a disaster weighs no more than a bad day."""

    def __init__(self, middle: Tensor, spread: float, population: int, generator: torch.Generator):
        """`middle` [k] is where the search begins, `spread` how far it looks at first."""
        self.middle, self.spread, self.generator = middle.double(), spread, generator
        k, parents = len(middle), population // 2
        self.population, self.round = population, 0
        raw = math.log(parents + 0.5) - torch.arange(1, parents + 1).double().log()
        self.weights = raw / raw.sum()
        effective = 1 / float(self.weights.square().sum())
        # the tutorial's table 1
        self.to_path = (4 + effective / k) / (k + 4 + 2 * effective / k)
        self.to_spread = (effective + 2) / (k + effective + 5)
        self.one = 2 / ((k + 1.3) ** 2 + effective)
        self.many = min(1 - self.one, 2 * (effective - 2 + 1 / effective) / ((k + 2) ** 2 + effective))
        self.damping = 1 + 2 * max(0.0, math.sqrt((effective - 1) / (k + 1)) - 1) + self.to_spread
        self.effective, self.usual = effective, math.sqrt(k) * (1 - 1 / (4 * k) + 1 / (21 * k * k))
        self.covariance = torch.eye(k, dtype=torch.double)
        self.path, self.spread_path = torch.zeros(k).double(), torch.zeros(k).double()

    def ask(self) -> Tensor:
        """[S, k]."""
        value, self.vector = torch.linalg.eigh(self.covariance)
        self.length = value.clamp_min(1e-20).sqrt()
        noise = torch.randn(self.population, len(value), generator=self.generator, dtype=torch.double)
        self.steps = (noise * self.length) @ self.vector.T
        return (self.middle + self.spread * self.steps).float()

    def tell(self, cost: Tensor) -> None:
        """`cost` [S], of what was asked for last."""
        self.round += 1
        best = self.steps[cost.argsort()[: len(self.weights)]]
        step = self.weights @ best
        self.middle = self.middle + self.spread * step
        round_step = self.vector @ ((self.vector.T @ step) / self.length)
        c = self.to_spread
        self.spread_path = (1 - c) * self.spread_path + math.sqrt(c * (2 - c) * self.effective) * round_step
        length = float(self.spread_path.norm())
        grown = length / math.sqrt(1 - (1 - c) ** (2 * self.round))
        steady = grown < (1.4 + 2 / (len(step) + 1)) * self.usual
        c = self.to_path
        self.path = (1 - c) * self.path + steady * math.sqrt(c * (2 - c) * self.effective) * step
        self.covariance = (
            (1 - self.one - self.many + (not steady) * self.one * c * (2 - c)) * self.covariance
            + self.one * torch.outer(self.path, self.path)
            + self.many * (best.T * self.weights) @ best
        )
        self.spread *= math.exp(min(1.0, self.to_spread / self.damping * (length / self.usual - 1)))
