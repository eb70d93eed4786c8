"""The dream's WebSocket: beats for messages, one line for nonsense, and an end to what is too much."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app import dream

BEAT = 7 * 4 + 2 * 64 * 64 * 3


@pytest.fixture
def talk():
    app = FastAPI()
    app.include_router(dream.routes)
    with TestClient(app) as client, client.websocket_connect("/ws/dream") as socket:
        yield socket


def test_a_dream_starts_acts_looks_and_switches(talk):
    talk.send_json({"start": "two-rooms-jepa", "seed": 2})
    assert talk.receive_json()["world"] == "two-rooms"
    for message in ({"look": True}, {"held": [1, 0, 0, 0]}, {"switch": "two-rooms-random-jepa"}):
        talk.send_json(message)
        assert len(talk.receive_bytes()) == BEAT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '{"held": [1]}',
        '{"held": "up"}',
        '{"start": "../../etc"}',
        '{"start": 7}',
        '{"look": 1}',
        "x" * 600,
    ],
)
def test_nonsense_is_answered_in_one_line_and_nothing_ends(talk, text):
    talk.send_text(text)
    error = talk.receive_json()["error"]
    assert error
    assert "\n" not in error
    talk.send_json({"start": "two-rooms-jepa"})
    assert "world" in talk.receive_json()


def test_one_dream_too_many_is_told_to_wait(talk, monkeypatch):
    monkeypatch.setattr(dream, "MOST", 0)
    app = FastAPI()
    app.include_router(dream.routes)
    with TestClient(app) as client, client.websocket_connect("/ws/dream") as late:
        assert "try again" in late.receive_json()["error"]
