"""What each objective makes of every place in the room, beside the length of the true way."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from agents.config import PlanConfig
from agents.errors import AgentError
from agents.judging.evaluate import TASK_SEED
from agents.learning.distances import ensure_temporal
from agents.loop import Eyes
from agents.objectives import OBJECTIVES
from agents.worlds import make_world
from agents.worlds.drawing import SIZE
from world_model.checkpoint import load
from world_model.train import one_thread

CELL = 2
"""Pixels between places that are looked at."""
OBJECTIVE_OF = {"latent distance": "final", "decoded position": "decoded", "temporal distance": "temporal"}
"""min-mean, sum and final differ in how they add up a plan's steps; of a single place they all say the latent distance."""
TEMPORAL_UPDATES = 1000


@dataclass(frozen=True)
class Map:
    """One objective over the room."""

    values: np.ndarray
    """[32, 32] by (row, column); nan where the agent can't be."""
    rank_correlation: float
    """Spearman's, with the length of the true way."""
    downhill: float
    """Share of places from which always stepping to the lowest of the eight neighbours ends within 4 pixels of the goal."""


@dataclass(frozen=True)
class Heatmap:
    world: str
    model: str
    seed: int
    goal: tuple[float, float]
    maps: dict[str, Map]
    notes: tuple[str, ...]
    command: str

    def to_json(self) -> dict[str, Any]:
        out = dataclasses.asdict(self)
        for found in out["maps"].values():
            rows = np.round(found["values"], 3).tolist()
            found["values"] = [[None if v != v else v for v in row] for row in rows]
        return out

    def figure(self) -> str:
        from agents import figures

        notes = {
            name: f"rank corr. {found.rank_correlation:.2f}\ndownhill {found.downhill:.0%}"
            for name, found in self.maps.items()
        }
        x, y = self.goal
        title = f"What a planner sees: {self.model}, goal at ({x:.0f}, {y:.0f}); dark is near"
        goal = ((x - CELL) / SIZE, (x + CELL) / SIZE, (y - CELL) / SIZE, (y + CELL) / SIZE)
        return figures.pictures(
            title, {name: found.values for name, found in self.maps.items()}, notes, {"goal": goal}
        )


def heatmap(config: PlanConfig, report: Callable[[str], None] = lambda line: None) -> Heatmap:
    """The maps of the goal of task `config.seed`. A model without a temporal distance learns one for it, from the episodes
    that its passport names. Raises AgentError for worlds where the true way isn't known."""
    world, checkpoint = make_world(config.world), load(config.model, config.world)
    starts, goals = world.sample_tasks(np.random.default_rng(TASK_SEED + config.seed), 1)
    if world.shortest(starts, goals) is None or "position" not in world.facts(starts):
        raise AgentError(f"the shortest way in {config.world} isn't known; there are maps of two-rooms")
    model = checkpoint.model
    notes = ensure_temporal(checkpoint, TEMPORAL_UPDATES, config.seed, report)
    with one_thread(), torch.no_grad():
        middles = np.arange(CELL / 2, SIZE, CELL, dtype=np.float32)
        x, y = np.meshgrid(middles, middles)
        places = np.repeat(starts, x.size, 0)
        places[:, 0], places[:, 1] = x.ravel(), y.ravel()
        free = world.is_free(places[:, :2], places)  # type: ignore[attr-defined]
        eyes = Eyes(world, model)
        seen, goal = eyes.first(places)[None, :, None], eyes.first(goals)
        true = world.shortest(places, np.repeat(goals, len(places), 0))
        assert true is not None
        found = {"true way": true}
        found |= {
            name: OBJECTIVES[objective](model, seen, goal)[0].numpy()
            for name, objective in OBJECTIVE_OF.items()
        }
    shape, there = x.shape, world.facts(goals)["position"][0]
    maps = {
        name: Map(
            np.where(free, values, np.nan).reshape(shape).astype(float),
            _spearman(values[free], true[free]),
            _downhill(np.where(free, values, np.inf).reshape(shape), there),
        )
        for name, values in found.items()
    }
    command = f"orrery heatmap {config.flags}"
    return Heatmap(
        config.world,
        config.model,
        config.seed,
        (float(there[0]), float(there[1])),
        maps,
        notes,
        command,
    )


def _spearman(one: np.ndarray, other: np.ndarray) -> float:
    first, second = (np.argsort(np.argsort(values)).astype(float) for values in (one, other))
    return float(np.corrcoef(first, second)[0, 1])


def _downhill(values: np.ndarray, goal: np.ndarray) -> float:
    """Follows every free place downhill at once."""
    side = len(values)
    row, column = np.nonzero(np.isfinite(values))
    padded = np.pad(values, 1, constant_values=np.inf)
    steps = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)])
    for _ in range(4 * side):
        around = padded[row[:, None] + 1 + steps[:, 0], column[:, None] + 1 + steps[:, 1]]
        best = steps[around.argmin(1)]
        row, column = row + best[:, 0], column + best[:, 1]
    end = CELL * np.stack([column, row], 1) + CELL / 2
    return float((np.linalg.norm(end - goal, axis=1) <= 4 + CELL / 2).mean())
