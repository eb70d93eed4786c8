"""Training survives a kill, and says how it goes."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from agents.learning.collect import collect
from agents.learning.training import train_and_ship
from world_model.checkpoint import load
from world_model.errors import WorldModelError
from world_model.health import imagined_error
from world_model.resume import FILE, Kept
from world_model.stages import Stage, TrainConfig

CONFIG = TrainConfig(
    context_size=0, apart=0, whiten=500.0, batch=8, fast_updates=450, predict_updates=450, reader_updates=20
)
SCRIPT = """
import dataclasses, sys
from pathlib import Path
from agents.learning.recipes import RECIPES, Recipe
from agents.learning.training import train_and_ship
from tests.world_model.test_training import CONFIG
RECIPES["two-rooms"] = Recipe(20, 20)
train_and_ship("two-rooms", "small", (0,), Path(sys.argv[1]), CONFIG, episodes=2)
"""


def begin(folder):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_killed_training_goes_on_and_ends_with_the_same_weights(tmp_path):
    """Killed in the middle of the first stage, then of the second, against a run that nobody disturbed."""
    for stage in (0, 1):
        process, state = begin(tmp_path / "killed"), tmp_path / "killed" / "small" / "seed0" / FILE
        while process.poll() is None:
            saved = state.exists() and torch.load(state, weights_only=True)
            if saved and saved["stage"] == stage and "update" in saved:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.05)
        assert process.wait() == -signal.SIGKILL, process.stdout.read()
        assert not (tmp_path / "killed" / "small.safetensors").exists()
    process = begin(tmp_path / "killed")
    said, _ = process.communicate()
    assert process.returncode == 0, said
    assert "goes on after" in said
    calm = begin(tmp_path / "calm")
    assert calm.wait() == 0, calm.stdout.read()
    one, two = (load(str(tmp_path / which / "small")).model.state_dict() for which in ("killed", "calm"))
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert not state.exists()


def test_the_state_of_another_run_is_refused(tmp_path):
    Kept(tmp_path, {"seed": 1}).save(seconds=3.0)
    assert Kept(tmp_path, {"seed": 1}).seconds() == 3.0
    with pytest.raises(WorldModelError, match=r"another training run .* choose another folder"):
        Kept(tmp_path, {"seed": 2}).load()
    (tmp_path / FILE).write_bytes(b"half a file")
    with pytest.raises(WorldModelError, match=r"damaged .* remove it"):
        Kept(tmp_path, {"seed": 1}).load()


class Watching(Stage):
    """A stage that trains nothing."""

    name = "watching"

    def __init__(self):
        super().__init__(0, 1e-3)

    def loss(self, rng):
        return {}


def test_health_measures_imagination_in_pixels():
    """A good model is a pixel or two off after eight imagined steps; with its predictor silenced, many."""
    model, episodes = load("two-rooms-jepa").model, collect("two-rooms", 60, 30, seed=7_000)
    good = imagined_error(Watching(), model, episodes)
    for parameter in model.predictor.parameters():
        parameter.data.zero_()
    still = imagined_error(Watching(), model, episodes)
    assert good < 4 < still
    assert imagined_error(Watching(), model, dataclasses.replace(episodes, facts={})) is None


def test_a_model_is_trained_on_a_file_of_recordings(tmp_path):
    data = tmp_path / "mine.npz"
    made = collect("two-rooms", 20, 20, seed=3)
    dataclasses.replace(made, recipe={}).save(data)
    config = dataclasses.replace(CONFIG, fast_updates=3, predict_updates=3, reader_updates=3)
    passport = train_and_ship("", "mine", (0, 1), tmp_path, config, data=data, report=lambda line: None)
    assert passport.world == ""
    assert "evaluation" not in passport.results
    assert len(passport.results["training_seeds"]) == 2
    assert load(str(tmp_path / "mine")).passport.data_hash == passport.data_hash
    assert f"--data {data}" in passport.command


def test_with_more_seeds_those_that_are_there_are_kept_and_other_settings_begin_anew(tmp_path):
    data, lines = tmp_path / "mine.npz", []
    collect("two-rooms", 20, 20, seed=3).save(data)
    config = dataclasses.replace(CONFIG, fast_updates=3, predict_updates=3, reader_updates=3)

    def run(seeds, config):
        lines.clear()
        train_and_ship("", "mine", seeds, tmp_path, config, 2, lines.append, data=data)
        return [line for line in lines if "trained already" in line]

    assert run((0,), config) == []
    weights = (tmp_path / "mine" / "seed0" / "mine.safetensors").read_bytes()
    assert len(run((0, 1), config)) == 1
    assert (tmp_path / "mine" / "seed0" / "mine.safetensors").read_bytes() == weights
    assert run((0,), dataclasses.replace(config, fast_updates=4)) == []
