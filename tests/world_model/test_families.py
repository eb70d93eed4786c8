"""Every family keeps the contract; and what is particular to each."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from agents.learning.collect import collect
from agents.learning.recipes import arguments
from world_model.checkpoint import FAMILIES, family
from world_model.data import to_tensor
from world_model.models.encoders import FrameEncoder, unwhiten, whiten
from world_model.models.ensemble import Ensemble
from world_model.models.rssm import divergence
from world_model.stages import TrainConfig
from world_model.train import train

TINY = TrainConfig(
    fast_size=4, context_size=3, memory_size=6, width=16, members=3, whiten=500.0, batch=8,
    context_updates=3, fast_updates=3, predict_updates=3, reader_updates=2,
)  # fmt: skip
OURS = ("jepa", "pixel", "rssm", "ensemble")


@pytest.fixture(scope="module")
def episodes():
    return {name: collect(name, 16, 20, seed=1) for name in ("two-rooms:random", "supply-chain")}


def fresh(name, episodes, config=TINY):
    torch.manual_seed(0)
    return family(name)(**arguments(name, episodes, config)).eval()


@pytest.mark.parametrize("world", ["two-rooms:random", "supply-chain"])
@pytest.mark.parametrize("name", OURS)
def test_every_family_keeps_the_contract(name, world, episodes):
    data = episodes[world]
    model = fresh(name, data)
    obs, actions = to_tensor(data.obs[:, 0]), torch.from_numpy(data.action[:, :7])
    state = model.first(obs)
    assert state.shape == (16, model.state_size)
    states = model.rollout(state, actions)
    stepped = state
    for t in range(7):
        stepped = model.predict(stepped, actions[:, t])
        assert torch.allclose(states[:, t], stepped, atol=1e-5)
    seen = model.correct(stepped, to_tensor(data.obs[:, 7]))
    assert seen.shape == state.shape
    assert torch.allclose(model.embed(seen), model.embed(model.first(to_tensor(data.obs[:, 7]))), atol=1e-5)
    picture = model.decode(state)
    assert (picture.shape, picture.dtype) == (obs.shape, obs.dtype)
    facts = model.read(states)
    assert {fact: values.shape[2:] for fact, values in facts.items()} == {
        fact: (size,) for fact, size in data.fact_sizes.items()
    }
    beliefs = model.beliefs(data)
    assert beliefs.shape == (*data.obs.shape[:2], model.state_size)
    looked = model.correct(model.predict(state, actions[:, 0]), to_tensor(data.obs[:, 1]))
    assert torch.allclose(beliefs[:, 1], looked, atol=1e-5)


@pytest.mark.parametrize("name", OURS)
def test_training_repeats_itself_and_moves_every_part_that_predicts(name, episodes):
    data = episodes["two-rooms:random"]

    def make(_, config):
        return family(name)(**arguments(name, data, config))

    one, two = (train(make, data, TINY).state_dict() for _ in range(2))
    assert all(torch.equal(one[key], two[key]) for key in one)
    with torch.random.fork_rng():
        torch.manual_seed(TINY.seed)
        before = make(data, TINY).state_dict()
    unmoved = {key for key in one if torch.equal(one[key], before[key])}
    assert all(key.startswith(("probe.", "viewer.")) for key in unmoved)
    assert set(one) == set(before)  # nothing that training needed is left over


def test_sigreg_trains_in_the_place_of_vicreg(episodes):
    config, seen = dataclasses.replace(TINY, regulariser="sigreg"), []
    data = episodes["two-rooms:random"]
    train(lambda _, c: family("jepa")(**arguments("jepa", data, c)), data, config, seen.append)
    parts = next(health.parts for health in seen if health.stage == "fast")
    assert set(parts) == {"prediction", "inverse", "sigreg"}


def test_members_of_an_ensemble_agree_on_what_is_seen_and_part_ways_in_imagination(episodes):
    data = episodes["two-rooms:random"]
    model = fresh("ensemble", data)
    assert isinstance(model, Ensemble)
    state = model.first(to_tensor(data.obs[:, 0]))
    states = model.rollout(state, torch.from_numpy(data.action[:, :8]))
    seen, imagined = (model.read_each(s)["position"].std(-2).norm(dim=-1) for s in (state, states))
    assert seen.max() < 1e-4
    assert imagined.shape == (16, 8)
    assert (imagined > 0).all()
    assert (imagined[:, 7] > imagined[:, 0]).all()
    each = model.read_each(states)["position"]
    assert each.shape == (16, 8, 3, 2)
    assert torch.allclose(each.mean(-2), model.read(states)["position"], atol=1e-5)


def test_divergence_is_that_of_two_gaussians():
    from torch.distributions import Independent, Normal, kl_divergence

    generator = torch.Generator().manual_seed(0)
    mean, mean2 = torch.randn(2, 5, 3, generator=generator)
    std, std2 = torch.rand(2, 5, 3, generator=generator) + 0.1
    right = kl_divergence(Independent(Normal(mean, std), 1), Independent(Normal(mean2, std2), 1))
    assert torch.allclose(divergence(mean, std, mean2, std2), right, atol=1e-5)
    assert torch.allclose(divergence(mean, std, mean, std), torch.zeros(5), atol=1e-6)


def test_a_whitened_stem_sees_patches_of_spread_one_and_unwhitening_changes_nothing():
    data = collect("two-rooms:tv", 40, 20, seed=1)
    torch.manual_seed(0)
    encoder = FrameEncoder(4).eval()
    whiten(encoder, data.obs, 10.0)
    obs = to_tensor(data.obs[:8, 3])
    before, names = encoder(obs), set(FrameEncoder(4).state_dict())
    matrix = encoder.stem.parametrizations.weight[0].matrix
    patches = torch.from_numpy(data.obs[:40, 0]).view(-1, 8, 8, 8, 8, 3).permute(0, 1, 3, 5, 2, 4)
    spread = torch.linalg.eigvalsh((patches.reshape(-1, 192).float() @ matrix).T.cov())
    plain = torch.linalg.eigvalsh(patches.reshape(-1, 192).float().T.cov())
    assert spread[-1] / spread[-20] < 3 < 30 < plain[-1] / plain[-20]
    unwhiten(encoder)
    assert set(encoder.state_dict()) == names
    assert torch.allclose(encoder(obs), before, atol=1e-5)


def test_the_families_that_exist_are_told():
    from world_model.errors import WorldModelError

    assert set(OURS) <= set(FAMILIES)
    with pytest.raises(WorldModelError, match=r"unknown family 'gan'; .*rssm"):
        family("gan")
