"""Two rooms: where does a push lead, and does heading straight for a goal get there?"""

from __future__ import annotations

import numpy as np

from agents.scenarios import Facts, Scenario, Template
from agents.worlds.base import World
from agents.worlds.two_rooms import DOOR_HALF, DOOR_Y, RADIUS, REACH, WALL_HALF, WALL_X, X, Y

WORLD = "two-rooms:random"
WAYS = {"right": (1, 0), "left": (-1, 0), "up": (0, -1), "down": (0, 1)}


def scene(state: np.ndarray) -> str:
    room = "left" if state[X] < state[WALL_X] else "right"
    return (
        f"A square floor, 64 pixels wide and high, with a wall from top to bottom at x = {state[WALL_X]:.0f}. The wall's "
        f"only door is around y = {state[DOOR_Y]:.0f} (0 is the top), {2 * (DOOR_HALF - RADIUS):.0f} pixels of it passable for "
        f"the middle of the dot. The dot is in the {room} room at x = {state[X]:.0f}, y = {state[Y]:.0f}, and moves up to "
        f"3 pixels a step; against a wall it slides along."
    )


def straight(world: World, rng: np.random.Generator) -> Scenario:
    """Sideways for a while: stopped by the wall, or through the door?"""
    state = _start(world, rng)
    if rng.random() < 0.7:  # else the door is hardly ever met
        state[Y] = np.clip(state[DOOR_Y] + rng.uniform(-6, 6), 6, 58)
    way = "right" if state[X] < state[WALL_X] else "left"
    steps = int(rng.integers(6, 26))

    def settle(facts: Facts) -> np.ndarray:
        gap = facts["position"][:, -1, 0] - state[WALL_X]
        return np.where(np.abs(gap) < WALL_HALF + RADIUS, 1, np.where(gap < 0, 0, 2))

    return Scenario(
        WORLD,
        "a straight push",
        scene(state),
        f"The dot goes straight {way} for {steps} steps. Where is it then?",
        ("in the left room", "in the doorway", "in the right room"),
        state,
        np.tile(np.array(WAYS[way], np.float32), (steps, 1)),
        1,
        settle,
    )


def legs(world: World, rng: np.random.Generator) -> Scenario:
    """Two pushes, one after the other."""
    state = _start(world, rng)
    one, two = rng.permutation(list(WAYS))[:2]
    first, second = rng.integers(4, 15, 2)
    actions = np.repeat(np.array([WAYS[one], WAYS[two]], np.float32), (first, second), 0)

    def settle(facts: Facts) -> np.ndarray:
        place = facts["position"][:, -1]
        return (place[:, 0] > state[WALL_X]).astype(int) + 2 * (place[:, 1] > 32)

    return Scenario(
        WORLD,
        "two pushes",
        scene(state),
        f"The dot goes {one} for {first} steps, then {two} for {second} steps. Where does it end?",
        ("left of the wall, upper half", "right of the wall, upper half",
         "left of the wall, lower half", "right of the wall, lower half"),
        state,
        actions,
        1,
        settle,
    )  # fmt: skip


def heading(world: World, rng: np.random.Generator) -> Scenario:
    """In a straight line towards a goal in the other room."""
    starts, goals = world.sample_tasks(rng, 16)
    aim = goals[:, :2] - starts[:, :2]
    share = (starts[:, WALL_X] - starts[:, X]) / aim[:, 0]
    miss = np.abs(starts[:, Y] + share * aim[:, 1] - starts[:, DOOR_Y])
    pick = miss.argmin() if rng.random() < 0.6 else rng.integers(16)  # lines that meet the door are rare
    state, goal, aim = starts[pick], goals[pick], aim[pick]
    steps = int(np.ceil(np.linalg.norm(aim) / 3)) + 4
    actions = np.tile((aim / np.linalg.norm(aim)).astype(np.float32), (steps, 1))

    def settle(facts: Facts) -> np.ndarray:
        away = np.linalg.norm(facts["position"] - goal[:2], axis=-1)
        return (away <= REACH).any(1).astype(int)

    return Scenario(
        WORLD,
        "straight for the goal",
        scene(state) + f" The goal is at x = {goal[X]:.0f}, y = {goal[Y]:.0f}, in the other room.",
        f"The dot heads for the goal in a straight line, for {steps} steps, and never changes its direction. Does it "
        f"come within {REACH:g} pixels of it?",
        ("no", "yes"),
        state,
        actions,
        1,
        settle,
        mark=(float(goal[X]), float(goal[Y]), REACH),
    )


def _start(world: World, rng: np.random.Generator) -> np.ndarray:
    return world.sample_tasks(rng, 1)[0][0]


TEMPLATES = (
    Template(3, straight, "Why are walls and doors hard for a smooth model?"),
    Template(4, legs, "What happens when small prediction errors add up over a rollout?"),
    Template(2, heading, "Why is the straight-line distance misleading for a planner?"),
)
