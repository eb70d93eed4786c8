"""Questions about what happens next, made fresh from a seed; the true simulator knows their answers.

A scenario asks the same of what truly happens and of what a model imagines: `settle` turns hidden facts, true or read by
a probe, into one of the options.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from agents.errors import AgentError
from agents.worlds import make_world
from agents.worlds.base import World

TEMPLATES = {
    "two-rooms": "agents.scenarios.two_rooms",
    "push-block": "agents.scenarios.push_block",
    "peekaboo": "agents.scenarios.peekaboo",
    "key-door": "agents.scenarios.key_door",
    "supply-chain": "agents.scenarios.supply_chain",
}
"""World -> the module with its templates, in `TEMPLATES`, and the name of its world, in `WORLD`."""
FUTURES = 64
"""Futures that a scenario with chance in it is settled over."""
TRIES = 40
"""Draws made to find a scenario with the answer that is wanted next, so that no answer is the usual one."""

Facts = Mapping[str, np.ndarray]
"""Hidden facts of N futures, each [N, T + 1, k]: of the start and of what follows each action."""


@dataclass(frozen=True)
class Scenario:
    """A start, what is then done, and a question with options."""

    world: str
    kind: str
    """Of the question: scores are kept by kind."""
    scene: str
    """The start and what is done, in words, for who sees no picture."""
    question: str
    options: tuple[str, ...]
    start: np.ndarray
    """[S] true state."""
    actions: np.ndarray
    """[T, A]."""
    shown: int
    """Frames that are seen, the start's first, before the rest has to be foreseen; at least 1."""
    settle: Callable[[Facts], np.ndarray] = field(repr=False)
    """Facts -> the option [N] that each future answers with."""
    seed: int = 0
    number: int = 0
    """Which of its seed's; with world and seed it makes the scenario again."""
    idea: str = ""
    """The question behind it that sources can speak about, where they can't know this one scene."""
    mark: tuple[float, float, float] | None = None
    """The place that the question speaks of: x, y and radius in pixels of the frame."""

    @property
    def id(self) -> str:
        return f"{self.world.split(':')[0]}/{self.seed}/{self.number}"

    def to_json(self) -> dict[str, Any]:
        kept = (
            "id",
            "world",
            "kind",
            "scene",
            "question",
            "idea",
            "options",
            "seed",
            "number",
            "shown",
            "mark",
        )
        return {name: getattr(self, name) for name in kept}


def futures(scenario: Scenario, n: int = 1) -> np.ndarray:
    """True states [n, T + 1, S]; the first future has the start's own dice. A world without dice has but one."""
    world = make_world(scenario.world)
    state = np.tile(scenario.start, (n, 1))
    state[1:] = world.another_future(state[1:], np.random.default_rng(scenario.number))
    if (state == state[0]).all():
        state = state[:1]
    n, states = len(state), [state]
    for action in scenario.actions:
        states.append(world.step(states[-1], np.tile(action, (n, 1))))
    return np.stack(states, 1)


def truth(scenario: Scenario) -> np.ndarray:
    """How often each option comes true, over all futures: exactly one of them wherever nothing is left to chance."""
    world = make_world(scenario.world)
    return shares(scenario, scenario.settle(facts(world, futures(scenario, FUTURES))))


def shares(scenario: Scenario, answers: np.ndarray) -> np.ndarray:
    """Answers [N] -> the share of each option."""
    return np.bincount(answers, minlength=len(scenario.options)) / len(answers)


def facts(world: World, states: np.ndarray) -> dict[str, np.ndarray]:
    """True states [N, T + 1, S] -> facts, each [N, T + 1, k]."""
    flat = world.facts(states.reshape(-1, states.shape[-1]))
    return {name: value.reshape(*states.shape[:2], -1) for name, value in flat.items()}


def scenarios(world: str, n: int, seed: int) -> list[Scenario]:
    """The first `n` of a world's scenarios from a seed: its kinds in turn, their answers as even as they can be made.

    Raises AgentError naming the worlds that have scenarios.
    """
    name = world.split(":")[0]
    if name not in TEMPLATES:
        raise AgentError(f"no scenarios for the world {world!r}; there are some for: {', '.join(TEMPLATES)}")
    module = import_module(TEMPLATES[name])
    made = make_world(module.WORLD)
    return [_one(made, module.TEMPLATES, seed, number) for number in range(n)]


def _one(world: World, templates, seed: int, number: int) -> Scenario:
    rng = np.random.default_rng([seed, number])
    template = templates[number % len(templates)]
    wanted = (number // len(templates)) % template.answers
    for _ in range(TRIES):
        scenario = template.make(world, rng)
        likely = truth(scenario)
        if likely.argmax() == wanted and likely.max() > 0.5:
            break
    return Scenario(**{**vars(scenario), "seed": seed, "number": number, "idea": template.idea})


@dataclass(frozen=True)
class Template:
    """A kind of question: `make` draws one for a world."""

    answers: int
    """Options that it has."""
    make: Callable[[World, np.random.Generator], Scenario]
    idea: str
    """Every scenario's own."""
