"""Two rooms, one door: a dot must find its way to the other side.

All positions are pixels (x, y) of the 64 x 64 frame, y down.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from agents.worlds.base import Policy, World
from agents.worlds.behaviour import walk_or_hold
from agents.worlds.drawing import SIZE, add_noise, draw_disc, hashed, textures
from agents.worlds.ways import through_door

SPEED = 3.0
"""Pixels an action of length 1 moves the dot."""
RADIUS = 2.5
"""Pixels the dot keeps from every wall."""
REACH = 4.0
"""Pixels from the goal that count as reached."""
BORDER = 2.0
"""Thickness of the outer wall."""
WALL_HALF = 2.0
"""Half the thickness of the wall between the rooms."""
DOOR_HALF = 6.0
"""Half the opening of a door, as drawn."""

FLOOR = np.array([238, 241, 246], np.uint8)
WALL = np.array([51, 65, 85], np.uint8)
ORANGE = np.array([234, 88, 12], np.uint8)
BLUE = np.array([37, 99, 235], np.uint8)

X, Y, WALL_X, DOOR_Y, TEXTURE, TICK = range(6)
"""Columns of a state."""
FIXED_WALL, FIXED_DOOR = 32.0, 20.0
WALLS, DOORS = np.arange(20, 45), np.arange(12, 53)
"""Where a random wall and door may be: 1,025 layouts."""
OUTSIDE = np.array([9, 10, 11, 53, 54, 55])
"""Doors that no random layout has: those of `door-moved`."""
_DRAWN_DOORS = np.arange(OUTSIDE[0], OUTSIDE[-1] + 1)


def held_out(wall: np.ndarray, door: np.ndarray) -> np.ndarray:
    """Which random layouts are kept for evaluation: every fifth, so that none of them is ever recorded."""
    return (7 * wall + 3 * door) % 5 == 0


class TwoRooms(World):
    """The dot is moved at most 3 pixels a step and slides along walls; the goal is always in the other room.

    Of the backgrounds, `tv` is a new texture each frame, `static` one for an episode, `noise` is on every pixel of every
    frame. The changes are switches for tests out of distribution.
    """

    action_size = 2
    max_steps = 60
    rule = f"within {REACH:g} px of the goal at any of 60 steps, goal in the other room"

    def __init__(self, layout: str = "fixed", background: str = "plain", change: str = ""):
        self.layout, self.background, self.change = layout, background, change
        options = [o for o in (layout, background, change) if o not in ("fixed", "plain", "")]
        self.name = ":".join(["two-rooms", *options])
        self.dot = BLUE if change == "blue-dot" else ORANGE
        self.dot_radius = 4.5 if change == "big-dot" else RADIUS

    def sample_starts(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return self._placed(rng, self._rooms(rng, n, evaluation=False), None)

    def sample_tasks(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        rooms, side = self._rooms(rng, n, evaluation=True), rng.integers(0, 2, n)
        return self._placed(rng, rooms, side), self._placed(rng, rooms, 1 - side)

    def step(self, state: np.ndarray, action: np.ndarray) -> np.ndarray:
        """An action longer than 1 is cut to length 1. A dot that would enter a wall slides along it: the move is
        tried whole, then in x alone, then in y alone, then not at all."""
        length = np.linalg.norm(action, axis=-1, keepdims=True)
        shift = (SPEED * action / np.maximum(length, 1.0)).astype(np.float32)
        new = state.copy()
        new[:, TICK] += 1
        stuck = np.ones(len(state), bool)
        for mask in ([1.0, 1.0], [1.0, 0.0], [0.0, 1.0]):
            tried = state[:, :2] + shift * np.array(mask, np.float32)
            ok = stuck & self.is_free(tried, state)
            new[ok, :2] = tried[ok]
            stuck &= ~ok
        return new

    def is_free(self, pos: np.ndarray, state: np.ndarray) -> np.ndarray:
        """`pos` [N, 2] in the rooms of `state` [N, S] -> bool [N]: whether the dot's centre may be there."""
        x, y = pos[:, 0], pos[:, 1]
        low, high = BORDER + RADIUS, SIZE - BORDER - RADIUS
        inside = (x >= low) & (x <= high) & (y >= low) & (y <= high)
        if self.change == "no-wall":
            return inside
        in_wall = np.abs(x - state[:, WALL_X]) < WALL_HALF + RADIUS
        in_door = np.abs(y - state[:, DOOR_Y]) <= DOOR_HALF - RADIUS
        if self.change == "second-door":
            in_door |= np.abs(y - second_door(state[:, DOOR_Y])) <= DOOR_HALF - RADIUS
        return inside & (~in_wall | in_door)

    def observe(self, state: np.ndarray) -> np.ndarray:
        """Over 100,000 frames a second on one thread with a plain background."""
        episode, tick = state[:, TEXTURE].astype(np.int64), state[:, TICK].astype(np.int64)
        pictures, open_floor = _rooms(self.layout, self.change)
        frames = pictures[self._layout(state)]
        if self.background in ("tv", "static"):
            texture = textures(hashed(episode, tick if self.background == "tv" else 0 * tick))
            floor = open_floor[self._layout(state)]
            frames = (texture & floor) | (frames & ~floor)
        draw_disc(frames, state[:, :2], self.dot, self.dot_radius)
        if self.background == "noise":
            frames = add_noise(frames, hashed(episode, tick))
        return frames

    def facts(self, state: np.ndarray) -> dict[str, np.ndarray]:
        return {
            "position": state[:, :2],
            "wall": state[:, WALL_X : WALL_X + 1],
            "door": state[:, DOOR_Y : DOOR_Y + 1],
        }

    def target(self, state: np.ndarray) -> np.ndarray:
        return state[..., :2]

    def reached(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        return np.linalg.norm(state[:, :2] - goal[:, :2], axis=-1) <= REACH

    def behaviour(self, rng: np.random.Generator, n: int) -> Policy:
        return walk_or_hold(rng, n)

    def straight(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        gap = goal[:, :2] - state[:, :2]
        return gap / np.maximum(np.linalg.norm(gap, axis=-1, keepdims=True), 1e-6)

    def shortest(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        """To the goal itself; an episode is over up to 4 pixels before it. The walls are those of `state`."""
        start, end = state[:, :2].astype(float), goal[:, :2].astype(float)
        if self.change == "no-wall":
            return np.linalg.norm(end - start, axis=1)
        doors = [state[:, DOOR_Y]]
        if self.change == "second-door":
            doors.append(second_door(state[:, DOOR_Y]))
        thick, half = WALL_HALF + RADIUS, DOOR_HALF - RADIUS
        ways = [through_door(start, end, state[:, WALL_X], door, thick, half) for door in doors]
        return np.min(ways, 0)

    def _rooms(self, rng: np.random.Generator, n: int, *, evaluation: bool) -> np.ndarray:
        """[n, S] states without a dot yet."""
        state = np.zeros((n, 6), np.float32)
        state[:, WALL_X], state[:, DOOR_Y] = FIXED_WALL, FIXED_DOOR
        if self.layout == "random":
            wall, door = np.meshgrid(WALLS, DOORS, indexing="ij")
            kept = held_out(wall, door) == evaluation
            pick = rng.integers(0, kept.sum(), n)
            state[:, WALL_X], state[:, DOOR_Y] = wall[kept][pick], door[kept][pick]
        if self.change == "door-moved":
            state[:, DOOR_Y] = rng.choice(OUTSIDE, n) if self.layout == "random" else SIZE - FIXED_DOOR
        state[:, TEXTURE] = rng.integers(0, 2**23, n)
        state[:, TICK] = rng.integers(0, 2**20, n)
        return state

    def _placed(self, rng: np.random.Generator, rooms: np.ndarray, side: np.ndarray | None) -> np.ndarray:
        """The dot put anywhere free; `side` [n] of 0 (left) or 1 (right) keeps each clear of the wall, on its side."""
        state = rooms.copy()
        todo = np.arange(len(rooms))
        while len(todo):
            tried = rng.uniform(0, SIZE, (len(todo), 2)).astype(np.float32)
            ok = self.is_free(tried, rooms[todo])
            if side is not None:
                gap = tried[:, 0] - rooms[todo, WALL_X]
                ok &= (np.abs(gap) >= WALL_HALF + RADIUS) & ((gap > 0) == (side[todo] == 1))
            state[todo[ok], :2] = tried[ok]
            todo = todo[~ok]
        return state

    def _layout(self, state: np.ndarray) -> np.ndarray:
        """[N]: the row of each copy's layout in `_rooms`."""
        if self.layout == "fixed":
            return (state[:, DOOR_Y] != FIXED_DOOR).astype(int)
        wall, door = state[:, WALL_X].astype(int), state[:, DOOR_Y].astype(int)
        return (wall - WALLS[0]) * len(_DRAWN_DOORS) + door - _DRAWN_DOORS[0]


def second_door(door: np.ndarray) -> np.ndarray:
    """Where the second door of `second-door` is: in the other half of the wall."""
    return np.where(door < SIZE / 2, door + 24, door - 24)


def walls(wall_x: float, door_y: float, change: str = "") -> np.ndarray:
    """bool [64, 64]: the outer wall, and the wall between the rooms with its door."""
    centre = np.arange(SIZE) + 0.5
    outer = (centre < BORDER) | (centre > SIZE - BORDER)
    column = np.abs(centre - wall_x) < WALL_HALF
    closed = np.abs(centre - door_y) > DOOR_HALF
    if change == "second-door":
        closed &= np.abs(centre - second_door(np.array(door_y))) > DOOR_HALF
    if change == "no-wall":
        closed[:] = False
    return outer[:, None] | outer[None, :] | (closed[:, None] & column[None, :])


@lru_cache(maxsize=16)
def _rooms(layout: str, change: str) -> tuple[np.ndarray, np.ndarray]:
    """Every layout drawn once: its picture [L, 64, 64, 3] uint8, and the same with 255 on open floor, 0 on walls."""
    if layout == "fixed":
        layouts = [(FIXED_WALL, FIXED_DOOR), (FIXED_WALL, SIZE - FIXED_DOOR)]
    else:
        layouts = [(float(x), float(y)) for x in WALLS for y in _DRAWN_DOORS]
    solid = np.stack([walls(float(x), float(y), change) for x, y in layouts])
    floor = np.where(solid[..., None], np.uint8(0), np.full(3, 255, np.uint8))
    return np.where(solid[..., None], WALL, FLOOR), floor
