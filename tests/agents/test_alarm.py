"""The alarm: quiet while the world is as it was, loud when it isn't; and the loop that looks again when it rings."""

import dataclasses

import numpy as np
import pytest
import torch

from agents.alarm import calibrate
from agents.config import PlanConfig
from agents.episode import plan_episode
from agents.errors import AgentError
from agents.judging.alarm_score import CHANGES, make_change
from agents.judging.score import auroc
from agents.loop import Eyes, run
from agents.planners import make_planner
from agents.worlds import make_world
from world_model.checkpoint import load
from world_model.train import one_thread

CONFIG = PlanConfig(model="two-rooms-random-jepa")
WORLD, MODEL = make_world(CONFIG.world), load(CONFIG.model).model
N, STEP = 24, 3
STARTS, GOALS = WORLD.sample_tasks(np.random.default_rng(79), N)


def play(alarm, look_every, change=None):
    config = dataclasses.replace(CONFIG, alarm=alarm, look_every=look_every, steps=10)
    eyes = Eyes(WORLD, MODEL)
    with one_thread():
        monitor = calibrate(eyes)
        return run(
            eyes,
            make_planner(config, WORLD),
            STARTS,
            GOALS,
            monitor=monitor if alarm else None,
            change=change,
        )


def test_the_usual_error_is_about_one_and_a_moved_door_is_far_above_it():
    quiet = play(1e6, 40)
    moved = play(1e6, 40, make_change(WORLD, "door", STEP, 0))
    assert 0.3 < np.median(quiet.surprise) < 1.5
    changed = moved.states[STEP][:, 3] != moved.states[0][:, 3]
    assert changed.mean() > 0.7
    assert (quiet.surprise[: STEP - 1] == moved.surprise[: STEP - 1]).all()
    assert auroc(moved.surprise[STEP - 1][changed], quiet.surprise[STEP - 1][changed]) > 0.95


def test_when_the_alarm_rings_that_episode_alone_plans_again():
    change = make_change(WORLD, "door", STEP, 0)
    level = float(np.median(play(1e6, 40, change).surprise[STEP - 1]))  # startles half of them at once
    result = play(level, 40, change)
    rang = result.surprise > level
    for look, who in zip(result.looks[1:], result.looked[1:], strict=True):
        assert (
            rang[look - 1] >= who
        ).all()  # nobody plans again who wasn't startled: the plan is long enough
    assert result.looked[0].all()
    assert 0 < result.looked[1:].sum() < N * (len(result.looks) - 1)
    assert result.plans_made.max() > 1


def test_without_an_alarm_all_look_on_schedule():
    result = play(0.0, 4)
    assert result.looks == [0, 4, 8]
    assert np.isnan(result.surprise).all()


def test_what_is_believed_after_a_look_is_what_is_seen():
    result, eyes = play(4.0, 40, make_change(WORLD, "door", STEP, 0)), Eyes(WORLD, MODEL)
    for look, who in zip(result.looks[1:], result.looked[1:], strict=True):
        seen = eyes.first(result.states[look])
        assert torch.allclose(result.beliefs[look][who], seen[who], atol=1e-5)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_comes_at_its_step_and_leaves_the_agent_where_it_is(name):
    world = make_world("two-rooms")
    state, _ = world.sample_tasks(np.random.default_rng(0), 8)
    change = make_change(world, name, 5, 0)
    same, before = change(4, world, state)
    assert same is world
    assert (before == state).all()
    now, after = change(5, world, state)
    assert (after[:, :2] == state[:, :2]).all()
    assert (now.observe(after) != world.observe(state)).any((1, 2, 3)).all()


@pytest.mark.parametrize("name", ["two-rooms", "two-rooms:random"])
def test_each_episode_s_door_may_move_at_a_step_of_its_own(name):
    world = make_world(name)
    state, _ = world.sample_tasks(np.random.default_rng(0), 8)
    change, door = make_change(world, "door", np.arange(8), 0), state[:, 3]
    for t in range(8):
        _, state = change(t, world, state)
        assert (np.flatnonzero(state[:, 3] != door) <= t).all()
    assert (np.abs(state[:, 3] - door) >= 12).all()


def test_a_change_that_does_not_exist_is_refused():
    with pytest.raises(AgentError, match="no change 'flood'"):
        make_change(WORLD, "flood", 5, 0)
    with pytest.raises(AgentError, match="no change 'door' in push-block"):
        make_change(make_world("push-block"), "door", 5, 0)


def test_auroc_is_the_chance_to_be_greater():
    assert auroc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1.0
    assert auroc(np.array([1.0]), np.array([1.0])) == 0.5
    assert auroc(np.array([0.0, 2.0]), np.array([1.0])) == 0.5


def test_the_trace_tells_the_surprise_of_every_step_and_stays_json():
    import json

    trace = plan_episode(PlanConfig(alarm=50.0, look_every=8))
    assert np.isnan(trace.surprise[0])
    assert np.isfinite(trace.surprise[1:]).all()
    record = json.dumps(trace.to_json(), allow_nan=False)
    assert '"surprise": [null' in record
