"""`swm/TwoRoom-v1` behind our world's contract: every step and every frame is the package's own.

The default geometry: 224 x 224 pixels, a wall down the middle, one door above its middle, a dot that moves up to 5 pixels
a step along each axis. Nothing but the dot's place varies, so that place is the whole state.
"""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import torch

from agents.worlds.base import Policy, World
from benchmarks.stable_worldmodel.shim import stable_worldmodel

ID = "swm/TwoRoom-v1"
WITHIN = 16.0
"""Pixels: at less than that from the goal its episodes end, at any step."""
SIZE = 224


def _shares(large: int, small: int) -> np.ndarray:
    """[small, large]: how much of each large cell falls into each small one, rows adding up to 1."""
    edge = np.arange(small + 1) * large / small
    low, high = (
        np.maximum(edge[:-1, None], np.arange(large)),
        np.minimum(edge[1:, None], np.arange(large) + 1),
    )
    return (np.clip(high - low, 0, None) * small / large).astype(np.float32)


_POOL = _shares(SIZE, 64)


def pool(frame: np.ndarray) -> np.ndarray:
    """[3, 224, 224] uint8 -> [64, 64, 3] uint8, each pixel the mean of the 3.5 x 3.5 it covers."""
    small = _POOL @ frame.astype(np.float32) @ _POOL.T
    return np.rint(small).astype(np.uint8).transpose(1, 2, 0)


class TwoRoom(World):
    """A state [N, 2] is where the dot is, (x, y) in their pixels."""

    name = f"{ID}:pixels"
    action_size = 2
    max_steps = 50
    rule = f"less than {WITHIN:.0f} px from the goal at any step, of 224"

    def __init__(self) -> None:
        stable_worldmodel()
        self.env = gym.make(ID).unwrapped
        self.env.reset(seed=0)

    def sample_starts(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return self.sample_tasks(rng, n)[0]

    def sample_tasks(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Where their `reset` puts the dot and its target. The protocol's own tasks are `recordings.tasks`."""
        states, goals = [], []
        for seed in rng.integers(0, 2**31 - 1, n):
            _, info = self.env.reset(seed=int(seed))
            states.append(info["state"])
            goals.append(info["goal_state"])
        return np.array(states, np.float32), np.array(goals, np.float32)

    def step(self, state: np.ndarray, action: np.ndarray) -> np.ndarray:
        moved = np.empty_like(state)
        for i in range(len(state)):
            self.env._set_state(state[i])
            self.env.step(action[i])
            moved[i] = self.env.agent_position.numpy()
        return moved

    def observe(self, state: np.ndarray) -> np.ndarray:
        frames = (self.env._render_frame(agent_pos=torch.from_numpy(row)).numpy() for row in state)
        return np.stack([pool(frame) for frame in frames])

    def facts(self, state: np.ndarray) -> dict[str, np.ndarray]:
        return {"position": state.astype(np.float32)}

    def target(self, state: np.ndarray) -> np.ndarray:
        return state

    def reached(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        return np.linalg.norm(state - goal, axis=1) < WITHIN

    def behaviour(self, rng: np.random.Generator, n: int) -> Policy:
        """Their `RandomPolicy`: uniform, anew at every step."""
        return lambda state: rng.uniform(-1, 1, (len(state), 2)).astype(np.float32)
