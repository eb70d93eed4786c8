"""Fast drawing for many frames at once: discs and boxes at fractions of a pixel, and textures that are functions of a seed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

SIZE = 64
"""Height and width of every frame, in pixels."""
_SUB = 8
"""A sprite is drawn at _SUB x _SUB offsets below the pixel, once."""


def draw_disc(
    frames: np.ndarray,
    pos: np.ndarray,
    colour: np.ndarray,
    radius: float | np.ndarray,
    open_columns: np.ndarray | None = None,
) -> None:
    """Onto `frames` [N, 64, 64, 3] uint8 (C-contiguous), in place, a disc at `pos` [N, 2] (x, y in pixels, y down).

    `colour` [3], or [N, 3] for one each; `radius` in pixels, or [N] of a few different ones. Where `open_columns`
    [N, 64] float32 is 0, something stands before the disc and nothing is drawn.
    """
    if isinstance(radius, np.ndarray):
        sizes, which = np.unique(radius, return_inverse=True)
        reach = _reach(float(sizes[-1]))
        bank = np.stack([_disc(float(size), reach) for size in sizes])
        _stamp(frames, pos, colour, bank.reshape(-1, *bank.shape[2:]), which * _SUB * _SUB, open_columns)
    else:
        _stamp(frames, pos, colour, _disc(radius, _reach(radius)), 0, open_columns)


def draw_box(frames: np.ndarray, pos: np.ndarray, colour: np.ndarray, half: tuple[float, float]) -> None:
    """Like `draw_disc`, an upright rectangle with its centre at `pos`, `half` as wide and as high on each side."""
    _stamp(frames, pos, colour, _box(*half), 0, None)


def _reach(radius: float) -> int:
    """Whole pixels from the centre's to the furthest that a shape with an edge half a pixel soft can touch."""
    return int(np.ceil(radius))


def _offsets(reach_x: int, reach_y: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances of pixel centres from the sprite's centre in x and in y, for every offset below the pixel."""
    offset = (np.arange(_SUB) + 0.5) / _SUB
    x, y = np.arange(-reach_x, reach_x + 1) + 0.5, np.arange(-reach_y, reach_y + 1) + 0.5
    return x[None, None, None, :] - offset[None, :, None, None], y[None, None, :, None] - offset[
        :, None, None, None
    ]


@lru_cache(maxsize=64)
def _disc(radius: float, reach: int) -> np.ndarray:
    """Opacity of a disc with a soft edge, [_SUB * _SUB, 2 reach + 1, 2 reach + 1] float32 in [0, 1]."""
    dx, dy = _offsets(reach, reach)
    alpha = np.clip(radius + 0.5 - np.hypot(dx, dy), 0, 1)
    return alpha.reshape(_SUB * _SUB, *alpha.shape[2:]).astype(np.float32)


@lru_cache(maxsize=16)
def _box(half_width: float, half_height: float) -> np.ndarray:
    """Opacity of a rectangle, the share of each pixel that it covers."""
    dx, dy = _offsets(_reach(half_width), _reach(half_height))
    alpha = np.clip(half_width + 0.5 - np.abs(dx), 0, 1) * np.clip(half_height + 0.5 - np.abs(dy), 0, 1)
    return alpha.reshape(_SUB * _SUB, *alpha.shape[2:]).astype(np.float32)


def _stamp(
    frames: np.ndarray,
    pos: np.ndarray,
    colour: np.ndarray,
    sprites: np.ndarray,
    first: int | np.ndarray,
    open_columns: np.ndarray | None,
) -> None:
    """One of `sprites` [., h, w] onto each frame; `first` is the row of its first offset. h and w are odd."""
    n, mid_y, mid_x = len(frames), sprites.shape[1] // 2, sprites.shape[2] // 2
    cell = np.floor(pos).astype(np.int64)
    sub = np.clip(((pos - cell) * _SUB).astype(np.int64), 0, _SUB - 1)
    alpha = sprites[first + sub[:, 1] * _SUB + sub[:, 0]]
    rows = cell[:, 1, None] + np.arange(-mid_y, mid_y + 1)
    cols = cell[:, 0, None] + np.arange(-mid_x, mid_x + 1)
    inside = ((rows >= 0) & (rows < SIZE))[:, :, None] & ((cols >= 0) & (cols < SIZE))[:, None, :]
    rows, cols = np.clip(rows, 0, SIZE - 1), np.clip(cols, 0, SIZE - 1)
    if open_columns is not None:
        alpha = alpha * open_columns[np.arange(n)[:, None], cols][:, None, :]
    index = rows[:, :, None] * SIZE + cols[:, None, :]
    if not inside.all():
        # What lies outside the frame is drawn once more onto the centre, which changes nothing.
        index = np.where(inside, index, index[:, mid_y : mid_y + 1, mid_x : mid_x + 1])
        alpha = np.where(inside, alpha, alpha[:, mid_y : mid_y + 1, mid_x : mid_x + 1])
    index = (index.reshape(n, -1) + np.arange(n)[:, None] * SIZE * SIZE).ravel()
    flat = frames.reshape(-1, 3)
    patch = flat.take(index, 0).reshape(n, -1, 3).astype(np.float32)
    patch += alpha.reshape(n, -1, 1) * (colour.astype(np.float32).reshape(-1, 1, 3) - patch)
    flat[index] = patch.astype(np.uint8).reshape(-1, 3)


def hashed(*keys: ArrayLike) -> np.ndarray:
    """Integers (broadcast together) -> uint32 that look random: the same keys always give the same number.

    PCG's output function (O'Neill 2014) over each key in turn.
    """
    value: Any = np.uint32(0x9E3779B9)
    with np.errstate(over="ignore"):
        for key in keys:
            state = (np.asarray(key).astype(np.uint32) + value) * np.uint32(747796405) + np.uint32(2891336453)
            word = ((state >> ((state >> np.uint32(28)) + np.uint32(4))) ^ state) * np.uint32(277803737)
            value = (word >> np.uint32(22)) ^ word
    return value


CELL = 8
"""Pixels a patch of a texture is wide."""


def textures(seed: np.ndarray) -> np.ndarray:
    """`seed` [N] integers -> [N, 64, 64, 3] uint8: patches of random light colours, 8 x 8 pixels each."""
    cells = SIZE // CELL
    place = np.arange(cells * cells * 3, dtype=np.uint32)
    value = (hashed(seed[:, None], place[None]) >> np.uint32(24)).astype(np.uint16)
    colour = (96 + value * 159 // 255).astype(np.uint8).reshape(-1, cells, cells, 3)
    # a row of pixels, then eight copies of it
    rows = np.repeat(colour, CELL, 2).reshape(-1, cells, 1, SIZE * 3)
    frames = np.empty((len(seed), cells, CELL, SIZE * 3), np.uint8)
    frames[:] = rows
    return frames.reshape(-1, SIZE, SIZE, 3)


@lru_cache(maxsize=1)
def _noise_bank() -> np.ndarray:
    """512 fields of Gaussian noise, standard deviation 24 grey levels, [512, 64, 64, 3] int16."""
    rng = np.random.default_rng(0)
    return np.clip(rng.normal(0, 24, (512, SIZE, SIZE, 3)), -127, 127).astype(np.int16)


def add_noise(frames: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """`frames` [N, 64, 64, 3] uint8, `seed` [N] -> the same with pixel noise, one of 512 fields each."""
    noisy = frames + _noise_bank()[hashed(seed) % 512]
    return np.clip(noisy, 0, 255, out=noisy).astype(np.uint8)
