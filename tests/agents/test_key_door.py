"""Key-door obeys its own description."""

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env
from true_planning import middle_of, true_planner

from agents.bench.speed import world_speed
from agents.config import PlanConfig
from agents.judging.evaluate import evaluate
from agents.judging.referee import play
from agents.worlds import make_world
from agents.worlds.env import WorldVectorEnv
from agents.worlds.key_door import (
    AGENT,
    DOOR_Y,
    HAS_KEY,
    KEY_X,
    LYING,
    OPEN,
    UNREACHABLE,
    WALL_X,
    held_out,
    steps_to_cell,
    steps_to_goal,
)
from world_model.checkpoint import load
from world_model.data import to_tensor

WORLD = make_world("key-door")
UP, RIGHT, DOWN, LEFT = np.eye(4, dtype=np.float32)[:, None]
SCENE = np.float32([[1, 3, 1, 1, 1, 0, 0, 3, 1, 6, 1]])
"""Agent two cells below the key, the door two cells to the right of the key, the goal three cells beyond."""

GOAL = SCENE.copy()
GOAL[:, :2] = [6, 1]


def walk(state, *moves):
    for move in moves:
        state = WORLD.step(state, move)
    return state


@pytest.mark.filterwarnings("error")
def test_gymnasium_accepts_the_environment():
    check_env(gym.make("orrery/KeyDoor-v0", render_mode="rgb_array").unwrapped)


def test_the_door_opens_only_for_who_has_the_key():
    without = walk(SCENE, RIGHT, UP, UP, RIGHT, RIGHT)
    assert without[0, [0, 1, HAS_KEY, OPEN]].tolist() == [2, 1, 0, 0]
    with_key = walk(SCENE, UP, UP, RIGHT, RIGHT)
    assert with_key[0, [0, 1, HAS_KEY, LYING, OPEN]].tolist() == [3, 1, 1, 0, 1]
    assert WORLD.reached(walk(with_key, RIGHT, RIGHT, RIGHT), GOAL)[0]


def test_walls_and_edges_stop_the_agent():
    assert walk(SCENE, *[LEFT] * 3)[0, 0] == 0
    assert walk(SCENE, *[DOWN] * 9)[0, 1] == 7
    assert walk(SCENE, *[RIGHT] * 9)[0, 0] == 2


def test_a_carried_key_cannot_be_told_from_no_key():
    carried = walk(SCENE, UP, UP, DOWN)
    never = carried.copy()
    never[:, HAS_KEY] = 0
    assert (WORLD.observe(carried) == WORLD.observe(never)).all()
    at_door = [walk(state, RIGHT, UP, RIGHT) for state in (carried, never)]
    assert [state[0, OPEN] for state in at_door] == [1, 0]
    kinds = WORLD.sample_starts(np.random.default_rng(0), 500)
    assert ((kinds[:, LYING] == 0) & (kinds[:, HAS_KEY] == 0)).any()


def test_evaluation_layouts_are_never_recorded():
    rng = np.random.default_rng(0)
    recorded, (tasks, goals) = WORLD.sample_starts(rng, 2000), WORLD.sample_tasks(rng, 2000)
    assert not held_out(recorded[:, WALL_X], recorded[:, DOOR_Y]).any()
    assert held_out(tasks[:, WALL_X], tasks[:, DOOR_Y]).all()
    assert len(np.unique(tasks[:, WALL_X])) == 4
    assert ((tasks[:, 0] < tasks[:, WALL_X]) != (goals[:, 0] < tasks[:, WALL_X])).all()
    assert ((tasks[:, 0] < tasks[:, WALL_X]) == (tasks[:, KEY_X] < tasks[:, WALL_X])).all()


def test_the_shortest_way_is_what_it_takes():
    starts, goals = WORLD.sample_tasks(np.random.default_rng(1), 300)
    state, expected = starts, steps_to_goal(starts, goals)
    for taken in range(int(expected.max()) + 1):
        left = steps_to_goal(state, goals)
        assert (left == np.maximum(expected - taken, 0)).all()
        moved = [WORLD.step(state, np.repeat(move, 300, 0)) for move in (UP, RIGHT, DOWN, LEFT)]
        after = np.stack([steps_to_goal(new, goals) for new in moved])
        assert (after >= left - 1).all()
        best = np.stack(moved)[after.argmin(0), np.arange(300)]
        state = np.where((left == 0)[:, None], state, best)
    assert WORLD.reached(state, goals).all()


def test_the_way_to_the_goal_can_be_mapped_and_is_none_without_a_key():
    assert steps_to_goal(SCENE, GOAL)[0] == 7
    row, column = np.mgrid[:8, :8]
    states = np.broadcast_to(SCENE[0], (8, 8, 11)).copy()
    states[..., 0], states[..., 1] = column, row
    steps = steps_to_cell(states, states[..., 9], states[..., 10])
    assert steps[1, 6] == 0
    assert steps[1, 1] == 5
    assert steps[7, 7] == 7
    states[..., LYING] = 0
    assert (steps_to_cell(states, states[..., 9], states[..., 10])[:, :3] == UNREACHABLE).all()


def test_the_agent_and_the_key_are_drawn_where_the_facts_say():
    state, _ = WORLD.sample_tasks(np.random.default_rng(1), 200)
    frames, facts = WORLD.observe(state), WORLD.facts(state)
    assert (middle_of((frames == AGENT).all(-1)) == facts["position"]).all()
    gone = state.copy()
    gone[:, LYING] = 0
    assert np.abs(middle_of((frames != WORLD.observe(gone)).any(-1)) - facts["key"]).max() < 1.5
    gone[:, HAS_KEY] = 1
    assert (WORLD.facts(gone)["key"] == facts["position"]).all()


def test_the_same_seed_is_the_same_episode():
    env = WorldVectorEnv(4, "key-door")
    runs = []
    for _ in range(2):
        first, _ = env.reset(seed=3)
        action = np.random.default_rng(0).integers(0, 4, (70, 4))
        runs.append([first, *[env.step(a)[0] for a in action]])
    assert (np.array(runs[0]) == np.array(runs[1])).all()
    assert (env.reset(seed=4)[0] != runs[0][0]).any()


def test_behaviour_meets_the_key_and_the_door_often_enough_to_learn_from():
    rng = np.random.default_rng(0)
    start = WORLD.sample_starts(rng, 1000)
    state, policy = start, WORLD.behaviour(rng, 1000)
    for _ in range(32):
        state = WORLD.step(state, policy(state))
    lay = start[:, LYING] > 0
    assert state[lay, HAS_KEY].mean() > 0.5
    assert state[lay, OPEN].mean() > 0.1


def test_the_true_simulator_can_be_planned_in_and_heading_for_the_goal_fails():
    rng = np.random.default_rng(2)
    starts, goals = WORLD.sample_tasks(rng, 60)
    assert (
        play(WORLD, starts, goals, true_planner(WORLD, goals, rng, knots=12, hold=2)).success.mean() >= 0.95
    )
    assert play(WORLD, starts, goals, WORLD.behaviour(rng, 60)).success.mean() <= 0.35
    assert play(WORLD, starts, goals, lambda state: WORLD.straight(state, goals)).success.mean() <= 0.1


def test_it_is_fast_enough_to_record_from():
    assert world_speed("key-door", seconds=0.3).frames_per_second > 20_000


def test_the_shipped_model_foresees_that_the_door_opens_for_who_took_the_key_and_for_no_other():
    model = load("key-door-tiles").model
    way = torch.from_numpy(np.concatenate([UP, UP, RIGHT, RIGHT, RIGHT]))[None]
    for lies, ends in ((1, [36, 12]), (0, [20, 12])):
        start = SCENE.copy()
        start[:, LYING] = lies
        with torch.no_grad():
            states = model.rollout(model.first(to_tensor(WORLD.observe(start))), way)
            carried = model.read(states)["has_key"][0, 2:, 0] > 0.5
        assert np.allclose(model.read(states)["position"][0, -1], ends, atol=1)
        assert (carried == bool(lies)).all()


def test_the_shipped_model_is_planned_with_to_the_goal():
    result = evaluate(PlanConfig(model="key-door-tiles"), episodes=4)
    assert result.model_row.success == 1
    assert result.spl == 1
