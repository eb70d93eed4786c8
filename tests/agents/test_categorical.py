"""The planner for choices searches choices, and with a perfect model it solves what needs a detour."""

import numpy as np
import pytest
import torch

from agents.baselines.oracle import Truth
from agents.config import NUM_ELITES, PlanConfig
from agents.planners.categorical import CategoricalCEM
from agents.worlds import make_world

WORLD = make_world("key-door")
SETTINGS = PlanConfig(
    world="key-door", model="two-rooms-jepa", planner="categorical", hold=1, horizon=24, look_every=4
)


def way_left(mind, states, goal):
    """Steps still to go, which the truth knows: picking up the key is on the way."""
    left = mind.embed(states)[..., 0]
    return left.amin(-1) + 0.05 * left.mean(-1)


def planner(objective=way_left):
    return CategoricalCEM(SETTINGS, objective, WORLD)


def tasks(n):
    starts, goals = WORLD.sample_tasks(np.random.default_rng(3), n)
    return torch.from_numpy(starts), torch.from_numpy(goals)


def test_every_plan_is_a_row_of_choices():
    starts, goals = tasks(6)
    plan = planner().plan(Truth(WORLD), starts, goals, None, 0)
    assert plan.actions.shape == (6, SETTINGS.horizon, 4)
    assert ((plan.actions == 0) | (plan.actions == 1)).all()
    assert (plan.actions.sum(-1) == 1).all()


@pytest.mark.parametrize("action", range(4))
def test_it_finds_the_choice_that_pays(action):
    """Cost: how far an imagined plan is from choosing `action` at every step."""

    class Counting(Truth):
        def rollout(self, state, actions):
            return actions[..., action : action + 1].cumsum(1)

    def cost(mind, states, goal):
        return -states[..., -1, 0]

    starts, goals = tasks(4)
    search = planner(cost)
    plan, chosen = None, 0.0
    for _ in range(6):
        plan = search.plan(Counting(WORLD), starts, goals, plan, 0)
        better = plan.actions[..., action].mean()
        assert better >= chosen  # what was found is never lost
        chosen = better
    assert chosen > 0.9


def test_the_samples_follow_the_chances_and_go_on_exploring():
    search, samples = planner(), 2000
    chance = torch.tensor([0.85, 0.05, 0.05, 0.05]).expand(1, SETTINGS.knots, 4)
    share = search.sample(chance, samples)[0].mean((0, 1))
    wide = CategoricalCEM.explore
    assert share[0].item() == pytest.approx((1 - wide) * 0.85 + wide / 4, abs=0.02)
    assert share[1:].min() > 0.05
    assert samples > NUM_ELITES


def test_with_the_truth_it_fetches_the_key_first():
    starts, goals = tasks(40)
    state, plan, search = starts, None, planner()
    for _ in range(WORLD.max_steps // SETTINGS.look_every):
        plan = search.plan(Truth(WORLD), state, goals, plan, SETTINGS.look_every)
        for t in range(SETTINGS.look_every):
            there = torch.from_numpy(WORLD.reached(state.numpy(), goals.numpy()))[:, None]
            moved = torch.from_numpy(WORLD.step(state.numpy(), plan.actions[:, t].numpy()))
            state = torch.where(there, state, moved)
    assert WORLD.reached(state.numpy(), goals.numpy()).mean() >= 0.95


def test_the_same_seed_gives_the_same_plan():
    starts, goals = tasks(3)
    one, two = (planner().plan(Truth(WORLD), starts, goals, None, 0) for _ in range(2))
    assert torch.equal(one.knots, two.knots)
