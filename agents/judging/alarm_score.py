"""How good the alarm is: the world is changed under the agent in mid-episode, and it has to notice and plan again.

The protocol. What is rationed is planning. The agent on schedule plans every k steps and sees nothing in between. The one
with the alarm glances at every step, which costs an encoding and no plan, and plans when it rings or when its plan has been
followed for `PATIENCE` steps. Both are counted by plans an episode; every run has the same tasks and the same change.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.alarm import calibrate
from agents.config import PlanConfig
from agents.errors import AgentError
from agents.judging.evaluate import TASK_SEED, machine
from agents.judging.score import auroc, mcnemar, wilson
from agents.worlds import make_world
from agents.worlds.base import World
from world_model.checkpoint import load

if TYPE_CHECKING:
    from agents.loop import Run

CHANGES = ("door", "door-moved", "no-wall", "second-door", "blue-dot", "big-dot")
"""`door`: it shuts, and another opens at least 12 pixels away, where doors were when episodes were recorded. The others
are the world's own switches, and out of the model's experience."""
WHEN = (3, 12)
"""The steps after which an episode's change comes, where none is named: any of them, so that no schedule happens to plan just
after it."""
AT_ONCE = 5
"""The step for the world's own switches, which are thrown for all episodes at once."""
PATIENCE = 40
"""Steps that an agent with an alarm follows a plan at most."""
WINDOW = 10
"""Steps from the change within which the greatest surprise is what an episode is told by."""
SCHEDULES = (4, 6, 8, 10, 12, 16, 20, 30)
QUIET = 0.5
"""Share of unchanged episodes, others than those scored, that the default threshold lets pass in silence. Chosen, on others
again, among .3, .5, .7 and .9: an alarm that rings more often also mends plans that have merely drifted off."""


@dataclass(frozen=True)
class Agent:
    """One way of looking again, over the changed episodes."""

    name: str
    success: float
    low: float
    high: float
    plans: float
    """An episode, on average."""
    glances: float
    """Frames looked at without planning, an episode."""
    p: float | None
    """McNemar's exact test against the agent with the alarm."""


@dataclass(frozen=True)
class AlarmScore:
    world: str
    model: str
    change: str
    step: int
    """After which the world changes; 0: after one that was drawn for each episode."""
    episodes: int
    changed: int
    """Episodes still on their way at that step, clear of the door: those that all figures are over."""
    threshold: float
    auroc: float
    """Of the greatest surprise within 10 steps of the change, against the same tasks unchanged."""
    noticed: float
    """Share of changed episodes in which it rings at all after the change."""
    delay: float | None
    """Median steps from the change to the first ring, where it rings; 0: in the first frame that shows it."""
    false_alarms: float
    """Rings an episode on the same tasks, unchanged."""
    alarm: Agent
    rival: Agent
    """The schedule with the fewest plans that are at least as many as the alarm's."""
    schedules: tuple[Agent, ...]
    command: str
    machine: str

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def figure(self) -> str:
        from agents import figures

        every = [*self.schedules, self.alarm]
        return figures.bars(
            f"{self.change} under way: success by how the agent decides to plan again",
            f"success of {self.changed} episodes",
            [f"{agent.name} ({agent.plans:.1f} plans)" for agent in every],
            {"success": [(agent.success, agent.low, agent.high) for agent in every]},
        )


def make_change(world: World, name: str, step: int | np.ndarray, seed: int) -> Callable:
    """The change, after `step` steps, one for all or (doors) each copy's own [N]; an agent in the doorway keeps its door.
    Raises AgentError."""
    from agents.worlds.two_rooms import DOOR_Y, DOORS, OUTSIDE, RADIUS, SIZE, WALL_HALF, WALL_X, TwoRooms

    if not isinstance(world, TwoRooms) or name not in CHANGES:
        raise AgentError(f"no change {name!r} in {world.name}; two-rooms has: {', '.join(CHANGES)}")

    def change(t: int, now: World, state: np.ndarray) -> tuple[World, np.ndarray]:
        turn = np.broadcast_to(np.equal(step, t), len(state))
        if not turn.any():
            return now, state
        if name not in ("door", "door-moved"):
            return make_world(f"{world.name}:{name}"), state
        rng, state = np.random.default_rng(seed), state.copy()
        others = np.stack([rng.permutation(DOORS if name == "door" else OUTSIDE) for _ in state])
        far = np.abs(others - state[:, DOOR_Y : DOOR_Y + 1]) >= 12
        new = np.take_along_axis(others, far.argmax(1)[:, None], 1)[:, 0]
        if world.layout == "fixed":
            new = SIZE - state[:, DOOR_Y]
        clear = turn & (np.abs(state[:, 0] - state[:, WALL_X]) >= WALL_HALF + RADIUS)
        state[:, DOOR_Y] = np.where(clear, new, state[:, DOOR_Y])
        return now, state

    return change


def score_alarm(
    config: PlanConfig,
    change: str = "door",
    step: int = 0,
    episodes: int = 200,
    report: Callable[[str], None] = lambda line: None,
) -> AlarmScore:
    """Plays the same tasks unchanged and changed, with the alarm and on schedules. `step` 0 draws one for each
    episode. `config.alarm` is the threshold; 0 takes the one that half of the unchanged episodes of another seed stay below.
    Raises AgentError."""
    from agents.loop import Eyes, run
    from agents.planners import make_planner
    from world_model.train import one_thread

    world, net = make_world(config.world), load(config.model, config.world).model
    doors = change in ("door", "door-moved")
    drawn = np.random.default_rng(config.seed).integers(WHEN[0], WHEN[1] + 1, episodes)
    when = drawn if doors and not step else np.full(episodes, step or AT_ONCE)
    moved = make_change(world, change, when, config.seed)
    tasks = world.sample_tasks(np.random.default_rng(TASK_SEED + config.seed), episodes)

    def play(tasks: tuple[np.ndarray, np.ndarray], alarm: float, look_every: int, changes=None) -> Run:
        eyes = Eyes(world, net)
        settings = dataclasses.replace(config, alarm=alarm, look_every=min(look_every, config.horizon))
        watcher = monitor if alarm else None
        starts, goals = tasks
        return run(eyes, make_planner(settings, world), starts, goals, monitor=watcher, change=changes)

    with one_thread():
        monitor = calibrate(Eyes(world, net))
        threshold = config.alarm
        if not threshold:
            report("choosing the threshold on episodes of another seed ...")
            others = world.sample_tasks(np.random.default_rng(TASK_SEED - 1), episodes)
            greatest = np.nanmax(_under_way(play(others, 1e6, PATIENCE)), 0)
            threshold = float(np.quantile(greatest[np.isfinite(greatest)], QUIET))
        report(f"with the alarm at {threshold:.2f} ...")
        quiet, rung = play(tasks, threshold, PATIENCE), play(tasks, threshold, PATIENCE, moved)
        met = when < np.where(rung.outcome.success, rung.outcome.steps, len(rung.states) - 1)
        if doors:
            there = rung.states[np.minimum(when, len(rung.states) - 1), np.arange(episodes)]
            met &= there[:, 3] != rung.states[0][:, 3]
        calm, loud = _under_way(quiet), _under_way(rung)
        schedules, results = [], []
        for every in SCHEDULES:
            report(f"looking every {every} steps ...")
            result = play(tasks, 0.0, every, moved)
            results.append(result.outcome.success[met])
            schedules.append(_agent(f"every {every} steps", result, met, rung.outcome.success[met]))
    agent = _agent("alarm", rung, met, None)
    after = ((loud > threshold) & (_since(loud, when) >= 0))[:, met]
    rang = after.any(0)
    as_many = [s for s in schedules if s.plans >= agent.plans] or schedules[:1]
    return AlarmScore(
        world=config.world,
        model=config.model,
        change=change,
        step=0 if doors and not step else int(when[0]),
        episodes=episodes,
        changed=int(met.sum()),
        threshold=round(threshold, 3),
        auroc=auroc(_peak(loud, when)[met], _peak(calm, when)[met]),
        noticed=float(rang.mean()),
        delay=float(np.median((after.argmax(0) - (when - 1)[met])[rang])) if rang.any() else None,
        false_alarms=float((calm > threshold).sum() / episodes),
        alarm=agent,
        rival=min(as_many, key=lambda s: s.plans),
        schedules=tuple(schedules),
        command=f"orrery alarm {config.flags} --change {change} --step {step} --episodes {episodes}",
        machine=machine(),
    )


def _done(run: Run) -> np.ndarray:
    """bool [T + 1, N]: whether each episode was over by then."""
    return np.arange(len(run.states))[:, None] >= np.where(run.outcome.success, run.outcome.steps, np.inf)


def _under_way(run: Run) -> np.ndarray:
    """[T, N] the surprise at every step until success; nan after it."""
    return np.where(_done(run)[:-1], np.nan, run.surprise)


def _since(surprise: np.ndarray, when: np.ndarray) -> np.ndarray:
    """[T, N]: steps since the first frame that showed the change, which comes after `when` [N] steps."""
    return np.arange(len(surprise))[:, None] - (when - 1)


def _peak(surprise: np.ndarray, when: np.ndarray) -> np.ndarray:
    """[T, N] -> [N]: the greatest in the ten steps from the change on."""
    since = _since(surprise, when)
    return np.where((since >= 0) & (since < WINDOW), np.nan_to_num(surprise, nan=0.0), 0.0).max(0)


def _agent(name: str, run: Run, met: np.ndarray, alarm: np.ndarray | None) -> Agent:
    success = run.outcome.success[met]
    low, high = wilson(int(success.sum()), len(success))
    glances = np.isfinite(_under_way(run)).sum(0)
    return Agent(
        name,
        float(success.mean()),
        low,
        high,
        float(run.plans_made[met].mean()),
        float(glances[met].mean()),
        None if alarm is None else mcnemar(alarm, success),
    )
