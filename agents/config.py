"""How an episode is planned: the settings of every planning function, of `orrery plan` and of `orrery evaluate`."""

from __future__ import annotations

from dataclasses import dataclass

from agents.errors import AgentError

HOLD = 4
"""Steps each action is held: the search has `horizon / HOLD` knots, not `horizon` actions."""
NUM_ELITES = 8
"""Candidates a round's mean and spread are fitted to."""


@dataclass(frozen=True)
class PlanConfig:
    """Raises AgentError, in one line, for numbers that can't be searched with."""

    world: str = "two-rooms"
    """The world's short name."""
    model: str = "two-rooms-jepa"
    """A shipped model's name, or a folder with a checkpoint."""
    planner: str = "icem"
    """icem, cem or shooting."""
    objective: str = "min-mean"
    """What the planner minimises: min-mean, sum or final."""
    seed: int = 0
    """Which tasks, and the planner's samples."""
    look_every: int = 4
    """Actions executed before the agent looks at the real frame and plans again."""
    num_samples: int = 64
    """Candidate plans per iteration."""
    iterations: int = 3
    """Rounds of search."""
    horizon: int = 40
    """Imagined steps, a multiple of 4."""

    def __post_init__(self) -> None:
        limits = {
            "seed": (self.seed, 0, 2**31 - 1),
            "num_samples": (self.num_samples, 2 * NUM_ELITES, 4096),
            "iterations": (self.iterations, 1, 64),
            "horizon": (self.horizon, HOLD, 256),
            "look_every": (self.look_every, 1, self.horizon),
        }
        for name, (value, low, high) in limits.items():
            if not low <= value <= high:
                raise AgentError(f"{name} is {value}; it must lie between {low} and {high}")
        if self.horizon % HOLD:
            raise AgentError(
                f"horizon is {self.horizon}; it must be a multiple of {HOLD}, since actions are held"
            )

    @property
    def knots(self) -> int:
        return self.horizon // HOLD

    @property
    def flags(self) -> str:
        """The settings as command-line options."""
        return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in vars(self).items())
