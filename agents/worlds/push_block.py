"""Push a block: a round agent pushes a square block to a place and must leave it there.

All positions are pixels (x, y) of the 64 x 64 frame, y down. Nothing glides: the block moves only while it is pushed.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from agents.worlds.base import Policy, World
from agents.worlds.drawing import SIZE, draw_box, draw_disc

SPEED = 3.0
"""Pixels an action of length 1 moves the agent."""
RADIUS = 3.0
"""Of the agent."""
HALF = 4.5
"""Half the block's side."""
REACH = 4.0
"""Pixels from its goal at which the block counts as there."""
BORDER = 2.0
"""Thickness of the outer wall."""
GUTTER = 7.0
"""The agent can always step behind the block: the block stays on a mat this far from the wall, so that it is never
stuck in a corner."""
FAR = 14.0
"""Pixels that a task's block lies from its goal, at least."""
PULL = 0.1
"""What a pixel between agent and block counts in `target`, against a pixel between block and goal."""

FLOOR = np.array([203, 213, 225], np.uint8)
MAT = np.array([241, 245, 249], np.uint8)
WALL = np.array([51, 65, 85], np.uint8)
ORANGE = np.array([234, 88, 12], np.uint8)
BLUE = np.array([37, 99, 235], np.uint8)

AGENT, BLOCK = slice(0, 2), slice(2, 4)
"""Columns of a state."""
AGENT_LOW, AGENT_HIGH = BORDER + RADIUS, SIZE - BORDER - RADIUS
BLOCK_LOW, BLOCK_HIGH = BORDER + GUTTER + HALF, SIZE - BORDER - GUTTER - HALF
_EDGE = 1e-3
"""Contact is being nearer than this to touching."""


class PushBlock(World):
    """The goal's frame shows the block at its goal and the agent beside it, on the side it would have pushed from."""

    name = "push-block"
    action_size = 2
    max_steps = 80
    hold = 5
    rule = f"the block within {REACH:g} px of its goal for 5 steps in a row, in 80 steps"

    def sample_starts(self, rng: np.random.Generator, n: int) -> np.ndarray:
        block = rng.uniform(BLOCK_LOW, BLOCK_HIGH, (n, 2))
        return np.concatenate([_beside(rng, block), block], 1).astype(np.float32)

    def sample_tasks(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        """The block lies at least 14 pixels from its goal."""
        start, goal = self.sample_starts(rng, n), np.zeros((n, 4), np.float32)
        todo = np.arange(n)
        while len(todo):
            goal[todo, BLOCK] = rng.uniform(BLOCK_LOW, BLOCK_HIGH, (len(todo), 2))
            todo = todo[np.linalg.norm(goal[todo, BLOCK] - start[todo, BLOCK], axis=1) < FAR]
        # the agent stands where it would after a push along the longer way: against that face of the block
        way = goal[:, BLOCK] - start[:, BLOCK]
        along = np.abs(way) == np.abs(way).max(1, keepdims=True)
        goal[:, AGENT] = goal[:, BLOCK] - along * np.sign(way) * (HALF + RADIUS + 1)
        return start, goal

    def step(self, state: np.ndarray, action: np.ndarray) -> np.ndarray:
        """An action longer than 1 is cut to length 1. The agent moves in two halves; where it would overlap the block,
        the block gives way along the line from the agent to the nearest point of it (a face is pushed squarely), and
        where the block can't, at the mat's edge, the agent is held back. A move that still can't be made is not."""
        length = np.linalg.norm(action, axis=-1, keepdims=True)
        shift = (0.5 * SPEED * action / np.maximum(length, 1.0)).astype(np.float32)
        for _ in range(2):
            state = _move(state, shift)
        return state

    def observe(self, state: np.ndarray) -> np.ndarray:
        """Over 100,000 frames a second on one thread."""
        frames = np.repeat(_room()[None], len(state), 0)
        draw_box(frames, state[:, BLOCK], BLUE, (HALF, HALF))
        draw_disc(frames, state[:, AGENT], ORANGE, RADIUS)
        return frames

    def facts(self, state: np.ndarray) -> dict[str, np.ndarray]:
        """`contact`: 1 where the agent touches the block."""
        touching = _overlap(state[:, AGENT], state[:, BLOCK])[0] > -_EDGE
        return {
            "position": state[:, AGENT],
            "block": state[:, BLOCK],
            "contact": touching[:, None].astype(np.float32),
        }

    def target(self, state: np.ndarray) -> np.ndarray:
        """Where the block is, and a tenth of the way from the agent to it, [N, 3]: a planner whose agent is far away
        would see no difference between one plan and the next without that pull."""
        gap = np.linalg.norm(state[..., AGENT] - state[..., BLOCK], axis=-1, keepdims=True)
        return np.concatenate([state[..., BLOCK], PULL * gap], -1)

    def reached(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        return np.linalg.norm(state[:, BLOCK] - goal[:, BLOCK], axis=-1) <= REACH

    def behaviour(self, rng: np.random.Generator, n: int) -> Policy:
        """Holds a direction for 2 to 8 steps; six times of ten it is towards a place on or about the block, so that
        the block is pushed often and from all sides."""
        held = np.zeros((n, 2), np.float32)
        left = np.zeros(n, int)

        def act(state: np.ndarray) -> np.ndarray:
            nonlocal held, left
            aim = state[:, BLOCK] + rng.normal(0, 6, (n, 2)) - state[:, AGENT]
            direction = np.where(rng.random((n, 1)) < 0.6, aim, rng.normal(size=(n, 2)))
            direction *= rng.uniform(0.3, 1, (n, 1)) / np.maximum(
                np.linalg.norm(direction, axis=1, keepdims=True), 1e-6
            )
            renew = left == 0
            held = np.where(renew[:, None], direction, held).astype(np.float32)
            left = np.where(renew, rng.integers(2, 9, n), left) - 1
            return np.clip(held + rng.normal(0, 0.1, (n, 2)), -1, 1).astype(np.float32)

        return act

    def straight(self, state: np.ndarray, goal: np.ndarray) -> np.ndarray:
        """Straight for the block's goal, pushing whatever is in the way."""
        gap = goal[:, BLOCK] - state[:, AGENT]
        return gap / np.maximum(np.linalg.norm(gap, axis=-1, keepdims=True), 1.0)

    def swapped(self, goals: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """[N, S], N >= 2. What who pursues them still scores is the share of passing hits and of goals that lie close
        together."""
        order = rng.permutation(len(goals))
        wrong = np.empty_like(goals)
        wrong[order] = goals[np.roll(order, 1)]
        return wrong


def _overlap(agent: np.ndarray, block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth [N] in pixels by which the disc reaches into the square (negative: the gap between them), and the
    direction [N, 2] in which the square gives way. Half a step is shorter than the disc's radius, so its centre never
    gets into the square."""
    offset = agent - block
    away = offset - np.clip(offset, -HALF, HALF)
    gap = np.linalg.norm(away, axis=1)
    return RADIUS - gap, -away / np.maximum(gap, 1e-6)[:, None]


def _move(state: np.ndarray, shift: np.ndarray) -> np.ndarray:
    agent = np.clip(state[:, AGENT] + shift, AGENT_LOW, AGENT_HIGH)
    depth, direction = _overlap(agent, state[:, BLOCK])
    block = state[:, BLOCK] + np.maximum(depth, 0)[:, None] * direction
    block = np.clip(block, BLOCK_LOW, BLOCK_HIGH)
    depth, direction = _overlap(agent, block)
    agent = np.clip(agent - np.maximum(depth, 0)[:, None] * direction, AGENT_LOW, AGENT_HIGH)
    legal = _overlap(agent, block)[0] <= _EDGE
    return np.where(legal[:, None], np.concatenate([agent, block], 1), state).astype(np.float32)


def _beside(rng: np.random.Generator, block: np.ndarray) -> np.ndarray:
    """Places [N, 2] for the agent, anywhere clear of the block."""
    agent = np.zeros_like(block)
    todo = np.arange(len(block))
    while len(todo):
        agent[todo] = rng.uniform(AGENT_LOW, AGENT_HIGH, (len(todo), 2))
        todo = todo[_overlap(agent[todo], block[todo])[0] > 0]
    return agent


@lru_cache(maxsize=1)
def _room() -> np.ndarray:
    """The empty room, [64, 64, 3] uint8."""
    edge = np.minimum(np.arange(SIZE), np.arange(SIZE)[::-1])
    depth = np.minimum(edge[:, None], edge[None, :])[..., None]
    return np.where(depth < BORDER, WALL, np.where(depth < BORDER + GUTTER, FLOOR, MAT))
