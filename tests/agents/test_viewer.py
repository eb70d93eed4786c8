"""What people are shown of a latent: the dot, sharp, and where it is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.learning.collect import collect
from world_model import checkpoint


def orange(frames: np.ndarray) -> np.ndarray:
    """[N, 64, 64, 3] -> [N, 64, 64]: how much of a pixel is the dot's colour, from 0 to 1."""
    red, _, blue = np.moveaxis(frames.astype(np.float32) / 255, -1, 0)
    return np.clip((red - blue - 0.2) / 0.6, 0, 1)


@pytest.mark.parametrize(
    ("model", "world", "near"), [("two-rooms-jepa", "two-rooms", 1), ("two-rooms-random-jepa", "two-rooms:random", 2)]
)  # fmt: skip
def test_the_painted_dot_is_where_the_dot_is(model: str, world: str, near: float) -> None:
    episodes = collect(world, episodes=12, steps=20, seed=5_000)
    trained = checkpoint.load(model).model
    with torch.no_grad():
        painted = trained.decode(trained.beliefs(episodes).flatten(0, 1))
    dot = orange(painted.movedim(1, -1).numpy())
    seen = orange(episodes.obs.reshape(-1, 64, 64, 3))
    rows, columns = np.mgrid[:64, :64]

    def middle(mass: np.ndarray) -> np.ndarray:
        total = mass.sum((1, 2)) + 1e-6
        return np.stack([(mass * columns).sum((1, 2)) / total, (mass * rows).sum((1, 2)) / total], 1)

    gap = np.linalg.norm(middle(dot) - middle(seen), axis=1)
    assert np.median(gap) < near
    assert 0.4 < np.median(dot.sum((1, 2)) / seen.sum((1, 2))) < 2.5, "a dot's worth of colour"
