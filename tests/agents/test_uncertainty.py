"""Doubt is fitted to ordinary recordings alone, and then knows rollouts that will be wrong in worlds that were changed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.errors import AgentError
from agents.judging.uncertainty import detect, rollouts, told_apart
from agents.learning.collect import collect
from world_model.checkpoint import load
from world_model.data import to_tensor
from world_model.uncertainty import ALWAYS, BEYOND, fit

MODEL, WORLD = "two-rooms-random-jepa", "two-rooms:random"


def test_auroc_is_the_chance_that_a_wrong_one_scores_higher():
    rng = np.random.default_rng(0)
    score, wrong = rng.integers(0, 9, 200).astype(float), rng.random(200) < 0.3
    pairs = [(a > b) + 0.5 * (a == b) for a in score[wrong] for b in score[~wrong]]
    assert told_apart(score, wrong) == pytest.approx(np.mean(pairs))
    assert np.isnan(told_apart(score, np.zeros(200, bool)))


@pytest.fixture(scope="module")
def doubt():
    return fit(load(MODEL).model, collect(WORLD, 300, 17, 900_000), rollouts=800)


def test_the_same_rollouts_get_the_same_score_and_none_is_negative(doubt):
    obs, actions, _ = rollouts(WORLD, 50, 1)
    one = doubt.score(to_tensor(obs), torch.from_numpy(actions))
    assert np.array_equal(one, doubt.score(to_tensor(obs), torch.from_numpy(actions)))
    assert (one >= 0).all()


def test_more_of_any_sign_is_never_less_doubt(doubt):
    obs, actions, _ = rollouts(WORLD, 50, 2)
    signs = doubt.signs(to_tensor(obs), torch.from_numpy(actions))
    before = doubt.combine(signs)
    for name in (*ALWAYS, *BEYOND):
        assert (doubt.combine({**signs, name: 1.5 * signs[name]}) >= before).all()


def test_what_is_ordinary_raises_no_doubt_by_the_signs_of_novelty(doubt):
    obs, actions, _ = rollouts(WORLD, 300, 3)
    signs = doubt.signs(to_tensor(obs), torch.from_numpy(actions))
    quiet = doubt.combine({**signs, **{name: np.zeros(300) for name in BEYOND}})
    assert (doubt.combine(signs) == quiet).mean() > 0.7


def test_a_dot_of_another_colour_or_size_is_doubted(doubt):
    def score(change):
        obs, actions, _ = rollouts(WORLD + change, 200, 4)
        return np.median(doubt.score(to_tensor(obs), torch.from_numpy(actions)))

    assert score(":blue-dot") > 2 * score("")
    assert score(":big-dot") > 2 * score("")


def test_a_world_with_nothing_to_change_is_refused(tmp_path):
    import json
    import shutil

    from world_model.checkpoint import SHIPPED

    passport = json.loads((SHIPPED / "two-rooms-jepa.json").read_text())
    (tmp_path / "two-rooms-jepa.json").write_text(json.dumps({**passport, "world": "push-block"}))
    shutil.copy(SHIPPED / "two-rooms-jepa.safetensors", tmp_path)
    with pytest.raises(AgentError, match="nothing to change"):
        detect(str(tmp_path))


@pytest.mark.slow
def test_one_score_that_is_not_told_which_finds_every_change():
    found = {row.change: row for row in detect(MODEL, n=400) if row.score == "doubt"}
    assert set(found) == {"", "door-moved", "no-wall", "second-door", "blue-dot", "big-dot"}
    assert min(row.auroc for row in found.values()) > 0.78
