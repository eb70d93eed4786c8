"""What makes a plan cheap changes nothing of it: the short way of imagining, of networks in pieces, of facts read alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.config import PlanConfig
from agents.planners import make_planner
from agents.worlds import make_world
from world_model.checkpoint import load
from world_model.data import to_tensor
from world_model.models.base import WorldModel
from world_model.models.parts import PIECE, in_pieces, mlp
from world_model.train import one_thread

NAMES = ("two-rooms-jepa", "two-rooms-random-jepa", "two-rooms-ensemble")


class StepByStep:
    """A model whose rollout is its `predict`, again and again."""

    def __init__(self, model: WorldModel):
        self.model = model

    def __getattr__(self, name: str):
        return getattr(self.model, name)

    def rollout(self, state, actions):
        return WorldModel.rollout(self.model, state, actions)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("episodes", [1, 12])
def test_the_same_seed_gives_the_same_plan_however_it_is_imagined(name, episodes):
    """12 episodes of 64 samples pass through in pieces."""
    config = PlanConfig(model=name, horizon=16)
    world, model = make_world(config.world), load(name).model
    tasks = world.sample_tasks(np.random.default_rng(5), episodes)
    with one_thread(), torch.no_grad():
        state, goal = (model.first(to_tensor(world.observe(rows))) for rows in tasks)
        plan, again = (
            make_planner(config, world).plan(mind, state, goal, None, 0)
            for mind in (model, StepByStep(model))
        )
    assert torch.allclose(plan.actions, again.actions, atol=1e-4)
    assert torch.allclose(plan.states, again.states, atol=1e-3)


def test_a_network_in_pieces_is_the_network():
    net = mlp(5, 16, 2)
    for shape in ((5,), (0, 5), (7, 5), (2, PIECE, 5)):
        rows = torch.randn(*shape, generator=torch.Generator().manual_seed(0))
        assert torch.allclose(in_pieces(net, rows), net(rows), atol=1e-6)


def test_a_fact_read_alone_is_the_fact_read_with_all():
    model = load("two-rooms-jepa").model
    state = torch.randn(3, 4, model.state_size, generator=torch.Generator().manual_seed(0))
    told = model.probe(state)
    assert set(model.read(state)) == set(told) == {"position", "wall", "door"}
    assert all(torch.equal(model.read(state)[name], told[name]) for name in told)
    with pytest.raises(KeyError):
        model.read(state)["ball"]
