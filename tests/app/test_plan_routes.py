"""Planning over HTTP: what the page may ask for, and that nothing else is planned with."""

from __future__ import annotations

import pytest

from app import plan

ROUTES = plan.routes


def test_every_shipped_model_is_offered_with_planners_that_suit_it(client):
    from world_model.checkpoint import shipped

    found = client.get("/api/plan/options").json()
    assert [row["name"] for row in found["models"]] == shipped()
    assert all(row["planners"] for row in found["models"])


def test_an_episode_comes_with_what_makes_it_again(client):
    settings = {"model": "two-rooms-jepa", "seed": 3, "num_samples": 32, "iterations": 1}
    one = client.post("/api/plan/run", json=settings).json()
    two = client.post("/api/plan/run", json=settings).json()
    assert one["trace"]["actions"] == two["trace"]["actions"]
    assert "--seed 3" in one["command"]
    assert "PlanConfig(" in one["python"]


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "../../secret"},
        {"model": "/etc"},
        {"world": "no-such-world"},
        {"seed": "7"},
        {"seed": -1},
        {"num_samples": 10**9},
        {"iterations": True},
        {"planner": ["icem"]},
        {"objective": "<script>"},
        {"strange": 1},
        {"horizon": 1e308},
    ],
)
def test_what_cannot_be_planned_is_refused_in_one_line(client, settings):
    reply = client.post("/api/plan/run", json=settings)
    assert reply.status_code == 200
    error = reply.json()["error"]
    assert error
    assert "\n" not in error


def test_the_dial_tells_its_progress_and_then_what_the_command_prints(client, monkeypatch):
    import json

    monkeypatch.setattr(plan, "DIALLED", 30)
    settings = {"model": "two-rooms-jepa", "num_samples": 16, "iterations": 1, "hold": 8}
    *told, last = map(json.loads, client.post("/api/plan/dial", json=settings).text.splitlines())
    assert any("progress" in line for line in told)
    found = last["dial"]
    assert "--episodes 30" in found["command"]
    rates = [setting["success"] for setting in found["settings"]]
    assert {found["humbling"]["success"], found["headline"]["success"]} <= set(rates)
    assert last["figure"].startswith("<svg")
    refused = client.post("/api/plan/dial", json={"model": "../../secret"}).text.splitlines()
    assert "no model" in json.loads(refused[-1])["error"]


def test_why_is_told_rung_by_rung_and_kept_for_the_next_who_asks(client):
    import json

    settings = {"model": "two-rooms-jepa", "num_samples": 32, "iterations": 2, "seed": 5}
    *steps, last = map(json.loads, client.post("/api/plan/why", json=settings).text.splitlines())
    assert steps[0]["progress"].startswith("all learned")
    assert last["why"]["limit"] in ("encoder", "objective", "predictor", "search", "none")
    [again] = client.post("/api/plan/why", json=settings).text.splitlines()
    assert json.loads(again) == last
    refused = client.post("/api/plan/why", json={"model": "../../secret"}).text.splitlines()
    assert "no model" in json.loads(refused[-1])["error"]
