"""A line of people who wait for the same thing, first come, first served; each can be told their place in it.

On two cores more at once would only make everybody's wait longer, so each kind of work has a limit of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

LOOKED = 0.05
"""Seconds between looks at the line."""


class Spot:
    """One who waits, or whose turn it is."""

    def __init__(self, turns: Turns, key: str):
        self._turns, self.key = turns, key

    @property
    def place(self) -> int:
        """0: it is their turn; 1: they are next."""
        return max(0, self._turns.line.index(self) - self._turns.at_once + 1)

    async def places(self) -> AsyncIterator[int]:
        """Their place, and again whenever it changes, until it is their turn."""
        told = 0
        while place := self.place:
            if place != told:
                yield place
            told = place
            await asyncio.sleep(LOOKED)

    async def come(self) -> None:
        """Wait for their turn."""
        async for _ in self.places():
            pass


_ALL: list[Turns] = []


def working() -> bool:
    """Whether anybody's turn is on anywhere."""
    return any(turns.line for turns in _ALL)


class Turns:
    """`at_once` may work at the same time; the others wait in line. One event loop's."""

    def __init__(self, at_once: int):
        self.at_once = at_once
        self.line: list[Spot] = []
        """Those whose turn it is, then those who wait."""
        _ALL.append(self)

    @contextlib.asynccontextmanager
    async def spot(self, key: str = "") -> AsyncIterator[Spot]:
        """A spot at the end of the line, given up at the end of the block."""
        spot = Spot(self, key)
        self.line.append(spot)
        try:
            yield spot
        finally:
            self.line.remove(spot)

    def place_of(self, key: str) -> int:
        """The place of who waits under this key; 0 for who doesn't."""
        return next((spot.place for spot in self.line if key and spot.key == key), 0)
