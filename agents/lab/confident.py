"""Does an ensemble notice when a wall that it knew is gone, and if not, what does?

Five predictors learn on the shipped model's latents, each from its own weights and batches. Rollouts are wrong when the dot
is ever imagined more than six pixels from where it is; a score is good when wrong rollouts score higher than right ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import over_seeds

WORLD, MODEL = "two-rooms", "two-rooms-jepa"
CHANGES = {"as learned": "", "door moved": "door-moved", "wall gone": "no-wall"}
MEMBERS, HORIZON = 5, 16
JUDGED = ("disagreement", "doubt")
"""Scores that are asked which rollouts are wrong."""


def measure(report: Report, *, rollouts: int, updates: int, seeds: tuple[int, ...]) -> Findings:
    """`rollouts` a seed and change; each seed trains an ensemble of its own, and intervals are over ensembles: they differ
    more among themselves than chance in the rollouts would have it."""
    import torch

    from agents.judging import uncertainty
    from agents.judging.uncertainty import told_apart
    from agents.learning.collect import collect
    from world_model.checkpoint import load
    from world_model.data import to_tensor
    from world_model.uncertainty import fit

    model = load(MODEL).model
    recorded = collect(WORLD, 300, 50, 0)
    report("what is ordinary: recorded rollouts")
    doubt = fit(model, recorded, HORIZON)
    found: dict[str, list[float]] = {}

    def keep(name: str, value: float) -> None:
        found.setdefault(name, []).append(value)

    for seed in seeds:
        members = train_members(model, recorded, updates, seed, report)
        scores: dict[str, dict[str, np.ndarray]] = {}
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
            wrong = np.linalg.norm(paths.mean(0) - positions, axis=-1).max(1) > uncertainty.WRONG
            score = scores[name] = {
                "disagreement": np.linalg.norm(paths.std(0), axis=-1).max(1),
                "doubt": doubt.score(to_tensor(obs), steps, seed),
                "shaken": doubt.signs(to_tensor(obs), steps, seed)["shaken"],
            }
            keep(f"{name}, wrong", float(wrong.mean()))
            for key in (
                JUDGED if wrong.any() and not wrong.all() else ()
            ):  # else there is nothing to tell apart
                keep(f"{name}, {key}", told_apart(score[key], wrong))
        new = np.repeat([False, True], rollouts)
        for key in ("disagreement", "doubt", "shaken"):
            both = np.concatenate([scores[name][key] for name in ("as learned", "wall gone")])
            keep(f"new, {key}", told_apart(both, new))
    values = {name: np.array(row) for name, row in found.items()}
    return Findings(
        readings={
            "ordinary": over_seeds(values["as learned, disagreement"]),
            "gone": over_seeds(values["wall gone, disagreement"]),
            "noticed": over_seeds(values["new, doubt"]),
            "unfamiliar": over_seeds(values["new, disagreement"] - values["new, shaken"]),
        },
        seeds=seeds,
        data={
            "changes": list(CHANGES),
            "rollouts": rollouts,
            "areas": {
                name.replace(" ", "_"): {key: vars(over_seeds(values[f"{name}, {key}"])) for key in JUDGED}
                for name in CHANGES
            },
            "wrong": {name.replace(" ", "_"): float(values[f"{name}, wrong"].mean()) for name in CHANGES},
            "new": {key: vars(over_seeds(values[f"new, {key}"])) for key in ("disagreement", "doubt", "shaken")},
            "by_ensemble": values["wall gone, disagreement"].round(3).tolist(),
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


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    areas, names = record["data"]["areas"], record["data"]["changes"]
    return figures.bars(
        "Does the score know which rollouts are wrong? (.5: no)",
        "AUROC",
        names,
        {
            key: [(r["value"], r["low"], r["high"]) for r in (areas[name.replace(" ", "_")][key] for name in names)]
            for key in JUDGED
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
    quick={"rollouts": 300, "updates": 300, "seeds": (0, 1, 2)},
    full={"rollouts": 400, "updates": 800, "seeds": tuple(range(16))},
    measure=measure,
    draw=draw,
)  # fmt: skip
