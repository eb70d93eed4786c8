"""Key and door: a list of moves, some by way of the key and some not. Does the agent get through?"""

from __future__ import annotations

from itertools import groupby

import numpy as np

from agents.scenarios import Facts, Scenario, Template
from agents.worlds.base import World
from agents.worlds.key_door import CELL, DOOR_Y, GOAL_X, GOAL_Y, KEY_X, KEY_Y, MOVES, WALL_X, X, Y

WORLD = "key-door"
NAMES = ("up", "right", "down", "left")


def scene(state: np.ndarray) -> str:
    cell = state.astype(int)
    return (
        f"A grid of 8 by 8 cells, columns 0 to 7 from the left and rows 0 to 7 from the top. Column {cell[WALL_X]} is a wall "
        f"with a locked door in row {cell[DOOR_Y]}. The agent is in column {cell[X]}, row {cell[Y]}; a key lies in column {cell[KEY_X]}, "
        f"row {cell[KEY_Y]}; the goal is in column {cell[GOAL_X]}, row {cell[GOAL_Y]}. Walking onto the key picks it up; walking "
        f"into the locked door with the key opens it; a move that is not possible changes nothing."
    )


def route(rng: np.random.Generator, start: np.ndarray, stops: list[np.ndarray]) -> list[int]:
    """Moves from place to place, columns first or rows first, as if there were no wall."""
    here, moves = start.copy(), []
    for stop in stops:
        dx, dy = (stop - here).astype(int)
        sideways, updown = [1 if dx > 0 else 3] * abs(dx), [2 if dy > 0 else 0] * abs(dy)
        moves += sideways + updown if rng.random() < 0.5 else updown + sideways
        here = stop
    return moves


def plan(world: World, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, str]:
    """A start, moves [T, 4], and the same in words: by way of the key or not, to the door or astray, and on."""
    state = world.sample_tasks(rng, 1)[0][0]
    key, door = state[KEY_X : KEY_Y + 1], state[WALL_X : DOOR_Y + 1]
    before = door - np.array([np.sign(door[0] - state[X]), 0])
    if rng.random() < 0.3:
        before = before + np.array([0, rng.choice([-1, 1])])
    stops = [key, before] if rng.random() < 0.6 else [before]
    across = 1 if door[0] > state[X] else 3
    moves = route(rng, state[:2], stops) + [across] * int(rng.integers(1, 4))
    runs = [(NAMES[move], len(list(same))) for move, same in groupby(moves)]
    words = ", ".join(f"{name} {count} times" if count > 1 else f"{name} once" for name, count in runs)
    return state, np.eye(4, dtype=np.float32)[moves], words


def side(world: World, rng: np.random.Generator) -> Scenario:
    state, actions, words = plan(world, rng)
    wall, own = state[WALL_X], np.sign(state[X] - state[WALL_X])

    def settle(facts: Facts) -> np.ndarray:
        column = facts["position"][:, -1, 0] / CELL - 0.5
        beyond = (column - wall) * -own
        return np.where(beyond < -0.5, 0, np.where(beyond > 0.5, 2, 1))

    return Scenario(
        WORLD,
        "does it get through",
        scene(state),
        f"The agent goes {words}. Where is it then?",
        ("on its own side of the wall", "in the doorway", "on the goal's side"),
        state,
        actions,
        1,
        settle,
    )


def has_key(world: World, rng: np.random.Generator) -> Scenario:
    state, actions, words = plan(world, rng)
    while len(actions) < 2:  # a way of one move has no middle to stop in
        state, actions, words = plan(world, rng)
    length = int(rng.integers(2, len(actions) + 1))

    def settle(facts: Facts) -> np.ndarray:
        return (facts["has_key"][:, -1, 0] > 0.5).astype(int)

    return Scenario(
        WORLD,
        "does it have the key",
        scene(state),
        f"The agent sets out to go {words}, but stops after {length} moves. Does it have the key?",
        ("no", "yes"),
        state,
        actions[:length],
        1,
        settle,
    )


TEMPLATES = (
    Template(3, side, "Can language models say what happens next in a text game?"),
    Template(2, has_key, "What does a world model forget of things seen earlier?"),
)
assert len(NAMES) == len(MOVES)
