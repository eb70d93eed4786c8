"""PPO (Schulman et al., arXiv 1707.06347) of stable-baselines3 with its own settings, but for larger batches.

It is given more than a model gets: the true places of dot and goal instead of pictures, tasks of its own choice, and a
reward at every step for coming nearer along the shortest way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agents.errors import AgentError
from agents.worlds.base import Policy, World

COPIES = 64
"""Tasks side by side."""


def new_agent(world: World, seed: int) -> Any:
    """Raises AgentError where stable-baselines3 is not installed."""
    try:
        from stable_baselines3 import PPO
    except ImportError:
        raise AgentError(
            "this experiment needs stable-baselines3; install it with: pip install --no-deps stable-baselines3==2.9.2"
        ) from None
    return PPO(
        "MlpPolicy", _copies(world, seed), seed=seed, device="cpu", n_steps=32, batch_size=256, verbose=0
    )


def learn(agent: Any, upto: int, report: Callable[[str], None]) -> None:
    """Goes on learning until it has taken at least `upto` real steps, counted over all copies."""
    while agent.num_timesteps < upto:
        report(f"PPO learns, {agent.num_timesteps:,} of {upto:,} real steps")
        agent.learn(min(10_000, upto - agent.num_timesteps), reset_num_timesteps=False)


def policy(agent: Any, goals: np.ndarray) -> Policy:
    """What it has learned so far, without its dice."""
    return lambda state: agent.predict(seen(state, goals), deterministic=True)[0]


def seen(state: np.ndarray, goals: np.ndarray) -> np.ndarray:
    """[N, 4]: where the dot and the goal are, each in [-1, 1]."""
    return np.concatenate([state[:, :2], goals[:, :2]], 1).astype(np.float32) / 32 - 1


def _copies(world: World, seed: int) -> Any:
    """The world as stable-baselines3 steps it: a task that ends is followed by a fresh one at once."""
    import gymnasium as gym
    from stable_baselines3.common.vec_env import VecEnv

    class Copies(VecEnv):
        def __init__(self) -> None:
            box = gym.spaces.Box(-1.5, 1.5, (4,), np.float32)
            super().__init__(COPIES, box, gym.spaces.Box(-1, 1, (world.action_size,), np.float32))
            self.rng = np.random.default_rng(seed)

        def reset(self):
            self.state, self.goals = world.sample_tasks(self.rng, COPIES)
            self.steps = np.zeros(COPIES, int)
            return seen(self.state, self.goals)

        def step_async(self, actions) -> None:
            self.actions = actions

        def step_wait(self):
            before = self._gap()
            self.state = world.step(self.state, self.actions.astype(np.float32))
            self.steps += 1
            reached, late = world.reached(self.state, self.goals), self.steps >= world.max_steps
            reward = (before - self._gap()) / 10 + 10.0 * reached
            done = reached | late
            infos: list[dict[str, Any]] = [{} for _ in range(COPIES)]
            last = seen(self.state, self.goals)
            for i in np.flatnonzero(done):
                infos[i] = {
                    "terminal_observation": last[i],
                    "TimeLimit.truncated": bool(late[i] and not reached[i]),
                }
            if done.any():
                self.state[done], self.goals[done] = world.sample_tasks(self.rng, int(done.sum()))
                self.steps[done] = 0
            return seen(self.state, self.goals), reward.astype(np.float32), done, infos

        def _gap(self) -> np.ndarray:
            """Pixels of the shortest way to the goal: through the door, which is more help than a straight line."""
            length = world.shortest(self.state, self.goals)
            assert length is not None
            return length

        def close(self) -> None: ...

        def get_attr(self, attr_name, indices=None):
            return [getattr(self, attr_name, None)] * COPIES

        def set_attr(self, attr_name, value, indices=None) -> None:
            setattr(self, attr_name, value)

        def env_method(self, method_name, *args, indices=None, **kwargs):
            raise AgentError(f"copies of a world have no method {method_name}")

        def env_is_wrapped(self, wrapper_class, indices=None):
            return [False] * COPIES

    return Copies()
