"""How an episode is planned: the settings of every planning function, of `orrery plan` and of `orrery evaluate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.errors import AgentError
from world_model.checkpoint import read_passport, shipped
from world_model.errors import WorldModelError

if TYPE_CHECKING:
    from agents.worlds.base import World

NUM_ELITES = 8
"""Candidates a round's mean and spread are fitted to."""
MODEL = "two-rooms-jepa"
"""Planned with where neither a model nor a world is named."""
DEFAULTS: dict[str, Any] = {
    "planner": "icem",
    "objective": "min-mean",
    "num_samples": 64,
    "iterations": 3,
    "hold": 4,
    "horizon": 40,
    "temperature": 0.2,
}
RULES = ("any", "end", "held", "cost")


@dataclass(frozen=True)
class PlanConfig:
    """What is left empty is what suits the model best: as its passport says, else as its kind of world asks, else the
    usual. So `PlanConfig(model=...)` alone plans in the right world with the right objective.

    Raises AgentError or WorldModelError, in one line, for names that don't exist and numbers that can't be searched
    with.
    """

    world: str = ""
    """The world's short name, options included; left out, the one that the model learned."""
    model: str = ""
    """A shipped model's name, or a folder with a checkpoint; left out, one that learned the world."""
    planner: str = ""
    """icem, cem, mppi, gradient, shooting, halving or feedback; categorical, mcts or breadth where an action is a choice."""
    objective: str = ""
    """What the planner minimises: min-mean, sum, final, decoded, meet, temporal or cost."""
    seed: int = 0
    """Which tasks, and the planner's samples."""
    look_every: int = 0
    """Actions executed before the agent looks at the real frame and plans again; 0: as many as an action is held."""
    num_samples: int = 0
    """Candidate plans per iteration."""
    iterations: int = 0
    """Rounds of search."""
    horizon: int = 0
    """Imagined steps, a multiple of `hold`."""
    hold: int = 0
    """Steps each action is held: the search has `horizon / hold` knots, not `horizon` actions."""
    alarm: float = 0.0
    """Glance at every step, and plan again as soon as what is seen is this many times as far from what was imagined as it
    usually is; 0: look on schedule alone."""
    temperature: float = 0.0
    """mppi: how far from the best a plan may cost and still count, in standard deviations of the costs."""
    rule: str = ""
    """When an episode succeeds: any (the goal is reached at any step), held (and stays so for as long as the world asks),
    end (at the last step); left out, the world's own."""
    steps: int = 0
    """Most steps of an episode; 0: the world's own."""

    def __post_init__(self) -> None:
        from agents.worlds import make_world

        if self.world:
            make_world(self.world)  # a wrong world is said to be wrong before a model of it is looked for
        self._fill({"model": self.model or model_of(self.world)})
        passport = read_passport(self.model)
        world = make_world(self.world or passport.world)
        self._fill({"world": world.name, **DEFAULTS, **_suits(world), **passport.plan})
        self._fill({"look_every": self.hold})
        self._check()

    def _fill(self, suits: dict[str, Any]) -> None:
        for name, value in suits.items():
            if not getattr(self, name):
                object.__setattr__(self, name, value)

    def _check(self) -> None:
        limits = {
            "seed": (self.seed, 0, 2**31 - 1),
            "num_samples": (self.num_samples, 2 * NUM_ELITES, 4096),
            "iterations": (self.iterations, 1, 1024),
            "hold": (self.hold, 1, 64),
            "horizon": (self.horizon, self.hold, 256),
            "look_every": (self.look_every, 1, self.horizon),
            "temperature": (self.temperature, 1e-4, 1e4),
            "alarm": (self.alarm, 0.0, 1e6),
            "steps": (self.steps, 1, 10_000),
        }
        for name, (value, low, high) in limits.items():
            if not low <= value <= high:
                raise AgentError(f"{name} is {value}; it must lie between {low} and {high}")
        if self.horizon % self.hold:
            raise AgentError(
                f"horizon is {self.horizon}; it must be a multiple of {self.hold}, since actions are held (hold)"
            )
        if self.rule not in RULES:
            raise AgentError(f"unknown rule {self.rule!r}; the rules are: {', '.join(RULES)}")

    @property
    def knots(self) -> int:
        return self.horizon // self.hold

    @property
    def flags(self) -> str:
        """The settings as command-line options."""
        return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in vars(self).items())


def _suits(world: World) -> dict[str, Any]:
    """What the kind of world asks for."""
    suits: dict[str, Any] = {"steps": world.max_steps, "rule": "held" if world.hold > 1 else "any"}
    if world.discrete:
        suits |= {"planner": "categorical", "hold": 1, "horizon": 24}
    if world.judged_by == "cost":
        suits |= {"objective": "cost", "hold": 1, "horizon": 16, "rule": "cost"}
    return suits


def model_of(world: str) -> str:
    """A shipped model that learned that world, or the same with other options. Raises WorldModelError."""
    if not world:
        return MODEL
    passports = {name: read_passport(name) for name in shipped()}
    near = [name for name, its in passports.items() if its.world.split(":")[0] == world.split(":")[0]]
    if not near:
        raise WorldModelError(
            f"no shipped model learned {world!r}; make one: orrery train --world {world}, then name its folder"
        )
    return min(
        near, key=lambda name: (passports[name].world != world, passports[name].family != "jepa", name)
    )
