"""The fixed ordering rules that a planner has to beat in a supply chain, as policies by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from agents.baselines.inventory import echelon_base_stock, newsvendor, order_up_to, reorder_point, tune
from agents.worlds import make_world
from agents.worlds.base import Policy
from agents.worlds.supply_chain import SupplyChain


def ordering_rules(world: SupplyChain, seed: int) -> dict[str, Callable[[], Policy]]:
    """The exact optimum where theory has one; the best echelon (s, S) rules that a search on the true simulator finds
    where it has none (about 20 seconds each). Each is made when it is called."""
    chain = world.chain

    def exact(optimum) -> Policy:
        return order_up_to(world, np.array([*optimum.trigger, *optimum.level]))

    def searched(informed: bool) -> Policy:
        return order_up_to(world, _tuned(world.name, seed, informed))

    if chain.sd is None:
        return {"best (s, S), exact": lambda: exact(reorder_point(chain))}
    if world.stages == 1:
        return {"base stock, exact": lambda: exact(newsvendor(chain))}
    if not (any(chain.fixed) or chain.swing or chain.storms):
        return {"echelon base stock, exact": lambda: exact(echelon_base_stock(chain))}
    return {
        "best (s, S)": lambda: searched(False),
        "best (s, S), told season and storms": lambda: searched(True),
    }


@lru_cache
def _tuned(name: str, seed: int, informed: bool) -> np.ndarray:
    """What several models are read against is searched for once."""
    world = make_world(name)
    assert isinstance(world, SupplyChain)
    return tune(world, np.random.default_rng(seed), informed)
