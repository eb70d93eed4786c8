"""A palette says what shows and where; a tracker remembers what no longer does."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from world_model.data import Episodes
from world_model.errors import WorldModelError
from world_model.models.palette import Palette
from world_model.models.tracker import LearnToTrack, Tracker
from world_model.stages import TrainConfig
from world_model.train import train

FLOOR, BLOCK, RED, BLUE = (240, 240, 240), (40, 60, 80), (220, 40, 40), (40, 60, 220)
CONFIG = TrainConfig(
    components=20, memory_size=16, width=32, rate=4e-3, predict_updates=250, reader_updates=100
)


def peeking(n, seed, anywhere=False, length=8):
    """A red or a blue square shows in the first two frames and in the last two, between them only a block whose place
    counts the steps."""
    rng = np.random.default_rng(seed)
    obs = np.empty((n, length + 1, 64, 64, 3), np.uint8)
    obs[:] = FLOOR
    red, place = rng.random(n) < 0.5, rng.integers(2, 46, (n, 2)) if anywhere else np.full((n, 2), 20)
    for i in range(n):
        x, y = place[i]
        for t in range(length + 1):
            obs[i, t, 56:62, 2 * t : 2 * t + 10] = BLOCK
            if t < 2 or t > length - 2:
                obs[i, t, y : y + 6, x : x + 6] = RED if red[i] else BLUE
    facts = {"red": red[:, None].astype(np.float32), "corner": place.astype(np.float32)}
    repeated = {name: np.repeat(fact[:, None], length + 1, 1) for name, fact in facts.items()}
    action = rng.uniform(-1, 1, (n, length, 1)).astype(np.float32)
    return Episodes(obs, action, repeated, {"seed": seed})


def make(episodes, config):
    return Tracker(episodes.obs_shape, 1, episodes.fact_sizes, **Tracker.sizes(config))


def seeing(recorded, size=20):
    palette = Palette((3, 64, 64), size, colours=4)
    palette.fit(recorded.obs, np.random.default_rng(0))
    return palette


def of_colour(palette, colour):
    return int((palette.palette - torch.tensor(colour)).square().sum(1).argmin())


def test_colours_that_never_show_together_are_one_thing():
    palette = seeing(peeking(40, 0))
    red, blue, block = (of_colour(palette, colour) for colour in (RED, BLUE, BLOCK))
    thing = palette.things.argmax(0)
    assert thing[red] == thing[blue]
    assert len({int(thing[k]) for k in (red, block, of_colour(palette, FLOOR))}) == 3
    assert palette.things.sum(0).tolist() == [1, 1, 1, 1]


def test_where_a_thing_is_can_be_read_off_and_what_is_out_of_sight_is_nothing():
    recorded, held_out = peeking(120, 0, anywhere=True), peeking(60, 1, anywhere=True)
    palette = seeing(recorded, 32)
    told, unseen = (part.encoded(palette)[:, 0] for part in (recorded, held_out))
    wide, wide2 = (torch.cat([part, torch.ones(len(part), 1)], 1) for part in (told, unseen))
    corner, corner2 = (torch.from_numpy(part.facts["corner"][:, 0]) for part in (recorded, held_out))
    weights = torch.linalg.lstsq(wide, corner, driver="gelsd").solution
    assert (wide2 @ weights - corner2).abs().mean() < 0.5
    hidden, other = recorded.encoded(palette)[:2, 4]
    assert torch.allclose(hidden, other, atol=1e-5)


def test_vectors_are_refused_in_one_line():
    with pytest.raises(WorldModelError, match=r"\(9,\)") as caught:
        Tracker((9,), 1, {"position": 2})
    assert "\n" not in str(caught.value)


def test_no_error_no_change_and_closed_eyes_are_imagination():
    torch.manual_seed(0)
    model = Tracker((3, 64, 64), 2, {"position": 2}, components=12, memory_size=8, width=16)
    state = torch.randn(6, 20)
    assert torch.equal(model.corrected(state, torch.zeros(6, 12)), state)
    assert torch.allclose(
        model.expected(model.corrected(state, torch.ones(6, 12))), model.expected(state) + 1
    )
    latent, action, eyes = torch.randn(3, 6, 12), torch.rand(3, 5, 2), torch.ones(3, 6)
    eyes[:, 2:] = 0
    after = model.follow(latent, action, eyes).after
    assert torch.allclose(after[:, 2:], model.rollout(after[:, 1], action[:, 1:]), atol=1e-6)


@pytest.fixture(scope="module")
def trained():
    return train(make, peeking(150, 1), CONFIG)


def test_seconds_of_training_are_enough_to_remember(trained):
    held_out = peeking(60, 2)
    latent, action = held_out.encoded(trained.latent), torch.from_numpy(held_out.action)
    followed = trained.follow(latent, action)
    red = trained.read(followed.before)["red"][..., 0] > 0.5
    known = (red.numpy() == held_out.facts["red"][..., 0]).mean(0)
    assert known[0] < 0.8  # nothing was seen yet
    assert known[3:].min() > 0.9
    error = (latent - followed.expected).square().mean(-1)[:, -2]
    other = held_out.facts["red"][:, 0] != held_out.facts["red"][::-1, 0]
    fooled = (latent.flip(0) - followed.expected).square().mean(-1)[:, -2]
    assert fooled[torch.from_numpy(other[:, 0])].mean() > 2 * error.mean()


def test_shapes_and_types_are_those_of_the_contract(trained):
    recorded = peeking(5, 3)
    obs = torch.from_numpy(recorded.obs).movedim(-1, 2)
    state = trained.encode(obs, torch.from_numpy(recorded.action))
    assert state.shape == (5, trained.state_size) == (5, 36)
    assert torch.allclose(trained.beliefs(recorded)[:, -1], state, atol=1e-5)
    assert trained.decode(state).shape == obs[:, 0].shape
    assert trained.decode(state).dtype == obs.dtype
    assert trained.embed(state).shape == (5, 20)


def test_readers_study_states_with_eyes_open_and_closed(trained):
    recorded = peeking(20, 3)
    believed, studied = trained.beliefs(recorded), trained.studied(recorded)
    assert torch.allclose(believed[::2], studied[::2], atol=1e-5)
    assert not torch.allclose(believed[1::2], studied[1::2], atol=1e-5)


def test_beliefs_that_blow_up_are_brought_back():
    torch.manual_seed(0)
    recorded, rng = peeking(20, 1), np.random.default_rng(0)
    model = make(recorded, CONFIG)
    stage = LearnToTrack(model, recorded, CONFIG)
    with torch.no_grad():
        model.move.weight.mul_(50)
        model.error_out.weight.mul_(50)
    trained = [p for p in stage.parameters() if p.requires_grad]
    optimiser, losses = torch.optim.Adam(trained, 1e-2), []
    for _ in range(120):
        optimiser.zero_grad()
        loss = stage.loss(rng)["expected"]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, stage.steepest)
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[0] > 5
    assert max(losses[-20:]) < losses[0] / 10


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    tiny = dataclasses.replace(CONFIG, predict_updates=3, reader_updates=2)
    one, two, other = (
        train(make, peeking(20, 1), dataclasses.replace(tiny, seed=seed)).state_dict() for seed in (0, 0, 1)
    )
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert not torch.equal(one["move.weight"], other["move.weight"])
