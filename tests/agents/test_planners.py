"""Planners as their papers have them: what the formulas say, what the budgets cost, and that each finds the goal."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.bench.planning import _milliseconds, _straight
from agents.config import PlanConfig
from agents.errors import AgentError
from agents.loop import Eyes, run
from agents.planners import CONTINUOUS, make_planner
from agents.planners.mppi import MPPI
from agents.worlds import make_world
from world_model.checkpoint import load
from world_model.train import one_thread

WORLD, MODEL = make_world("two-rooms"), load("two-rooms-jepa").model
N = 30
STARTS, GOALS = WORLD.sample_tasks(np.random.default_rng(78), N)
SEARCHES = [
    name for name in CONTINUOUS if name != "feedback"
]  # that one is for orders, and acts anew every step


def mppi(temperature: float) -> MPPI:
    planner = make_planner(PlanConfig(planner="mppi", temperature=temperature), WORLD)
    assert isinstance(planner, MPPI)
    return planner


@given(st.lists(st.floats(0, 100), min_size=3, max_size=20), st.floats(0.01, 10))
@settings(max_examples=60, deadline=None)
def test_mppi_weighs_by_the_formula(costs, temperature):
    """exp(-(cost - least) / lambda), lambda = temperature times the standard deviation; summing to 1."""
    cost = torch.tensor([costs], dtype=torch.float64)
    if cost.std() < 1e-6:
        return
    weights = mppi(temperature).weights(cost)[0]
    expected = torch.exp(-(cost[0] - cost.min()) / (temperature * cost.std()))
    assert torch.allclose(weights, expected / expected.sum(), atol=1e-9)
    ratio = weights[0] / weights[1] if weights[1] > 1e-200 else None
    if ratio is not None and weights[0] > 1e-200:
        assert float(ratio.log()) == pytest.approx(
            float(-(cost[0, 0] - cost[0, 1]) / (temperature * cost.std())), rel=1e-4, abs=1e-6
        )


def test_mppi_s_temperature_goes_from_the_best_alone_to_all_alike():
    cost = torch.rand(4, 64, generator=torch.Generator().manual_seed(0))
    cold, hot = mppi(1e-4).weights(cost), mppi(1e4).weights(cost)
    assert torch.equal(cold.argmax(1), cost.argmin(1))
    assert cold.max(1).values.min() > 0.99
    assert torch.allclose(hot, torch.full_like(hot, 1 / 64), atol=1e-5)


def test_mppi_executes_the_weighted_mean_and_no_sample():
    """With a huge temperature the mean of many samples about 0 is nearly 0; CEM in disguise would pick a far sample."""
    state, goal = torch.from_numpy(STARTS), torch.from_numpy(GOALS)
    config = PlanConfig(planner="mppi", temperature=1e4, num_samples=512, iterations=1)
    plan = make_planner(config, WORLD).plan(Eyes(WORLD, None).mind, state, goal, None, 0)
    assert plan.actions.abs().max() < 0.2


@pytest.mark.parametrize("name", SEARCHES)
def test_every_planner_reaches_goals_in_the_model(name):
    with one_thread():
        search = make_planner(PlanConfig(planner=name), WORLD)
        assert run(Eyes(WORLD, MODEL), search, STARTS, GOALS).outcome.success.mean() >= 0.7


def test_gradient_lowers_the_cost_that_it_began_with():
    with one_thread(), torch.no_grad():
        state, goal = MODEL.first(_seen(STARTS)), MODEL.first(_seen(GOALS))
        few = PlanConfig(planner="gradient", num_samples=16, iterations=1)
        short = make_planner(few, WORLD).plan(MODEL, state, goal, None, 0)
        long = make_planner(dataclasses.replace(few, iterations=8), WORLD).plan(MODEL, state, goal, None, 0)
    assert long.cost.mean() < 0.5 * short.cost.mean()
    assert (long.cost <= short.cost + 1e-3).float().mean() > 0.9


def test_gradient_refuses_the_true_world_in_one_line():
    search = make_planner(PlanConfig(planner="gradient"), WORLD)
    with pytest.raises(AgentError, match="can't be") as caught:
        run(Eyes(WORLD, None), search, STARTS, GOALS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["categorical", "mcts", "breadth"])
def test_planners_of_choices_open_doors_on_the_truth(name):
    world = make_world("key-door")
    starts, goals = world.sample_tasks(np.random.default_rng(0), N)
    config = PlanConfig(world="key-door", model="two-rooms-jepa", planner=name, look_every=2)
    with one_thread():
        result = run(Eyes(world, None), make_planner(config, world), starts, goals)
    assert result.outcome.success.mean() >= 0.9
    assert set(np.unique(result.actions)) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("planner", "world"), [("gradient", "key-door"), ("icem", "key-door"), ("mcts", "two-rooms")]
)
def test_a_planner_of_another_kind_of_action_is_refused_in_one_line(planner, world):
    config = PlanConfig(world=world, model="two-rooms-jepa", planner=planner)
    with pytest.raises(AgentError, match=f"{planner}.*doesn.t suit {world}") as caught:
        make_planner(config, make_world(world))
    assert "\n" not in str(caught.value)


def test_a_warm_start_searches_on_from_the_last_plan():
    """Its next plan costs no more, as the true world imagines it, than the rest of the one before."""
    eyes = Eyes(WORLD, None)
    state, goal = torch.from_numpy(STARTS), torch.from_numpy(GOALS)
    search = make_planner(PlanConfig(iterations=1), WORLD)
    with one_thread():
        first = search.plan(eyes.mind, state, goal, None, 0)
        kept = search.plan(eyes.mind, state, goal, first, 0)
    assert (kept.cost <= first.cost + 1e-5).all()


def test_the_cost_of_a_plan_is_linear_in_samples_and_in_horizon():
    with one_thread():
        by_horizon = {
            str(h): _milliseconds(PlanConfig(horizon=h), WORLD, MODEL, STARTS[:1], GOALS[:1], 7)
            for h in (16, 48, 96, 160)
        }
        by_samples = {
            str(n): _milliseconds(PlanConfig(num_samples=n), WORLD, MODEL, STARTS[:1], GOALS[:1], 7)
            for n in (64, 256, 512, 1024)
        }
    assert _straight(by_horizon) > 0.9
    assert _straight(by_samples) > 0.9


def _seen(states):
    from world_model.data import to_tensor

    return to_tensor(WORLD.observe(states))
