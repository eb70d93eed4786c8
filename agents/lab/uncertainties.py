"""Can a model tell noise that no data would cure from ignorance that more data would?

A dot moves over a floor. On one tile every step is shaken at random; one corner was never visited. Five networks learn
where a step leads and how uncertain that is: the noise they foresee is one uncertainty, their disagreement the other
(Lakshminarayanan et al., arXiv 1612.01474; Depeweg et al., arXiv 1710.07283).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import over_seeds, times

if TYPE_CHECKING:
    from torch import nn

MEMBERS = 5
WAVES, PITCH = 32, 1.0
"""Sines and cosines of the place that a network is given, and their periods across the floor, as a standard deviation
(Tancik et al., arXiv 2006.10739). A `plain` network, given two bare coordinates, blurs the tile over the floor beside it.
Waves were chosen by the likelihood of fresh steps on floor that had been visited, which is recorded for both."""
SHAKE = 0.05
"""Standard deviation of a step on the noisy tile, where the floor is 1 wide; elsewhere a tenth of it."""
STEP = 0.06
"""Length of a step at full speed."""
AREAS = {
    "ordinary": (0.1, 0.4, 0.55, 0.9),
    "noisy": (0.55, 0.9, 0.55, 0.9),
    "beside": (0.93, 1.0, 0.55, 0.9),
    "unseen": (0.6, 0.95, 0.05, 0.4),
}
"""Where each is asked about: left, right, top, bottom. `beside` the tile the floor is ordinary."""
CORNER = (0.5, 1.0, 0.0, 0.5)
"""What was never visited."""
TOP = 0.05
"""Share of the most attractive places that a curious agent would go to."""

Told = dict[str, np.ndarray]
"""Of each place: noise foreseen, disagreement, error made, and likelihood of the step, all counted in steps."""


def world(rng: np.random.Generator, places: np.ndarray, action: np.ndarray) -> np.ndarray:
    """Places and actions [N, 2] -> where the step leads, [N, 2]. Steps bend around the middle: not quite a straight line."""
    bend = 0.4 * np.sin(3 * np.pi * places[:, :1])
    turned = np.stack([action[:, 0] - bend[:, 0] * action[:, 1], action[:, 1] + bend[:, 0] * action[:, 0]], 1)
    shake = np.where(inside(places, AREAS["noisy"]), SHAKE, SHAKE / 10)[:, None]
    return places + STEP * turned + shake * rng.normal(size=places.shape)


def inside(places: np.ndarray, area: tuple[float, float, float, float]) -> np.ndarray:
    left, right, top, bottom = area
    x, y = places.T
    return (x >= left) & (x <= right) & (y >= top) & (y <= bottom)


def measure(report: Report, *, steps: int, updates: int, seeds: tuple[int, ...]) -> Findings:
    """`steps` recorded anywhere but in the unseen corner; an ensemble and its questions for each seed."""
    found, plain = asked(report, steps, updates, seeds, WAVES), asked(report, steps, updates, seeds, 0)
    return Findings(
        readings={
            "sharp": times(found["noise_beside"], found["noise_noisy"]),
            "noise": times(found["noise_noisy"], found["noise_ordinary"]),
            "ignorance": times(found["disagreement_unseen"], found["disagreement_noisy"]),
            "told_apart": told_apart(found),
            "chased": over_seeds(found["error_on_tile"] - found["disagreement_on_tile"]),
            "found": over_seeds(found["disagreement_in_corner"]),
        },
        seeds=seeds,
        data={
            "mean": {name: float(values.mean()) for name, values in found.items() if values.ndim == 1},
            "plain": {
                "told_apart": vars(told_apart(plain)),
                "sharp": vars(times(plain["noise_beside"], plain["noise_noisy"])),
                "ignorance": vars(times(plain["disagreement_unseen"], plain["disagreement_noisy"])),
                "likelihood": float(plain["likelihood_visited"].mean()),
            },
            "maps": {
                name: found[f"map_{name}"][0].round(3).tolist() for name in ("noise", "disagreement", "error")
            },
        },
    )


def told_apart(found: Mapping[str, np.ndarray]):
    """How many times as large foreseen noise over disagreement is on the tile as in the corner."""
    return times(
        found["noise_noisy"] / found["disagreement_noisy"],
        found["noise_unseen"] / found["disagreement_unseen"],
    )


def asked(
    report: Report, steps: int, updates: int, seeds: tuple[int, ...], waves: int
) -> dict[str, np.ndarray]:
    """Of each seed's ensemble: means over each area, shares of its most attractive places, and maps [seeds, 40, 40]."""
    rows: dict[str, list[Any]] = {}
    line = np.linspace(0, 1, 40)
    grid = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    for seed in seeds:
        ask, rng = ensemble(report, steps, updates, seed, waves), np.random.default_rng([seed, 1])
        for area, (left, right, top, bottom) in AREAS.items():
            told = ask(np.stack([rng.uniform(left, right, 2000), rng.uniform(top, bottom, 2000)], 1), rng)
            for name, value in told.items():
                rows.setdefault(f"{name}_{area}", []).append(value.mean())
        anywhere = rng.uniform(0, 1, (8000, 2))
        told, corner = ask(anywhere, rng), inside(anywhere, CORNER)
        rows.setdefault("likelihood_visited", []).append(told["likelihood"][~corner].mean())
        for name in ("error", "disagreement"):
            best = told[name] >= np.quantile(told[name], 1 - TOP)
            rows.setdefault(f"{name}_on_tile", []).append(inside(anywhere[best], AREAS["noisy"]).mean())
            rows.setdefault(f"{name}_in_corner", []).append(corner[best].mean())
        for name, value in ask(grid, rng).items():
            rows.setdefault(f"map_{name}", []).append(value.reshape(40, 40))
    return {name: np.array(values) for name, values in rows.items()}


def ensemble(
    report: Report, steps: int, updates: int, seed: int, waves: int
) -> Callable[[np.ndarray, np.random.Generator], Told]:
    """Networks that learned on the same `steps`, as one function of places [N, 2]."""
    import torch

    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 1, (2 * steps, 2))
    places = places[~inside(places, CORNER)][:steps]
    action = rng.uniform(-1, 1, (len(places), 2))
    after = world(rng, places, action)
    members = []
    for k in range(MEMBERS):
        report(
            f"seed {seed}: network {k + 1} of {MEMBERS} learns{'' if waves else ', given bare coordinates'}"
        )
        members.append(_member(places, action, after, updates, [seed, k], waves))

    def ask(at: np.ndarray, rng: np.random.Generator) -> Told:
        push = rng.uniform(-1, 1, (len(at), 2))
        truth = (world(rng, at, push) - at) / STEP
        with torch.no_grad():
            inputs = torch.from_numpy(np.concatenate([at, push], 1)).float()
            mean, log_var = torch.stack([net(inputs) for net in members]).chunk(2, -1)
            log_var = log_var.clamp(-8, 4)
        off = torch.from_numpy(truth).float() - mean
        return {
            "noise": log_var.exp().mean(0).mean(-1).sqrt().numpy(),
            "disagreement": mean.std(0).norm(dim=-1).numpy(),
            "error": off.mean(0).norm(dim=-1).numpy(),
            "likelihood": _log_likelihood(off, log_var).mean((0, 2)).numpy(),
        }

    return ask


def _member(
    places: np.ndarray, action: np.ndarray, after: np.ndarray, updates: int, seed: list[int], waves: int
) -> nn.Module:
    """A network from place and action to mean and log variance of the move (in steps), by Gaussian likelihood."""
    import torch
    from torch import nn

    from world_model.descent import descend, seeded
    from world_model.models.parts import mlp

    class Waves(nn.Module):
        across: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("across", 2 * np.pi * PITCH * torch.randn(2, waves))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            turns = x[:, :2] @ self.across
            return torch.cat([x, turns.sin(), turns.cos()], -1)

    rng = np.random.default_rng(seed)
    inputs = torch.from_numpy(np.concatenate([places, action], 1)).float()
    wanted = torch.from_numpy((after - places) / STEP).float()
    with seeded(1000 * seed[0] + seed[1]):
        net = nn.Sequential(Waves(), mlp(4 + 2 * waves, 64, 4))

    def loss(update: int) -> torch.Tensor:
        rows = torch.from_numpy(rng.integers(0, len(inputs), 512))
        mean, log_var = net(inputs[rows]).chunk(2, -1)
        return -_log_likelihood(wanted[rows] - mean, log_var.clamp(-8, 4)).mean()

    descend(net.parameters(), loss, updates, 2e-3)
    return net.requires_grad_(False)


def _log_likelihood(off, log_var):
    """Of a Gaussian, less its constant, in nats."""
    return -0.5 * (log_var + off.square() * (-log_var).exp())


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    maps = record["data"]["maps"]
    names = {"noise": "noise foreseen", "disagreement": "disagreement", "error": "error made"}
    return figures.pictures(
        "Which uncertainty marks the noisy tile, and which the corner never seen?",
        {label: np.array(maps[name]) for name, label in names.items()},
        boxes={"noisy": AREAS["noisy"], "never seen": CORNER},
    )


EXPERIMENT = Experiment(
    id="two-uncertainties",
    title="Two uncertainties",
    question="Can a model tell noise that no data would cure from ignorance that more data would?",
    criteria=(
        Criterion("sharp", "noise foreseen just beside the noisy tile over that on it: the networks learned where it ends", 0.5,
                  above=False),
        Criterion("noise", "noise foreseen on the noisy tile over that on ordinary floor", 2.0, "noise-and-ignorance-can-be-told-apart"),
        Criterion("told_apart", "noise foreseen over disagreement, on the noisy tile, over the same in the unseen corner", 2.0,
                  "noise-and-ignorance-can-be-told-apart"),
        Criterion("ignorance", "disagreement in the unseen corner over that on the noisy tile", 2.0, "disagreement-ignores-noise"),
        Criterion("found", f"share of the {TOP:.0%} of places with the most disagreement that lie in the unseen quarter", 0.5,
                  "disagreement-ignores-noise"),
        Criterion("chased", f"share of the {TOP:.0%} most attractive places that lie on the noisy tile, by error less by disagreement",
                  0.3, "prediction-error-chases-noise"),
    ),
    cannot_show="Places are given as two numbers, not as pictures, and the noise is plain; an encoder that has never seen a "
    "corner need not keep it apart from what it knows.",
    quick={"steps": 6000, "updates": 400, "seeds": (0, 1, 2)},
    full={"steps": 20000, "updates": 1500, "seeds": (0, 1, 2, 3, 4)},
    measure=measure,
    draw=draw,
)  # fmt: skip
