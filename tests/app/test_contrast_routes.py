"""The contrast over HTTP: what is settled is the record that the command prints, and nonsense is one line."""

from __future__ import annotations

import json

import pytest

from app import contrast

ROUTES = contrast.routes


def test_a_settled_scene_is_the_one_that_was_shown_and_marks_what_it_speaks_of(client):
    ask = {"world": "two-rooms", "seed": 5, "kind": "straight for the goal"}
    shown = client.get("/api/contrast/scenario", params=ask).json()["scenario"]
    assert "The goal is at" in shown["scene"]
    assert f"x = {shown['mark'][0]:.0f}, y = {shown['mark'][1]:.0f}" in shown["scene"]
    *_, found = map(
        json.loads, client.post("/api/contrast/settle", json={**ask, "guess": 0}).text.splitlines()
    )
    assert found["scenario"] == shown
    assert found["guesses"][0]["who"] == "you"


@pytest.mark.parametrize(
    "body",
    [{"world": "<script>"}, {"world": "two-rooms", "kind": "zzz"}, {"world": "two-rooms", "guess": 99}],
)
def test_nonsense_is_one_line(client, body):
    [line] = client.post("/api/contrast/settle", json=body).text.splitlines()
    assert json.loads(line)["error"]
