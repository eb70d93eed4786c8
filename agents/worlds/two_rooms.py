"""Two rooms, one door: a dot must find its way to the other side.

The functions `move` and `render` are the whole world and work on batches; `TwoRooms` is the same
world as a Gymnasium environment. All positions are pixels (x, y) of the 64 x 64 frame, y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import gymnasium as gym
import numpy as np

SIZE = 64
SPEED = 3.0
"""Pixels an action of length 1 moves the dot."""
RADIUS = 2.5
"""Pixels the dot keeps from every wall."""
REACH = 4.0
"""Pixels from the goal that count as reached."""

BACKGROUND = np.array([238, 241, 246], np.float32)
WALL = np.array([51, 65, 85], np.float32)
DOT = np.array([234, 88, 12], np.float32)


@dataclass(frozen=True)
class Layout:
    """Where the wall stands and where its door is."""

    wall_x: float = 32.0
    """Middle of the wall."""
    wall_half: float = 2.0
    """Half its thickness."""
    door_y: float = 20.0
    """Middle of the door."""
    door_half: float = 6.0
    """Half the opening, as drawn."""
    border: float = 2.0
    """Thickness of the outer wall."""

    def is_free(self, pos: np.ndarray) -> np.ndarray:
        """`pos` [..., 2] -> bool [...]: whether the dot's centre may be there."""
        x, y = pos[..., 0], pos[..., 1]
        low, high = self.border + RADIUS, SIZE - self.border - RADIUS
        inside = (x >= low) & (x <= high) & (y >= low) & (y <= high)
        in_wall = np.abs(x - self.wall_x) < self.wall_half + RADIUS
        in_door = np.abs(y - self.door_y) <= self.door_half - RADIUS
        return inside & (~in_wall | in_door)


def move(pos: np.ndarray, action: np.ndarray, layout: Layout) -> np.ndarray:
    """`pos` [N, 2] float32, `action` [N, 2] -> new positions [N, 2].

    An action longer than 1 is cut to length 1. A dot that would enter a wall slides along it: the
    move is tried whole, then in x alone, then in y alone, then not at all.
    """
    length = np.linalg.norm(action, axis=-1, keepdims=True)
    step = SPEED * action / np.maximum(length, 1.0)
    new = pos.copy()
    stuck = np.ones(len(pos), bool)
    for mask in ([1.0, 1.0], [1.0, 0.0], [0.0, 1.0]):
        tried = pos + step * np.array(mask, pos.dtype)
        ok = stuck & layout.is_free(tried)
        new[ok] = tried[ok]
        stuck &= ~ok
    return new


@lru_cache(maxsize=64)
def background(layout: Layout) -> np.ndarray:
    """The room without its dot, [64, 64, 3] float32."""
    frame = np.broadcast_to(BACKGROUND, (SIZE, SIZE, 3)).copy()
    centre = np.arange(SIZE) + 0.5
    outer = (centre < layout.border) | (centre > SIZE - layout.border)
    column = np.abs(centre - layout.wall_x) < layout.wall_half
    closed = np.abs(centre - layout.door_y) > layout.door_half
    solid = outer[:, None] | outer[None, :] | (closed[:, None] & column[None, :])
    frame[solid] = WALL
    return frame


_SUB = 8
_REACH = 4
"""The dot's sprite spans 2 * _REACH + 1 pixels, drawn at _SUB x _SUB offsets below the pixel."""


@lru_cache(maxsize=1)
def _sprites() -> np.ndarray:
    """Opacity of a disc with a soft edge, [_SUB * _SUB, 9, 9] float32 in [0, 1]."""
    offset = (np.arange(_SUB) + 0.5) / _SUB
    pixel = np.arange(-_REACH, _REACH + 1) + 0.5
    dy = pixel[None, None, :, None] - offset[:, None, None, None]
    dx = pixel[None, None, None, :] - offset[None, :, None, None]
    alpha = np.clip(RADIUS + 0.5 - np.hypot(dx, dy), 0, 1)
    return alpha.reshape(_SUB * _SUB, 2 * _REACH + 1, 2 * _REACH + 1).astype(np.float32)


def render(pos: np.ndarray, layout: Layout) -> np.ndarray:
    """`pos` [N, 2] -> frames [N, 64, 64, 3] uint8, the dot placed to an eighth of a pixel.

    A copy of the background and one small patch a frame: over 100,000 frames a second on one thread.
    """
    n, side = len(pos), 2 * _REACH + 1
    room = background(layout)
    frames = np.empty((n, SIZE, SIZE, 3), np.uint8)
    frames[:] = room.astype(np.uint8)
    cell = np.floor(pos).astype(np.int64)
    sub = np.clip(((pos - cell) * _SUB).astype(np.int64), 0, _SUB - 1)
    alpha = _sprites()[sub[:, 1] * _SUB + sub[:, 0]][..., None]
    rows = np.clip(cell[:, 1, None] + np.arange(-_REACH, _REACH + 1), 0, SIZE - 1)
    cols = np.clip(cell[:, 0, None] + np.arange(-_REACH, _REACH + 1), 0, SIZE - 1)
    index = rows[:, :, None] * SIZE + cols[:, None, :]
    patch = room.reshape(-1, 3)[index]
    patch += alpha * (DOT - patch)
    flat = frames.reshape(n, SIZE * SIZE, 3)
    flat[np.arange(n)[:, None], index.reshape(n, side * side)] = patch.reshape(n, side * side, 3).astype(
        np.uint8
    )
    return frames


def sample_free(
    rng: np.random.Generator, n: int, layout: Layout, room: np.ndarray | None = None
) -> np.ndarray:
    """`n` free positions [n, 2]; `room` [n] of 0 (left) or 1 (right) keeps each clear of the wall, on its side."""
    out = np.empty((n, 2), np.float32)
    todo = np.arange(n)
    while len(todo):
        tried = rng.uniform(0, SIZE, (len(todo), 2)).astype(np.float32)
        ok = layout.is_free(tried)
        if room is not None:
            clear = np.abs(tried[:, 0] - layout.wall_x) >= layout.wall_half + RADIUS
            ok &= clear & ((tried[:, 0] > layout.wall_x) == (room[todo] == 1))
        out[todo[ok]] = tried[ok]
        todo = todo[~ok]
    return out


def sample_task(rng: np.random.Generator, n: int, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Starts and goals, each [n, 2], always in different rooms."""
    room = rng.integers(0, 2, n)
    return sample_free(rng, n, layout, room), sample_free(rng, n, layout, 1 - room)


@dataclass(frozen=True)
class TwoRoomsSimulator:
    """The world as batched functions of its true state, the dot's position [N, 2]. See `agents.worlds.Simulator`."""

    layout: Layout = Layout()
    action_size: int = 2
    max_steps: int = 60
    rule: str = f"within {REACH:g} px of the goal at any of 60 steps, goal in the other room"

    def sample_starts(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return sample_free(rng, n, self.layout)

    def sample_tasks(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        return sample_task(rng, n, self.layout)

    def step(self, state: np.ndarray, action: np.ndarray) -> np.ndarray:
        return move(state, action, self.layout)

    def render(self, state: np.ndarray) -> np.ndarray:
        return render(state, self.layout)

    def reached(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        return np.linalg.norm(state - goal, axis=-1) <= REACH


class TwoRooms(gym.Env):
    """Observation: the frame [64, 64, 3] uint8. Action: (dx, dy) in [-1, 1], at most 3 px a step.

    Reward 1 and termination when the dot is within 4 px of the goal, which lies in the other room.
    `info` holds the hidden facts for probes and referees only: `position`, `goal_position` and the
    `goal` frame, which is the dot drawn at the goal.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 15}  # noqa: RUF012 (Gymnasium's own form)

    def __init__(self, layout: Layout | None = None, render_mode: str | None = None):
        self.layout = layout or Layout()
        self.render_mode = render_mode
        self.observation_space = gym.spaces.Box(0, 255, (SIZE, SIZE, 3), np.uint8)
        self.action_space = gym.spaces.Box(-1.0, 1.0, (2,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        super().reset(seed=seed)
        self.position, self.goal_position = sample_task(self.np_random, 1, self.layout)
        return self.render(), self._info()

    def step(self, action):
        self.position = move(self.position, np.asarray(action, np.float32)[None], self.layout)
        reached = bool(np.linalg.norm(self.position - self.goal_position) <= REACH)
        return self.render(), float(reached), reached, False, self._info()

    def render(self):
        return render(self.position, self.layout)[0]

    def _info(self) -> dict[str, Any]:
        return {
            "position": self.position[0].copy(),
            "goal_position": self.goal_position[0].copy(),
            "goal": render(self.goal_position, self.layout)[0],
        }


gym.register("orrery/TwoRooms-v0", entry_point="agents.worlds.two_rooms:TwoRooms", max_episode_steps=100)
