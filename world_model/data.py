"""Recorded episodes: the only thing a world model ever learns from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Episodes:
    """N recorded episodes of T actions each."""

    obs: np.ndarray
    """[N, T + 1, H, W, 3] uint8."""
    action: np.ndarray
    """[N, T, A] float32 in [-1, 1]."""
    facts: dict[str, np.ndarray] = field(default_factory=dict)
    """Hidden facts by name, each [N, T + 1, ...]. Only probes and referees may read them, never a training loss."""
    recipe: dict[str, Any] = field(default_factory=dict)
    """What makes these episodes again: world, policy, sizes, seed."""

    @property
    def recipe_hash(self) -> str:
        """sha256 of the recipe, hexadecimal: data is never shipped, it is made again from this."""
        return hashlib.sha256(json.dumps(self.recipe, sort_keys=True).encode()).hexdigest()

    def windows(self, rng: np.random.Generator, batch: int, length: int) -> tuple[np.ndarray, np.ndarray]:
        """Random windows: obs [batch, length + 1, H, W, 3], action [batch, length, A]."""
        episode = rng.integers(0, len(self.obs), batch)
        start = rng.integers(0, self.action.shape[1] - length + 1, batch)
        steps = start[:, None] + np.arange(length + 1)
        return self.obs[episode[:, None], steps], self.action[episode[:, None], steps[:, :-1]]
