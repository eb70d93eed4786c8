"""What the contract promises, and what training does."""

import numpy as np
import pytest
import torch

from agents.collect import collect
from world_model.losses import vicreg
from world_model.models.jepa import JEPA
from world_model.train import TrainConfig, effective_rank, one_thread, to_tensor, train

TINY = TrainConfig(updates=120, batch=32, viewer_updates=40)


@pytest.fixture(scope="module")
def episodes():
    return collect("two-rooms", 60, 30, seed=1)


def test_rollout_equals_repeated_predict():
    torch.manual_seed(0)
    model, state, actions = JEPA(), torch.randn(5, 8), torch.rand(5, 7, 2)
    states = model.rollout(state, actions)
    for t in range(7):
        state = model.predict(state, actions[:, t])
        assert torch.allclose(states[:, t], state)


def test_shapes_and_types_are_those_of_the_contract():
    model = JEPA(state_size=6)
    obs = torch.randint(0, 256, (3, 1, 3, 64, 64), dtype=torch.uint8)
    state = model.encode(obs)
    assert state.shape == (3, 6)
    frames = model.decode(state)
    assert frames.shape == (3, 3, 64, 64)
    assert frames.dtype == torch.uint8
    assert model.locate(state).shape == (3, 2)


def test_vicreg_is_zero_for_a_healthy_latent_and_not_for_a_collapsed_one():
    generator = torch.Generator().manual_seed(0)
    healthy = 1.5 * torch.randn(20_000, 1, 4, generator=generator)
    variance, covariance = vicreg(healthy)
    assert variance == 0
    assert covariance < 0.01
    assert vicreg(torch.zeros(100, 1, 4))[0] > 0.9
    assert vicreg(healthy[:, :, :1].repeat(1, 1, 4))[1] > 1


def test_effective_rank_counts_the_dimensions_in_use():
    x = torch.randn(2000, 8, generator=torch.Generator().manual_seed(0))
    assert effective_rank(x) > 7.9
    x[:, 2:] = 0
    assert effective_rank(x) == pytest.approx(2, abs=0.1)


def test_the_same_seed_gives_the_same_weights_and_another_does_not(episodes):
    short = TrainConfig(updates=5, batch=8, viewer_updates=2)
    one, two = train(episodes, short).state_dict(), train(episodes, short).state_dict()
    assert all(torch.equal(one[key], two[key]) for key in one)
    other = train(episodes, TrainConfig(updates=5, batch=8, viewer_updates=2, seed=1)).state_dict()
    assert not torch.equal(one["predictor.0.weight"], other["predictor.0.weight"])


def test_training_leaves_global_randomness_alone(episodes):
    torch.manual_seed(9)
    expected = torch.rand(1)
    torch.manual_seed(9)
    train(episodes, TrainConfig(updates=2, batch=8, viewer_updates=1))
    assert torch.equal(torch.rand(1), expected)


def test_seconds_of_training_already_learn_to_predict(episodes):
    seen = []
    model = train(episodes, TINY, seen.append)
    assert seen[-1].parts["prediction"] < seen[0].parts["prediction"] or seen[-1].parts["inverse"] < 0.3
    held_out = collect("two-rooms", 40, 10, seed=2)
    with one_thread(), torch.no_grad():
        first = model.encode(to_tensor(held_out.obs[:, 0])[:, None])
        later = model.encode(to_tensor(held_out.obs[:, -1])[:, None])
        imagined = model.rollout(first, torch.from_numpy(held_out.action))[:, -1]
        error = (imagined - later).square().sum(-1).mean()
        standing_still = (first - later).square().sum(-1).mean()
    assert error < standing_still


def test_episodes_are_made_again_from_their_recipe(episodes):
    again = collect("two-rooms", 60, 30, seed=1)
    assert (again.obs == episodes.obs).all()
    assert again.recipe_hash == episodes.recipe_hash
    assert collect("two-rooms", 60, 30, seed=2).recipe_hash != episodes.recipe_hash


def test_windows_follow_the_recording(episodes):
    obs, action = episodes.windows(np.random.default_rng(0), 16, 5)
    assert obs.shape == (16, 6, 64, 64, 3)
    assert action.shape == (16, 5, 2)
    whole = {frame.tobytes() for frame in episodes.obs.reshape(-1, 64, 64, 3)}
    assert all(frame.tobytes() in whole for frame in obs.reshape(-1, 64, 64, 3))
