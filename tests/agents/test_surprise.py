"""What is measured of a model that remembers: surprise at what cannot be, and where it expects a hidden ball."""

import numpy as np
import pytest
import torch

from agents.errors import AgentError
from agents.judging.remembering import moments, tracking
from agents.judging.surprise import errors, latents, paired, score, single, surprises, usual
from agents.learning.collect import collect
from agents.worlds.violations import FRAMES, quadruples
from world_model.models.tracker import Tracker


@pytest.fixture(scope="module")
def untaught():
    torch.manual_seed(0)
    model = Tracker((3, 64, 64), 1, {"ball": 2}, components=8, memory_size=8, width=16)
    model.encoder.fit(collect("peekaboo", 20, 16, 0).obs, np.random.default_rng(0))
    return model


def test_pairs_and_singles_are_counted_as_they_say():
    surprised = np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    assert paired(surprised).tolist() == [1, 1]
    assert single(surprised) == pytest.approx(
        (16 - 4) / 16
    )  # the first pair's impossible clips lose to the second's legal
    assert paired(surprised[:, ::-1]).tolist() == [0, 0]
    assert single(np.ones((3, 4))) == 0.5
    assert paired(np.ones((3, 4))).tolist() == [0.5] * 3


def test_who_never_learned_is_surprised_by_anything(untaught):
    shown = quadruples("teleport", np.random.default_rng(0), 16)
    latent = latents(untaught.eval(), shown)
    ordinary = collect("peekaboo", 20, FRAMES - 1, 1)
    its = usual(untaught, ordinary.encoded(untaught.latent), torch.from_numpy(ordinary.action))
    found = errors(untaught, shown, latent, its)
    assert found.shape == (16, 4, FRAMES)
    assert (found >= 0).all()
    scored = score(untaught, shown, latent, its)
    assert 0.3 < single(scored) < 0.7


def test_the_moments_are_what_they_are_called():
    recorded = collect("peekaboo", 200, 40, 7)
    out, never, hidden = moments(recorded)
    fact = recorded.facts
    assert min(out.sum(), never.sum(), hidden.sum()) > 50
    assert (fact["hidden"][out] == 0).all()
    assert (fact["hidden"][:, :-1][out[:, 1:]] == 1).all()
    assert (fact["covered"][never] == 0).all()
    assert (fact["hidden"][hidden] == 1).all()
    assert (fact["caught"][out | never | hidden] == 0).all()


def test_a_model_without_memory_is_refused():
    with pytest.raises(AgentError, match="remembers nothing") as caught:
        tracking("two-rooms-jepa")
    assert "\n" not in str(caught.value)
    with pytest.raises(AgentError, match="remembers nothing"):
        surprises("two-rooms-jepa")


def test_the_shipped_model_keeps_a_hidden_ball_in_mind():
    found = tracking("peekaboo-tracker", episodes=60)
    assert found.hidden < 2.5 < found.last_seen / 2
    assert found.reemerging < 2.5
