"""The documented command makes a model as good as the one that ships."""

import pytest

from agents.errors import AgentError
from agents.learning.recipes import RECIPES, Recipe, recipe
from agents.learning.training import train_and_ship
from world_model.checkpoint import load
from world_model.stages import TrainConfig


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_fresh_training_seed_reaches_the_goal_as_often_as_promised(tmp_path):
    train_and_ship("two-rooms", "fresh", (11,), tmp_path, episodes=200)
    passport = load(str(tmp_path)).passport
    rows = {row["name"]: row for row in passport.results["evaluation"]["rows"]}
    assert rows["model"]["success"] >= 0.95
    assert rows["random"]["success"] < 0.2
    assert passport.training_seconds < 600


def test_a_tiny_training_run_leaves_a_checkpoint_that_loads_and_knows_its_results(tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "two-rooms", Recipe(30, 20))
    config = TrainConfig(context_size=0, fast_updates=30, predict_updates=30, reader_updates=10)
    lines: list[str] = []
    train_and_ship("two-rooms", "tiny", (4, 5), tmp_path, config, episodes=4, report=lines.append)
    passport = load(str(tmp_path)).passport
    assert [run["seed"] for run in passport.results["training_seeds"]] == [4, 5]
    assert passport.results["shipped_seed"] in (4, 5)
    assert passport.training["seed"] == passport.results["shipped_seed"]
    assert any("spread" in line for line in lines)


def test_no_seeds_is_refused(tmp_path):
    with pytest.raises(AgentError, match="no training seeds"):
        train_and_ship("two-rooms", "none", (), tmp_path)


def test_a_recipe_is_found_by_world_and_family_then_by_world_then_without_options():
    assert recipe("two-rooms:tv", "ensemble") is RECIPES["two-rooms:tv"]
    assert recipe("two-rooms", "pixel") is RECIPES["two-rooms pixel"]
    assert recipe("two-rooms:no-wall") is RECIPES["two-rooms"]
    assert recipe("CartPole-v1").train == TrainConfig()
