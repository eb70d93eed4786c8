"""Peekaboo obeys its own description, and its impossible clips differ from the legal ones in nothing but memory."""

from collections import Counter
from itertools import pairwise

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env
from hypothesis import given, settings
from hypothesis import strategies as st
from true_planning import middle_of, true_planner

from agents.baselines.oracle import Truth
from agents.bench.speed import world_speed
from agents.errors import AgentError
from agents.judging.referee import play
from agents.judging.score import auroc
from agents.objectives import OBJECTIVES
from agents.worlds import make_world
from agents.worlds import peekaboo as p
from agents.worlds.env import WorldVectorEnv
from agents.worlds.violations import APART, FRAMES, KINDS, quadruples

WORLD = make_world("peekaboo")


def fly(state, steps, policy=lambda state: np.zeros((len(state), 1), np.float32)):
    """[steps + 1, N, S]"""
    states = [state]
    for _ in range(steps):
        states.append(WORLD.step(states[-1], policy(states[-1])))
    return np.stack(states)


@pytest.mark.filterwarnings("error")
def test_gymnasium_accepts_the_environment():
    check_env(gym.make("orrery/Peekaboo-v0", render_mode="rgb_array").unwrapped)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**31))
def test_a_ball_keeps_its_speed_and_stays_inside(seed):
    rng = np.random.default_rng(seed)
    states = fly(WORLD.sample_starts(rng, 64), 40, WORLD.behaviour(rng, 64))
    radius = states[..., p.RADIUS]
    free = (states[..., p.CAUGHT] == 0) & (states[..., p.BALL_X] < p.SIZE - radius)
    assert (np.abs(states[..., p.SPEED_X]) == np.abs(states[0, :, p.SPEED_X])).all()
    assert (np.abs(states[..., p.SPEED_Y]) == np.abs(states[0, :, p.SPEED_Y])).all()
    assert (states[..., p.BALL_X] >= radius - 1e-3).all()
    assert (states[..., p.BALL_Y] - p.TOP >= radius - 1e-3)[free].all()
    assert (p.BOTTOM - states[..., p.BALL_Y] >= radius - 1e-3)[free].all()


def test_no_ball_passes_a_solid_wall():
    states = fly(WORLD.sample_starts(np.random.default_rng(0), 2000), 40)
    walled = (states[0, :, p.WALL] > 0) & (states[0, :, p.PRESENT] > 0)
    gap = (states[..., p.BALL_X] - states[..., p.WALL])[:, walled]
    assert walled.sum() > 200
    assert (np.sign(gap) == np.sign(gap[0])).all()
    assert (np.abs(gap) >= p.WALL_HALF + states[:, walled, p.RADIUS] - 1e-3).all()
    assert {-1.0, 1.0} == set(np.sign(gap[0]))


def test_caught_is_to_be_within_the_paddle_as_the_ball_arrives_and_it_sticks():
    starts, goals = WORLD.sample_tasks(np.random.default_rng(0), 400)
    states = fly(starts, WORLD.max_steps)
    arrived = states[..., p.BALL_X] >= p.FRONT - states[..., p.RADIUS]
    assert arrived[-1].all()
    assert not arrived[0].any()
    when = (arrived.argmax(0), np.arange(400))
    within = np.abs(states[when][:, p.BALL_Y] - states[when][:, p.PADDLE_Y]) <= p.PADDLE_HALF
    caught = WORLD.reached(states[-1], goals)
    assert (caught == within).all()
    assert 0 < caught.sum() < 400
    moved = WORLD.step(states[-1], np.ones((400, 1), np.float32))
    shift = moved[:, [p.PADDLE_Y, p.BALL_Y]] - states[-1][:, [p.PADDLE_Y, p.BALL_Y]]
    assert shift[caught, 0] == pytest.approx(shift[caught, 1], abs=1e-4)
    rests = states[-1][:, p.BALL_X] == p.SIZE - states[-1][:, p.RADIUS]
    assert (rests & ~caught).any()
    assert (shift[rests, 1] == 0).all()


def test_a_goal_does_not_tell_where_the_ball_will_come_out():
    starts, goals = WORLD.sample_tasks(np.random.default_rng(0), 2000)
    states = fly(starts, WORLD.max_steps)
    arrives = np.where(WORLD.reached(states[-1], goals), np.nan, states[-1][:, p.BALL_Y])
    missed = np.isfinite(arrives)
    assert abs(np.corrcoef(arrives[missed], goals[missed, p.PADDLE_Y])[0, 1]) < 0.1
    assert WORLD.reached(goals, goals).all()


def test_the_ball_is_drawn_where_the_facts_say_and_hidden_means_not_a_pixel():
    states = fly(WORLD.sample_starts(np.random.default_rng(1), 200), 24).reshape(-1, p.SIZE_OF_STATE)
    facts = WORLD.facts(states)
    empty = states.copy()
    empty[:, p.PRESENT] = 0
    drawn = (WORLD.observe(states) != WORLD.observe(empty)).any(-1)
    hidden, present = facts["hidden"][:, 0] > 0, facts["present"][:, 0] > 0
    assert 0.1 < hidden.mean() < 0.6
    assert not drawn[hidden | ~present].any()
    open_sky = present & (facts["covered"][:, 0] == 0) & (states[:, p.BALL_X] < 48)
    seen = middle_of(drawn[open_sky])
    assert np.abs(seen - facts["ball"][open_sky]).max() < 0.7
    colour = WORLD.observe(states)[open_sky, seen[:, 1].astype(int), seen[:, 0].astype(int)]
    assert (colour == np.rint(255 * facts["colour"][open_sky])).all()
    area = drawn[open_sky].sum((1, 2))
    assert np.corrcoef(area, facts["radius"][open_sky, 0] ** 2)[0, 1] > 0.95


def test_the_paddle_is_drawn_where_the_facts_say():
    state = WORLD.sample_starts(np.random.default_rng(1), 200)
    state[:, p.PRESENT] = 0
    dark = np.abs(WORLD.observe(state).astype(int) - p.PADDLE).sum(-1) < 40
    assert np.abs(middle_of(dark) - WORLD.facts(state)["position"]).max() < 0.7


def test_the_same_seed_is_the_same_episode():
    env = WorldVectorEnv(4, "peekaboo")
    runs = []
    for _ in range(2):
        first, _ = env.reset(seed=3)
        action = np.random.default_rng(0).uniform(-1, 1, (60, 4, 1))
        runs.append([first, *[env.step(a)[0] for a in action]])
    assert (np.array(runs[0]) == np.array(runs[1])).all()
    assert (env.reset(seed=4)[0] != runs[0][0]).any()


def test_catching_needs_foresight():
    rng = np.random.default_rng(2)
    starts, goals = WORLD.sample_tasks(rng, 200)
    assert (
        play(WORLD, starts, goals, true_planner(WORLD, goals, rng, knots=12, hold=4)).success.mean() >= 0.95
    )
    assert play(WORLD, starts, goals, lambda state: WORLD.straight(state, goals)).success.mean() <= 0.5
    assert play(WORLD, starts, goals, WORLD.behaviour(rng, 200)).success.mean() <= 0.35


def test_to_meet_the_ball_as_the_goal_shows_it_is_to_catch_it():
    starts, goals = WORLD.sample_tasks(np.random.default_rng(3), 300)
    states = torch.from_numpy(fly(starts, WORLD.max_steps)[1:].swapaxes(0, 1).copy())
    caught = WORLD.reached(states[:, -1].numpy(), goals)
    cost = OBJECTIVES["meet"](Truth(WORLD), states[:, None], torch.from_numpy(goals))[:, 0].numpy()
    assert 20 < caught.sum() < 280
    assert auroc(cost[~caught], cost[caught]) > 0.98


def test_to_meet_a_ball_where_there_is_none_is_refused_in_one_line():
    world = make_world("two-rooms")
    state = torch.from_numpy(world.sample_starts(np.random.default_rng(0), 1))
    with pytest.raises(AgentError, match=r"'ball'.*another objective") as refused:
        OBJECTIVES["meet"](Truth(world), state[:, None, None], state)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_legal_and_impossible_clips_hold_the_same_frame_to_frame_changes(kind):
    found = quadruples(kind, np.random.default_rng(0), 12)
    assert found.frames.shape == (12, 4, FRAMES, 64, 64, 3)
    assert found.action.shape == (12, FRAMES - 1, 1)

    def changes(clips):
        return Counter((a.tobytes(), b.tobytes()) for clip in clips for a, b in pairwise(clip))

    for four, impossible, swap in zip(found.frames, found.impossible, found.swap, strict=True):
        assert changes(four[~impossible]) == changes(four[impossible])
        assert (four[0, swap - 1] == four[1, swap - 1]).all()
        assert (four[0] != four[2]).any()


@pytest.mark.parametrize("kind", KINDS)
def test_half_of_the_clips_are_legal_and_half_break_what_they_say(kind):
    found = quadruples(kind, np.random.default_rng(1), 12)
    fact, rows, first = found.facts, np.arange(12), found.swap
    before, after = [{k: v[rows, :, first + at] for k, v in fact.items()} for at in (-1, 0)]  # [n, 4, k]
    jumps = {
        "vanish": before["present"] != after["present"],
        "teleport": np.abs(before["ball"] - after["ball"]).max(-1, keepdims=True) > 3,
        "colour": (before["colour"] != after["colour"]).any(-1, keepdims=True),
        "size": before["radius"] != after["radius"],
        "wall": np.sign(before["ball"][..., :1] - before["wall"])
        != np.sign(after["ball"][..., :1] - after["wall"]),
    }
    assert (jumps[kind][..., 0] == found.impossible).mean() > 0.9
    for other in set(KINDS) - {kind, "teleport"}:
        if other != "wall" or kind == "wall":
            assert not jumps[other].any()
    if kind == "wall":
        assert (fact["wall"] > 0).all()
    shown = (fact["hidden"] == 0) & (fact["present"] > 0)
    time = np.arange(FRAMES)[:, None]
    for part in (time < first[:, None, None, None], time >= first[:, None, None, None]):
        present = ((fact["present"] > 0) & part).any(2)
        assert ((shown & part).sum(2) >= 4)[present].all()


def test_teleported_balls_come_out_far_from_where_they_should():
    found = quadruples("teleport", np.random.default_rng(1), 12)
    for i in range(12):
        shown = (found.facts["hidden"][i, 0, :, 0] == 0) & (np.arange(FRAMES) >= found.swap[i])
        out = shown.argmax()
        assert abs(found.facts["ball"][i, 0, out, 1] - found.facts["ball"][i, 2, out, 1]) >= APART


def test_quadruples_are_a_function_of_the_seed_and_of_a_kind_that_exists():
    one, two = (quadruples("size", np.random.default_rng(5), 3) for _ in range(2))
    assert (one.frames == two.frames).all()
    with pytest.raises(AgentError, match=r"'magic'.*teleport"):
        quadruples("magic", np.random.default_rng(0), 1)


def test_it_is_fast_enough_to_record_from():
    assert world_speed("peekaboo", seconds=0.3).frames_per_second > 30_000
