"""At equal real steps, does learning a model and planning in it beat learning to act without one?

The rival is PPO (Schulman et al., arXiv 1707.06347) of stable-baselines3 with its own settings, but for larger batches. It is given more than the
model gets: the true places of dot and goal instead of pictures, and a reward at every step for coming nearer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.errors import AgentError
from agents.lab.base import Criterion, Experiment, Findings, Report
from agents.lab.intervals import difference, share

if TYPE_CHECKING:
    from agents.worlds.base import World

WORLD, MODEL = "two-rooms", "two-rooms-jepa"
COPIES = 64


def measure(report: Report, *, tasks: int, more: int, seeds: tuple[int, ...]) -> Findings:
    """PPO learns for as many real steps as the model's recordings hold, then on to `more` times as many, for each seed;
    all act on `tasks` tasks of that seed."""
    from agents.config import PlanConfig
    from agents.lab import toys
    from agents.worlds import make_world
    from world_model.checkpoint import load

    world, checkpoint = make_world(WORLD), load(MODEL)
    recipe = checkpoint.passport.data_recipe
    real = recipe["episodes"] * recipe["steps"]
    model: list[np.ndarray] = []
    equal: list[np.ndarray] = []
    longer: list[np.ndarray] = []
    for seed in seeds:
        report(f"seed {seed}: {tasks} tasks planned in the model")
        config = PlanConfig(world=WORLD, model=MODEL, seed=seed)
        model.append(toys.planned(world, checkpoint.model, config, tasks, seed).outcome.success)
        agent = new_agent(world, seed)
        for found, steps in ((equal, real), (longer, (more - 1) * real)):
            learn(agent, steps, seed, report)
            found.append(acted(agent, world, *toys.tasks(world, tasks, seed)))
    rows = {"model": np.concatenate(model), "equal": np.concatenate(equal), "longer": np.concatenate(longer)}
    return Findings(
        readings={
            "learned": share(rows["model"]),
            "equal": difference(rows["model"], rows["equal"]),
            "longer": difference(rows["model"], rows["longer"]),
            "without": difference(rows["equal"], rows["model"]),
        },
        seeds=seeds,
        data={
            "success": {name: vars(share(hits)) for name, hits in rows.items()},
            "real_steps": real,
            "more": more,
        },
    )


def new_agent(world: World, seed: int) -> Any:
    """PPO over COPIES tasks side by side. Raises AgentError where stable-baselines3 is not installed."""
    try:
        from stable_baselines3 import PPO
    except ImportError:
        raise AgentError(
            "this experiment needs stable-baselines3; install it with: pip install --no-deps stable-baselines3==2.9.2"
        ) from None
    return PPO(
        "MlpPolicy", _copies(world, seed), seed=seed, device="cpu", n_steps=32, batch_size=256, verbose=0
    )


def learn(agent: Any, steps: int, seed: int, report: Report) -> None:
    """Goes on learning for `steps` more real steps, counted over all copies."""
    part = 10_000
    for done in range(0, steps, part):
        report(f"seed {seed}: PPO learns, {done:,} of {steps:,} real steps")
        agent.learn(min(part, steps - done), reset_num_timesteps=False)


def acted(agent: Any, world: World, starts: np.ndarray, goals: np.ndarray) -> np.ndarray:
    from agents.judging.referee import play

    return play(
        world, starts, goals, lambda state: agent.predict(_seen(state, goals), deterministic=True)[0]
    ).success


def _seen(state: np.ndarray, goals: np.ndarray) -> np.ndarray:
    """What PPO sees: where the dot and the goal are, each in [-1, 1]."""
    return np.concatenate([state[:, :2], goals[:, :2]], 1).astype(np.float32) / 32 - 1


def _copies(world: World, seed: int) -> Any:
    """The world as stable-baselines3 steps it: a task that ends is followed by a fresh one at once."""
    import gymnasium as gym
    from stable_baselines3.common.vec_env import VecEnv

    class Copies(VecEnv):
        def __init__(self) -> None:
            seen = gym.spaces.Box(-1.5, 1.5, (4,), np.float32)
            super().__init__(COPIES, seen, gym.spaces.Box(-1, 1, (world.action_size,), np.float32))
            self.rng = np.random.default_rng(seed)

        def reset(self):
            self.state, self.goals = world.sample_tasks(self.rng, COPIES)
            self.steps = np.zeros(COPIES, int)
            return _seen(self.state, self.goals)

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
            last = _seen(self.state, self.goals)
            for i in np.flatnonzero(done):
                infos[i] = {
                    "terminal_observation": last[i],
                    "TimeLimit.truncated": bool(late[i] and not reached[i]),
                }
            if done.any():
                self.state[done], self.goals[done] = world.sample_tasks(self.rng, int(done.sum()))
                self.steps[done] = 0
            return _seen(self.state, self.goals), reward.astype(np.float32), done, infos

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


def draw(record: Mapping[str, Any]) -> str:
    from agents import figures

    success, more = record["data"]["success"], record["data"]["more"]
    names = {
        "model": "planning in a learned model",
        "equal": "PPO, as many real steps",
        "longer": f"PPO, {more} times as many",
    }
    rows = [success[name] for name in names]
    return figures.bars(
        "What real steps buy",
        "success",
        list(names.values()),
        {"success": [(r["value"], r["low"], r["high"]) for r in rows]},
    )


EXPERIMENT = Experiment(
    id="fewer-real-steps",
    title="Fewer real steps",
    question="At equal real steps, does planning in a learned model beat learning to act without one?",
    criteria=(
        Criterion("learned", "success of planning in the learned model", 0.8),
        Criterion("equal", "that, less the success of PPO after as many real steps", 0.2, "learning-without-a-model-needs-more-trials"),
        Criterion("longer", "that, less the success of PPO after several times as many real steps", 0.0,
                  "learning-without-a-model-needs-more-trials"),
        Criterion("without", "success of PPO after as many real steps, less that of planning in the model", -0.1,
                  "atari-without-a-model"),
    ),
    cannot_show="One rival with its usual settings; methods without a model that were tuned for few steps, or that learn off "
    "policy, need fewer than PPO. The model's computing time is not counted.",
    quick={"tasks": 20, "more": 2, "seeds": (0, 1, 2)},
    full={"tasks": 100, "more": 10, "seeds": (0, 1, 2)},
    measure=measure,
    draw=draw,
)  # fmt: skip
