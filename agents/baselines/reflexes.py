"""Policies that plan nothing: random actions, and straight for the goal."""

from __future__ import annotations

import numpy as np

from agents.collect import random_actions
from agents.worlds import Simulator


def run_random(sim: Simulator, starts: np.ndarray, goals: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Success [N] of the same random behaviour that collected the training data: the floor."""
    actions = random_actions(rng, len(starts), sim.max_steps)
    state, done = starts, sim.reached(starts, goals)
    for t in range(sim.max_steps):
        state = sim.step(state, actions[:, t])
        done |= sim.reached(state, goals)
    return done


def run_straight(sim: Simulator, starts: np.ndarray, goals: np.ndarray) -> np.ndarray:
    """Success [N] of heading straight for the true goal: what knowing where it is, and no more, is worth."""
    state, done = starts, sim.reached(starts, goals)
    for _ in range(sim.max_steps):
        gap = goals - state
        state = sim.step(state, gap / np.maximum(np.linalg.norm(gap, axis=-1, keepdims=True), 1e-6))
        done |= sim.reached(state, goals)
    return done
