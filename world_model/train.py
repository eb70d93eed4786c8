"""Train a world model on recorded episodes, then its viewer and its probes on frozen latents."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.data import Episodes, to_tensor
from world_model.health import Health, imagined_error, latent_health
from world_model.losses import picture_error, usual_frame
from world_model.models.base import WorldModel
from world_model.models.readers import Probe
from world_model.resume import Kept
from world_model.stages import Stage, TrainConfig
from world_model.temporal import LearnTemporal

REPORT_EVERY = 100
"""Updates between two reports."""
MEASURE_EVERY = 500
"""Updates between two measurements of how far imagination is off, which take half a second."""
PAINTED = 64
"""Frames that the viewer paints in a batch, at most."""
KEEP_EVERY = 200
"""Updates between two states kept on disk."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Small models run several times faster on one thread than on two; denormals would slow them further."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.set_flush_denormal(False)


def train(
    make: Callable[[Episodes, TrainConfig], WorldModel],
    episodes: Episodes,
    config: TrainConfig,
    report: Callable[[Health], None] = lambda health: None,
    *,
    keep: Kept | None = None,
    held_out: Episodes | None = None,
) -> WorldModel:
    """A fresh model from `make`, trained stage by stage. The same seed on one thread gives the same weights, also when
    training was killed on the way and goes on from what `keep` holds.

    `held_out` recordings, where given, are what its health is measured on.
    """
    with one_thread(), torch.random.fork_rng():
        torch.manual_seed(config.seed)  # weight initialisation; forked, so nobody else's randomness moves
        run = _Run(np.random.default_rng(config.seed), report, keep, held_out or episodes)
        model = make(episodes, config)
        run.through(model, _stages(model, episodes, config))
        return model.requires_grad_(False).eval()


def _stages(model: WorldModel, episodes: Episodes, config: TrainConfig) -> Iterator[Stage]:
    yield from model.stages(episodes, config)
    yield Readers(model, episodes, config)
    if config.temporal_updates and not hasattr(model, "temporal"):
        yield LearnTemporal(model, episodes, config)


class _Run:
    """One training run, which may begin in the middle."""

    def __init__(
        self, rng: np.random.Generator, report: Callable[[Health], None], keep: Kept | None, watched: Episodes
    ):
        self.rng, self.report, self.keep, self.watched = rng, report, keep, watched
        self.saved = keep.load() if keep else None
        self.begin = time.perf_counter() - (self.saved["seconds"] if self.saved else 0)

    def through(self, model: WorldModel, stages: Iterator[Stage]) -> None:
        """Stages that ended before a kill are made again, as those after them expect, and passed over."""
        index = 0
        while True:
            if self.saved and index == self.saved["stage"]:
                model.load_state_dict(self.saved["model"])
                torch.set_rng_state(self.saved["chance"])
            before = self._start(model, index)
            stage = next(stages, None)
            if stage is None:
                break
            if not self.saved or index >= self.saved["stage"]:
                self.learn(stage, model, before)
            stage.finish()
            index += 1
        if self.keep:
            self.keep.save(**before)

    def learn(self, stage: Stage, model: WorldModel, before: dict[str, Any]) -> None:
        """Adam, its learning rate falling to zero on a cosine."""
        trained = [p for p in stage.parameters() if p.requires_grad]
        optimiser = torch.optim.Adam(trained, stage.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(stage.updates, 1))
        first = 1
        if self.saved and "update" in self.saved and self.saved["stage"] == before["stage"]:
            stage.load_state_dict(self.saved["learning"])
            optimiser.load_state_dict(self.saved["optimiser"])
            schedule.load_state_dict(self.saved["schedule"])
            torch.set_rng_state(self.saved["chance_now"])
            self.rng.bit_generator.state = self.saved["rng"]
            first = self.saved["update"] + 1
        for update in range(first, stage.updates + 1):
            parts = stage.loss(self.rng)
            optimiser.zero_grad()
            torch.stack(list(parts.values())).sum().backward()
            nn.utils.clip_grad_norm_(trained, stage.steepest)
            optimiser.step()
            schedule.step()
            if update % REPORT_EVERY == 0 or update == stage.updates:
                values = {name: float(value.detach()) for name, value in parts.items()}
                self.report(self._health(stage, model, update, values))
            if self.keep and update % KEEP_EVERY == 0 and update < stage.updates:
                self.keep.save(
                    **{**before, "seconds": time.perf_counter() - self.begin},
                    update=update,
                    learning=stage.state_dict(),
                    optimiser=optimiser.state_dict(),
                    schedule=schedule.state_dict(),
                    chance_now=torch.get_rng_state(),
                    rng=self.rng.bit_generator.state,
                )

    def _start(self, model: WorldModel, index: int) -> dict[str, Any]:
        """What a stage begins from."""
        weights = {name: value.clone() for name, value in model.state_dict().items()}
        seconds = time.perf_counter() - self.begin
        return {"stage": index, "model": weights, "chance": torch.get_rng_state(), "seconds": seconds}

    def _health(self, stage: Stage, model: WorldModel, update: int, parts: dict[str, float]) -> Health:
        spread, rank, within = latent_health(stage, model, self.watched)
        measured = stage.imagines and (update % MEASURE_EVERY == 0 or update == stage.updates)
        off = imagined_error(stage, model, self.watched) if measured else None
        seconds = time.perf_counter() - self.begin
        return Health(stage.name, update, stage.updates, parts, spread, rank, seconds, off, within)


class Readers(Stage):
    """The viewer and the probes, from states that no longer move. Nothing flows back into the model."""

    name = "readers"
    imagines = False
    viewer: Any
    """One with `begin`, for frames."""
    probe: Probe

    def __init__(self, model: WorldModel, episodes: Episodes, config: TrainConfig):
        super().__init__(config.reader_updates, 3e-3)
        model.requires_grad_(False).eval()
        self.viewer, self.probe = model.viewer.requires_grad_(True), model.probe.requires_grad_(True)
        self.batch = config.reader_batch
        self.episodes, self.states = episodes, model.readable(model.studied(episodes))
        self.facts = {name: torch.from_numpy(values).float() for name, values in episodes.facts.items()}
        for name, values in self.facts.items():
            self.probe.fit_units(name, values.flatten(0, 1))
        self.usual = usual_frame(episodes.obs)
        if self.usual is not None:
            self.viewer.begin(self.usual, self.states)
            self.resting = torch.from_numpy(episodes.obs.mean(1, dtype=np.float32) / 255).movedim(-1, 1)

    def loss(self, rng: np.random.Generator) -> dict[str, Tensor]:
        episode = rng.integers(0, len(self.episodes.obs), self.batch)
        step = rng.integers(0, self.episodes.obs.shape[1], self.batch)
        state = self.states[episode, step]
        found = self.probe(state)
        parts = {
            name: F.mse_loss(found[name] / scale, values[episode, step] / scale)
            for name, values in self.facts.items()
            for scale in [getattr(self.probe, f"scale_{name}")]
        }
        few = slice(PAINTED)  # a picture costs a hundred facts
        seen = to_tensor(self.episodes.obs[episode[few], step[few]])
        resting = self.resting[episode[few]] if self.usual is not None else None
        parts["picture"] = picture_error(self.viewer(state[few]), seen, self.usual, resting)
        return parts
