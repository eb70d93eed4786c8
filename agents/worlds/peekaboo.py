"""Peekaboo: a ball flies behind screens, and a slow paddle must already be where it comes out.

All positions are pixels (x, y) of the 64 x 64 frame, y down. The ball bounces off the rails above and below, off the
left edge and off a solid wall, without loss. A wall stands behind the middle of a screen and sticks out above it and
below, so that a ball which goes in comes out on the same side.
"""

from __future__ import annotations

import numpy as np

from agents.worlds.base import Policy, World
from agents.worlds.behaviour import walk_or_hold
from agents.worlds.drawing import SIZE, draw_box, draw_disc

TOP, BOTTOM = 8, 56
"""Rows between which the ball flies."""
PADDLE_X, PADDLE_HALF, PADDLE_SPEED = 56.0, 4.5, 0.8
"""The paddle's column, half its length, and pixels a step: too slow to wait until the ball comes out."""
FRONT = PADDLE_X - 1.5
"""Where the ball meets the paddle."""
WALL_HALF = 2.0
"""Half the thickness of a solid wall."""
RADII = np.array([2.5, 3.25, 4.0], np.float32)
COLOURS = np.array([[234, 88, 12], [37, 99, 235], [22, 163, 74], [162, 28, 175]], np.uint8)
"""What balls there are: three sizes, four colours."""
SPEEDS_X, SPEEDS_Y = (1.2, 2.0), (0.5, 2.2)
"""Pixels a step, either way up or down."""
ONE_WIDTH, TWO_WIDTH, GAP = (16, 28), (11, 13), 5
"""Columns that the only screen covers, or each of two, from and to; and columns between two, at least."""
LEFT, END, WALLED_END = 12, (43, 46), (30, 40)
"""Where screens begin at the earliest, and where the last one ends: near the paddle, but leaving room to be caught in;
further off where there is a wall."""
SPREAD = 8.0
"""Pixels from the middle that a task's paddle starts at, at most."""
WALLED, EMPTY = 0.2, 0.05
"""Shares of the recorded episodes with a solid wall, and with no ball at all."""

FLOOR = np.array([241, 245, 249], np.uint8)
RAIL = np.array([148, 163, 184], np.uint8)
SCREEN = np.array([51, 65, 85], np.uint8)
BRICK = np.array([185, 28, 28], np.uint8)
PADDLE = np.array([15, 23, 42], np.uint8)

(BALL_X, BALL_Y, SPEED_X, SPEED_Y, RADIUS, COLOUR, PRESENT, PADDLE_Y, CAUGHT, SEEN_Y, WALL,
 FIRST, FIRST_END, SECOND, SECOND_END) = range(15)  # fmt: skip
"""Columns of a state. SEEN_Y: where the ball last showed. WALL: its middle, 0 for none. FIRST to FIRST_END, SECOND to
SECOND_END: the columns that screens cover, end excluded; 0 to 0 for none."""
SIZE_OF_STATE = 15
_LOW, _HIGH = TOP + PADDLE_HALF, BOTTOM - PADDLE_HALF


class Peekaboo(World):
    """What is caught sticks to the paddle; what is missed comes to rest at the right edge: both can be seen.

    A goal shows a ball caught, at a height that has nothing to do with the task's: where to catch it is for the
    agent to find out.
    """

    name = "peekaboo"
    action_size = 1
    max_steps = 48
    rule = f"the ball's centre within {PADDLE_HALF:g} px of the paddle's as it reaches its column, within 48 steps"

    def sample_starts(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Balls anywhere in view, a fifth of them before or beyond a solid wall; one scene in twenty has no ball."""
        state = self.scene(rng, n, rng.random(n) < WALLED)
        state[:, PRESENT] = rng.random(n) >= EMPTY
        todo = np.arange(n)
        while len(todo):
            row = state[todo]
            low, high = row[:, RADIUS], FRONT - row[:, RADIUS] - 1
            row[:, BALL_X] = rng.uniform(low, high)
            walled = row[:, WALL] > 0
            row[:, SPEED_X] = np.abs(row[:, SPEED_X]) * np.where(
                walled & (row[:, BALL_X] > row[:, WALL]), -1, 1
            )
            state[todo] = row
            todo = todo[(_covered(row) > 0) & (row[:, PRESENT] > 0)]
        state[:, SEEN_Y] = state[:, BALL_Y]
        return state

    def sample_tasks(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        """The ball starts at the left edge, before the first screen, and there is no wall."""
        start = self.scene(rng, n, np.zeros(n, bool))
        start[:, BALL_X] = start[:, RADIUS] + rng.uniform(0, 2, n)
        start[:, PADDLE_Y] = (TOP + BOTTOM) / 2 + rng.uniform(-SPREAD, SPREAD, n)
        start[:, SEEN_Y] = start[:, BALL_Y]
        goal = start.copy()
        goal[:, PADDLE_Y] = rng.uniform(_LOW, _HIGH, n)
        goal[:, CAUGHT] = 1
        goal[:, BALL_X], goal[:, BALL_Y] = FRONT - goal[:, RADIUS], goal[:, PADDLE_Y]
        return start, goal

    def step(self, state: np.ndarray, action: np.ndarray) -> np.ndarray:
        """The action's one number moves the paddle down (or up), at most 0.8 pixels."""
        new = state.copy()
        move = PADDLE_SPEED * np.clip(action[:, 0], -1, 1)
        new[:, PADDLE_Y] = np.clip(state[:, PADDLE_Y] + move, _LOW, _HIGH)
        caught, radius = state[:, CAUGHT] > 0, state[:, RADIUS]
        new[:, BALL_X], new[:, SPEED_X] = _fly_x(state)
        new[:, BALL_Y], new[:, SPEED_Y] = _bounce(
            state[:, BALL_Y] + state[:, SPEED_Y], state[:, SPEED_Y], TOP + radius, BOTTOM - radius
        )
        rests = state[:, BALL_X] >= SIZE - radius
        new[rests, BALL_Y] = state[rests, BALL_Y]
        front = FRONT - radius
        meets = (state[:, BALL_X] < front) & (new[:, BALL_X] >= front) & (state[:, PRESENT] > 0)
        meets &= np.abs(new[:, BALL_Y] - new[:, PADDLE_Y]) <= PADDLE_HALF
        new[:, CAUGHT] = caught | meets
        new[:, BALL_X] = np.where(caught | meets, front, new[:, BALL_X])
        new[caught, BALL_Y] = state[caught, BALL_Y] + (new[:, PADDLE_Y] - state[:, PADDLE_Y])[caught]
        new[:, SEEN_Y] = np.where(_covered(new) >= 1, state[:, SEEN_Y], new[:, BALL_Y])
        return new

    def observe(self, state: np.ndarray) -> np.ndarray:
        column = np.arange(SIZE) + 0.5
        behind = _screened(state)
        middle = np.where(behind[..., None], SCREEN, FLOOR)
        brick = (np.abs(column - state[:, WALL : WALL + 1]) < WALL_HALF) & (state[:, WALL : WALL + 1] > 0)
        rail = np.where(brick[..., None], BRICK, RAIL)
        frames = np.empty((len(state), SIZE, SIZE, 3), np.uint8)
        frames[:, :TOP] = frames[:, BOTTOM:] = rail[:, None]
        frames[:, TOP:BOTTOM] = middle[:, None]
        paddle = np.stack([np.full(len(state), PADDLE_X, np.float32), state[:, PADDLE_Y]], 1)
        draw_box(frames, paddle, PADDLE, (1.5, PADDLE_HALF))
        shown = (~behind & (state[:, PRESENT : PRESENT + 1] > 0)).astype(np.float32)
        colour = COLOURS[state[:, COLOUR].astype(int)]
        draw_disc(frames, state[:, BALL_X : BALL_Y + 1], colour, state[:, RADIUS], shown)
        return frames

    def facts(self, state: np.ndarray) -> dict[str, np.ndarray]:
        """`position` is the paddle's. `hidden`: 1 where there is a ball and no pixel of it shows. `covered`: the share of its width
        that a screen covers. `colour`: red, green, blue in [0, 1]."""
        column = {"radius": RADIUS, "present": PRESENT, "caught": CAUGHT, "wall": WALL, "seen_y": SEEN_Y}
        covered = _covered(state)[:, None]
        return {
            "position": np.stack([np.full(len(state), PADDLE_X, np.float32), state[:, PADDLE_Y]], 1),
            "ball": state[:, BALL_X : BALL_Y + 1],
            "velocity": state[:, SPEED_X : SPEED_Y + 1],
            "covered": covered,
            "hidden": ((covered >= 1) & (state[:, PRESENT : PRESENT + 1] > 0)).astype(np.float32),
            "colour": COLOURS[state[:, COLOUR].astype(int)].astype(np.float32) / 255,
            **{name: state[:, at : at + 1] for name, at in column.items()},
        }

    def target(self, state: np.ndarray) -> np.ndarray:
        """How far the paddle is above or below the ball, and how far the ball has still to fly to be caught, [N, 2].
        Both are 0 in every goal, and both are near 0 only when the ball meets the paddle."""
        gap = state[..., BALL_Y] - state[..., PADDLE_Y]
        away = np.abs(FRONT - state[..., RADIUS] - state[..., BALL_X])
        caught = state[..., CAUGHT] > 0
        return np.stack([np.where(caught, 0, gap), np.where(caught, 0, away)], -1)

    def reached(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        """Caught; which goal it is doesn't matter."""
        return state[:, CAUGHT] > 0

    def behaviour(self, rng: np.random.Generator, n: int) -> Policy:
        return walk_or_hold(rng, n, 1)

    def straight(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        """Follows the ball's height while it shows, and waits at the place where it was last seen: no memory of how
        it flew."""
        return np.clip((state[:, SEEN_Y] - state[:, PADDLE_Y]) / PADDLE_SPEED, -1, 1)[:, None].astype(
            np.float32
        )

    def scene(self, rng: np.random.Generator, n: int, walled: np.ndarray) -> np.ndarray:
        """[n, S]: screens, paddle and ball, all but the ball's x. One screen or two; one where `walled` [n]."""
        state = np.zeros((n, SIZE_OF_STATE), np.float32)
        two = (rng.random(n) < 0.5) & ~walled
        end = np.where(
            walled, rng.integers(WALLED_END[0], WALLED_END[1] + 1, n), rng.integers(END[0], END[1] + 1, n)
        )
        width = rng.integers(ONE_WIDTH[0], ONE_WIDTH[1] + 1, n)
        # even: the wall stands exactly in the middle
        width = np.where(walled, ONE_WIDTH[0] + width % 2 * 2, width)
        left, right = rng.integers(TWO_WIDTH[0], TWO_WIDTH[1] + 1, (2, n))
        gap = rng.integers(GAP, np.maximum(end - LEFT - left - right, GAP) + 1)
        state[:, FIRST] = end - np.where(two, left + gap + right, width)
        state[:, FIRST_END] = state[:, FIRST] + np.where(two, left, width)
        state[:, SECOND], state[:, SECOND_END] = np.where(two, end - right, 0), np.where(two, end, 0)
        state[:, WALL] = np.where(walled, end - width / 2, 0)
        state[:, RADIUS] = rng.choice(RADII, n)
        state[:, COLOUR] = rng.integers(0, len(COLOURS), n)
        state[:, PRESENT] = 1
        state[:, SPEED_X] = rng.uniform(*SPEEDS_X, n)
        state[:, SPEED_Y] = rng.uniform(*SPEEDS_Y, n) * rng.choice([-1, 1], n)
        state[:, BALL_Y] = rng.uniform(TOP + state[:, RADIUS], BOTTOM - state[:, RADIUS])
        state[:, PADDLE_Y] = rng.uniform(_LOW, _HIGH, n)
        return state


def _bounce(
    place: np.ndarray, speed: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What flew past `low` or `high` is as far on this side of it, and flies the other way."""
    turned = np.where(place < low, 2 * low - place, np.where(place > high, 2 * high - place, place))
    return turned, np.where((place < low) | (place > high), -speed, speed)


def _fly_x(state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ball's next x and its speed, with nothing to catch it: a wall turns it, the right edge stops it."""
    x, radius, wall = state[:, BALL_X], state[:, RADIUS], state[:, WALL]
    before, beyond = (wall > 0) & (x < wall), (wall > 0) & (x > wall)
    low = np.where(beyond, wall + WALL_HALF + radius, radius)
    high = np.where(before, wall - WALL_HALF - radius, np.inf)
    place, speed = _bounce(x + state[:, SPEED_X], state[:, SPEED_X], low, high)
    return np.minimum(place, SIZE - radius), speed


def _screened(state: np.ndarray) -> np.ndarray:
    """bool [N, 64]: columns that a screen covers."""
    column = np.arange(SIZE) + 0.5
    first = (column > state[:, FIRST : FIRST + 1]) & (column < state[:, FIRST_END : FIRST_END + 1])
    return first | (column > state[:, SECOND : SECOND + 1]) & (column < state[:, SECOND_END : SECOND_END + 1])


def _covered(state: np.ndarray) -> np.ndarray:
    """[N] in [0, 1]: the share of the ball's width, its soft edge included, that screens cover."""
    reach = state[:, RADIUS] + 0.5
    left, right = state[:, BALL_X] - reach, state[:, BALL_X] + reach
    first = np.minimum(right, state[:, FIRST_END]) - np.maximum(left, state[:, FIRST])
    second = np.minimum(right, state[:, SECOND_END]) - np.maximum(left, state[:, SECOND])
    return ((np.maximum(first, 0) + np.maximum(second, 0)) / (2 * reach)).astype(np.float32)
