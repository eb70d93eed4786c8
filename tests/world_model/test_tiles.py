"""Tiles: cells are told by kind, imagined crisply, and what no cell shows is remembered."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from world_model.data import Episodes, to_tensor
from world_model.errors import WorldModelError
from world_model.models.tiles import Kinds, Tiles
from world_model.stages import TrainConfig
from world_model.train import train

CONFIG = TrainConfig(kinds=4, memory_size=8, width=16, predict_updates=500, reader_updates=200)
FLOOR, LAMP_OFF, RED, BLUE = range(4)
COLOURS = np.array([[240, 240, 240], [40, 40, 40], [220, 30, 30], [30, 30, 220]], np.uint8)


def painted(tiles):
    """Kinds [..., 8, 8] -> frames [..., 64, 64, 3]."""
    return COLOURS[tiles].repeat(8, -3).repeat(8, -2)


def lamps(n, seed, often=0.4, length=16):
    """A lamp shows red or blue at the first step, is dark as long as one waits, and shows it again at the second action."""
    rng = np.random.default_rng(seed)
    colour, asked = rng.choice([RED, BLUE], n), (rng.random((n, length)) < often).astype(int)
    asked[:, -1] = 1
    tiles = np.full((n, length + 1, 8, 8), FLOOR)
    lit = np.concatenate([np.ones((n, 1), int), asked], 1)
    row, column = rng.integers(0, 8, (2, n))
    tiles[np.arange(n), :, row, column] = np.where(lit, colour[:, None], LAMP_OFF)
    red = np.repeat((colour == RED)[:, None, None], length + 1, 1).astype(np.float32)
    return Episodes(painted(tiles), np.eye(2, dtype=np.float32)[asked], {"red": red}, {"seed": seed})


def make(episodes, config):
    return Tiles(episodes.obs_shape, 2, episodes.fact_sizes, **Tiles.sizes(config))


def fresh():
    torch.manual_seed(0)
    model = make(data := lamps(16, 1), CONFIG)
    model.encoder.fit(data.obs.reshape(-1, 64, 64, 3))
    return model


@pytest.fixture(scope="module")
def trained():
    return train(make, lamps(300, 1), CONFIG)


def test_shapes_and_types_are_those_of_the_contract():
    model, data = fresh(), lamps(5, 2)
    obs, actions = to_tensor(data.obs[:, 0]), torch.from_numpy(data.action[:, :7])
    state = model.first(obs)
    assert state.shape == (5, model.state_size) == (5, 64 * 4 + 8)
    assert model.embed(state).shape == (5, 64 * 4)
    states = model.rollout(state, actions)
    for t in range(7):
        state = model.predict(state, actions[:, t])
        assert torch.allclose(states[:, t], state)
    assert torch.allclose(model.embed(states).unflatten(-1, (64, 4)).sum(-1), torch.ones(5, 7, 64), atol=1e-4)
    assert model.read(states)["red"].shape == (5, 7, 1)


def test_every_kind_is_found_however_rare_and_is_the_same_anywhere():
    tiles = np.random.default_rng(0).choice([FLOOR, LAMP_OFF, RED], (40, 8, 8))
    tiles[7, 3, 5] = BLUE
    encoder = Kinds((3, 64, 64), 6)
    encoder.fit(painted(tiles))
    told = encoder.index(to_tensor(painted(tiles))).numpy()
    pairs = {(int(a), int(b)) for a, b in zip(tiles.flat, told.flat, strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}) == 4


def test_what_is_seen_is_painted_exactly_and_takes_the_place_of_what_was_expected():
    model, data = fresh(), lamps(6, 3)
    obs = to_tensor(data.obs[:, 3])
    believed = model.rollout(model.first(to_tensor(data.obs[:, 0])), torch.from_numpy(data.action[:, :3]))[
        :, -1
    ]
    seen = model.correct(believed, obs)
    assert (model.decode(seen) == obs).all()
    assert torch.equal(model.parts(seen)[1], model.parts(believed)[1])


def test_a_recording_learned_from_at_once_is_believed_as_an_agent_believes_it_step_by_step():
    model, data = fresh(), lamps(4, 4)
    obs, action = to_tensor(data.obs), torch.from_numpy(data.action)
    with torch.no_grad():
        assert torch.allclose(model.beliefs(data)[:, -1], model.encode(obs, action), atol=1e-2)
        look = model.encoder(obs.flatten(0, 1)).unflatten(0, obs.shape[:2])
        expected = model.follow(look, action)[0].exp()
        first = model.predict(model.first(obs[:, 0]), action[:, 0])
    assert torch.allclose(expected[:, 0], model.parts(first)[0], atol=1e-2)


@pytest.mark.slow
def test_what_was_shown_once_is_remembered_and_imagined_when_it_is_asked_for(trained):
    held_out = lamps(200, 5, often=0)  # asked at the very end, and with eyes closed all the way
    with torch.no_grad():
        first = trained.first(to_tensor(held_out.obs[:, 0]))
        frames = trained.decode(
            trained.rollout(first, torch.from_numpy(held_out.action)).flatten(0, 1)
        ).unflatten(0, (200, 16))
    seen = to_tensor(held_out.obs[:, 1:])
    wrong = (frames.int() - seen.int()).abs().amax((1, 2, 3, 4)) > 60
    assert wrong.float().mean() < 0.05


@pytest.mark.slow
def test_the_probe_reads_what_is_remembered_but_not_shown(trained):
    held_out = lamps(200, 6, often=0.2)
    with torch.no_grad():
        read = trained.read(trained.beliefs(held_out))["red"] > 0.5
    assert (read.numpy() == (held_out.facts["red"] > 0.5))[:, 1:].mean() > 0.95


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    tiny = dataclasses.replace(CONFIG, predict_updates=3, reader_updates=2)
    one, two, other = (
        train(make, lamps(20, 1), dataclasses.replace(tiny, seed=seed)).state_dict() for seed in (0, 0, 1)
    )
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert not torch.equal(one["near.weight"], other["near.weight"])


def test_numbers_instead_of_frames_are_refused_in_one_line():
    with pytest.raises(WorldModelError, match="learns from frames, and these observations are 9 numbers"):
        Tiles((9,), 2, {})
