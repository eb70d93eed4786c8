"""Does an ensemble notice when a wall that it knew is gone, and if not, what does?

Five predictors learn on the shipped model's latents, each from its own weights and batches. Rollouts are wrong when the dot
is ever imagined more than six pixels from where it is; a score is good when wrong rollouts score higher than right ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Reading, Report
from agents.lab.intervals import bootstrap

WORLD, MODEL = "two-rooms", "two-rooms-jepa"
CHANGES = {"as learned": "", "door moved": "door-moved", "wall gone": "no-wall"}
MEMBERS, HORIZON = 5, 16


def measure(report: Report, *, rollouts: int, updates: int, seeds: tuple[int, ...]) -> Findings:
    """`rollouts` a seed and change; each seed trains an ensemble of its own."""
    import torch

    from agents.judging import uncertainty
    from agents.learning.collect import collect
    from world_model.checkpoint import load
    from world_model.data import to_tensor
    from world_model.uncertainty import fit

    model = load(MODEL).model
    recorded = collect(WORLD, 300, 50, 0)
    report("what is ordinary: recorded rollouts")
    doubt = fit(model, recorded, HORIZON)
    scores: dict[str, dict[str, list[np.ndarray]]] = {name: {} for name in CHANGES}
    for seed in seeds:
        members = train_members(model, recorded, updates, seed, report)
        for name, change in CHANGES.items():
            report(f"seed {seed}: {rollouts} rollouts, {name}")
            obs, actions, positions = uncertainty.rollouts(
                f"{WORLD}:{change}".rstrip(":"), rollouts, 40_000 + seed
            )
            with torch.no_grad():
                start, steps = model.first(to_tensor(obs)), torch.from_numpy(actions)
                paths = np.stack(
                    [model.read(roll(member, start, steps))["position"].numpy() for member in members]
                )
            off = np.linalg.norm(paths.mean(0) - positions, axis=-1).max(1)
            found = {
                "disagreement": np.linalg.norm(paths.std(0), axis=-1).max(1),
                "doubt": doubt.score(to_tensor(obs), steps, seed),
                "shaken": doubt.signs(to_tensor(obs), steps, seed)["shaken"],
                "wrong": off > uncertainty.WRONG,
            }
            for key, value in found.items():
                scores[name].setdefault(key, []).append(value)
    told = {
        name: {key: np.concatenate(parts) for key, parts in found.items()} for name, found in scores.items()
    }
    areas = {
        name: {key: area(found[key], found["wrong"]) for key in ("disagreement", "doubt")}
        for name, found in told.items()
    }
    ordinary, gone = told["as learned"], told["wall gone"]
    return Findings(
        readings={
            "ordinary": areas["as learned"]["disagreement"],
            "gone": areas["wall gone"]["disagreement"],
            "noticed": newness(ordinary, gone, "doubt"),
            "unfamiliar": newness(ordinary, gone, "disagreement", less="shaken"),
        },
        seeds=seeds,
        data={
            "changes": list(CHANGES),
            "by_ensemble": [
                float(_areas(*(part[None] for part in parts))[0])
                for parts in zip(scores["wall gone"]["disagreement"], scores["wall gone"]["wrong"], strict=True)
            ],
            "areas": {name.replace(" ", "_"): {key: vars(r) for key, r in found.items()} for name, found in areas.items()},
            "wrong": {name.replace(" ", "_"): float(found["wrong"].mean()) for name, found in told.items()},
            "new": {key: vars(newness(ordinary, gone, key)) for key in ("disagreement", "doubt", "shaken")},
        },
    )  # fmt: skip


def train_members(model, recorded, updates: int, seed: int, report: Report) -> list:
    """Predictors of the frozen fast latent, one step ahead, that differ in their first weights and in their batches."""
    import torch

    from world_model.descent import descend, seeded
    from world_model.models.parts import mlp

    code = recorded.encoded(model.encoder)
    now, then = code[:, :-1].flatten(0, 1), code[:, 1:].flatten(0, 1)
    action = torch.from_numpy(recorded.action).flatten(0, 1)
    inputs, wanted = torch.cat([now, action], -1), (then - now)
    members = []
    for member in range(MEMBERS):
        report(f"seed {seed}: member {member + 1} of {MEMBERS} learns")
        rng = np.random.default_rng([seed, member])
        with seeded(1000 * seed + member):
            net = mlp(inputs.shape[1], 128, wanted.shape[1])

        def loss(update: int, net=net, rng=rng) -> torch.Tensor:
            rows = torch.from_numpy(rng.integers(0, len(inputs), 512))
            return (net(inputs[rows]) - wanted[rows]).square().mean()

        descend(net.parameters(), loss, updates, 2e-3)
        members.append(net.requires_grad_(False))
    return members


def roll(member, state, actions):
    """[B, D], [B, H, A] -> states [B, H, D], by one member."""
    import torch

    states = []
    for action in actions.unbind(1):
        state = state + member(torch.cat([state, action], -1))
        states.append(state)
    return torch.stack(states, 1)


def area(score: np.ndarray, wrong: np.ndarray) -> Reading:
    """AUROC: the chance that a wrong rollout scores higher than a right one."""
    return bootstrap(_areas, score, wrong)


def newness(
    ordinary: Mapping[str, np.ndarray], new: Mapping[str, np.ndarray], key: str, less: str = ""
) -> Reading:
    """AUROC of telling rollouts of the changed world from ordinary ones by one score, less the same by another's."""
    label = np.concatenate([np.zeros(len(ordinary[key])), np.ones(len(new[key]))])
    both = [np.concatenate([ordinary[k], new[k]]) for k in (key, less) if k]
    if not less:
        return bootstrap(_areas, both[0], label)
    return bootstrap(lambda a, b, y: _areas(a, y) - _areas(b, y), *both, label)


def _areas(score: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """[draws, n] each -> AUROC of each draw, by ranks (ties are too rare to matter)."""
    rank = score.argsort(-1).argsort(-1) + 1.0
    hits = np.maximum(wrong.sum(-1), 1)
    misses = np.maximum(wrong.shape[-1] - wrong.sum(-1), 1)
    return ((rank * wrong).sum(-1) - hits * (hits + 1) / 2) / (hits * misses)


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    areas, names = record["data"]["areas"], record["data"]["changes"]
    return figures.bars(
        "Does the score know which rollouts are wrong? (.5: no)",
        "AUROC",
        names,
        {
            key: [(r["value"], r["low"], r["high"]) for r in (areas[name.replace(" ", "_")][key] for name in names)]
            for key in ("disagreement", "doubt")
        },
    )  # fmt: skip


EXPERIMENT = Experiment(
    id="confident-and-wrong",
    title="Confident and wrong",
    question="Does an ensemble notice when a wall that it never needed to look at is gone, and does anything else?",
    criteria=(
        Criterion("ordinary", "AUROC of disagreement for wrong rollouts, in the world as learned", 0.6),
        Criterion("gone", "AUROC of disagreement for wrong rollouts, in the room without its wall", 0.65, "agreeing-ensembles-can-all-be-wrong",
                  above=False),
        Criterion("noticed", "AUROC of the fitted doubt (a check of the decoded frame) for telling that the wall is gone", 0.8,
                  "models-cannot-see-their-own-drift", above=False),
        Criterion("unfamiliar", "AUROC for telling that the wall is gone, disagreement less one network's own spread", 0.0,
                  "ensembles-know-unfamiliar-data"),
    ),
    cannot_show="Five small predictors share one encoder; members with encoders of their own might disagree more, and "
    "what a check of the decoded frame sees here it may not see in a cluttered scene.",
    quick={"rollouts": 150, "updates": 300, "seeds": (0, 1, 2)},
    full={"rollouts": 500, "updates": 800, "seeds": (0, 1, 2, 3, 4, 5)},
    measure=measure,
    draw=draw,
)  # fmt: skip
