"""A planner that imagines no more than it needs: successive halving."""

import dataclasses

import numpy as np
import pytest
import torch

from agents.baselines.oracle import Truth
from agents.config import NUM_ELITES, PlanConfig
from agents.loop import Eyes, run
from agents.objectives import OBJECTIVES
from agents.planners import make_planner
from agents.worlds import make_world
from world_model.train import one_thread

WORLD = make_world("two-rooms")
STARTS, GOALS = WORLD.sample_tasks(np.random.default_rng(78), 30)
CONFIG = PlanConfig(planner="halving", objective="temporal", horizon=48)


class Counting(Truth):
    """The truth, and how many steps were imagined with it."""

    imagined = 0

    def rollout(self, state, actions):
        self.imagined += actions.shape[0] * actions.shape[1]
        return super().rollout(state, actions)


def played(planner):
    mind = Counting(WORLD)
    with one_thread():
        search = make_planner(dataclasses.replace(CONFIG, planner=planner), WORLD)
        result = run(Eyes(WORLD, mind), search, STARTS, GOALS)
    return result.outcome.success.mean(), mind.imagined / result.plans_made.sum()


def test_it_reaches_its_goals_with_less_than_half_of_the_imagined_steps():
    success, imagined = played("halving")
    usual, all_of_them = played("icem")
    assert success >= usual - 1 / 30 >= 0.9
    assert all_of_them == CONFIG.num_samples * CONFIG.iterations * CONFIG.horizon
    assert imagined < 0.45 * all_of_them


@pytest.mark.parametrize("name", ["temporal", "min-mean"])
def test_what_it_says_of_a_candidate_is_true_as_far_as_it_looked(name):
    mind, (state, goal) = Truth(WORLD), (torch.from_numpy(part[:6]) for part in (STARTS, GOALS))
    search = make_planner(dataclasses.replace(CONFIG, objective=name), WORLD)
    knots = 2 * torch.rand(6, 64, CONFIG.knots, 2, generator=torch.Generator().manual_seed(0)) - 1
    cost, states, actions = search.score(mind, state, goal, knots)
    assert (torch.isfinite(cost).sum(1) >= NUM_ELITES).all(), "enough are left to refit to"
    full = mind.rollout(state.repeat_interleave(64, 0), actions.flatten(0, 1)).view_as(states)
    for b, s in torch.nonzero(torch.isfinite(cost)).tolist():
        looked = int((full[b, s] == states[b, s]).all(-1).long().cumprod(0).sum())
        assert looked >= CONFIG.horizon // 6
        assert (states[b, s, looked:] == states[b, s, looked - 1]).all(), "then it waits"
        prefix = OBJECTIVES[name](mind, full[b, None, None, s, :looked], goal[b, None])
        assert cost[b, s] == pytest.approx(float(prefix), rel=1e-4)
