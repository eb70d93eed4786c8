"""Peekaboo: a ball has gone behind the last screen. Where and when does it come out, and is it caught?"""

from __future__ import annotations

import dataclasses

import numpy as np

from agents.scenarios import Facts, Scenario, Template, facts, futures
from agents.worlds import peekaboo as p
from agents.worlds.base import World

WORLD = "peekaboo"
BANDS = (24.0, 40.0)
"""Rows that part the upper third from the middle and the middle from the lower."""
SOON, LATE = 6, 10
"""Steps behind the screen that are few, and many."""


def scene(state: np.ndarray, shown: int) -> str:
    end = max(state[p.FIRST_END], state[p.SECOND_END])
    rising = "up" if state[p.SPEED_Y] < 0 else "down"
    return (
        f"A ball flies to the right between two rails at y = {p.TOP} and y = {p.BOTTOM} (0 is the top) and bounces off them. "
        f"At the start it is at x = {state[p.BALL_X]:.1f}, y = {state[p.BALL_Y]:.1f}, flies {state[p.SPEED_X]:.2f} pixels a step to the "
        f"right and {abs(state[p.SPEED_Y]):.2f} {rising}; its radius is {state[p.RADIUS]:g}. Screens hide columns "
        f"{_screens(state)}. After {shown - 1} steps it is hidden behind the one that ends at x = {end:.0f}. At x = {p.PADDLE_X:.0f} is a "
        f"paddle, {2 * p.PADDLE_HALF:g} pixels high, its middle at y = {state[p.PADDLE_Y]:.0f}."
    )


def hidden(world: World, rng: np.random.Generator) -> tuple[np.ndarray, int, int]:
    """A start; the frames seen until the ball is hidden behind the last screen; the steps until all of it shows again."""
    while True:
        state = world.sample_tasks(rng, 1)[0][0]
        still = np.zeros((world.max_steps, 1), np.float32)
        whole = futures(Scenario(WORLD, "", "", "", (), state, still, 1, lambda facts: np.zeros(1, int)))
        seen = facts(world, whole)
        gone, x = seen["hidden"][0, :, 0] > 0, seen["ball"][0, :, 0]
        last = state[p.SECOND] if state[p.SECOND_END] else state[p.FIRST]
        behind = np.flatnonzero(gone & (x > last))
        if len(behind):
            out = behind[-1] + np.flatnonzero(seen["covered"][0, behind[-1] :, 0] <= 0)
            if len(out):
                return state, int(behind[0]) + 1, int(out[0])


def where(world: World, rng: np.random.Generator) -> Scenario:
    state, shown, out = hidden(world, rng)

    def settle(facts: Facts) -> np.ndarray:
        return np.digitize(facts["ball"][:, -1, 1], BANDS)

    return Scenario(
        WORLD,
        "where it comes out",
        scene(state, shown),
        f"{out - shown + 1} steps later the ball is wholly out again. Where is it?",
        ("in the upper third", "in the middle third", "in the lower third"),
        state,
        np.zeros((out, 1), np.float32),
        shown,
        settle,
    )


def when(world: World, rng: np.random.Generator) -> Scenario:
    state, shown, _ = hidden(world, rng)
    end = max(state[p.FIRST_END], state[p.SECOND_END])
    actions = np.zeros((world.max_steps, 1), np.float32)

    def settle(facts: Facts) -> np.ndarray:
        out = facts["ball"][:, shown - 1 :, 0] > end
        steps = np.where(out.any(1), out.argmax(1), 99)
        return np.digitize(steps, (SOON + 1, LATE + 1))

    return Scenario(
        WORLD,
        "when it comes out",
        scene(state, shown),
        "In how many steps from now is the middle of the ball past the screen?",
        (f"in {SOON} or fewer", f"in {SOON + 1} to {LATE}", f"in more than {LATE}"),
        state,
        actions,
        shown,
        settle,
    )


def caught(world: World, rng: np.random.Generator) -> Scenario:
    """The paddle stays where it is: does the ball meet it? Half of the paddles are put where it will."""
    state, shown, _ = hidden(world, rng)
    still = np.zeros((world.max_steps, 1), np.float32)
    asked = Scenario(
        WORLD, "is it caught", "", "The paddle stays where it is. Does it catch the ball?", ("no", "yes"),
        state, still, shown, lambda facts: (facts["caught"][:, -1, 0] > 0.5).astype(int),
    )  # fmt: skip
    path = facts(world, futures(asked))["ball"][0]
    meets = path[(path[:, 0] >= p.FRONT - state[p.RADIUS]).argmax(), 1]
    state = state.copy()
    state[p.PADDLE_Y] = np.clip(meets + rng.choice([rng.uniform(-3, 3), rng.uniform(7, 18), rng.uniform(-18, -7)]),
                                p.TOP + p.PADDLE_HALF, p.BOTTOM - p.PADDLE_HALF)  # fmt: skip
    return dataclasses.replace(asked, start=state, scene=scene(state, shown))


def _screens(state: np.ndarray) -> str:
    first = f"{state[p.FIRST]:.0f} to {state[p.FIRST_END]:.0f}"
    second = f" and {state[p.SECOND]:.0f} to {state[p.SECOND_END]:.0f}" if state[p.SECOND_END] else ""
    return first + second


TEMPLATES = (
    Template(3, where, "What is object permanence?"),
    Template(3, when, "Do models keep track of objects that are hidden?"),
    Template(2, caught, "What is intuitive physics?"),
)
