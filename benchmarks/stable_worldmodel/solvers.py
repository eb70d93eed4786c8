"""Our planner against theirs: the same model, objective, samples, rounds and imagined steps, on the same tasks.

Their CEMSolver is compared as it comes, choosing every action of a block of `hold` steps anew; with the actions of a block
held, which is the smaller space that our planner searches; and so once more with the model called as models there are, a
`predict` for each step, without the fused rollout that all other rows are given.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.config import NUM_ELITES, PlanConfig
from agents.judging.referee import play
from agents.judging.score import make_row, mcnemar
from agents.loop import Eyes
from agents.objectives import objective
from agents.planners import make_planner
from agents.worlds.base import Policy
from benchmarks.stable_worldmodel.adapter import Costed, hosted
from benchmarks.stable_worldmodel.protocol import PLAN
from benchmarks.stable_worldmodel.shim import stable_worldmodel
from benchmarks.stable_worldmodel.two_room import TwoRoom
from world_model.checkpoint import load
from world_model.data import to_tensor
from world_model.models.base import WorldModel
from world_model.train import one_thread

ALONE = 8
"""Episodes played one at a time, for the milliseconds of a plan alone."""


def compare(
    world: TwoRoom,
    name: str,
    starts: np.ndarray,
    goals: np.ndarray,
    steps: int,
    report: Callable[[str], None],
) -> list[dict[str, Any]]:
    """A row for each planner: success, and processor milliseconds for a plan, from two frames to actions, of an episode
    planned alone and of all planned together."""
    model, config = load(name).model, PlanConfig(model=name, **{**PLAN, "planner": "icem"})
    entrants = {
        "ours, icem": _ours(world, model, config),
        "ours, halving": _ours(world, model, PlanConfig(model=name, **PLAN)),
        "their CEMSolver, as it comes": _theirs(world, model, config, held=False),
        "their CEMSolver, actions held": _theirs(world, model, config, held=True),
        "their CEMSolver, actions held, predict by predict": _theirs(
            world, model, config, True, stepwise=True
        ),
        "torch-world's CEM, actions held": _torch_world(world, model, config),
    }
    rows: list[dict[str, Any]] = []
    first: np.ndarray | None = None
    for label, policy in entrants.items():
        together, alone = _Clock(), _Clock()
        with one_thread():
            outcome = play(world, starts, goals, policy(goals, together), "any", steps)
            for i in range(ALONE):
                one = slice(i, i + 1)
                play(world, starts[one], goals[one], policy(goals[one], alone), "any", steps)
        first = outcome.success if first is None else first
        row = {
            **vars(make_row(label, outcome.success)),
            "p": mcnemar(first, outcome.success),
            "ms_alone": alone.ms,
            "ms_together": together.ms,
            "plans": together.plans,
        }
        rows.append(row)
        report(f"{label}: {row['success']:.1%}, {alone.ms} ms a plan alone, {together.ms} together")
    return rows


class _Clock:
    """Processor seconds spent planning, and the plans made."""

    def __init__(self) -> None:
        self.seconds, self.plans = 0.0, 0

    @property
    def ms(self) -> float:
        """Processor milliseconds a plan."""
        return round(1000 * self.seconds / self.plans, 2)

    @contextlib.contextmanager
    def plan(self, episodes: int):
        begin = time.process_time()
        yield
        self.seconds += time.process_time() - begin
        self.plans += episodes


Entrant = Callable[[np.ndarray, _Clock], Policy]


def _every(hold: int, goals: np.ndarray, plan: Callable[[np.ndarray], np.ndarray]) -> Policy:
    """Acts out the first `hold` actions of a plan [N, hold, A], then plans again."""
    ahead: list[np.ndarray] = []

    def act(state: np.ndarray) -> np.ndarray:
        if not ahead:
            ahead.extend(plan(state).swapaxes(0, 1))
        return ahead.pop(0)

    return act


def _ours(world: TwoRoom, model: WorldModel, config: PlanConfig) -> Entrant:
    def entrant(goals: np.ndarray, clock: _Clock) -> Policy:
        planner, eyes = make_planner(config, world), Eyes(world, model)
        seen_goal, last = to_tensor(world.observe(goals)), None

        def plan(state: np.ndarray) -> np.ndarray:
            nonlocal last
            seen = to_tensor(world.observe(state))
            with clock.plan(len(state)), torch.no_grad():
                last = planner.plan(eyes.mind, model.first(seen), model.first(seen_goal), last, config.hold)
            return last.actions[:, : config.hold].numpy()

        return _every(config.hold, goals, plan)

    return entrant


def _theirs(
    world: TwoRoom, model: WorldModel, config: PlanConfig, held: bool, stepwise: bool = False
) -> Entrant:
    """Their policy and solver with our model behind `get_cost`. Their solver prints a line a plan."""
    swm = stable_worldmodel()
    block = 1 if held else config.hold

    def entrant(goals: np.ndarray, clock: _Clock) -> Policy:
        costed = Costed(model, objective(config.objective), config.hold if held else 1, stepwise)
        solver = swm.solver.CEMSolver(
            costed,
            batch_size=len(goals),
            num_samples=config.num_samples,
            n_steps=config.iterations,
            topk=NUM_ELITES,
            seed=config.seed,
        )
        solve = solver.solve

        def timed(info: dict[str, Any], init_action: Tensor | None = None) -> dict[str, Any]:
            with clock.plan(len(info["state"])), contextlib.redirect_stdout(io.StringIO()):
                return solve(info, init_action)

        solver.solve = timed
        settings = swm.PlanConfig(horizon=config.knots, receding_horizon=1, action_block=block)
        policy = hosted(swm.policy.WorldModelPolicy(solver, settings), world, goals)
        if not held:
            return policy
        return _every(config.hold, goals, lambda state: np.repeat(policy(state)[:, None], config.hold, 1))

    return entrant


def _torch_world(world: TwoRoom, model: WorldModel, config: PlanConfig) -> Entrant:
    """torch-world's CEM takes a model with `rollout` and `cost`; it has no warm start."""
    from torch_world.planning import CEM

    measure = objective(config.objective)

    def rollout(z: Tensor, knots: Tensor) -> Tensor:
        """[B, 1, D], [B, K, A] -> [B, 1 + H, D]."""
        return torch.cat([z, model.rollout(z[:, 0], knots.repeat_interleave(config.hold, 1))], 1)

    def cost(states: Tensor, goal: Tensor) -> Tensor:
        return measure(model, states[:, None, 1:], goal)[:, 0]

    wrapped = SimpleNamespace(rollout=rollout, cost=cost)

    def entrant(goals: np.ndarray, clock: _Clock) -> Policy:
        search = CEM(
            config.knots,
            world.action_size,
            config.num_samples,
            NUM_ELITES,
            config.iterations,
            bounds=(-1.0, 1.0),
        )
        generator, seen_goal = torch.Generator().manual_seed(config.seed), to_tensor(world.observe(goals))

        def plan(state: np.ndarray) -> np.ndarray:
            seen = to_tensor(world.observe(state))
            with clock.plan(len(state)), torch.no_grad():
                knots = search(
                    wrapped, model.first(seen)[:, None], model.first(seen_goal), generator=generator
                )
            return knots[:, :1].repeat_interleave(config.hold, 1).numpy()

        return _every(config.hold, goals, plan)

    return entrant
