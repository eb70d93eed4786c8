"""Our planner in their `World.evaluate`: their environments, their rule, their count of successes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from agents.config import PlanConfig
from agents.planners import make_planner
from benchmarks.stable_worldmodel.adapter import Planning
from benchmarks.stable_worldmodel.protocol import PLAN
from benchmarks.stable_worldmodel.shim import stable_worldmodel
from benchmarks.stable_worldmodel.two_room import ID, SIZE, TwoRoom, pool
from world_model.checkpoint import load
from world_model.train import one_thread

CALLS = [
    {"method": "_set_state", "args": {"state": {"value": "state"}}},
    {"method": "_set_goal_state", "args": {"goal_state": {"value": "goal_state"}}},
]
"""How their evaluation puts a dot and its target where a recording had them."""


class _Tasks:
    """Recordings of two rows, start and goal, as their evaluation reads them."""

    column_names = ("pixels", "state")

    def __init__(self, world: TwoRoom, starts: np.ndarray, goals: np.ndarray):
        self.world, self.places = world, np.stack([starts, goals], 1)

    def load_chunk(self, episodes: np.ndarray, begin: np.ndarray, end: np.ndarray) -> list[dict[str, Any]]:
        draw = self.world.env._render_frame
        return [
            {
                "pixels": torch.stack([draw(agent_pos=torch.from_numpy(place)) for place in self.places[i]]),
                "state": torch.from_numpy(self.places[i]),
            }
            for i in episodes
        ]


def evaluated(world: TwoRoom, name: str, starts: np.ndarray, goals: np.ndarray, steps: int) -> np.ndarray:
    """bool [n]: which of the tasks they count as successes."""
    n, config = len(starts), PlanConfig(model=name, **{**PLAN, "steps": steps})
    policy = Planning(load(name).model, make_planner(config, world), _shrink)
    arena = stable_worldmodel().World(ID, num_envs=n, image_shape=(SIZE, SIZE), max_episode_steps=steps)
    arena.set_policy(policy)
    with one_thread():
        found = arena.evaluate(
            dataset=_Tasks(world, starts, goals),
            episodes_idx=list(range(n)),
            start_steps=[0] * n,
            goal_offset=1,
            eval_budget=steps,
            callables=CALLS,
        )
    return np.asarray(found["episode_successes"], bool)


def _shrink(frames: np.ndarray) -> np.ndarray:
    """[n, 224, 224, 3] -> [n, 64, 64, 3] uint8."""
    return np.stack([pool(frame.transpose(2, 0, 1)) for frame in frames])
