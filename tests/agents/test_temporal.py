"""A temporal distance is trained after all else, travels with the checkpoint, and is what `temporal` plans with."""

import numpy as np
import pytest
import torch

from agents.config import PlanConfig
from agents.learning.collect import collect
from agents.learning.recipes import arguments
from agents.loop import Eyes
from agents.objectives import OBJECTIVES
from agents.worlds import make_world
from world_model import checkpoint
from world_model.errors import WorldModelError
from world_model.models.jepa import JEPA
from world_model.stages import TrainConfig
from world_model.temporal import Temporal, fit
from world_model.train import one_thread, train

SHORT = TrainConfig(
    context_size=0, apart=0, fast_updates=4, predict_updates=4, reader_updates=4, temporal_updates=6
)


def test_it_is_learned_saved_and_loaded(tmp_path):
    episodes = collect("two-rooms", 8, 20, 0)
    made = arguments("jepa", episodes, SHORT)
    model = train(lambda _, __: JEPA(**made), episodes, SHORT)
    facts = {"family": "jepa", "world": "two-rooms", "frame_size": 64, "arguments": made}
    facts |= {"data_recipe": episodes.recipe, "data_hash": episodes.recipe_hash, "training": {}}
    checkpoint.save(model, tmp_path, "short", **facts, training_seconds=0.0, machine="", command="")
    loaded = checkpoint.load(str(tmp_path)).model
    world = make_world("two-rooms")
    starts, goals = world.sample_tasks(np.random.default_rng(0), 5)
    with torch.no_grad(), one_thread():
        eyes = Eyes(world, loaded)
        state, goal = eyes.first(starts), eyes.first(goals)
        steps = loaded.steps(state, goal)
        assert (steps >= 0).all()
        cost = OBJECTIVES["temporal"](loaded, state[:, None, None].expand(-1, 3, 4, -1), goal)
    assert cost.shape == (5, 3)
    assert torch.allclose(cost[:, 0], 1.05 * steps, atol=1e-4)


def test_it_keeps_the_rules_of_a_way():
    """Nothing is far from itself, and nothing further than by way of a third, whatever the weights."""
    head = Temporal(3)
    here, there, between = torch.randn(3, 50, 3, generator=torch.Generator().manual_seed(0)).unbind(0)
    assert (head(here, here) == 0).all()
    assert (head(here, there) >= 0).all()
    assert (head(here, there) <= head(here, between) + head(between, there) + 1e-4).all()


def test_what_walls_keep_apart_is_far_though_it_lies_side_by_side():
    """A walk through a corridor bent like a U: its two ends are neighbours on the plane, and 36 steps apart."""
    way = np.concatenate(
        [
            np.linspace([0, 0], [4, 0], 17),
            np.linspace([4.25, 0], [4.25, 1], 4),
            np.linspace([4, 1], [0, 1], 17),
        ]
    )
    rng, steps = np.random.default_rng(0), np.zeros((60, 31), int)
    steps[:, 0] = rng.integers(0, len(way), 60)
    for t in range(30):
        steps[:, t + 1] = np.clip(steps[:, t] + rng.choice([-1, 1], 60, p=[0.5, 0.5]), 0, len(way) - 1)
    walks = Places(torch.from_numpy(way[steps]).float())
    head = fit(walks, walks, TrainConfig(apart=0, temporal_updates=500))
    ends = torch.from_numpy(way[[0, -1]]).float()
    assert 0.6 * (len(way) - 1) < head(ends[0], ends[1]) < 1.1 * (len(way) - 1)
    assert head(walks.states[:, :-1], walks.states[:, 1:]).max() < 2


class Places(torch.nn.Module):
    """A latent that is the place itself."""

    def __init__(self, states):
        super().__init__()
        self.states = states

    def beliefs(self, episodes):
        return episodes.states

    def readable(self, state):
        return state


def test_a_model_without_one_says_so_in_one_line():
    model = checkpoint.load(PlanConfig().model).model
    if hasattr(model, "temporal"):
        del model.temporal
    with pytest.raises(WorldModelError, match="no temporal distance") as caught:
        model.steps(torch.zeros(1, model.state_size), torch.zeros(1, model.state_size))
    assert "\n" not in str(caught.value)


def test_in_the_truth_a_goal_behind_the_wall_is_far():
    world = make_world("two-rooms")
    eyes = Eyes(world, None)
    starts, goals = world.sample_tasks(np.random.default_rng(0), 50)
    way = eyes.mind.steps(torch.from_numpy(starts), torch.from_numpy(goals)).numpy()
    assert way == pytest.approx(world.shortest(starts, goals), rel=1e-5)
