"""A belief keeps what is out of sight, and only what contradicts it changes it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from world_model.data import Episodes
from world_model.models.belief import Belief
from world_model.stages import TrainConfig
from world_model.train import train

SHAPES = {"frames": (3, 64, 64), "vectors": (9,)}
CONFIG = TrainConfig(components=3, memory_size=16, width=32, predict_updates=250, reader_updates=150)
MAPS = {"frames": 64, "vectors": 1}
"""Cells of a belief."""


def fresh(kind="vectors", actions=2):
    torch.manual_seed(0)
    model = Belief(SHAPES[kind], actions, {"position": 2}, components=4, memory_size=6, width=16)
    obs = observed(kind, 64)
    model.encoder.fit((obs.movedim(1, -1) if kind == "frames" else obs).numpy(), 1.0)
    return model


def observed(kind, *n):
    if kind == "frames":
        return torch.randint(0, 256, (*n, *SHAPES[kind]), dtype=torch.uint8)
    return torch.randn(*n, *SHAPES[kind])


@pytest.mark.parametrize("kind", SHAPES)
def test_shapes_and_types_are_those_of_the_contract(kind):
    model, obs, actions = fresh(kind), observed(kind, 5), torch.rand(5, 7, 2)
    state = model.first(obs)
    assert state.shape == (5, model.state_size) == (5, 10 * MAPS[kind])
    assert model.decode(state).shape == obs.shape
    assert model.decode(state).dtype == obs.dtype
    assert model.embed(state).shape == (5, 4 * MAPS[kind])
    states = model.rollout(state, actions)
    for t in range(7):
        state = model.predict(state, actions[:, t])
        assert torch.allclose(states[:, t], state)
    assert model.read(states)["position"].shape == (5, 7, 2)


def test_what_a_cell_holds_does_not_depend_on_where_it_is():
    model = fresh("frames")
    frame = torch.zeros(1, 3, 64, 64, dtype=torch.uint8)
    frame[..., 8:16, 16:24] = torch.randint(0, 256, (3, 8, 8), dtype=torch.uint8)
    told = model.encoder(torch.cat([frame, frame.roll((24, 8), (2, 3))]))
    assert torch.allclose(told[0, 1, 2], told[1, 4, 3], atol=1e-4)
    inside = torch.randn(1, 8, 8, 10)
    inside[:, :2] = inside[:, 6:] = inside[:, :, :2] = inside[:, :, 6:] = 0
    action, moved = torch.rand(1, 2), inside.roll((1, 1), (1, 2))
    one, other = (model.predict(cells.flatten(1), action).view(1, 8, 8, 10) for cells in (inside, moved))
    assert torch.allclose(one.roll((1, 1), (1, 2))[:, 2:7, 2:7], other[:, 2:7, 2:7], atol=1e-4)


def test_cells_are_told_by_components_of_equal_spread_and_no_two_tell_the_same():
    rng, model = np.random.default_rng(0), fresh("frames")
    obs = (rng.normal(0, 1, (200, 8, 8, 8)) @ rng.normal(0, 30, (8, 192)) + 128).clip(0, 255)
    frames = obs.reshape(200, 8, 8, 8, 8, 3).swapaxes(2, 3).reshape(200, 64, 64, 3).astype(np.uint8)
    model.encoder.fit(frames, 0.0)
    told = model.encoder(torch.from_numpy(frames).movedim(-1, 1)).flatten(0, 2)
    assert torch.allclose(told.T.cov(), torch.eye(4), atol=0.02)


def test_what_looks_as_expected_changes_nothing():
    model = fresh()
    state = torch.randn(6, 10)
    assert torch.equal(model.corrected(state, torch.zeros(6, 4)), state)
    assert not torch.equal(model.corrected(state, torch.ones(6, 4)), state)


def test_closed_eyes_are_imagination():
    model, latent, action = fresh(), torch.randn(3, 6, 4), torch.rand(3, 5, 2)
    eyes = torch.ones(3, 6)
    eyes[:, 2:] = 0
    after = model.follow(latent, action, eyes).after
    assert torch.allclose(after[:, 2:], model.rollout(after[:, 1], action[:, 1:]), atol=1e-6)


def test_beliefs_about_recordings_are_what_an_agent_believes_as_it_looks():
    model, obs, action = fresh("frames"), observed("frames", 2, 5), torch.rand(2, 4, 2)
    recorded = Episodes(obs.movedim(2, -1).numpy(), action.numpy())
    assert torch.allclose(model.beliefs(recorded)[:, -1], model.encode(obs, action), atol=1e-5)


def peeking(n, seed, length=8):
    """A number is shown at the first step and at the last, and between them something that tells nothing of it. The
    second number counts the steps; the third is what was done last."""
    rng = np.random.default_rng(seed)
    shown, action = rng.choice([-1, 1], n), rng.uniform(-1, 1, (n, length, 1)).astype(np.float32)
    obs = np.zeros((n, length + 1, 3), np.float32)
    obs[:, [0, -1], 0] = shown[:, None]
    obs[:, :, 1] = np.linspace(-1, 1, length + 1)
    obs[:, 1:, 2] = action[..., 0]
    fact = np.repeat(shown[:, None, None], length + 1, 1).astype(np.float32)
    return Episodes(obs, action, {"shown": fact}, {"seed": seed})


@pytest.fixture(scope="module")
def trained():
    def make(episodes, config):
        return Belief(episodes.obs_shape, 1, episodes.fact_sizes, **Belief.sizes(config))

    return lambda seed: train(make, peeking(400, 1), dataclasses.replace(CONFIG, seed=seed))


def test_seconds_of_training_are_enough_to_remember(trained):
    model, held_out = trained(0), peeking(200, 2)
    with torch.no_grad():
        latent = held_out.encoded(model.latent)
        before = model.follow(latent, torch.from_numpy(held_out.action)).before
        known = model.read(before)["shown"].sign().numpy() == held_out.facts["shown"]
    assert known[:, 0].mean() < 0.7  # nothing was seen yet
    assert known[:, 1:].mean() > 0.97
    error = (latent - model.expected(before)).square().mean(-1)
    fooled = latent.flip(0)[:, -1]
    other = torch.from_numpy(held_out.facts["shown"] != held_out.facts["shown"][::-1].copy())[:, -1, 0]
    surprised = (fooled - model.expected(before[:, -1])).square().mean(-1)
    assert surprised[other].mean() > 3 * error[:, -1].mean()


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    tiny = dataclasses.replace(CONFIG, predict_updates=3, reader_updates=2)

    def make(episodes, config):
        return Belief(episodes.obs_shape, 1, episodes.fact_sizes, **Belief.sizes(config))

    one, two, other = (
        train(make, peeking(60, 1), dataclasses.replace(tiny, seed=seed)).state_dict() for seed in (0, 0, 1)
    )
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert not torch.equal(one["near.weight"], other["near.weight"])
