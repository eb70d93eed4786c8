"""A dream is what the model imagines of the same actions that the real world takes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.dream import DIRECTIONS, Dream, journey, playable
from agents.errors import AgentError
from world_model.checkpoint import load
from world_model.errors import WorldModelError

MODEL = "two-rooms-jepa"


def test_the_shipped_models_can_be_dreamed_in():
    assert playable()[MODEL] == "two-rooms"


def test_imagined_and_real_take_the_same_actions():
    dream = Dream(MODEL, seed=3)
    first, state = dream.belief, dream.state
    model, actions = load(MODEL).model, []
    for way in (0, 1, 1, 3):
        beat = dream.act(np.eye(4)[way])
        actions.append(dream.arrows[way] * dream.pace.gain)
    steps = torch.from_numpy(np.stack(actions))[None]
    assert torch.allclose(model.rollout(first, steps)[:, -1], dream.belief, atol=1e-5)
    for action in actions:
        state = dream.world.step(state, action[None])
    assert np.array_equal(dream.world.facts(state)["position"][0], beat.position)
    assert beat.since_look == beat.step == 4


def test_a_look_shows_the_model_the_real_frame():
    dream = Dream(MODEL, seed=1)
    for _ in range(120):
        dream.act([0, 1, 0, 0])
    before, after = dream.beat(), dream.look()
    assert after.since_look == 0
    assert after.error <= before.error
    assert after.error < 3


def test_a_beat_is_seven_numbers_and_two_frames():
    beat = Dream(MODEL).beat()
    sent = beat.to_bytes()
    assert len(sent) == 7 * 4 + 2 * 64 * 64 * 3
    assert np.frombuffer(sent[28:], np.uint8)[: 64 * 64 * 3].tobytes() == beat.imagined.tobytes()


def test_a_journey_is_the_same_as_pressing_those_keys():
    told = journey(MODEL, "right:6,look,down:3", seed=5)
    dream = Dream(MODEL, seed=5)
    for _ in range(6):
        dream.act(np.eye(4)[DIRECTIONS.index("right")])
    dream.look()
    for _ in range(3):
        beat = dream.act(np.eye(4)[DIRECTIONS.index("down")])
    assert told.error[-1] == pytest.approx(beat.error, abs=1e-3)
    assert told.looks == (6,)
    assert len(told.error) == 10


@pytest.mark.parametrize("moves", ["sideways:3", "right:x", "right:-1", "look:3", "right:999999"])
def test_a_move_that_is_none_is_named(moves):
    with pytest.raises(AgentError, match="no move"):
        journey(MODEL, moves)


@pytest.mark.parametrize("held", [[np.nan] * 4, [1e9, -1e9, 0, 0], [1, 1, 1, 1]])
def test_hostile_keys_stay_within_an_action(held):
    beat = Dream(MODEL).act(held)
    assert np.isfinite(beat.error)


def test_a_model_of_no_name_is_refused():
    with pytest.raises(WorldModelError, match="unknown model"):
        Dream("no-such-model")
