"""Our models behind their contract, and their policies in our loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor, nn

from agents.objectives import Objective
from agents.planners.base import Plan, Planner
from agents.worlds.base import Policy, World
from world_model.data import to_tensor
from world_model.models.base import WorldModel


class Costed(nn.Module):
    """A world model and an objective as their solvers take them: anything with `get_cost`."""

    def __init__(self, model: WorldModel, objective: Objective, hold: int = 1, stepwise: bool = False):
        """`hold`: steps that each action of a candidate is held; 1 where a candidate holds every step's action.
        `stepwise`: imagine by `predict`, a step at a time, as models there do, and not by the model's faster `rollout`."""
        super().__init__()
        self.model, self.objective, self.hold = model, objective, hold
        self.rollout = partial(WorldModel.rollout, model) if stepwise else model.rollout

    @torch.no_grad()
    def get_cost(self, info_dict: dict[str, Any], action_candidates: Tensor) -> Tensor:
        """Frames `pixels` and `goal` [B, S, 1, H, W, 3] uint8, the same for all S, and candidates [B, S, K, block * A]
        -> cost [B, S]. What the frames show is encoded once and left in `info_dict`, as their own models do."""
        if "orrery_state" not in info_dict:
            for name, source in (("orrery_state", "pixels"), ("orrery_goal", "goal")):
                info_dict[name] = self.model.first(info_dict[source][:, 0, -1].movedim(-1, -3))
        state, goal = info_dict["orrery_state"], info_dict["orrery_goal"]
        batch, samples = action_candidates.shape[:2]
        steps = action_candidates.reshape(batch * samples, -1, self.model.action_size).clamp(-1, 1)
        actions = steps.repeat_interleave(self.hold, 1)
        starts = state[:, None].expand(-1, samples, -1).flatten(0, 1)
        states = self.rollout(starts, actions).unflatten(0, (batch, samples))
        return self.objective(self.model, states, goal)

    def criterion(self, info_dict: dict[str, Any], action_candidates: Tensor) -> Tensor:
        """The other name in their contract."""
        return self.get_cost(info_dict, action_candidates)


def hosted(policy: Any, world: World, goals: np.ndarray) -> Policy:
    """A policy of theirs (`get_action` of an info dict) as one of ours, pursuing `goals` [N, S] in N copies of `world`.

    A policy that plans is shown frames, as our models see them; the others places alone, since frames cost time. `world`
    needs `env`, the environment that their expert asks for its walls.
    """
    n, size = len(goals), world.action_size
    one = gym.spaces.Box(-1, 1, (size,), np.float32)
    env = getattr(world, "env", None)
    pool = SimpleNamespace(
        num_envs=n,
        envs=[SimpleNamespace(unwrapped=env)] * n,
        single_action_space=one,
        action_space=gym.spaces.Box(-1, 1, (n, size), np.float32),
    )
    pool.unwrapped = pool
    policy.set_env(pool)
    seed = getattr(policy, "seed", None)
    if seed is not None:
        policy.set_seed(seed)
    sees = policy.type in ("world_model", "feed_forward")
    wanted = world.observe(goals)[:, None] if sees else None

    def act(state: np.ndarray) -> np.ndarray:
        info = {"state": state[:, None], "goal_state": goals[:, None]}
        if sees:
            info |= {"pixels": world.observe(state)[:, None], "goal": wanted}
        return np.clip(policy.get_action(info), -1, 1).astype(np.float32)

    return act


class Planning:
    """Our planner as a policy of theirs: whatever drives their policies can drive it. It plans from frames alone."""

    type = "orrery"

    def __init__(self, model: WorldModel, planner: Planner, shrink: Callable[[np.ndarray], np.ndarray]):
        """`shrink`: frames of their environment [n, H, W, 3] uint8 -> as the model takes them."""
        self.model, self.planner, self.shrink = model, planner, shrink

    def set_env(self, env: Any) -> None:
        """They call it before an episode begins."""
        self.last: Plan | None = None
        self.age = 0

    @torch.no_grad()
    def get_action(self, info_dict: dict[str, Any], **_: Any) -> np.ndarray:
        """`pixels` and `goal` [n, 1, H, W, 3] -> [n, A]: every `look_every` steps a new plan for all."""
        if self.last is None or self.age == self.planner.config.look_every:
            state, goal = (
                self.model.first(to_tensor(self.shrink(np.asarray(info_dict[name])[:, -1])))
                for name in ("pixels", "goal")
            )
            self.last = self.planner.plan(self.model, state, goal, self.last, self.age)
            self.age = 0
        action = self.last.actions[:, self.age].numpy()
        self.age += 1
        return action
