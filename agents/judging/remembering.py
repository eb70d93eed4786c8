"""How well a model keeps track of a ball that it can't see: where it expects the ball as it comes out from behind a
screen, one step before it is seen, against a ball that never went behind one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from agents.errors import AgentError
from agents.learning.collect import collect
from agents.worlds.peekaboo import FRONT
from world_model import checkpoint
from world_model.data import Episodes
from world_model.models.remembering import Remembering
from world_model.train import one_thread

SETTLED = 4
"""Looks at a ball, before the first place that counts: how it flies takes a few frames to see."""


@dataclass(frozen=True)
class Tracking:
    """Mean distances in pixels between where the ball is and where a probe reads it from what is believed one step
    before the look."""

    model: str
    episodes: int
    seed: int
    reemerging: float
    """At the first look that shows some of the ball again, after at least one that showed nothing of it."""
    never_hidden: float
    """At looks that show all of a ball no part of which was ever covered."""
    ratio: float
    ratio_low: float
    ratio_high: float
    """Of the two, with its 95 % interval, bootstrapped over episodes."""
    hidden: float
    """While nothing of it shows."""
    last_seen: float
    """At the same looks as `reemerging`: between the ball and where it last showed, the guess without imagination."""
    n_reemerging: int
    n_never_hidden: int
    longest: int
    """Looks in a row that a ball was hidden before it came out, at most."""

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def tracking(model: str, episodes: int = 400, steps: int = 48, seed: int = 6_000) -> Tracking:
    """Of a model of peekaboo, on fresh episodes. Raises AgentError for a model that has no memory, WorldModelError for
    one that doesn't exist."""
    found = checkpoint.load(model)
    if not isinstance(found.model, Remembering):
        raise AgentError(
            f"model {model!r} is a {found.passport.family!r}, which remembers nothing; tracking needs a 'tracker'"
        )
    with one_thread():
        recorded = collect("peekaboo", episodes, steps, seed)
        return track(found.model, recorded, model)


@torch.no_grad()
def track(model: Remembering, recorded: Episodes, name: str = "") -> Tracking:
    latent, action = recorded.encoded(model.latent), torch.from_numpy(recorded.action)
    before = model.follow(latent, action).before
    ball = recorded.facts["ball"]
    off = np.linalg.norm(model.read(before)["ball"].numpy() - ball, axis=-1)
    out, never, hidden = moments(recorded)
    last = np.linalg.norm(last_seen_place(recorded) - ball, axis=-1)
    ratio = _ratio(off, out, never, np.arange(len(ball)))
    rng = np.random.default_rng(0)
    again = np.sort([_ratio(off, out, never, rng.integers(0, len(ball), len(ball))) for _ in range(400)])
    return Tracking(
        name,
        len(ball),
        recorded.recipe.get("seed", 0),
        float(off[out].mean()),
        float(off[never].mean()),
        ratio,
        float(again[10]),
        float(again[-11]),
        float(off[hidden].mean()),
        float(last[out].mean()),
        int(out.sum()),
        int(never.sum()),
        _longest(hidden),
    )


def moments(recorded: Episodes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """bool [N, T + 1] each: looks at which the ball comes out, looks at a ball that was never covered, and looks at
    nothing of a ball. Only balls that were seen SETTLED times count, and that still fly."""
    fact = {name: values[..., 0] for name, values in recorded.facts.items()}
    there, hidden = fact["present"] > 0, fact["hidden"] > 0
    shows = there & ~hidden
    flies = there & (fact["caught"] == 0) & (fact["ball"] < FRONT - fact["radius"])
    known = flies & (np.cumsum(shows, 1) - shows >= SETTLED)
    out = np.zeros_like(hidden)
    out[:, 1:] = hidden[:, :-1] & ~hidden[:, 1:]
    never = np.cumsum(fact["covered"] > 0, 1) == 0
    return out & known, never & known, hidden & known


def last_seen_place(recorded: Episodes) -> np.ndarray:
    """[N, T + 1, 2]: where the ball was when some of it showed last, before each look."""
    shows = recorded.facts["hidden"][..., 0] == 0
    time = np.where(shows, np.arange(shows.shape[1]), 0)
    last = np.maximum.accumulate(time, 1)
    last = np.concatenate([last[:, :1], last[:, :-1]], 1)
    return np.take_along_axis(recorded.facts["ball"], last[..., None], 1)


def _longest(hidden: np.ndarray) -> int:
    run, most = np.zeros(len(hidden), int), 0
    for column in hidden.T:
        run = np.where(column, run + 1, 0)
        most = max(most, int(run.max()))
    return most


def _ratio(off: np.ndarray, out: np.ndarray, never: np.ndarray, rows: np.ndarray) -> float:
    return float(off[rows][out[rows]].mean() / off[rows][never[rows]].mean())
