"""Probes read what is in a latent, and only that."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
import torch

from agents.errors import AgentError
from agents.learning.collect import collect
from agents.learning.probing import probe
from world_model.checkpoint import load
from world_model.errors import WorldModelError
from world_model.probe import read


def test_a_trained_latent_holds_the_position_and_an_untrained_one_holds_less(tmp_path):
    found = probe("two-rooms-jepa", episodes=60, out=tmp_path)
    (position,) = found.reading.facts
    assert position.name == "position"
    assert position.mlp_r2 > 0.99
    assert position.mlp_error < 1.5 < position.guess_error
    assert set(found.reading.constant) == {"wall", "door"}
    panels = ET.parse(found.figure).getroot().iter("{http://www.w3.org/2000/svg}g")
    assert len(list(panels)) == 2  # x and y

    blank = load("two-rooms-jepa").model
    for parameter in blank.encoder.parameters():
        parameter.data = 0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0))
    learn, held_out = collect("two-rooms", 60, 50, seed=1), collect("two-rooms", 20, 50, seed=2)
    (untrained,) = read(blank, learn, held_out, updates=300).facts
    assert untrained.linear_r2 < position.linear_r2


def test_probing_does_not_touch_the_model():
    model = load("two-rooms-jepa").model
    before = {name: values.clone() for name, values in model.state_dict().items()}
    read(model, collect("two-rooms", 12, 20, seed=1), collect("two-rooms", 4, 20, seed=2), updates=20)
    assert all(torch.equal(values, before[name]) for name, values in model.state_dict().items())


def test_a_file_of_recordings_is_probed_and_one_that_does_not_fit_is_refused(tmp_path):
    collect("two-rooms", 12, 20, seed=1).save(tmp_path / "rooms.npz")
    found = probe("two-rooms-jepa", data=tmp_path / "rooms.npz", out=tmp_path)
    assert found.reading.held_out == 3 * 21
    collect("supply-chain", 12, 20, seed=1).save(tmp_path / "chain.npz")
    with pytest.raises(WorldModelError, match="takes observations of shape"):
        probe("two-rooms-jepa", data=tmp_path / "chain.npz", out=tmp_path)
    with pytest.raises(AgentError, match="episodes is 3"):
        probe("two-rooms-jepa", episodes=3, out=tmp_path)
