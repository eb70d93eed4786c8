"""Which part was the limit: encoder, predictor, objective or search.

The same tasks are planned by a ladder of minds that differ in one part each. At its top all parts are true: the true
world's own rollouts, compared by what really matters. Then one learned part at a time takes the place of the true one:

- encoder: true futures, each seen as a frame and read by the model's encoder and probes; the true comparison;
- objective: the same, but compared as the model compares, by latent distance;
- predictor: futures imagined by the model, read by probes; the true comparison.

What each lets success fall by is laid to that part; what the all-true mind still misses is laid to search, which is tried
once more with eight times the samples.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.baselines.oracle import Truth
from agents.config import PlanConfig
from agents.errors import AgentError
from agents.judging.evaluate import TASK_SEED
from agents.judging.score import wilson
from agents.worlds import make_world
from agents.worlds.base import World
from world_model.checkpoint import load
from world_model.data import to_tensor
from world_model.models.base import WorldModel

LEADING = {"two-rooms": ("position",), "push-block": ("position", "block")}
"""World -> the facts that are the first columns of its state, which is all that its `target` looks at."""
MORE = 8
"""Times the samples, for search at its best."""
TELLING = 0.05
"""A smaller loss than this is not called a limit."""
EPISODES, TRIES = 40, 6
"""Tasks of an evaluation, and times that one task is tried, unless others are asked for. Where it is solved every time the
tries take a second; else half a minute of one core, nearly all of it for true futures seen by the encoder."""
LADDER = (
    "all learned",
    "all true",
    "all true, more search",
    "learned encoder",
    "learned encoder and objective",
    "learned encoder and predictor",
)


@dataclass(frozen=True)
class Rung:
    """One mind of the ladder."""

    name: str
    success: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Verdict:
    world: str
    model: str
    rungs: tuple[Rung, ...]
    losses: dict[str, float]
    """Part -> the success that it costs; empty where that was not measured."""
    limit: str
    """encoder, predictor, objective, search, or none."""
    sentence: str
    command: str

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


class _Read:
    """Makes of what probes read a state that the world's `target` understands."""

    def __init__(self, world: World, model: WorldModel):
        self.world, self.model = world, model
        self.names = LEADING[world.name.split(":")[0]]

    def target(self, latent: Tensor) -> Tensor:
        """[..., D] -> [..., F]."""
        facts = self.model.read(latent)
        leading = torch.cat([facts[name] for name in self.names], -1).numpy()
        state = np.zeros((*leading.shape[:-1], 8), np.float32)
        state[..., : leading.shape[-1]] = leading
        return torch.from_numpy(np.ascontiguousarray(self.world.target(state)))


class SeenTruth(Truth):
    """True rollouts, looked at through the model's encoder, at the end of every held action. With `latent`, compared as
    latents; else by what probes read from them."""

    def __init__(self, world: World, model: WorldModel, hold: int, latent: bool):
        super().__init__(world)
        self.model, self.hold, self.latent, self.reader = model, hold, latent, _Read(world, model)

    def embed(self, state: Tensor) -> Tensor:
        every = self.hold if state.dim() == 4 else 1
        some = state[..., every - 1 :: every, :] if every > 1 else state
        flat = some.reshape(-1, some.shape[-1]).numpy()
        seen = self.model.first(to_tensor(self.world.observe(flat))).view(*some.shape[:-1], -1)
        compared = self.model.embed(seen) if self.latent else self.reader.target(seen)
        return compared.repeat_interleave(every, -2) if every > 1 else compared


class TrueComparison(torch.nn.Module):
    """The model's own rollouts, compared by what probes read from them."""

    def __init__(self, world: World, model: WorldModel):
        super().__init__()
        self.model, self.reader = model, _Read(world, model)
        for name in ("first", "correct", "predict", "rollout", "read", "steps"):
            setattr(self, name, getattr(model, name))

    def embed(self, state: Tensor) -> Tensor:
        return self.reader.target(state)


def why(
    config: PlanConfig,
    episodes: int = EPISODES,
    report: Callable[[str], None] = lambda line: None,
    task_seed: int | None = None,
) -> Verdict:
    """The verdict over the first `episodes` tasks of an evaluation; or, with `task_seed`, over that one task of
    `orrery plan`, tried `episodes` times. Raises AgentError for worlds whose states can't be put together from facts."""
    from agents.loop import Eyes, run
    from agents.planners import make_planner
    from world_model.train import one_thread

    world, model = make_world(config.world), load(config.model, config.world).model
    if world.name.split(":")[0] not in LEADING or config.objective in ("decoded", "temporal", "cost"):
        raise AgentError(
            f"true parts can be swapped in only in {', '.join(LEADING)}, with the objective min-mean, sum or final"
        )
    if task_seed is None:
        starts, goals = world.sample_tasks(np.random.default_rng(TASK_SEED + config.seed), episodes)
    else:
        one = world.sample_tasks(np.random.default_rng(task_seed), 1)
        starts, goals = (np.repeat(part, episodes, 0) for part in one)
    more = dataclasses.replace(config, num_samples=min(4096, MORE * config.num_samples))
    minds: list[tuple[Any, PlanConfig]] = [
        (model, config),
        (None, config),
        (None, more),
        (SeenTruth(world, model, config.hold, latent=False), config),
        (SeenTruth(world, model, config.hold, latent=True), config),
        (TrueComparison(world, model), config),
    ]
    rungs: dict[str, Rung] = {}
    with one_thread():
        for name, (mind, settings) in zip(LADDER, minds, strict=True):
            report(f"{name}: {len(starts)} episodes ...")
            result = run(Eyes(world, mind), make_planner(settings, world), starts, goals)
            hits = int(result.outcome.success.sum())
            low, high = wilson(hits, len(starts))
            rungs[name] = Rung(name, hits / len(starts), low, high, len(starts))
            if (
                task_seed is not None
                and name == "all true"
                and all(rung.success == 1 for rung in rungs.values())
            ):
                break  # nothing was lost, so nothing is to blame; the slow rungs would only say so again
    return judge(config, tuple(rungs.values()), task_seed)


def judge(config: PlanConfig, rungs: tuple[Rung, ...], task_seed: int | None = None) -> Verdict:
    """What the rungs say; where the ladder was left because nothing was lost, its further rungs are not measured."""
    at = {rung.name: rung.success for rung in rungs}
    at = dict.fromkeys(LADDER, at["all true"]) | at
    losses = {
        "encoder": at["all true"] - at["learned encoder"],
        "objective": at["learned encoder"] - at["learned encoder and objective"],
        "predictor": at["learned encoder"] - at["learned encoder and predictor"],
        "search": at["all true, more search"] - at["all true"],
    }
    worst = max(losses, key=lambda part: losses[part])
    learned, true, n = at["all learned"], at["all true"], rungs[0].n
    tried = f"{n} tries of the task" if task_seed is not None else f"{n} tasks"
    said = {
        "encoder": f"with true futures seen through the learned encoder success falls from {true:.0%} to "
        f"{at['learned encoder']:.0%}",
        "objective": f"with true futures, comparing them as latents instead of by the true distance lets success fall from "
        f"{at['learned encoder']:.0%} to {at['learned encoder and objective']:.0%}",
        "predictor": f"with the true comparison, imagined futures instead of true ones let success fall from "
        f"{at['learned encoder']:.0%} to {at['learned encoder and predictor']:.0%}",
        "search": f"in the true world eight times the samples raise success from {true:.0%} to "
        f"{at['all true, more search']:.0%}",
    }
    if max(at["all true"], at["all true, more search"]) - learned < TELLING and losses["search"] < TELLING:
        limit = "none"
        sentence = (
            f"No part was the limit: all learned reaches {learned:.0%} of {tried}, all true {true:.0%}."
        )
    elif losses[worst] < TELLING:
        limit = "none"
        sentence = (
            f"No single part was the limit: all learned reaches {learned:.0%} of {tried} and all true {true:.0%}, but no part "
            f"alone costs {TELLING:.0%}."
        )
    else:
        limit = worst
        sentence = f"The {worst} was the limit: {said[worst]} ({tried}; all learned {learned:.0%})."
    asked = (
        f"orrery plan --why {config.flags}"
        if task_seed is not None
        else f"orrery evaluate --why {config.flags}"
    )
    measured = {part: round(loss, 4) for part, loss in losses.items()} if len(rungs) == len(LADDER) else {}
    return Verdict(config.world, config.model, rungs, measured, limit, sentence, asked)
