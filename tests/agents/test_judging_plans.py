"""What success means, how rows are compared, and how a result is found again: the rules of every evaluation."""

import json

import numpy as np
import pytest

from agents.config import PlanConfig
from agents.errors import AgentError
from agents.judging.bottleneck import LADDER, Rung, judge
from agents.judging.dial import _succeeds, dial
from agents.judging.evaluate import evaluate
from agents.judging.heatmap import _downhill, heatmap
from agents.judging.referee import Referee, in_words
from agents.judging.score import make_cost_row, make_row, mcnemar
from agents.worlds import make_world
from world_model.errors import WorldModelError

WORLD = make_world("two-rooms")


def passing_by(rule: str, steps: int):
    """An agent that stands on its goal for three steps and then walks off."""
    start, goal = WORLD.sample_tasks(np.random.default_rng(0), 1)
    start[:, :2] = goal[:, :2] = 12.0
    goal[:, 0] += 3
    referee = Referee(WORLD, start, goal, rule, steps)
    while not referee.over:
        away = np.array([[0.0, 1.0]], np.float32) if referee.t >= 3 else np.zeros((1, 2), np.float32)
        referee.step(away)
    return bool(referee.success[0])


def test_the_rule_decides_whether_passing_by_is_success():
    assert passing_by("any", 20)
    assert not passing_by("held", 20)
    assert not passing_by("end", 20)
    assert passing_by("end", 3)


def test_another_rule_than_the_world_s_own_is_said():
    assert in_words(WORLD, "any", WORLD.max_steps) == WORLD.rule
    assert "at the last of 60 steps" in in_words(WORLD, "end", 60)
    assert "any of 20 steps" in in_words(WORLD, "any", 20)


def test_the_dial_reads_every_rule_off_one_episode():
    met = np.array([[0, 1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0]], bool).T
    assert _succeeds(met, "any", 1).tolist() == [True, True, False]
    assert _succeeds(met, "held", 1).tolist() == [True, False, False]
    assert _succeeds(met, "end", 1).tolist() == [False, True, False]


def test_mcnemar_looks_only_at_tasks_that_one_alone_solved():
    same = np.array([True] * 50 + [False] * 50)
    assert mcnemar(same, same) == 1
    better = np.ones(100, bool)
    assert mcnemar(better, same) == pytest.approx(2 * 0.5**50)
    one, other = np.array([1, 1, 1, 1, 0], bool), np.array([0, 0, 0, 0, 1], bool)
    assert mcnemar(one, other) == pytest.approx(2 * 6 / 32)
    assert make_row("x", one).p is None


def test_a_saving_is_paired_so_that_shared_luck_does_not_blur_it():
    rng = np.random.default_rng(0)
    luck = rng.normal(100, 30, 200)
    row = make_cost_row("rule", luck, luck - 5 + rng.normal(0, 0.5, 200))
    assert row.saving == pytest.approx(5 / luck.mean(), rel=0.05)
    assert row.saving_high - row.saving_low < 0.01 < (row.high - row.low) / row.cost


def test_an_evaluation_that_was_cut_off_goes_on_from_its_file(tmp_path):
    out, config = tmp_path / "result.json", PlanConfig(num_samples=16, iterations=1, steps=12)
    lines: list[str] = []

    def cut_off(line: str) -> None:
        lines.append(line)
        if line.startswith("oracle"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(config, 6, cut_off, out)
    kept = json.loads(out.read_text())
    assert list(kept["played"]) == ["random", "straight line", "model"]
    lines.clear()
    again = evaluate(config, 6, lines.append, out)
    assert not any(line.startswith(("random", "model")) for line in lines)
    assert again.rows == evaluate(config, 6).rows
    assert json.loads(out.read_text())["command"] == again.command
    lines.clear()
    assert evaluate(config, 6, lines.append, out).rows == again.rows
    assert lines == []


def test_a_file_with_another_evaluation_is_not_written_over(tmp_path):
    out = tmp_path / "result.json"
    out.write_text(json.dumps({"command": "orrery evaluate --world mars", "played": {}}))
    with pytest.raises(AgentError, match="holds another evaluation"):
        evaluate(PlanConfig(), 5, out=out)
    out.write_text("not json")
    with pytest.raises(AgentError, match="isn't an evaluation"):
        evaluate(PlanConfig(), 5, out=out)


def test_settings_left_out_are_the_model_s_own():
    config = PlanConfig(model="two-rooms-random-jepa")
    assert (config.world, config.objective, config.rule, config.steps) == (
        "two-rooms:random",
        "min-mean",
        "any",
        60,
    )
    assert PlanConfig(world="two-rooms:random").model == "two-rooms-random-jepa"
    assert PlanConfig(world="push-block", model="two-rooms-jepa").rule == "held"
    doors = PlanConfig(world="key-door", model="two-rooms-jepa")
    assert (doors.planner, doors.hold, doors.look_every) == ("categorical", 1, 1)
    chain = PlanConfig(world="supply-chain", model="two-rooms-jepa")
    assert (chain.objective, chain.hold, chain.rule) == ("cost", 1, "cost")
    with pytest.raises(WorldModelError, match="no shipped model learned 'CartPole-v1'"):
        PlanConfig(world="CartPole-v1")


def test_swapped_goals_are_a_row_of_their_own_where_passing_hits_could_count():
    _, goals = make_world("push-block").sample_tasks(np.random.default_rng(0), 8)
    wrong = make_world("push-block").swapped(goals, np.random.default_rng(0))
    assert sorted(map(tuple, wrong)) == sorted(map(tuple, goals))
    assert (wrong != goals).any(1).all()
    assert WORLD.swapped(goals, np.random.default_rng(0)) is None


@pytest.mark.parametrize(
    ("rates", "limit"),
    [
        ((0.5, 1.0, 1.0, 1.0, 1.0, 0.5), "predictor"),
        ((0.5, 1.0, 1.0, 0.5, 0.5, 0.5), "encoder"),
        ((0.5, 1.0, 1.0, 1.0, 0.5, 1.0), "objective"),
        ((0.5, 0.5, 1.0, 0.5, 0.5, 0.5), "search"),
        ((0.98, 1.0, 1.0, 1.0, 0.99, 0.98), "none"),
    ],
)
def test_the_verdict_names_the_part_that_costs_most(rates, limit):
    rungs = tuple(Rung(name, rate, rate, rate, 40) for name, rate in zip(LADDER, rates, strict=True))
    found = judge(PlanConfig(), rungs)
    assert found.limit == limit
    assert (limit in found.sentence) != (limit == "none")
    assert found.sentence.count(". ") == 0


def test_downhill_is_stopped_by_a_dip_that_is_not_the_goal():
    x, y = np.meshgrid(np.arange(32) * 2 + 1.0, np.arange(32) * 2 + 1.0)
    goal = np.array([11.0, 11.0])
    bowl = np.hypot(x - 11, y - 11)
    assert _downhill(bowl, goal) == 1
    two = np.minimum(bowl, np.hypot(x - 51, y - 51) + 0.5)
    assert 0.2 < _downhill(two, goal) < 0.9


def test_the_shortest_way_goes_through_the_door():
    start, goal = WORLD.sample_tasks(np.random.default_rng(0), 400)
    way, straight = WORLD.shortest(start, goal), np.linalg.norm(start[:, :2] - goal[:, :2], axis=1)
    assert (way >= straight - 1e-3).all()
    assert (way > straight + 1).any()
    corner, opposite = start[:1].copy(), start[:1].copy()
    corner[:, :2], opposite[:, :2] = (10, 50), (54, 50)
    # from (10, 50) up to the opening's lower corners at (27.5, 23.5) and (36.5, 23.5), and down again
    assert WORLD.shortest(corner, opposite)[0] == pytest.approx(2 * np.hypot(17.5, 26.5) + 9, abs=0.01)
    assert WORLD.shortest(goal, start) == pytest.approx(way, abs=0.05)
    open_plan = make_world("two-rooms:no-wall")
    assert open_plan.shortest(start, goal) == pytest.approx(straight, abs=1e-3)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_learned_temporal_distance_knows_the_wall_better_than_the_latent_does():
    maps = heatmap(PlanConfig(seed=3)).maps
    assert maps["true way"].downhill == 1
    assert maps["temporal distance"].rank_correlation > maps["latent distance"].rank_correlation


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_same_checkpoint_has_a_headline_and_a_humbling_protocol():
    found = dial(PlanConfig(), 30)
    assert found.headline.success - found.humbling.success > 0.4
    at = {(s.distance, s.steps, s.rule, s.look_every): s.success for s in found.settings}
    for (distance, steps, rule, look), success in at.items():
        assert success <= at[distance, steps, "any", look] + 1e-9
        longer = [s for d, s, r, k in at if (d, r, k) == (distance, rule, look) and s > steps]
        assert rule == "end" or all(at[distance, s, rule, look] >= success for s in longer)
