"""The benchmark against stable-worldmodel: what can be checked without the package, and, where it is there, with it."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from agents.config import PlanConfig
from agents.judging.referee import play
from agents.judging.score import make_row
from agents.objectives import objective
from agents.planners import make_planner
from agents.worlds import make_world
from world_model.checkpoint import load
from world_model.data import to_tensor

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))  # the benchmark is no part of the product: nothing installs it

from benchmarks.stable_worldmodel import run  # noqa: E402
from benchmarks.stable_worldmodel.adapter import Costed, Planning, hosted  # noqa: E402
from benchmarks.stable_worldmodel.recordings import Episode, tasks  # noqa: E402
from benchmarks.stable_worldmodel.shim import installed  # noqa: E402
from benchmarks.stable_worldmodel.two_room import pool  # noqa: E402

BENCHMARK = ROOT / "benchmarks" / "stable_worldmodel"
package = pytest.mark.skipif(
    not installed(), reason="stable-worldmodel is not installed: see the benchmark's README"
)


@pytest.fixture(scope="module")
def rooms():
    world = make_world("two-rooms")
    return world, load("two-rooms-jepa").model, *world.sample_tasks(np.random.default_rng(1), 3)


def info(world, starts, goals, samples):
    """As their solvers hand it to `get_cost`: every frame repeated for every candidate, with a time axis."""
    seen = {"pixels": world.observe(starts), "goal": world.observe(goals)}
    return {
        k: torch.from_numpy(v)[:, None, None].expand(-1, samples, 1, *v.shape[1:]) for k, v in seen.items()
    }


def test_a_model_behind_their_contract_costs_what_it_costs_here(rooms):
    world, model, starts, goals = rooms
    knots = torch.rand(3, 5, 4, 2, generator=torch.Generator().manual_seed(0)) * 2 - 1
    given = info(world, starts, goals, 5)
    costs = Costed(model, objective("min-mean"), hold=4).get_cost(given, knots)
    assert costs.shape == (3, 5)
    planner = make_planner(PlanConfig(horizon=16, hold=4), world)
    first, goal = (model.first(to_tensor(world.observe(rows))) for rows in (starts, goals))
    assert torch.allclose(costs, planner.score(model, first, goal, knots)[0], atol=1e-5)
    slow = Costed(model, objective("min-mean"), hold=4, stepwise=True)
    assert torch.allclose(slow.get_cost(info(world, starts, goals, 5), knots), costs, atol=1e-4)


def test_actions_may_come_in_blocks(rooms):
    world, model, starts, goals = rooms
    actions = torch.rand(3, 5, 12, 2, generator=torch.Generator().manual_seed(0)) * 2 - 1
    costed = Costed(model, objective("min-mean"))
    plain = costed.get_cost(info(world, starts, goals, 5), actions)
    assert torch.allclose(costed.get_cost(info(world, starts, goals, 5), actions.reshape(3, 5, 3, 8)), plain)


def test_a_policy_of_theirs_acts_in_our_loop(rooms):
    world, *_ = rooms
    starts, goals = world.sample_tasks(np.random.default_rng(2), 30)

    class Straight:
        type = "expert"

        def set_env(self, env):
            self.env = env

        def get_action(self, found, **_):
            assert self.env.action_space.shape == (30, 2)
            return world.straight(found["state"][:, 0], found["goal_state"][:, 0])

    ours = play(world, starts, goals, lambda state: world.straight(state, goals))
    theirs = play(world, starts, goals, hosted(Straight(), world, goals))
    assert (theirs.success == ours.success).all()
    assert 0 < theirs.success.mean() < 1


def test_our_planner_drives_as_a_policy_of_theirs(rooms):
    world, model, *_ = rooms
    starts, goals = world.sample_tasks(np.random.default_rng(3), 6)
    policy = Planning(model, make_planner(PlanConfig(), world), lambda frames: frames)
    policy.set_env(None)
    wanted = world.observe(goals)[:, None]

    def act(state):
        return policy.get_action({"pixels": world.observe(state)[:, None], "goal": wanted})

    assert play(world, starts, goals, act).success.mean() >= 5 / 6


def test_pooled_frames_keep_their_light():
    frame = np.random.default_rng(0).integers(0, 256, (3, 224, 224)).astype(np.uint8)
    small = pool(frame)
    assert (small.shape, small.dtype) == ((64, 64, 3), np.uint8)
    assert np.abs(small.mean((0, 1)) - frame.mean((1, 2))).max() < 0.5
    exact = frame[:, :7, :7].astype(float)  # two pixels a side cover seven
    assert abs(small[:2, :2].mean() - exact.mean()) < 1


def test_a_goal_lies_so_many_rows_after_its_start():
    lengths = (9, 40, 30)
    episodes = [
        Episode(np.arange(2 * k + 2).reshape(-1, 2) + 1000.0 * k, np.zeros((k, 2), np.float32))
        for k in lengths
    ]
    starts, goals = tasks(episodes, 25, 20, seed=0)
    assert (goals - starts == 50).all()
    assert len({tuple(row) for row in starts}) == 20, "no row twice"
    assert (starts >= 30_000).all(), "an episode of 9 steps has no row 25 later"


RECORDS = sorted((BENCHMARK / "results").glob("*.json"))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_says_what_it_rests_on(path):
    record = json.loads(path.read_text())
    assert {"command", "date", "machine", "versions", "task_seed"} <= set(record)
    for row in record["rows"]:
        hits = round(row["success"] * row["n"])
        again = make_row("", np.arange(row["n"]) < hits)
        assert (row["success"], row["low"], row["high"]) == pytest.approx(
            (again.success, again.low, again.high)
        )
        assert row["n"] >= 200 or path.stem in ("check", "solvers")
        if "hits" in row:
            assert row["hits"].count("1") == hits


def test_the_benchmarks_readme_shows_what_was_recorded(capsys):
    run.table()
    shown = capsys.readouterr().out.strip()
    assert shown.count("\n") > 3
    assert shown in (BENCHMARK / "README.md").read_text()


@package
def test_the_world_steps_and_ends_as_theirs_does():
    from benchmarks.stable_worldmodel.two_room import TwoRoom

    world, rng = TwoRoom(), np.random.default_rng(0)
    state, goal = world.sample_tasks(rng, 4)
    for i in range(4):
        world.env._set_goal_state(goal[i])
        place = state[i : i + 1]
        for _ in range(60):
            action = rng.uniform(-1, 1, (1, 2)).astype(np.float32)
            world.env._set_state(place[0])
            _, _, ended, _, found = world.env.step(action[0])
            place = world.step(place, action)
            assert np.allclose(place[0], found["state"])
            assert bool(world.reached(place, goal[i : i + 1])[0]) == ended


@package
def test_their_expert_reaches_its_goals_in_our_loop_and_their_solver_plans_with_our_model(rooms):
    from benchmarks.stable_worldmodel.shim import stable_worldmodel
    from benchmarks.stable_worldmodel.two_room import TwoRoom

    swm, theirs = stable_worldmodel(), TwoRoom()
    starts, goals = theirs.sample_tasks(np.random.default_rng(0), 8)
    expert = hosted(swm.envs.two_room.ExpertPolicy(seed=0), theirs, goals)
    assert play(theirs, starts, goals, expert, "any", 150).success.all()

    world, model, *_ = rooms
    starts, goals = world.sample_tasks(np.random.default_rng(4), 6)
    solver = swm.solver.CEMSolver(
        Costed(model, objective("min-mean"), hold=4), batch_size=6, num_samples=64, n_steps=3, topk=8
    )
    solved = swm.policy.WorldModelPolicy(solver, swm.PlanConfig(horizon=10, receding_horizon=1))
    success = play(world, starts, goals, hosted(solved, world, goals)).success
    assert success.mean() >= 0.5
