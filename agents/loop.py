"""The agent loop: look, plan, act for a few steps, look again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from agents.config import PlanConfig
from agents.planners import make_planner
from agents.planners.base import Plan, Planner
from agents.trace import Trace
from agents.worlds import Simulator, simulator
from world_model.checkpoint import load
from world_model.models.base import WorldModel
from world_model.train import one_thread, to_tensor


@dataclass(frozen=True)
class Eyes:
    """How a planner perceives: frames through a model's encoder, or the true state for the oracle."""

    sim: Simulator
    model: WorldModel | None
    """None: the oracle."""

    def look(self, state: np.ndarray) -> Tensor:
        """True states [N, S] -> what the planner is given [N, D]."""
        if self.model is None:
            return torch.from_numpy(state)
        return self.model.encode(to_tensor(self.sim.render(state))[:, None])

    def rollout(self, state: Tensor, actions: Tensor) -> Tensor:
        if self.model is None:
            from agents.baselines.oracle import true_rollout

            return true_rollout(self.sim)(state, actions)
        return self.model.rollout(state, actions)


@dataclass(frozen=True)
class Run:
    """N episodes run side by side."""

    states: np.ndarray
    """[T + 1, N, S] true states. An episode that has reached its goal stays where it is."""
    actions: np.ndarray
    """[T, N, A]."""
    success: np.ndarray
    """bool [N]."""
    steps: np.ndarray
    """[N] steps until the goal was reached, or T."""
    plans: list[Plan]
    looks: list[int]
    plan_ms: list[float]
    """Milliseconds per look, for all N episodes together."""


@torch.no_grad()
def run(eyes: Eyes, planner: Planner, starts: np.ndarray, goals: np.ndarray) -> Run:
    """Plan and act until every goal is reached or the world's steps are used up."""
    sim, look_every = eyes.sim, planner.config.look_every
    state, done = starts, sim.reached(starts, goals)
    goal = eyes.look(goals)
    steps = np.where(done, 0, sim.max_steps)
    states, actions, plans, looks, plan_ms = [starts], [], [], [], []
    plan = None
    t = 0
    while t < sim.max_steps and not done.all():
        begin = time.perf_counter()
        plan = planner.plan(eyes.rollout, eyes.look(state), goal, plan, look_every)
        plan_ms.append(1000 * (time.perf_counter() - begin))
        plans.append(plan)
        looks.append(t)
        for step in range(min(look_every, sim.max_steps - t)):
            action = np.where(done[:, None], 0, plan.actions[:, step].numpy()).astype(np.float32)
            state = np.where(done[:, None], state, sim.step(state, action))
            arrived = sim.reached(state, goals) & ~done
            t += 1
            steps[arrived] = t
            done |= arrived
            states.append(state)
            actions.append(action)
            if done.all():
                break
    action_array = np.stack(actions) if actions else np.empty((0, len(starts), sim.action_size), np.float32)
    return Run(np.stack(states), action_array, done, steps, plans, looks, plan_ms)


def plan_episode(config: PlanConfig) -> Trace:
    """One episode, planned in the model's imagination and acted out in the real world, step by step.

    Raises AgentError or WorldModelError, in one line, for names that don't exist.
    """
    sim = simulator(config.world)
    planner = make_planner(config, sim.action_size)
    net = load(config.model, config.world).model
    with one_thread():
        starts, goals = sim.sample_tasks(np.random.default_rng(config.seed), 1)
        result = run(Eyes(sim, net), planner, starts, goals)
        return _trace(config, sim, net, result, goals[0])


@torch.no_grad()
def _trace(config: PlanConfig, sim: Simulator, net: WorldModel, result: Run, goal: np.ndarray) -> Trace:
    """What was imagined beside what happened, for the one episode of `result`."""
    states = result.states[:, 0]
    frames = sim.render(states)
    actions = torch.from_numpy(result.actions[:, 0])
    seen = net.encode(to_tensor(frames)[:, None])
    grounded, current = [], seen[:1]
    for t in range(len(frames)):
        if t in result.looks:
            current = seen[t : t + 1]
        grounded.append(current[0])
        if t < len(actions):
            current = net.predict(current, actions[t : t + 1])
    imagined = torch.stack(grounded)
    blind = torch.cat([seen[:1], net.rollout(seen[:1], actions[None])[0]]) if len(actions) else seen[:1]
    where_imagined, where_blind = net.locate(imagined).numpy(), net.locate(blind).numpy()
    candidates = []
    for look, plan in zip(result.looks, result.plans, strict=True):
        considered = torch.cat([plan.states, plan.candidates[0, 1:]])
        start = np.broadcast_to(states[look], (len(considered), 1, states.shape[-1]))
        candidates.append(np.concatenate([start, net.locate(considered).numpy()], 1))
    return Trace(
        world=config.world,
        model=config.model,
        planner=config.planner,
        objective=config.objective,
        seed=config.seed,
        look_every=config.look_every,
        success=bool(result.success[0]),
        rule=sim.rule,
        steps=len(actions),
        actions=result.actions[:, 0],
        frames=frames,
        imagined=to_frames(net.decode(imagined)),
        blind=to_frames(net.decode(blind)),
        goal=sim.render(goal[None])[0],
        positions=states,
        imagined_positions=where_imagined,
        blind_positions=where_blind,
        goal_position=goal,
        error=np.linalg.norm(where_imagined - states, axis=-1),
        blind_error=np.linalg.norm(where_blind - states, axis=-1),
        looks=tuple(result.looks),
        candidates=tuple(candidates),
        plan_ms=tuple(result.plan_ms),
    )


def to_frames(pictures: Tensor) -> np.ndarray:
    """[T, 3, H, W] uint8 -> [T, H, W, 3]."""
    return pictures.movedim(1, -1).numpy()


def write_clip(trace: Trace, folder: Path) -> Path:
    """Writes `<world>-<model>-seed<seed>.gif` into `folder` and returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{trace.world}-{Path(trace.model).name}-seed{trace.seed}.gif"
    trace.write_clip(path)
    return path
