"""Can a model tell noise that no data would cure from ignorance that more data would?

A dot moves over a floor. On one tile every step is shaken at random; one corner was never visited. Five networks learn
where a step leads and how uncertain that is: the noise they foresee is one uncertainty, their disagreement the other
(Lakshminarayanan et al., arXiv 1612.01474; Depeweg et al., arXiv 1710.07283).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Reading, Report
from agents.lab.intervals import over_seeds

MEMBERS = 5
SHAKE = 0.05
"""Standard deviation of a step on the noisy tile, where the floor is 1 wide; elsewhere a tenth of it."""
STEP = 0.06
"""Length of a step at full speed."""
AREAS = {"ordinary": (0.1, 0.4, 0.55, 0.9), "noisy": (0.55, 0.9, 0.55, 0.9), "unseen": (0.6, 0.95, 0.05, 0.4)}
"""Where each is asked about: left, right, top, bottom."""
TOP = 0.05
"""Share of the most attractive places that a curious agent would go to."""


def world(rng: np.random.Generator, places: np.ndarray, action: np.ndarray) -> np.ndarray:
    """Places and actions [N, 2] -> where the step leads, [N, 2]. Steps bend around the middle: not quite a straight line."""
    bend = 0.4 * np.sin(3 * np.pi * places[:, :1])
    turned = np.stack([action[:, 0] - bend[:, 0] * action[:, 1], action[:, 1] + bend[:, 0] * action[:, 0]], 1)
    shake = np.where(inside(places, "noisy"), SHAKE, SHAKE / 10)[:, None]
    return places + STEP * turned + shake * rng.normal(size=places.shape)


def inside(places: np.ndarray, area: str) -> np.ndarray:
    left, right, top, bottom = AREAS[area]
    x, y = places.T
    return (x >= left) & (x <= right) & (y >= top) & (y <= bottom)


def measure(report: Report, *, steps: int, updates: int, seeds: tuple[int, ...]) -> Findings:
    """`steps` recorded anywhere but in the unseen corner; an ensemble and its questions for each seed."""
    import torch

    found: dict[str, list[float]] = {}
    noisy_share: dict[str, list[float]] = {"error": [], "disagreement": []}
    unseen_share: dict[str, list[float]] = {"error": [], "disagreement": []}
    maps: dict[str, np.ndarray] = {}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        places = rng.uniform(0, 1, (2 * steps, 2))
        places = places[~((places[:, 0] > 0.5) & (places[:, 1] < 0.5))][:steps]
        action = rng.uniform(-1, 1, (len(places), 2))
        members = [
            _member(places, action, world(rng, places, action), updates, [seed, k], report)
            for k in range(MEMBERS)
        ]

        def ask(at: np.ndarray, members=members, rng=rng) -> dict[str, np.ndarray]:
            push = rng.uniform(-1, 1, (len(at), 2))
            with torch.no_grad():
                inputs = torch.from_numpy(np.concatenate([at, push], 1)).float()
                mean, log_var = torch.stack([net(inputs) for net in members]).chunk(2, -1)
            truth = (world(rng, at, push) - at) / STEP
            return {
                "noise": log_var.clamp(-8, 4).exp().mean(0).mean(-1).sqrt().numpy(),
                "disagreement": mean.std(0).norm(dim=-1).numpy(),
                "error": np.linalg.norm(mean.mean(0).numpy() - truth, axis=1),
            }

        for area, (left, right, top, bottom) in AREAS.items():
            told = ask(np.stack([rng.uniform(left, right, 2000), rng.uniform(top, bottom, 2000)], 1))
            for name, value in told.items():
                found.setdefault(f"{name}_{area}", []).append(float(value.mean()))
        anywhere = rng.uniform(0, 1, (8000, 2))
        told = ask(anywhere)
        for name in noisy_share:
            best = told[name] >= np.quantile(told[name], 1 - TOP)
            noisy_share[name].append(float(inside(anywhere[best], "noisy").mean()))
            unseen_share[name].append(
                float(((anywhere[best][:, 0] > 0.5) & (anywhere[best][:, 1] < 0.5)).mean())
            )
        if not maps:
            grid = np.stack(np.meshgrid(np.linspace(0, 1, 40), np.linspace(0, 1, 40)), -1).reshape(-1, 2)
            maps = {name: value.reshape(40, 40) for name, value in ask(grid).items()}
    return Findings(
        readings={
            "noise": _ratio(found["noise_noisy"], found["noise_ordinary"]),
            "ignorance": _ratio(found["disagreement_unseen"], found["disagreement_noisy"]),
            "told_apart": _ratio(
                np.array(found["noise_noisy"]) / found["disagreement_noisy"],
                np.array(found["noise_unseen"]) / found["disagreement_unseen"],
            ),
            "chased": over_seeds(np.array(noisy_share["error"]) - noisy_share["disagreement"]),
            "found": over_seeds(np.array(unseen_share["disagreement"])),
        },
        seeds=seeds,
        data={
            "mean": {name: float(np.mean(values)) for name, values in found.items()},
            "noisy_share": {name: float(np.mean(values)) for name, values in noisy_share.items()},
            "unseen_share": {name: float(np.mean(values)) for name, values in unseen_share.items()},
            "maps": {name: value.round(3).tolist() for name, value in maps.items()},
        },
    )


def _member(
    places: np.ndarray, action: np.ndarray, after: np.ndarray, updates: int, seed: list[int], report: Report
):
    """A network from place and action to mean and log variance of the move (in steps), by Gaussian likelihood."""
    import torch

    from world_model.models.parts import mlp

    report(f"seed {seed[0]}: network {seed[1] + 1} of {MEMBERS} learns")
    rng = np.random.default_rng(seed)
    inputs = torch.from_numpy(np.concatenate([places, action], 1)).float()
    wanted = torch.from_numpy((after - places) / STEP).float()
    with torch.random.fork_rng(), torch.enable_grad():
        torch.manual_seed(1000 * seed[0] + seed[1])
        net = mlp(4, 64, 4)
        optimiser = torch.optim.Adam(net.parameters(), 2e-3)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, updates)
        for _ in range(updates):
            rows = torch.from_numpy(rng.integers(0, len(inputs), 512))
            mean, log_var = net(inputs[rows]).chunk(2, -1)
            log_var = log_var.clamp(-8, 4)
            optimiser.zero_grad()
            (log_var + (wanted[rows] - mean).square() * (-log_var).exp()).mean().backward()
            optimiser.step()
            schedule.step()
    return net.requires_grad_(False)


def _ratio(one, other) -> Reading:
    """How many times as large, over seeds, on the logarithm."""
    found = over_seeds(np.log(one) - np.log(other))
    return Reading(float(np.exp(found.value)), float(np.exp(found.low)), float(np.exp(found.high)), found.n)


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    maps = record["data"]["maps"]
    names = {"noise": "noise foreseen", "disagreement": "disagreement", "error": "error made"}
    return figures.pictures(
        "Noisy tile below right, unseen corner above right",
        {label: np.array(maps[name]) for name, label in names.items()},
    )


EXPERIMENT = Experiment(
    id="two-uncertainties",
    title="Two uncertainties",
    question="Can a model tell noise that no data would cure from ignorance that more data would?",
    criteria=(
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
