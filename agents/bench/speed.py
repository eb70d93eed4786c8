"""How fast things are on this machine: plain rows, each with what it was measured over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from agents.worlds import WORLDS, make_world


@dataclass(frozen=True)
class WorldSpeed:
    """Of one world, on one thread, with its own random policy acting."""

    world: str
    steps_per_second: float
    """Steps of the simulator alone."""
    frames_per_second: float
    """Steps with everything that recording needs: the policy's action, the step and what is observed after it."""
    batch: int
    """Copies side by side."""
    seconds: float
    """Of processor time that each of the two figures was measured over; others on the machine don't count."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def worlds(
    names: Iterable[str] = tuple(WORLDS), *, batch: int = 256, seconds: float = 1.0
) -> list[WorldSpeed]:
    """A row for each world. Raises AgentError for a name that doesn't exist."""
    return [world_speed(name, batch=batch, seconds=seconds) for name in names]


def world_speed(name: str, *, batch: int = 256, seconds: float = 1.0) -> WorldSpeed:
    """Measured once, from 100 steps into random episodes, after a first round that fills what is drawn only once."""
    world, rng = make_world(name), np.random.default_rng(0)
    state, policy = world.sample_starts(rng, batch), world.behaviour(rng, batch)
    for _ in range(100):
        action = policy(state)
        state = world.step(state, action)
    world.observe(state)

    def record() -> None:
        nonlocal state
        state = world.step(state, policy(state))
        world.observe(state)

    steps = rate(lambda: world.step(state, action), seconds)
    return WorldSpeed(name, batch * steps, batch * rate(record, seconds), batch, seconds)


IMAGINED_TOGETHER, IMAGINED_STEPS = 4096, 16
"""States side by side, and how far each is imagined, when imagining is timed."""


@dataclass(frozen=True)
class ModelSpeed:
    """Of one checkpoint, on one thread, beside the simulator of the world that it learned."""

    model: str
    family: str
    world: str
    parameters: int
    kilobytes: float
    """Of the weights file."""
    training_seconds: float
    """As its passport says, on the machine that it names."""
    encode_us: float
    """Microseconds a frame from observation to state, `batch` frames together; predict and decode likewise."""
    predict_us: float
    decode_us: float
    imagined_per_second: float
    """Steps imagined a second, 4,096 states together, 16 steps each."""
    real_per_second: float
    """Steps of the real world's simulator a second, `batch` copies, nothing drawn."""
    drawn_per_second: float
    """Steps of it with what is observed after each: what an agent without a model would need."""
    batch: int
    seconds: float
    """Of processor time that each figure was measured over."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def models(
    names: Iterable[str] = (),
    *,
    batch: int = 256,
    seconds: float = 0.5,
    report: Callable[[str], None] = lambda line: None,
) -> list[ModelSpeed]:
    """A row for each shipped checkpoint, or for those named. Raises WorldModelError for a name that doesn't exist."""
    from world_model.checkpoint import shipped

    rows = []
    for name in names or shipped():
        report(f"timing {name} ...")
        rows.append(model_speed(name, batch=batch, seconds=seconds))
    return rows


def model_speed(name: str, *, batch: int = 256, seconds: float = 0.5) -> ModelSpeed:
    """On observations from random starts of the model's own world, with random actions."""
    import torch

    from world_model.checkpoint import load, weights_file
    from world_model.data import to_tensor
    from world_model.train import one_thread

    loaded = load(name)
    model, passport = loaded.model, loaded.passport
    world, rng = make_world(passport.world), np.random.default_rng(0)
    seen = to_tensor(world.observe(world.sample_starts(rng, batch)))
    policy = world.behaviour(rng, batch)
    acted = np.stack([policy(world.sample_starts(rng, batch)) for _ in range(IMAGINED_STEPS)], 1)
    with one_thread(), torch.no_grad():
        state, actions = model.first(seen), torch.from_numpy(acted)
        copies = -(-IMAGINED_TOGETHER // batch)
        many, plans = state.repeat(copies, 1), actions.repeat(copies, 1, 1)
        each = 1e6 / batch
        encode = each / rate(lambda: model.first(seen), seconds)
        predict = each / rate(lambda: model.predict(state, actions[:, 0]), seconds)
        decode = each / rate(lambda: model.decode(state), seconds)
        imagined = len(many) * IMAGINED_STEPS * rate(lambda: model.rollout(many, plans), seconds)
        real = world_speed(passport.world, batch=batch, seconds=seconds)
    return ModelSpeed(
        name,
        passport.family,
        passport.world,
        sum(parameter.numel() for parameter in model.parameters()),
        weights_file(name).stat().st_size / 1000,
        passport.training_seconds,
        encode,
        predict,
        decode,
        imagined,
        real.steps_per_second,
        real.frames_per_second,
        batch,
        seconds,
    )


def rate(work: Callable[[], object], seconds: float) -> float:
    """Calls a second of this thread's processor time, after a first one that isn't counted."""
    work()
    begin, calls = time.thread_time(), 0
    while (spent := time.thread_time() - begin) < seconds:
        work()
        calls += 1
    return calls / spent
