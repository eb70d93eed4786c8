"""One episode to be looked at: planned in the model's imagination, acted out in the real world, and told step by step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from agents.alarm import calibrate
from agents.config import PlanConfig
from agents.errors import AgentError
from agents.judging.referee import in_words
from agents.loop import Eyes, Run, run
from agents.planners import make_planner
from agents.trace import Trace
from agents.worlds import make_world
from agents.worlds.base import World
from world_model.checkpoint import load
from world_model.models.base import WorldModel
from world_model.train import one_thread


def plan_episode(config: PlanConfig) -> Trace:
    """One episode, planned in the model's imagination and acted out in the real world, step by step.

    Raises AgentError or WorldModelError, in one line, for names that don't exist.
    """
    world = make_world(config.world)
    planner = make_planner(config, world)
    net = load(config.model, config.world).model
    with one_thread():
        starts, goals = world.sample_tasks(np.random.default_rng(config.seed), 1)
        if "position" not in world.facts(starts):
            raise AgentError(f"{config.world} has no agent to follow; see what it costs: {_evaluate(config)}")
        eyes = Eyes(world, net)
        monitor = calibrate(eyes) if config.alarm else None
        result = run(eyes, planner, starts, goals, monitor=monitor)
        return _trace(config, world, net, result, goals)


def _evaluate(config: PlanConfig) -> str:
    return f"orrery evaluate --model {config.model}"


@torch.no_grad()
def _trace(config: PlanConfig, world: World, net: WorldModel, result: Run, goal: np.ndarray) -> Trace:
    """What was imagined beside what happened, for the one episode of `result`."""
    states, actions, imagined = result.states[:, 0], result.actions[:, 0], result.beliefs[:, 0]
    blind = torch.cat([imagined[:1], net.rollout(imagined[:1], torch.from_numpy(actions)[None])[0]])
    position = world.facts(states)["position"]

    def where(belief: Tensor) -> np.ndarray:
        return net.read(belief)["position"].numpy()

    candidates = []
    for look, plan in zip(result.looks, result.plans, strict=True):
        considered = torch.cat([plan.states, plan.candidates[0, 1:]])
        start = np.broadcast_to(position[look], (len(considered), 1, position.shape[-1]))
        candidates.append(np.concatenate([start, where(considered)], 1))
    where_imagined, where_blind = where(imagined), where(blind)
    return Trace(
        world=config.world,
        model=config.model,
        planner=config.planner,
        objective=config.objective,
        seed=config.seed,
        look_every=config.look_every,
        success=bool(result.outcome.success[0]),
        rule=in_words(world, config.rule, config.steps),
        steps=len(actions),
        actions=actions,
        frames=world.render(states),
        imagined=to_frames(net.decode(imagined)),
        blind=to_frames(net.decode(blind)),
        goal=world.render(goal)[0],
        positions=position,
        imagined_positions=where_imagined,
        blind_positions=where_blind,
        goal_position=world.facts(goal)["position"][0],
        error=np.linalg.norm(where_imagined - position, axis=-1),
        blind_error=np.linalg.norm(where_blind - position, axis=-1),
        looks=tuple(result.looks),
        candidates=tuple(candidates),
        plan_ms=tuple(result.plan_ms),
        surprise=np.concatenate([[np.nan], result.surprise[:, 0]]),
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
