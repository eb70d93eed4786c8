"""The world obeys its own description."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.errors import AgentError
from agents.worlds import simulator
from agents.worlds.two_rooms import (
    DOT,
    REACH,
    SPEED,
    Layout,
    TwoRooms,
    move,
    render,
    sample_free,
    sample_task,
)

LAYOUT = Layout()


@pytest.mark.filterwarnings("error")
def test_gymnasium_accepts_the_environment():
    check_env(gym.make("orrery/TwoRooms-v0", render_mode="rgb_array").unwrapped)


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**31), dx=st.floats(-5, 5), dy=st.floats(-5, 5))
def test_no_action_leads_into_a_wall_or_further_than_the_speed(seed, dx, dy):
    start = sample_free(np.random.default_rng(seed), 32, LAYOUT)
    end = move(start, np.full((32, 2), [dx, dy], np.float32), LAYOUT)
    assert LAYOUT.is_free(end).all()
    assert (np.linalg.norm(end - start, axis=1) <= SPEED + 1e-4).all()


def test_only_the_door_lets_the_dot_through():
    heights = np.linspace(6, 58, 105, dtype=np.float32)
    state = np.stack([np.full_like(heights, 20), heights], 1)
    for _ in range(12):
        state = move(state, np.tile(np.float32([1, 0]), (len(state), 1)), LAYOUT)
    through = state[:, 0] > LAYOUT.wall_x
    in_door = np.abs(heights - LAYOUT.door_y) <= LAYOUT.door_half - 2.5
    assert (through == in_door).all()
    assert 0 < through.sum() < len(through)


def test_start_and_goal_lie_in_different_rooms():
    start, goal = sample_task(np.random.default_rng(0), 500, LAYOUT)
    assert ((start[:, 0] < LAYOUT.wall_x) != (goal[:, 0] < LAYOUT.wall_x)).all()


def test_the_dot_is_drawn_where_it_is():
    pos = sample_free(np.random.default_rng(1), 200, LAYOUT)
    frames = render(pos, LAYOUT).astype(float)
    orange = (np.abs(frames - DOT).sum(-1) < 60).astype(float)
    grid = np.arange(64) + 0.5
    x = (orange.sum(1) * grid).sum(1) / orange.sum((1, 2))
    y = (orange.sum(2) * grid).sum(1) / orange.sum((1, 2))
    assert np.abs(np.stack([x, y], 1) - pos).max() < 0.5


def test_the_episode_ends_with_reward_at_the_goal_and_the_same_seed_is_the_same_episode():
    env = TwoRooms()
    first, info = env.reset(seed=3)
    again, _ = env.reset(seed=3)
    assert (first == again).all()
    env.position = env.goal_position + np.float32([REACH + SPEED - 0.5, 0]) * np.sign(
        32 - env.goal_position[:, :1]
    )
    toward = np.sign(env.goal_position[0] - env.position[0]) * np.float32([1, 0])
    _, reward, terminated, _, info = env.step(toward)
    assert terminated
    assert reward == 1.0
    assert np.linalg.norm(info["position"] - info["goal_position"]) <= REACH


def test_an_unknown_world_names_the_ones_that_exist():
    with pytest.raises(AgentError, match=r"'mars'.*two-rooms"):
        simulator("mars")
