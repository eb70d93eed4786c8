"""A key, a locked door and a goal on an 8 x 8 grid, with discrete moves.

Cells are (column, row), row 0 on top; a cell is drawn 8 x 8 pixels. A wall of full height, with a locked door in it,
parts the key's side from the goal's.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from agents.worlds.base import Policy, World
from agents.worlds.drawing import SIZE

GRID, CELL = 8, 8
"""Cells a side, pixels a cell."""
MOVES = np.array([[0, -1], [1, 0], [0, 1], [-1, 0]])
"""Up, right, down, left: what the four actions do."""
WALLS = np.arange(2, 6)
"""Columns that the wall may be in; the door may be in any of the 8 rows: 32 layouts, each from either side."""
UNREACHABLE = 99
"""Steps to a goal that can't be reached."""
NO_KEY, OPENED = 0.2, 0.25
"""Shares of the recorded episodes in which there is no key, and in which the door is open from the start."""
TOWARDS = 0.2
"""How often the behaviour policy heads for what comes next: the key, the door, the goal."""

FLOOR = np.array([241, 245, 249], np.uint8)
WALL = np.array([51, 65, 85], np.uint8)
DOOR = np.array([146, 64, 14], np.uint8)
GOAL = np.array([134, 239, 172], np.uint8)
KEY = np.array([217, 119, 6], np.uint8)
AGENT = np.array([220, 38, 38], np.uint8)

X, Y, KEY_X, KEY_Y, LYING, HAS_KEY, OPEN, WALL_X, DOOR_Y, GOAL_X, GOAL_Y = range(11)
"""Columns of a state, in cells. KEY_X and KEY_Y are where the key lay; LYING: whether it lies there."""


def held_out(wall: np.ndarray, door: np.ndarray) -> np.ndarray:
    """Which layouts are kept for evaluation: 7 of the 32, among them some of every column."""
    return (2 * wall + 3 * door) % 5 == 0


class KeyDoor(World):
    """Walking onto the key picks it up; walking into the locked door with the key opens it and goes in.

    A carried key isn't drawn, and in a fifth of the recorded episodes there is none: a frame without a key doesn't
    tell whether the door will open. Who saw the key being picked up knows.
    """

    name = "key-door"
    action_size = 4
    discrete = True
    max_steps = 60
    rule = "on the goal's cell at any of 60 steps, in a layout never recorded"

    def sample_starts(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """The agent on the key's side; where the door is open already, on either."""
        state = _layouts(rng, n, evaluation=False)
        kind = rng.random(n)
        opened = (kind >= NO_KEY) & (kind < NO_KEY + OPENED)
        state[:, LYING] = kind >= NO_KEY + OPENED
        state[:, HAS_KEY] = state[:, OPEN] = opened
        beyond = opened & (rng.random(n) < 0.5)
        away = _free_cells(rng, state, state[:, GOAL_X] > state[:, WALL_X])
        state[beyond, X : Y + 1] = away[beyond]
        return state

    def sample_tasks(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        """The key lies on the agent's side, the door is locked. The goal's frame: the agent on it, the door open."""
        start = _layouts(rng, n, evaluation=True)
        start[:, LYING] = 1
        goal = start.copy()
        goal[:, [X, Y]] = start[:, [GOAL_X, GOAL_Y]]
        goal[:, LYING], goal[:, HAS_KEY], goal[:, OPEN] = 0, 1, 1
        return start, goal

    def step(self, state: np.ndarray, action: np.ndarray) -> np.ndarray:
        """The largest of an action's four numbers is the move; against a wall, or a locked door without the key, the
        agent stays."""
        new = state.copy()
        move = MOVES[action.argmax(1)]
        x, y = state[:, X] + move[:, 0], state[:, Y] + move[:, 1]
        inside = (x >= 0) & (x < GRID) & (y >= 0) & (y < GRID)
        in_wall, at_door = x == state[:, WALL_X], y == state[:, DOOR_Y]
        may_open = (state[:, HAS_KEY] > 0) | (state[:, OPEN] > 0)
        ok = inside & (~in_wall | (at_door & may_open))
        new[:, X], new[:, Y] = np.where(ok, x, state[:, X]), np.where(ok, y, state[:, Y])
        new[:, OPEN] = (state[:, OPEN] > 0) | (ok & in_wall)
        finds = (state[:, LYING] > 0) & (new[:, X] == state[:, KEY_X]) & (new[:, Y] == state[:, KEY_Y])
        new[:, LYING] = (state[:, LYING] > 0) & ~finds
        new[:, HAS_KEY] = (state[:, HAS_KEY] > 0) | finds
        return new

    def observe(self, state: np.ndarray) -> np.ndarray:
        tile = np.zeros((len(state), GRID, GRID), np.int64)
        row, cell = np.arange(len(state)), state.astype(np.int64)
        tile[row, :, cell[:, WALL_X]] = _TILES.index("wall")
        door = np.where(cell[:, OPEN] > 0, _TILES.index("open door"), _TILES.index("door"))
        tile[row, cell[:, DOOR_Y], cell[:, WALL_X]] = door
        tile[row, cell[:, GOAL_Y], cell[:, GOAL_X]] = _TILES.index("goal")
        lying = cell[:, LYING] > 0
        tile[row[lying], cell[lying, KEY_Y], cell[lying, KEY_X]] = _TILES.index("key")
        tile[row, cell[:, Y], cell[:, X]] += len(_TILES)
        pictures = _pictures()[tile]  # [N, 8, 8, 8, 24]
        return pictures.swapaxes(2, 3).reshape(-1, SIZE, SIZE, 3)

    def facts(self, state: np.ndarray) -> dict[str, np.ndarray]:
        """Places in pixels, at the middle of a cell. `key` is with the agent when carried, and just outside the frame
        when there is none. `steps`: the shortest way to the goal of this layout."""
        carried, lying = state[:, HAS_KEY, None] > 0, state[:, LYING, None] > 0
        key = np.where(
            carried, _pixels(state[:, :2]), np.where(lying, _pixels(state[:, KEY_X : KEY_Y + 1]), -4.0)
        )
        return {
            "position": _pixels(state[:, :2]),
            "key": key.astype(np.float32),
            "has_key": state[:, HAS_KEY : HAS_KEY + 1],
            "door_open": state[:, OPEN : OPEN + 1],
            "door": _pixels(state[:, WALL_X : DOOR_Y + 1]),
            "goal": _pixels(state[:, GOAL_X : GOAL_Y + 1]),
            "steps": self.target(state),
        }

    def target(self, state: np.ndarray) -> np.ndarray:
        """Steps still to go to the goal that is drawn, by way of the key and the door, [N, 1]. A distance between
        cells would lead straight to the wall."""
        return steps_to_cell(state, state[..., GOAL_X], state[..., GOAL_Y])[..., None].astype(np.float32)

    def reached(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        return (state[:, X] == goal[:, X]) & (state[:, Y] == goal[:, Y])

    def behaviour(self, rng: np.random.Generator, n: int) -> Policy:
        """Holds a random move for 1 to 4 steps; one time in five, one that leads nearer to what comes next."""
        held, left = np.zeros(n, int), np.zeros(n, int)

        def act(state: np.ndarray) -> np.ndarray:
            nonlocal held, left
            here = self.target(state)[:, 0]
            ahead = np.stack([self.target(self.step(state, row))[:, 0] for row in _every_move(n)], 1)
            nearer = (ahead + rng.random(ahead.shape)).argmin(1)
            heads = (rng.random(n) < TOWARDS) & (here > 0) & (here < UNREACHABLE)
            renew = left == 0
            held = np.where(renew, np.where(heads, nearer, rng.integers(0, 4, n)), held)
            left = np.where(renew, rng.integers(1, 5, n), left) - 1
            return np.eye(4, dtype=np.float32)[held]

        return act

    def straight(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        """Towards the goal's cell along the longer of the two ways, whatever lies between."""
        gap = goal[:, :2] - state[:, :2]
        sideways = np.abs(gap[:, 0]) >= np.abs(gap[:, 1])
        move = np.where(sideways, np.where(gap[:, 0] > 0, 1, 3), np.where(gap[:, 1] > 0, 2, 0))
        return np.eye(4, dtype=np.float32)[move]

    def shortest(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        """In steps, by way of the key and the door."""
        return steps_to_goal(state, goal).astype(np.float32)


def steps_to_goal(state: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """[N] steps on the shortest way from `state` [N, S] to where the agent is in `goal` [N, S], picking up the key and
    opening the door as needed; 99 where there is no way."""
    return steps_to_cell(state, goal[:, X], goal[:, Y])


def steps_to_cell(state: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """`steps_to_goal` for cells `x`, `y` [N]: broadcast them for a heat map."""
    cell = state.astype(np.int64)
    wall, door = cell[..., WALL_X] - WALLS[0], cell[..., DOOR_Y]
    here, there = cell[..., Y] * GRID + cell[..., X], (y * GRID + x).astype(np.int64)
    key = cell[..., KEY_Y] * GRID + cell[..., KEY_X]
    passes = ((cell[..., HAS_KEY] > 0) | (cell[..., OPEN] > 0)).astype(np.int64)
    ways = _ways()
    direct = ways[wall, door, passes, here, there]
    by_key = ways[wall, door, passes, here, key] + ways[wall, door, 1, key, there]
    return np.minimum(np.where(cell[..., LYING] > 0, np.minimum(direct, by_key), direct), UNREACHABLE)


@lru_cache(maxsize=1)
def _ways() -> np.ndarray:
    """Steps between any two cells in every layout, door shut or open, [4, 8, 2, 64, 64]: a breadth-first search from
    all cells of all layouts at once, a step outward each round."""
    wall, door, opened, x, y = np.meshgrid(
        WALLS, range(GRID), range(2), range(GRID), range(GRID), indexing="ij"
    )
    free = ((x != wall) | ((y == door) & (opened == 1))).swapaxes(-1, -2)  # [4, 8, 2, row, column]
    free = np.broadcast_to(free[..., None, :, :], (*free.shape[:3], GRID * GRID, GRID, GRID))
    seen = np.eye(GRID * GRID, dtype=bool).reshape(GRID * GRID, GRID, GRID) & free
    steps = np.where(seen, 0, UNREACHABLE)
    for count in range(1, GRID * GRID):
        grown = seen.copy()
        grown[..., 1:, :] |= seen[..., :-1, :]
        grown[..., :-1, :] |= seen[..., 1:, :]
        grown[..., 1:] |= seen[..., :-1]
        grown[..., :-1] |= seen[..., 1:]
        grown &= free
        if (grown == seen).all():
            break
        steps[grown & ~seen] = count
        seen = grown
    return steps.reshape(*steps.shape[:4], GRID * GRID).astype(np.int16)


def _layouts(rng: np.random.Generator, n: int, *, evaluation: bool) -> np.ndarray:
    """[n, S]: wall and door, and on the sides of them the agent and the key, and the goal. No key is lying yet."""
    state = np.zeros((n, 11), np.float32)
    wall, door = np.meshgrid(WALLS, np.arange(GRID), indexing="ij")
    kept = held_out(wall, door) == evaluation
    pick = rng.integers(0, kept.sum(), n)
    state[:, WALL_X], state[:, DOOR_Y] = wall[kept][pick], door[kept][pick]
    side = rng.random(n) < 0.5
    state[:, KEY_X : KEY_Y + 1] = _free_cells(rng, state, side)
    state[:, GOAL_X : GOAL_Y + 1] = _free_cells(rng, state, ~side)
    todo = np.arange(n)
    while len(todo):  # the agent doesn't start on the key
        state[todo, :2] = _free_cells(rng, state[todo], side[todo])
        todo = todo[(state[todo, :2] == state[todo, KEY_X : KEY_Y + 1]).all(1)]
    return state


def _free_cells(rng: np.random.Generator, state: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Random cells [n, 2] to the right of the wall, or to the left."""
    low = np.where(right, state[:, WALL_X] + 1, 0).astype(int)
    high = np.where(right, GRID, state[:, WALL_X]).astype(int)
    return np.stack([rng.integers(low, high), rng.integers(0, GRID, len(state))], 1)


def _every_move(n: int) -> np.ndarray:
    """[4, n, 4]: each move, for all."""
    return np.repeat(np.eye(4, dtype=np.float32)[:, None], n, 1)


def _pixels(cell: np.ndarray) -> np.ndarray:
    return (cell + 0.5) * CELL


_TILES = ("floor", "wall", "door", "open door", "goal", "key")


@lru_cache(maxsize=1)
def _pictures() -> np.ndarray:
    """What a cell looks like, without the agent and then with it, [12, 8, 8 * 3] uint8."""
    middle = np.arange(CELL) + 0.5 - CELL / 2
    x, y = np.meshgrid(middle, middle)
    tiles = np.broadcast_to(FLOOR, (len(_TILES), CELL, CELL, 3)).copy()
    tiles[_TILES.index("wall")] = WALL
    tiles[_TILES.index("door")] = DOOR
    tiles[_TILES.index("door"), (np.abs(x) < 1) & (np.abs(y) < 2)] = FLOOR
    tiles[_TILES.index("open door"), np.abs(y) > 3] = DOOR
    tiles[_TILES.index("goal")] = GOAL
    ring = (np.hypot(x + 1, y) < 2.8) & (np.hypot(x + 1, y) > 0.9)
    shaft = (np.abs(y) < 1) & (x > 1) | (x > 2) & (x < 3) & (y > 0) & (y < 3)
    tiles[_TILES.index("key"), ring | shaft] = KEY
    walked = tiles.copy()
    walked[:, np.hypot(x, y) < 3.2] = AGENT
    return np.concatenate([tiles, walked]).reshape(2 * len(_TILES), CELL, CELL * 3)
