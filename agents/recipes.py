"""From nothing to a shipped checkpoint: collect, train on several seeds, evaluate each, keep the best.

One command makes everything again: `orrery train --world two-rooms --seeds 0 1 2`.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from agents.collect import collect
from agents.config import PlanConfig
from agents.errors import AgentError
from agents.evaluate import evaluate, machine
from agents.worlds import simulator
from world_model import checkpoint
from world_model.data import Episodes
from world_model.train import Health, TrainConfig, one_thread, to_tensor, train

EPISODES, STEPS = 600, 50
"""Recorded for each training seed: 30,000 transitions."""

STEPS_PROBED = (1, 8, 32)


def position_error(model, held_out: Episodes) -> dict[str, float]:
    """Mean pixels between where an imagined rollout thinks the agent is and where it was, by steps imagined."""
    import torch

    with torch.no_grad():
        first = model.encode(to_tensor(held_out.obs[:, 0])[:, None])
        states = model.rollout(first, torch.from_numpy(held_out.action[:, : max(STEPS_PROBED)]))
        found = model.locate(states).numpy()
    gap = np.linalg.norm(found - held_out.facts["position"][:, 1 : max(STEPS_PROBED) + 1], axis=-1)
    return {str(k): round(float(gap[:, k - 1].mean()), 3) for k in STEPS_PROBED}


def train_and_ship(
    world: str,
    name: str,
    seeds: tuple[int, ...],
    out: Path,
    config: TrainConfig,
    episodes: int = 200,
    report: Callable[[str], None] = print,
) -> checkpoint.Passport:
    """Trains one model a seed, evaluates each on the same `episodes` tasks, and leaves the best in `out`.

    Every seed's model stays in `out/seed<k>`; the best is the one with the most successes, then the
    smallest position error after 32 imagined steps. Its passport tells the others' results too.
    """
    simulator(world)
    if config.updates < 1:
        raise AgentError(f"updates is {config.updates}; a model needs at least one gradient step")
    if not seeds:
        raise AgentError("no training seeds were given; name at least one, as in --seeds 0 1 2")
    command = f"orrery train --world {world} --name {name} --seeds {' '.join(map(str, seeds))} --updates {config.updates}"
    runs = []
    for seed in seeds:
        report(f"seed {seed}: collecting {EPISODES} episodes of {STEPS} steps in {world}")
        data = collect(world, EPISODES, STEPS, seed)
        start = time.perf_counter()
        seeded = dataclasses.replace(config, seed=seed)

        def show(health: Health) -> None:
            report(str(health))

        model = train(data, seeded, show)
        seconds = time.perf_counter() - start
        with one_thread():
            drift = position_error(model, collect(world, 200, STEPS, 5_000 + seed))
        folder = out / f"seed{seed}"
        passport = checkpoint.save(
            model,
            folder,
            name,
            family="jepa",
            world=world,
            frame_size=data.obs.shape[2],
            arguments={"state_size": model.state_size, "action_size": model.action_size},
            data_recipe=data.recipe,
            data_hash=data.recipe_hash,
            training=dataclasses.asdict(seeded),
            training_seconds=round(seconds, 1),
            machine=machine(),
            command=command,
        )
        result = evaluate(PlanConfig(world=world, model=str(folder)), episodes, report)
        scored = next(row for row in result.rows if row.name == "model")
        report(
            f"seed {seed}: {scored.success:.1%} of {episodes} [{scored.low:.1%}, {scored.high:.1%}], px off {drift}"
        )
        runs.append((scored, -drift[str(max(STEPS_PROBED))], seed, passport, result))
    best = max(runs, key=lambda item: (item[0].success, item[1]))
    _, _, seed, passport, result = best
    spread = [
        {"seed": s, **dataclasses.asdict(r), "training_seconds": p.training_seconds, "position_error_32": -e}
        for r, e, s, p, _ in runs
    ]
    evaluation = dataclasses.replace(result, model=name, command=result.command.replace(result.model, name))
    results = {"evaluation": evaluation.to_json(), "training_seeds": spread, "shipped_seed": seed}
    final = dataclasses.replace(passport, results=results)
    (out / f"{name}.safetensors").write_bytes((out / f"seed{seed}" / f"{name}.safetensors").read_bytes())
    checkpoint.write_passport(final, out)
    return final
