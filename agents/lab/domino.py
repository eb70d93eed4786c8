"""A port closes: how does the shock travel, do swings grow upstream, and does planning beat ordering rules?

Rules and planner order for the same chains with the same dice. The rule is the best echelon (s, S) that a search on the
true simulator finds; the planner sees only what a learned model imagines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import bootstrap, mean, ratio

WORLD = "supply-chain"
AFTER = 12
"""Periods after the port closes in which its shock is followed."""


def measure(report: Report, *, episodes: int, rounds: int, search: int, seeds: tuple[int, ...]) -> Findings:
    """`episodes` of 96 periods for each seed; the rule is searched for in `rounds` of 64 candidates, the planner's own, in
    the model, in `search` rounds (0: as many as its passport says)."""
    from agents.baselines.inventory import order_up_to, tune
    from agents.config import PlanConfig, model_of
    from agents.judging.referee import play
    from agents.lab import toys
    from agents.worlds.supply_chain import SupplyChain
    from world_model.checkpoint import load

    world, name = SupplyChain(), model_of(WORLD)
    model = load(name, WORLD).model
    planned, ruled, swings, foreseen = [], [], [], []
    for seed in seeds:
        report(f"seed {seed}: searching for the best ordering rule, {rounds} rounds")
        rule = tune(world, np.random.default_rng(seed), rounds=rounds)
        starts, goals = toys.tasks(world, episodes, seed)
        ruled.append(play(world, starts, goals, order_up_to(world, rule)).cost)
        report(f"seed {seed}: planning {episodes} episodes in the model")
        config = PlanConfig(world=WORLD, model=name, seed=seed, iterations=search)
        planned.append(toys.attempt(world, model, config, starts, goals).outcome.cost)
        report(f"seed {seed}: orders of every stage, and the shock of a closed port")
        swings.append(orders_swing(world, order_up_to(world, rule), starts))
        foreseen.append(shock_foreseen(world, model, order_up_to(world, rule), starts))
    spread = np.concatenate(swings)  # [N, stages + 1]: of demand, then of each stage's orders
    told, truth, usual = (np.concatenate([found[k] for found in foreseen]) for k in range(3))
    return Findings(
        readings={
            "saved": ratio(np.concatenate(planned), np.concatenate(ruled)),
            "shop": ratio(spread[:, 1], spread[:, 0]),
            "port": ratio(spread[:, -1], spread[:, 1]),
            "foreseen": bootstrap(_explained, told, truth, usual),
        },
        seeds=seeds,
        data={
            "model": name,
            "cost": {
                "planned": vars(mean(np.concatenate(planned))),
                "rule": vars(mean(np.concatenate(ruled))),
            },
            "swing": [vars(mean(column)) for column in spread.T],
            "stages": ["customers", "shop", "store", "port"],
        },
    )


def orders_swing(world, policy, state: np.ndarray) -> np.ndarray:
    """[N, 1 + stages]: standard deviation over four years of what customers ask for, and of each stage's orders, in units."""
    from agents.worlds.supply_chain import SOLD

    series = []
    for _ in range(world.max_steps):
        order = np.clip(policy(state), 0, 1) * world.chain.most
        state = world.step(state, policy(state))
        series.append(np.concatenate([state[:, SOLD : SOLD + 1], order], 1))
    return np.std(series, 0)


def shock_foreseen(world, model, policy, state: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The stocks of every stage after the port closes, [N, AFTER * stages] each: as the model imagines them from the first
    frame after the closure, as they come to be, and as they were before it."""
    import torch

    from agents.worlds.supply_chain import CLOSED
    from world_model.data import to_tensor

    for _ in range(24):
        state = world.step(state, policy(state))
    state = state.copy()
    state[:, CLOSED] = 1
    before = world.facts(state)["stock"]
    actions, stocks, now = [], [], state
    for _ in range(AFTER):
        actions.append(policy(now))
        now = world.step(now, actions[-1])
        stocks.append(world.facts(now)["stock"])
    with torch.no_grad():
        first = model.first(to_tensor(world.observe(state)))
        told = model.read(model.rollout(first, torch.from_numpy(np.stack(actions, 1))))["stock"].numpy()
    n = len(state)
    return told.reshape(n, -1), np.stack(stocks, 1).reshape(n, -1), np.tile(before, (1, AFTER))


def _explained(told: np.ndarray, truth: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """[draws, N, k] each -> [draws]: the share of what the shock changed that was foreseen (1: all; 0: no better than
    'it stays as it was')."""
    return 1 - np.square(told - truth).sum((1, 2)) / np.square(usual - truth).sum((1, 2))


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    data = record["data"]
    cost, swing = (
        [(r["value"], r["low"], r["high"]) for r in rows]
        for rows in ((data["cost"]["rule"], data["cost"]["planned"]), data["swing"])
    )
    saved = next(c["value"] for c in record["criteria"] if c["name"] == "saved")
    costs = figures.bars(
        f"What a day costs: planning takes {saved:.0%} of the rule's, on the same dice",
        "cost of a period",
        ["best (s, S) rule", "planning in the model"],
        {"cost": cost},
    )
    swings = figures.bars(
        "How much orders swing under the rule, stage by stage",
        "standard deviation, units a period",
        data["stages"],
        {"swing": swing},
    )
    return figures.stack("What a day costs, and how much orders swing", (costs, swings))


EXPERIMENT = Experiment(
    id="domino",
    title="Domino",
    question="When a port closes, how does the shock travel, and does planning in a learned model beat ordering rules?",
    criteria=(
        Criterion("saved", "cost of planning in the learned model over that of the best (s, S) rule, same dice", 0.95,
                  "planning-beats-ordering-rules", above=False),
        Criterion("shop", "swing of the shop's orders over that of what customers ask for", 1.1, "orders-swing-more-upstream"),
        Criterion("port", "swing of the port's orders over that of the shop's", 1.1, "orders-swing-more-upstream"),
        Criterion("foreseen", "share of the change in stocks, in 12 periods after a closure, that the model foresees", 0.5,
                  "supply-chain-shocks-can-be-foreseen"),
    ),
    cannot_show="Three stages, one product and known costs, and stages that order by one plan; real chains have people "
    "who misread delays, and shocks of kinds that were never recorded.",
    quick={"episodes": 12, "rounds": 30, "search": 20, "seeds": (0, 1, 2)},
    full={"episodes": 70, "rounds": 30, "search": 0, "seeds": (0, 1, 2)},
    measure=measure,
    draw=draw,
)  # fmt: skip
