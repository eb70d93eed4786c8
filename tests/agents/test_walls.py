"""Walls are measured by what comes through them: a perfect imagination lets nothing through, a blind one everything."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.baselines.oracle import Truth
from agents.errors import AgentError
from agents.judging.walls import run_into, walls
from agents.worlds.two_rooms import SPEED, TwoRooms


class Told(Truth):
    """The truth, or, with `blind`, a mind that moves the dot and has never heard of walls. It is shown frames as any model
    is, so it looks up where things are."""

    def __init__(self, world: TwoRooms, blind: bool):
        super().__init__(world)
        self.blind, self.rooms = blind, world
        self.seen: dict[bytes, np.ndarray] = {}

    def first(self, obs):
        return torch.from_numpy(
            np.stack([self.seen[frame.numpy().tobytes()] for frame in obs.movedim(-3, -1)])
        )

    def rollout(self, state, actions):
        if not self.blind:
            return super().rollout(state, actions)
        moved = state[:, None].repeat(1, actions.shape[1], 1)
        moved[..., :2] += SPEED * actions.cumsum(1)
        return moved


class Noting(TwoRooms):
    """Two rooms that note, for `Told`, which frame showed which state."""

    def __init__(self):
        super().__init__("random")
        self.noted: dict[bytes, np.ndarray] = {}

    def observe(self, state):
        frames = super().observe(state)
        self.noted |= {frame.tobytes(): row for frame, row in zip(frames, state, strict=True)}
        return frames


@pytest.mark.parametrize(("blind", "solid"), [(False, 0), (True, 1)])
def test_nothing_comes_through_in_truth_and_everything_where_walls_are_not_known(blind, solid):
    world = Noting()
    mind = Told(world, blind)
    mind.seen = world.noted
    found = run_into(mind, world, "told", 400, 0)
    assert found.solid.share == solid
    assert found.door.share == 1
    assert sum(band.n for band in found.bands.values()) == found.solid.n == 400


def test_the_shipped_model_knows_walls_from_doors_in_rooms_it_never_saw():
    found = walls("two-rooms-random-jepa")
    assert found.solid.high < 0.15
    assert found.door.low > 0.8
    assert found.solid.low < found.solid.share < found.solid.high


def test_a_model_without_two_rooms_is_refused():
    with pytest.raises(AgentError, match="only two-rooms has a wall"):
        walls("push-block-jepa")
