"""Planners, objectives and the loop, on the shipped model and on the truth."""

import numpy as np
import pytest
import torch

from agents.config import PlanConfig
from agents.episode import plan_episode
from agents.errors import AgentError
from agents.judging.evaluate import evaluate, recorded
from agents.judging.referee import Referee, play
from agents.judging.score import wilson
from agents.loop import Eyes, run
from agents.objectives import OBJECTIVES
from agents.planners import CONTINUOUS, make_planner
from agents.worlds import make_world
from world_model.checkpoint import load
from world_model.train import one_thread

WORLD = make_world("two-rooms")
N = 60
STARTS, GOALS = WORLD.sample_tasks(np.random.default_rng(77), N)


def success(eyes, planner="icem", objective="min-mean", seed=0):
    with one_thread():
        search = make_planner(PlanConfig(planner=planner, objective=objective, seed=seed), WORLD)
        return run(eyes, search, STARTS, GOALS).outcome.success.mean()


def test_the_shipped_model_plans_between_the_floor_and_the_ceiling():
    model = success(Eyes(WORLD, load("two-rooms-jepa").model))
    straight = play(WORLD, STARTS, GOALS, lambda state: WORLD.straight(state, GOALS)).success.mean()
    assert (
        play(WORLD, STARTS, GOALS, WORLD.behaviour(np.random.default_rng(0), N)).success.mean()
        < straight
        < model
    )
    assert model >= 0.9


def test_an_untrained_model_plans_no_better_than_it_knows():
    torch.manual_seed(0)
    checkpoint = load("two-rooms-jepa")
    untrained = type(checkpoint.model)(**checkpoint.passport.arguments).eval()
    assert success(Eyes(WORLD, untrained)) < 0.6


def test_the_oracle_reaches_nearly_every_goal():
    assert success(Eyes(WORLD, None)) >= 0.95


def test_the_textbook_final_cost_is_worse_than_the_nearest_approach_even_on_the_truth():
    assert success(Eyes(WORLD, None), objective="final") <= success(Eyes(WORLD, None))


@pytest.mark.parametrize("name", [name for name in CONTINUOUS if name != "feedback"])
def test_a_plan_is_repeatable_and_its_actions_are_legal(name):
    eyes = Eyes(WORLD, load("two-rooms-jepa").model)
    with torch.no_grad():
        state, goal = eyes.first(STARTS[:5]), eyes.first(GOALS[:5])
    plans = [
        make_planner(PlanConfig(planner=name, seed=3), WORLD).plan(eyes.mind, state, goal, None, 0)
        for _ in range(2)
    ]
    assert torch.equal(plans[0].actions, plans[1].actions)
    assert plans[0].actions.shape == (5, 40, 2)
    assert plans[0].actions.abs().max() <= 1
    again = make_planner(PlanConfig(planner=name, seed=4), WORLD).plan(eyes.mind, state, goal, None, 0)
    assert not torch.equal(plans[0].actions, again.actions)


def test_the_chosen_plan_is_the_cheapest_of_those_kept():
    state, goal = torch.from_numpy(STARTS[:5]), torch.from_numpy(GOALS[:5])
    mind = Eyes(WORLD, None).mind
    plan = make_planner(PlanConfig(), WORLD).plan(mind, state, goal, None, 0)
    costs = OBJECTIVES["min-mean"](mind, plan.candidates, goal)
    assert torch.allclose(costs[:, 0], plan.cost)
    assert (costs >= plan.cost[:, None] - 1e-4).all()


def test_a_trace_tells_one_episode_and_serialises():
    trace = plan_episode(PlanConfig(seed=0))
    assert trace.frames.shape == trace.imagined.shape == trace.blind.shape == (trace.steps + 1, 64, 64, 3)
    assert trace.error.shape == (trace.steps + 1,)
    assert len(trace.looks) == len(trace.plan_ms) == len(trace.candidates)
    assert trace.looks[:3] == (0, 4, 8)
    replayed, _ = WORLD.sample_tasks(np.random.default_rng(0), 1)
    for t in range(trace.steps):
        assert np.allclose(replayed[0, :2], trace.positions[t], atol=1e-4)
        assert (trace.frames[t] == WORLD.render(replayed)[0]).all()
        replayed = WORLD.step(replayed, trace.actions[t : t + 1])
    record = trace.to_json()
    assert record["success"] is True
    assert set(record["sheets"]) == {"real", "imagined", "blind", "goal"}


def test_the_same_seed_is_the_same_episode():
    one, two = plan_episode(PlanConfig(seed=5)), plan_episode(PlanConfig(seed=5))
    assert (one.actions == two.actions).all()
    assert (one.imagined == two.imagined).all()


def test_looking_again_keeps_the_dream_nearer_to_the_truth():
    traces = [plan_episode(PlanConfig(seed=seed)) for seed in range(12)]
    looked = np.mean([t.error[-1] for t in traces])
    never = np.mean([t.blind_error[-1] for t in traces])
    assert looked < never


def test_a_clip_is_written(tmp_path):
    from PIL import Image

    trace = plan_episode(PlanConfig(seed=1))
    trace.write_clip(tmp_path / "clip.gif")
    with Image.open(tmp_path / "clip.gif") as clip:
        assert clip.n_frames >= trace.steps // 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"world": "mars"}, "two-rooms"),
        ({"planner": "oracle-9000"}, "icem, cem"),
        ({"objective": "joy"}, "min-mean, sum, final, decoded, temporal"),
        ({"num_samples": 3}, "num_samples is 3"),
        ({"horizon": 30}, "multiple of 4"),
        ({"look_every": 500}, "look_every is 500"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_what_does_not_exist_is_refused_in_one_line(wrong, message):
    with pytest.raises(AgentError, match=message) as caught:
        plan_episode(PlanConfig(**wrong))
    assert "\n" not in str(caught.value)


def test_wilson_matches_the_published_value_and_stays_inside():
    low, high = wilson(81, 263)  # Newcombe 1998, table I
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 10)[0] == 0
    assert wilson(10, 10)[1] == 1
    assert wilson(10, 10)[0] < 1


def test_evaluation_puts_floor_and_ceiling_beside_the_model():
    result = evaluate(PlanConfig(), episodes=20)
    assert [row.name for row in result.rows] == ["random", "straight line", "model", "oracle"]
    assert all(row.n == 20 and row.low <= row.success <= row.high for row in result.rows)
    assert evaluate(PlanConfig(), episodes=20).rows == result.rows
    assert result.model_row.p is None
    assert result.rows[0].p < 0.01 < result.rows[-1].p


def test_the_passport_keeps_the_promise_of_the_shipped_model():
    kept = recorded("two-rooms-jepa")
    rows = {row["name"]: row for row in kept["rows"]}
    assert rows["model"]["n"] >= 200
    assert rows["random"]["success"] < 0.2 < rows["oracle"]["success"]
    assert len(kept["seeds"]) == 3
    assert all(seed["success"] >= 0.95 for seed in kept["seeds"])
    assert kept["ms_per_plan"] <= 20


def test_an_episode_is_over_when_the_goal_has_been_held_long_enough():
    """The rule of a world that asks the goal to be held: a passing hit is no success."""
    world = make_world("push-block")
    _, goals = world.sample_tasks(np.random.default_rng(0), 6)
    referee = Referee(world, goals.copy(), goals)
    still = np.zeros((6, 2), np.float32)
    held = 1
    while not referee.over:
        referee.step(still)
        held += 1
    assert referee.outcome.success.all()
    assert held == world.hold
    assert (referee.outcome.steps == world.hold - 1).all()


def test_an_episode_that_is_over_stays_where_it_is():
    referee = Referee(WORLD, GOALS.copy(), GOALS)
    assert referee.over
    referee.step(np.ones((N, 2), np.float32))
    assert (referee.state == GOALS).all()
    assert (referee.outcome.steps == 0).all()


def test_the_model_of_random_layouts_plans_in_rooms_it_never_saw():
    """And the model of the one fixed room does not: what the context is for."""
    world = make_world("two-rooms:random")
    starts, goals = world.sample_tasks(np.random.default_rng(78), N)

    def reached(name):
        with one_thread():
            search = make_planner(PlanConfig(world=world.name, model=name), world)
            return run(
                Eyes(world, load(name, world.name).model), search, starts, goals
            ).outcome.success.mean()

    assert reached("two-rooms-random-jepa") >= 0.9
    assert reached("two-rooms-jepa") < 0.7
