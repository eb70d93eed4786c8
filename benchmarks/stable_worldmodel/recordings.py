"""Episodes of their expert, as they are collected there, and the tasks of their protocol.

Their script for this environment uses the expert with action noise 2 and a chance of .05 to repeat an action: an episode
ends when the dot reaches its target. Recorded once, and kept in a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.stable_worldmodel.adapter import hosted
from benchmarks.stable_worldmodel.shim import stable_worldmodel
from benchmarks.stable_worldmodel.two_room import ID, TwoRoom
from world_model.data import Episodes

NOISE, REPEAT = 2.0, 0.05
LONGEST = 300
"""Steps after which an episode is cut; the most are far shorter."""
WINDOW = 40
"""Recordings are learned from in pieces of so many actions, since Episodes are all equally long."""
HELD_OUT_SEED = 1_000_000
"""Episodes that tasks are taken from begin at this seed, those that are learned from at 0."""


@dataclass(frozen=True)
class Episode:
    """One recording of theirs."""

    state: np.ndarray
    """[T + 1, 2]."""
    action: np.ndarray
    """[T, 2]."""


def walk(world: TwoRoom, first_seed: int, n: int) -> list[Episode]:
    """`n` episodes of their noisy expert, in batches side by side."""
    expert = stable_worldmodel().envs.two_room.ExpertPolicy
    episodes: list[Episode] = []
    for begin in range(first_seed, first_seed + n, 100):
        seeds = range(begin, min(begin + 100, first_seed + n))
        pairs = [world.env.reset(seed=seed)[1] for seed in seeds]
        state = np.array([info["state"] for info in pairs], np.float32)
        goal = np.array([info["goal_state"] for info in pairs], np.float32)
        policy = hosted(expert(action_noise=NOISE, action_repeat_prob=REPEAT, seed=begin), world, goal)
        states, actions = [state], []
        length = np.full(len(state), LONGEST)
        while len(actions) < LONGEST and (length == LONGEST).any():
            actions.append(policy(states[-1]))
            live = length == LONGEST
            moved = states[-1].copy()
            moved[live] = world.step(states[-1][live], actions[-1][live])
            states.append(moved)
            length[live & world.reached(moved, goal)] = len(actions)
        walked, acted = np.stack(states, 1), np.stack(actions, 1)
        episodes += [Episode(walked[i, : k + 1], acted[i, :k]) for i, k in enumerate(length)]
    return episodes


def recorded(world: TwoRoom, episodes: int, folder: Path) -> Episodes:
    """What a model learns from: `episodes` of theirs, cut into pieces of WINDOW actions that together cover each; shorter
    ones are left out. Read from `folder` where it was made before."""
    path = folder / f"learn-{episodes}-{WINDOW}.npz"
    if path.exists():
        return Episodes.load(path)
    pieces = []
    for episode in walk(world, 0, episodes):
        spare = len(episode.action) - WINDOW
        if spare >= 0:
            count = -(-len(episode.action) // WINDOW)
            pieces += [(episode, round(at)) for at in np.linspace(0, spare, count)]
    state = np.stack([e.state[at : at + WINDOW + 1] for e, at in pieces])
    action = np.stack([e.action[at : at + WINDOW] for e, at in pieces])
    obs = world.observe(state.reshape(-1, 2)).reshape(*state.shape[:2], 64, 64, 3)
    recipe = {
        "world": ID,
        "episodes": episodes,
        "window": WINDOW,
        "noise": NOISE,
        "repeat": REPEAT,
        "seed": 0,
    }
    made = Episodes(obs, action, {"position": state}, recipe)
    made.save(path)
    return made


def held_out(world: TwoRoom, episodes: int, folder: Path) -> list[Episode]:
    """Recordings that no model learns from, of places alone: their frames are drawn when they are looked at."""
    path = folder / f"held-out-{episodes}.npz"
    if not path.exists():
        made = walk(world, HELD_OUT_SEED, episodes)
        folder.mkdir(parents=True, exist_ok=True)
        length = np.array([len(e.action) for e in made])
        np.savez_compressed(
            path,
            length=length,
            state=np.concatenate([e.state for e in made]),
            action=np.concatenate([e.action for e in made]),
        )
    with np.load(path) as file:
        ends = np.cumsum(file["length"])[:-1]
        states = np.split(file["state"], ends + np.arange(1, len(ends) + 1))
        return [Episode(s, a) for s, a in zip(states, np.split(file["action"], ends), strict=True)]


def tasks(episodes: list[Episode], ahead: int, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Starts and goals [n, 2]: any row that has another `ahead` rows later in its episode, and that other row. Rows are
    drawn without replacement over all episodes, as their evaluation draws them."""
    rows = [(e.state[t], e.state[t + ahead]) for e in episodes for t in range(len(e.state) - ahead)]
    chosen = np.random.default_rng(seed).choice(len(rows), n, replace=False)
    starts, goals = zip(*(rows[i] for i in chosen), strict=True)
    return np.stack(starts), np.stack(goals)
