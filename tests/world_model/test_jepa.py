"""What the contract promises, and what training does."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from agents.learning.collect import collect
from agents.worlds import make_world
from world_model.data import to_tensor
from world_model.health import effective_rank
from world_model.losses import sigreg, vicreg
from world_model.models.jepa import JEPA, LearnContext
from world_model.models.keypoints import KeypointEncoder
from world_model.stages import TrainConfig
from world_model.train import one_thread, train

TINY = TrainConfig(
    fast_size=4,
    context_size=6,
    width=32,
    context_updates=5,
    fast_updates=5,
    predict_updates=5,
    reader_updates=2,
)
SHAPES = {"frames": (3, 64, 64), "vectors": (9,)}


def make(episodes, config):
    sizes = JEPA.sizes(config)
    return JEPA(episodes.obs_shape, episodes.action.shape[-1], episodes.fact_sizes, **sizes)


@pytest.fixture(scope="module")
def episodes():
    return collect("two-rooms:random", 60, 30, seed=1)


def observed(kind, n):
    if kind == "frames":
        return torch.randint(0, 256, (n, *SHAPES[kind]), dtype=torch.uint8)
    return torch.randn(n, *SHAPES[kind])


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("context", [0, 6])
def test_shapes_and_types_are_those_of_the_contract(kind, context):
    torch.manual_seed(0)
    model = JEPA(SHAPES[kind], 2, {"position": 2, "wall": 1}, fast_size=4, context_size=context, width=16)
    obs, actions = observed(kind, 5), torch.rand(5, 7, 2)
    state = model.first(obs)
    assert state.shape == (5, model.state_size) == (5, 4 + context)
    assert model.decode(state).shape == obs.shape
    assert model.decode(state).dtype == obs.dtype
    assert {name: fact.shape for name, fact in model.read(state).items()} == {
        "position": (5, 2),
        "wall": (5, 1),
    }
    assert model.embed(state).shape == (5, 4)
    states = model.rollout(state, actions)
    assert states.shape == (5, 7, model.state_size)
    for t in range(7):
        state = model.predict(state, actions[:, t])
        assert torch.allclose(states[:, t], state)
    assert model.read(states)["position"].shape == (5, 7, 2)


def test_keypoints_say_where_each_thing_is_whatever_else_moves():
    """Two maps set by hand, one for what is redder than blue and one for what is bluer than red."""
    recorded = collect("push-block", 20, 16, seed=3)
    encoder = KeypointEncoder(4, 2, channels=2).eval()
    with torch.no_grad():
        for part in (encoder.stem, encoder.maps):
            part.weight.zero_(), part.bias.zero_()
        for k, (more, less) in enumerate([(0, 2), (2, 0)]):
            encoder.stem.weight[k, more], encoder.stem.weight[k, less] = 1, -1
            encoder.stem.bias[k] = -5  # the wall is a little bluer than red
            encoder.maps.weight[k, k] = 1
        encoder.sharpness.fill_(2)
        points = encoder.points(to_tensor(recorded.obs.reshape(-1, 64, 64, 3)))
    pixels = 32 + 15 * points.numpy()  # the middles of the outer cells lie at 2 and 62
    for found, fact in zip(pixels.swapaxes(0, 1), ("position", "block"), strict=True):
        assert np.abs(found - recorded.facts[fact].reshape(-1, 2)).mean() < 1


def test_before_any_learning_some_keypoint_follows_the_small_thing_as_well_as_the_large():
    recorded = collect("push-block", 100, 16, seed=4)
    torch.manual_seed(0)
    encoder = KeypointEncoder(4, 16).eval()
    encoder.look_for(recorded.obs[:, 0], np.random.default_rng(0))
    with torch.no_grad():
        points = encoder.points(to_tensor(recorded.obs[:, ::4].reshape(-1, 64, 64, 3))).numpy()
    for fact in ("position", "block"):
        true = recorded.facts[fact][:, ::4].reshape(-1, 2)
        alike = [np.corrcoef(points[:, k, 0], true[:, 0])[0, 1] for k in range(16)]
        assert max(alike) > 0.95


def test_a_model_with_keypoints_keeps_the_contract(episodes):
    config = dataclasses.replace(TINY, keypoints=3)
    model = train(make, episodes, config)
    state = model.first(to_tensor(episodes.obs[:5, 0]))
    assert state.shape == (5, 10)
    before = JEPA.sizes(TINY)
    assert "keypoints" not in before, "checkpoints made before there were keypoints must still be found"


def test_a_scene_is_told_by_smooth_numbers_that_hold_for_layouts_never_seen(episodes):
    """So smooth that a linear probe reads wall and door, after a moment of learning that episodes differ."""
    config = dataclasses.replace(TINY, context_size=8, context_updates=80)
    with one_thread(), torch.random.fork_rng():
        torch.manual_seed(0)
        model = JEPA((3, 64, 64), 2, {}, context_size=8)
        stage, rng = LearnContext(model, episodes, config), np.random.default_rng(0)
        optimiser = torch.optim.Adam(model.context.parameters(), 2e-3)
        for _ in range(config.context_updates):
            optimiser.zero_grad()
            sum(stage.loss(rng).values()).backward()
            optimiser.step()
    world, rng = make_world("two-rooms:random"), np.random.default_rng(1)
    state = np.concatenate([world.sample_starts(rng, 400), world.sample_tasks(rng, 200)[0]])
    with torch.no_grad():
        told = model.context(to_tensor(world.observe(state))).numpy()
    told, true = np.hstack([told, np.ones((600, 1))]), state[:, 2:4]
    weights = np.linalg.lstsq(told[:400], true[:400], rcond=None)[0]
    wall, door = np.abs(told[400:] @ weights - true[400:]).mean(0)
    assert wall < 0.8
    assert door < 0.8


def test_the_context_is_read_and_never_moved():
    torch.manual_seed(0)
    model = JEPA(SHAPES["frames"], 2, {}, fast_size=4, context_size=6, width=16)
    state, action = torch.randn(8, 10), torch.rand(8, 2)
    after = model.predict(state, action)
    assert torch.equal(after[:, 4:], state[:, 4:])
    elsewhere = torch.cat([state[:, :4], torch.randn(8, 6)], -1)
    assert not torch.allclose(model.predict(elsewhere, action)[:, :4], after[:, :4])


def test_a_model_without_memory_believes_what_it_sees_last():
    torch.manual_seed(0)
    model = JEPA(SHAPES["frames"], 2, {}, fast_size=4, context_size=6, width=16)
    obs = torch.randint(0, 256, (3, 4, 3, 64, 64), dtype=torch.uint8)
    assert torch.equal(model.encode(obs, torch.rand(3, 3, 2)), model.first(obs[:, -1]))


def test_vicreg_is_zero_for_a_healthy_latent_and_not_for_a_collapsed_one():
    generator = torch.Generator().manual_seed(0)
    healthy = 1.5 * torch.randn(20_000, 1, 4, generator=generator)
    variance, covariance = vicreg(healthy)
    assert variance == 0
    assert covariance < 0.01
    assert vicreg(torch.zeros(100, 1, 4))[0] > 0.9
    assert vicreg(healthy[:, :, :1].repeat(1, 1, 4))[1] > 1


def test_sigreg_tells_a_gaussian_from_what_is_none():
    def score(x):
        return float(sigreg(x, torch.Generator().manual_seed(1)))

    generator = torch.Generator().manual_seed(0)
    gaussian = torch.randn(512, 6, generator=generator)
    assert score(gaussian) < 0.3 * min(
        score(0.2 * gaussian), score(gaussian.sign()), score(gaussian[:, :1].repeat(1, 6))
    )


def test_effective_rank_counts_the_dimensions_in_use():
    x = torch.randn(2000, 8, generator=torch.Generator().manual_seed(0))
    assert effective_rank(x) > 7.9
    x[:, 2:] = 0
    assert effective_rank(x) == pytest.approx(2, abs=0.1)


def test_the_same_seed_gives_the_same_weights_and_another_does_not(episodes):
    one, two = (train(make, episodes, TINY).state_dict() for _ in range(2))
    assert all(torch.equal(one[key], two[key]) for key in one)
    other = train(make, episodes, TrainConfig(**{**vars(TINY), "seed": 1})).state_dict()
    assert not torch.equal(one["predictor.0.weight"], other["predictor.0.weight"])


def test_training_leaves_global_randomness_alone(episodes):
    torch.manual_seed(9)
    expected = torch.rand(1)
    torch.manual_seed(9)
    train(make, episodes, TINY)
    assert torch.equal(torch.rand(1), expected)


def test_watching_training_changes_nothing(episodes):
    watched = train(make, episodes, TINY, lambda health: None).state_dict()
    assert all(
        torch.equal(value, watched[key]) for key, value in train(make, episodes, TINY).state_dict().items()
    )


def test_seconds_of_training_already_learn_to_predict():
    recorded, held_out = collect("two-rooms", 60, 30, seed=1), collect("two-rooms", 40, 20, seed=2)
    seen = []
    config = TrainConfig(
        context_size=0, apart=0, inverse=1, fast_updates=150, predict_updates=200, reader_updates=20
    )
    model = train(make, recorded, config, seen.append)
    assert [h.stage for h in seen if h.update == h.updates] == ["fast", "predict", "readers"]
    assert not any(health.collapsed for health in seen)
    with one_thread(), torch.no_grad():
        first, later = model.first(to_tensor(held_out.obs[:, 0])), model.first(to_tensor(held_out.obs[:, -1]))
        imagined = model.rollout(first, torch.from_numpy(held_out.action))[:, -1]
        error = (imagined - later).square().sum(-1).mean()
        standing_still = (first - later).square().sum(-1).mean()
    assert error < standing_still


def test_without_a_regulariser_health_says_collapse(episodes):
    """Prediction alone is perfect when everything has one latent: the loss falls, and the report says why."""
    from world_model.models.jepa import LearnFast

    class Unregularised(LearnFast):
        def loss(self, rng):
            return {"prediction": super().loss(rng)["prediction"]}

    class Collapsing(JEPA):
        def stages(self, episodes, config):
            yield Unregularised(self, episodes, config)

    def without(episodes, config):
        return Collapsing(episodes.obs_shape, 2, episodes.fact_sizes, **JEPA.sizes(config))

    seen = []
    train(without, episodes, TrainConfig(context_size=0, fast_updates=100, reader_updates=1), seen.append)
    last = [health for health in seen if health.stage == "fast"][-1]
    assert last.collapsed
    assert "COLLAPSE" in str(last)
    assert last.parts["prediction"] < 0.01


@pytest.mark.parametrize("world", ["two-rooms:random", "push-block", "key-door", "supply-chain"])
def test_episodes_are_made_again_from_their_recipe(world):
    one, again, other = (collect(world, 6, 8, seed=seed) for seed in (1, 1, 2))
    assert (again.obs == one.obs).all()
    assert again.recipe_hash == one.recipe_hash != other.recipe_hash
    assert one.obs.shape[:2] == (6, 9)
    assert one.action.shape[:2] == (6, 8)
    assert all(fact.shape[:2] == (6, 9) for fact in one.facts.values())


def test_windows_follow_the_recording(episodes):
    obs, action, elsewhere = episodes.windows_and_frames(np.random.default_rng(0), 16, 5, 2)
    assert obs.shape == (16, 6, 64, 64, 3)
    assert action.shape == (16, 5, 2)
    for window, acted, other in zip(obs, action, elsewhere, strict=True):
        episode = next(
            e
            for e, recorded in enumerate(episodes.action)
            if any((recorded[t : t + 5] == acted).all() for t in range(26))
        )
        frames = [frame.tobytes() for frame in episodes.obs[episode]]
        first = frames.index(window[0].tobytes())
        assert [frame.tobytes() for frame in window] == frames[first : first + 6]
        assert all(frame.tobytes() in frames for frame in other)
