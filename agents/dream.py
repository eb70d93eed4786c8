"""Play inside a model: each action moves what it imagines and, unseen, the true world beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from agents.episode import to_frames
from agents.errors import AgentError
from agents.loop import Eyes
from agents.worlds import make_world
from agents.worlds.base import World
from world_model.checkpoint import Checkpoint, load, read_passport, shipped
from world_model.errors import WorldModelError

DIRECTIONS = ("up", "right", "down", "left")
TELLING = 4.0
"""Pixels of drift at which a dot stands beside itself: its own radius."""
MOST_STEPS = 20_000


@dataclass(frozen=True)
class Pace:
    """How a world is played by hand."""

    steps_a_second: int
    """0: one step for each key pressed."""
    gain: float
    """The length of an action while a key is held."""
    goes_on: bool
    """Whether time passes while no key is held: in worlds where something moves by itself."""


SMOOTH, SLOW, BY_KEY = Pace(60, 0.3, False), Pace(12, 1.0, True), Pace(0, 1.0, False)
_PACES = {"two-rooms": SMOOTH, "push-block": SMOOTH, "key-door": BY_KEY}


@dataclass(frozen=True)
class Beat:
    """One moment of a dream. Positions are pixels (x, y) of the 64 x 64 frame."""

    step: int
    since_look: int
    """Steps imagined since the model last saw the real frame."""
    error: float
    """Pixels between the imagined position, as a probe reads it, and the real one."""
    position: tuple[float, float]
    imagined_position: tuple[float, float]
    imagined: np.ndarray
    """[64, 64, 3] uint8, decoded."""
    real: np.ndarray
    """[64, 64, 3] uint8."""

    def to_bytes(self) -> bytes:
        """Seven little-endian float32 (the numbers above, in order), then the imagined and the real frame."""
        numbers = [self.step, self.since_look, self.error, *self.position, *self.imagined_position]
        return np.array(numbers, "<f4").tobytes() + self.imagined.tobytes() + self.real.tobytes()

    def to_json(self) -> dict[str, Any]:
        """The numbers alone."""
        return {k: v for k, v in dataclasses.asdict(self).items() if k not in ("imagined", "real")}


@lru_cache(maxsize=16)
def _loaded(model: str) -> Checkpoint:
    return load(model)


def arrows(world: World) -> np.ndarray:
    """[4, A]: the actions of the arrow keys, in the order of DIRECTIONS.

    Raises AgentError for a world whose actions have no directions.
    """
    if world.discrete and world.action_size == 4:
        return np.eye(4, dtype=np.float32)
    if not world.discrete and world.action_size in (1, 2):
        both = np.array([[0, -1], [1, 0], [0, 1], [-1, 0]], np.float32)
        return both[:, 2 - world.action_size :]
    raise AgentError(f"the world {world.name!r} can't be played with arrow keys; plan in it instead")


def playable() -> dict[str, str]:
    """Shipped model -> its world, of those whose world can be seen and moved in."""
    found = {}
    for name in shipped():
        try:
            world = make_world(read_passport(name).world)
            arrows(world)
            state = world.sample_starts(np.random.default_rng(0), 1)
            if "position" in world.facts(state) and world.observe(state).ndim == 4:
                found[name] = world.name
        except (AgentError, WorldModelError):
            continue
    return found


class Dream:
    """One player. Not shared between threads."""

    def __init__(self, model: str, seed: int = 0):
        if not 0 <= seed < 2**31:
            raise AgentError(f"seed is {seed}; it must lie between 0 and {2**31 - 1}")
        self.seed = seed
        self.world = make_world(read_passport(model).world)
        self.arrows = arrows(self.world)
        self.pace = _PACES.get(self.world.name.split(":")[0], SLOW)
        starts, _ = self.world.sample_tasks(np.random.default_rng(seed), 1)
        self.state = starts
        self.step_count = 0
        self.switch(model)

    def switch(self, model: str) -> None:
        """Go on in another model of the same world, which looks once. Raises WorldModelError if it learned another."""
        checkpoint = load(model, self.world.name) if model not in shipped() else _loaded(model)
        if make_world(checkpoint.passport.world).name.split(":")[0] != self.world.name.split(":")[0]:
            raise WorldModelError(
                f"model {model!r} learned {checkpoint.passport.world!r}, not {self.world.name!r}"
            )
        self.model = model
        self.eyes = Eyes(self.world, checkpoint.model)
        with torch.no_grad():
            self.belief = self.eyes.first(self.state)
        self.since_look = 0

    def look(self) -> Beat:
        """Open the eyes: what is believed is corrected by the real frame."""
        with torch.no_grad():
            self.belief = self.eyes.look(self.belief, self.state)
        self.since_look = 0
        return self.beat()

    def act(self, direction: Sequence[float] | np.ndarray) -> Beat:
        """`direction` [4]: how much each arrow is held, 0 to 1; a choice takes the one held most, if any is."""
        held = np.clip(np.nan_to_num(np.asarray(direction, np.float32)), 0, 1)
        if self.step_count >= MOST_STEPS or (self.world.discrete and not held.any()):
            return self.beat()
        if self.world.discrete:
            action = self.arrows[[int(held.argmax())]]
        else:
            action = np.clip(held @ self.arrows, -1, 1)[None] * np.float32(self.pace.gain)
        with torch.no_grad():
            self.belief = self.eyes.mind.predict(self.belief, torch.from_numpy(action))
        self.state = self.world.step(self.state, action)
        self.step_count += 1
        self.since_look += 1
        return self.beat()

    @torch.no_grad()
    def beat(self) -> Beat:
        assert self.eyes.model is not None
        where = self.world.facts(self.state)["position"][0]
        thought = self.eyes.model.read(self.belief)["position"][0].numpy()
        return Beat(
            self.step_count,
            self.since_look,
            float(np.linalg.norm(where - thought)),
            (float(where[0]), float(where[1])),
            (float(thought[0]), float(thought[1])),
            np.ascontiguousarray(to_frames(self.eyes.model.decode(self.belief))[0]),
            np.ascontiguousarray(self.world.render(self.state)[0]),
        )


@dataclass(frozen=True)
class Journey:
    """A dream that was played from a list of moves, eyes closed but where it says `look`."""

    model: str
    world: str
    seed: int
    moves: str
    gain: float
    error: tuple[float, ...]
    """Pixels, at each step from the first frame on."""
    looks: tuple[int, ...]
    telling: int | None
    """The first step at which the drift reached TELLING pixels, or None."""

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def journey(model: str, moves: str, seed: int = 0) -> Journey:
    """`moves`: `right:40,down:20,look,left:10`; each held that many steps. Raises AgentError naming a move that is none.

    The same as pressing those keys in the Dream tab.
    """
    dream = Dream(model, seed)
    error, looks = [dream.beat().error], []
    for move in filter(None, (part.strip() for part in moves.split(","))):
        name, _, count = move.partition(":")
        if name == "look" and not count:
            error[-1] = dream.look().error
            looks.append(dream.step_count)
            continue
        if name not in DIRECTIONS or not (count or "1").isdigit() or int(count or 1) > MOST_STEPS:
            raise AgentError(
                f"no move {move!r}; a move is {', '.join(DIRECTIONS)} with a number of steps (right:40), or look"
            )
        for _ in range(int(count or 1)):
            error.append(dream.act(np.eye(4)[DIRECTIONS.index(name)]).error)
    told = next((k for k, pixels in enumerate(error) if pixels >= TELLING), None)
    return Journey(
        model,
        dream.world.name,
        seed,
        moves,
        dream.pace.gain,
        tuple(round(e, 3) for e in error),
        tuple(looks),
        told,
    )
