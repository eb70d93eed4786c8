"""Push a block: where does it go when it is hit off its middle, and does it get to a place?"""

from __future__ import annotations

import numpy as np

from agents.scenarios import Facts, Scenario, Template
from agents.worlds.base import World
from agents.worlds.push_block import AGENT, AGENT_HIGH, AGENT_LOW, BLOCK, HALF, RADIUS, REACH

WORLD = "push-block"
SIDES = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "top": (0.0, -1.0), "bottom": (0.0, 1.0)}
TURNED = 2.0
"""Pixels sideways that count as having been turned aside."""


def scene(state: np.ndarray) -> str:
    (x, y), (u, v) = state[AGENT], state[BLOCK]
    return (
        f"A square floor, 64 pixels wide and high. A square block, {2 * HALF:g} pixels wide, has its middle at x = {u:.0f}, "
        f"y = {v:.0f} (0 is the top). A round agent with a radius of {RADIUS:g} pixels is at x = {x:.0f}, y = {y:.0f}. It moves up "
        f"to 3 pixels a step; the block moves only while it is pushed."
    )


def draw(world: World, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, str, int, float]:
    """A start, the way of the push [2], the side it comes from, its steps, and pixels that it is off the middle."""
    state = world.sample_starts(rng, 1)[0]
    side = str(rng.choice(list(SIDES)))
    away = np.array(SIDES[side])
    across = away[::-1]
    off = float(rng.choice([0.0, rng.uniform(4.8, 7.2), -rng.uniform(4.8, 7.2), rng.uniform(8.0, 10.0)]))
    state[AGENT] = np.clip(
        state[BLOCK] + away * (HALF + RADIUS + rng.uniform(0.5, 3)) + across * off, AGENT_LOW, AGENT_HIGH
    )
    return state, -away, side, int(rng.integers(4, 13)), off


def moved(world: World, rng: np.random.Generator) -> Scenario:
    """How far does the block go?"""
    state, way, side, steps, _ = draw(world, rng)

    def settle(facts: Facts) -> np.ndarray:
        shift = facts["block"][:, -1] - state[BLOCK]
        along = np.abs(shift @ way)
        aside = np.abs(shift @ way[::-1])
        return np.where(np.maximum(along, aside) < TURNED, 0, np.where(aside < TURNED, 1, 2))

    return Scenario(
        WORLD,
        "hit off the middle",
        scene(state),
        f"The agent comes from the {side} and pushes straight on for {steps} steps. What does the block do?",
        ("it stays about where it is", "it goes straight on", "it is turned aside"),
        state,
        np.tile(way.astype(np.float32), (steps, 1)),
        1,
        settle,
    )


def reaches(world: World, rng: np.random.Generator) -> Scenario:
    """Does it get to a place in the way of the push?"""
    state, way, side, steps, off = draw(world, rng)
    goal = state[BLOCK] + way * rng.uniform(8, 30)

    def settle(facts: Facts) -> np.ndarray:
        return (np.linalg.norm(facts["block"] - goal, axis=-1) <= REACH).any(1).astype(int)

    return Scenario(
        WORLD,
        "does it reach the place",
        scene(state) + f" A place is marked at x = {goal[0]:.0f}, y = {goal[1]:.0f}.",
        f"The agent comes from the {side}, {abs(off):.0f} pixels off the block's middle, and pushes straight on for {steps} "
        f"steps. Does the block come within {REACH:g} pixels of the marked place?",
        ("no", "yes"),
        state,
        np.tile(way.astype(np.float32), (steps, 1)),
        1,
        settle,
        mark=(float(goal[0]), float(goal[1]), REACH),
    )


_IDEA = "How do errors of a model of contact harm planning?"
TEMPLATES = (Template(3, moved, _IDEA), Template(2, reaches, _IDEA))
