"""Supply chain: the port is closed, or orders change. When is the shelf empty, and who has to wait?

Chance decides how long a port stays closed: what counts as the answer is what happens in most of 64 futures.
"""

from __future__ import annotations

import numpy as np

from agents.scenarios import Facts, Scenario, Template
from agents.worlds.base import World
from agents.worlds.supply_chain import CLOSED, STOCK, TICK, SupplyChain

WORLD = "supply-chain"
PERIODS = 14


def scene(world: SupplyChain, state: np.ndarray) -> str:
    stock = ", ".join(f"{amount:.0f}" for amount in state[world.stock])
    coming = ", ".join(f"{amount:.0f}" for amount in world.facts(state[None])["in_transit"][0])
    port = "has just been closed by a storm" if state[CLOSED] else "is open"
    return (
        f"Three stages in a row: the shop, a store, and the port, which orders from overseas. In stock there are {stock} "
        f"units; on their way to each there are {coming}. Goods take 1, 2 and 3 days. Customers ask for about "
        f"{world.mean_demand(state[None])[0]:.0f} units a day, more or less with the season. The port {port}; a closed port "
        f"opens again with a chance of one in six a day, and until then no ship comes in."
    )


def start(world: SupplyChain, rng: np.random.Generator, closed: bool) -> np.ndarray:
    state = world.sample_tasks(rng, 1)[0][0]
    state[STOCK:] *= rng.uniform(0.3, 1.6)
    state[CLOSED] = closed
    state[TICK] = rng.integers(0, 2**20)
    return state


def empty(world: World, rng: np.random.Generator) -> Scenario:
    """When does the shop first have nothing left?"""
    assert isinstance(world, SupplyChain)
    state = start(world, rng, bool(rng.random() < 0.7))
    order = float(rng.choice([0.0, 3.0, 5.0, 8.0]))

    def settle(facts: Facts) -> np.ndarray:
        out = facts["stock"][:, 1:, 0] < 0.5
        first = np.where(out.any(1), out.argmax(1) + 1, 99)
        return np.digitize(first, (4, 8, PERIODS + 1))

    return Scenario(
        WORLD,
        "when is the shelf empty",
        scene(world, state),
        f"Every stage orders {order:.0f} units a day, whatever happens. When is the shop's shelf first empty?",
        ("within 3 days", "in 4 to 7 days", f"in 8 to {PERIODS} days", f"not within {PERIODS} days"),
        state,
        orders(world, order),
        1,
        settle,
    )


def waiting(world: World, rng: np.random.Generator) -> Scenario:
    """Are customers waiting at the end?"""
    assert isinstance(world, SupplyChain)
    state = start(world, rng, bool(rng.random() < 0.5))
    order = float(rng.choice([2.0, 5.0, 8.0]))

    def settle(facts: Facts) -> np.ndarray:
        return (facts["waiting"][:, -1, 0] > 0.5).astype(int)

    return Scenario(
        WORLD,
        "do customers wait",
        scene(world, state),
        f"Every stage orders {order:.0f} units a day. Are customers waiting for goods after {PERIODS} days?",
        ("no", "yes"),
        state,
        orders(world, order),
        1,
        settle,
    )


def orders(world: SupplyChain, units: float) -> np.ndarray:
    """[PERIODS, stages]: the same order at every stage, each period."""
    share = units / world.chain.most if units else -1.0
    return np.full((PERIODS, world.stages), share, np.float32)


TEMPLATES = (
    Template(4, empty, "What is the main error that players of the beer game make?"),
    Template(2, waiting, "What is the bullwhip effect?"),
)
