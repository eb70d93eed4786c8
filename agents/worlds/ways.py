"""The shortest way between two places of two rooms, exactly."""

from __future__ import annotations

import numpy as np

ROUNDS = 12
"""Of tightening a string; after three it hardly moves."""


def through_door(
    start: np.ndarray, goal: np.ndarray, wall: np.ndarray, door: np.ndarray, thick: float, open_half: float
) -> np.ndarray:
    """[N] pixels from `start` to `goal` [N, 2] past a wall of half-thickness `thick` at x = `wall` [N], with one opening of
    `open_half` to either side of y = `door` [N].

    A string is laid through the opening and tightened: where it enters and where it leaves are moved in turn to the best
    place. Its length is a convex function of both, so this ends at the shortest.
    """
    right = np.sign(goal[:, 0] - start[:, 0] + 1e-9)
    low, high = door - open_half, door + open_half
    near, far = wall - right * thick, wall + right * thick
    enters = (near - start[:, 0]) * (near - goal[:, 0]) < 0
    leaves = (far - start[:, 0]) * (far - goal[:, 0]) < 0
    first, last = np.where(enters[:, None], 0, start), np.where(leaves[:, None], 0, goal)
    first[enters, 0], last[leaves, 0] = near[enters], far[leaves]
    first[enters, 1], last[leaves, 1] = door[enters], door[leaves]
    for _ in range(ROUNDS):
        first[:, 1] = np.where(enters, np.clip(_crossing(start, last, near), low, high), first[:, 1])
        last[:, 1] = np.where(leaves, np.clip(_crossing(first, goal, far), low, high), last[:, 1])
    legs = (first - start, last - first, goal - last)
    return sum((np.linalg.norm(leg, axis=1) for leg in legs), np.zeros(len(start)))


def _crossing(one: np.ndarray, other: np.ndarray, x: np.ndarray) -> np.ndarray:
    """[N]: where the line from `one` to `other` [N, 2] meets the column `x` [N]."""
    run = other[:, 0] - one[:, 0]
    share = (x - one[:, 0]) / np.where(np.abs(run) < 1e-9, 1.0, run)
    return one[:, 1] + share * (other[:, 1] - one[:, 1])
