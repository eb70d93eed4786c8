"""Recordings on disk: kept whole, or refused with the reason."""

from __future__ import annotations

import numpy as np
import pytest

from agents.learning.collect import collect
from world_model.data import Episodes
from world_model.errors import WorldModelError


@pytest.mark.parametrize("world", ["two-rooms", "supply-chain"])
def test_what_is_saved_comes_back(tmp_path, world):
    made, path = collect(world, 5, 18, seed=1), tmp_path / "e.npz"
    made.save(path)
    back = Episodes.load(path)
    assert (back.obs == made.obs).all()
    assert back.obs.dtype == made.obs.dtype
    assert (back.action == made.action).all()
    assert back.recipe_hash == made.recipe_hash
    assert all((back.facts[name] == made.facts[name]).all() for name in made.facts)


def test_where_actions_went_is_their_sum_between_two_frames():
    made = collect("two-rooms", 5, 18, seed=1)
    rows, steps = made.places(np.random.default_rng(0), 64, 4, 2)
    assert (np.diff(steps[:, :5]) == 1).all()
    assert steps.min() >= 0
    assert steps.max() <= 18
    went = made.went()[rows, steps]
    for row, (start, *_, anywhere), there in zip(rows[:, 0], steps, went, strict=True):
        first, last = sorted((start, anywhere))
        sign = 1 if anywhere >= start else -1
        assert sign * (there[-1] - there[0]) == pytest.approx(made.action[row, first:last].sum(0), abs=1e-4)


def test_recordings_without_a_recipe_are_known_by_their_bytes(tmp_path):
    made = collect("two-rooms", 5, 18, seed=1)
    for name, seed in (("a", 1), ("b", 2)):
        other = collect("two-rooms", 5, 18, seed=seed)
        np.savez(tmp_path / f"{name}.npz", obs=other.obs, action=other.action)
    one, two = (Episodes.load(tmp_path / f"{name}.npz") for name in "ab")
    assert one.recipe_hash != two.recipe_hash
    assert (one.obs == made.obs).all()
    assert one.facts == {}


GOOD = {"obs": np.zeros((4, 21, 64, 64, 3), np.uint8), "action": np.zeros((4, 20, 2), np.float32)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"obs": None}, "no array 'obs'; it has: action"),
        ({"action": np.zeros((4, 20))}, "action has the shape"),
        ({"action": np.zeros((4, 21, 2))}, r"not \(4, 22\)"),
        ({"obs": np.zeros((4, 21, 96, 96, 3), np.uint8)}, r"frames are \(96, 96, 3\)"),
        ({"action": np.full((4, 20, 2), np.nan)}, "not a finite number"),
        ({"obs": np.zeros((4, 6, 3)), "action": np.zeros((4, 5, 2))}, "5 steps; 16 are the least"),
        ({"fact_position": np.zeros((4, 20, 2))}, "fact 'position' has the shape"),
        ({"recipe": np.array(["{"], dtype=object)}, "no readable .npz"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_with_the_reason(tmp_path, change, reason):
    path = tmp_path / "bad.npz"
    np.savez(path, **{name: values for name, values in {**GOOD, **change}.items() if values is not None})
    with pytest.raises(WorldModelError, match=reason) as caught:
        Episodes.load(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_none_is_refused(tmp_path):
    with pytest.raises(WorldModelError, match=r"no file .* orrery collect"):
        Episodes.load(tmp_path / "nothing.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(WorldModelError, match="no readable"):
        Episodes.load(tmp_path / "text.npz")


def test_a_split_parts_episodes_and_loses_none():
    made = collect("two-rooms", 10, 18, seed=1)
    learn, held_out = made.split(every=5)
    assert (len(learn.obs), len(held_out.obs)) == (8, 2)
    frames = {episode.tobytes() for part in (learn, held_out) for episode in part.obs}
    assert frames == {episode.tobytes() for episode in made.obs}
    with pytest.raises(WorldModelError, match="too few"):
        collect("two-rooms", 2, 18, seed=1).split(every=5)
