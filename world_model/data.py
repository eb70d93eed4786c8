"""Recorded episodes: the only thing a world model ever learns from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from world_model.checkpoint import recipe_hash
from world_model.errors import WorldModelError


@dataclass(frozen=True)
class Episodes:
    """N recorded episodes of T actions each."""

    obs: np.ndarray
    """[N, T + 1, H, W, 3] uint8 frames, or [N, T + 1, d] float32 vectors."""
    action: np.ndarray
    """[N, T, A] float32: numbers in [-1, 1], or one-hot choices."""
    facts: dict[str, np.ndarray] = field(default_factory=dict)
    """Hidden facts by name, each [N, T + 1, k]. Only probes and referees may read them, never a training loss."""
    recipe: dict[str, Any] = field(default_factory=dict)
    """What makes these episodes again: world, sizes, seed."""

    @property
    def recipe_hash(self) -> str:
        """sha256 of the recipe, hexadecimal: data is never shipped, it is made again from this."""
        return recipe_hash(self.recipe)

    @property
    def obs_shape(self) -> tuple[int, ...]:
        """Of one observation as a model sees it: (3, H, W) or (d,)."""
        shape = self.obs.shape[2:]
        return (shape[2], shape[0], shape[1]) if len(shape) == 3 else shape

    @property
    def fact_sizes(self) -> dict[str, int]:
        return {name: values.shape[-1] for name, values in self.facts.items()}

    def split(self, every: int) -> tuple[Episodes, Episodes]:
        """All but every so-manieth episode, and those: to learn from, and to measure on."""
        kept = np.arange(len(self.obs)) % every == every - 1
        if kept.all() or not kept.any():
            raise WorldModelError(
                f"{len(self.obs)} episodes are too few: every {every}th is kept to measure on"
            )
        return self._rows(~kept), self._rows(kept)

    def _rows(self, rows: np.ndarray) -> Episodes:
        facts = {name: values[rows] for name, values in self.facts.items()}
        return Episodes(self.obs[rows], self.action[rows], facts, self.recipe)

    def save(self, path: Path) -> None:
        """An .npz of `obs`, `action`, `fact_<name>` for each fact, and `recipe` as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = {f"fact_{name}": values for name, values in self.facts.items()}
        np.savez_compressed(
            path,
            obs=self.obs,
            action=self.action,
            recipe=np.array(json.dumps(self.recipe)),
            allow_pickle=False,
            **facts,
        )

    @classmethod
    def load(cls, path: Path) -> Episodes:
        """What `save` wrote, or a file of the user's with at least `obs` and `action` in the same shapes.

        Raises WorldModelError, in one line, for what can't be learned from. Recordings without a recipe are known by
        the hash of the file.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except FileNotFoundError:
            raise WorldModelError(f"there is no file {path}; make one: orrery collect --out {path}") from None
        except Exception as error:
            raise WorldModelError(f"{path} is no readable .npz of recordings ({error})") from None
        missing = {"obs", "action"} - set(arrays)
        if missing:
            raise WorldModelError(
                f"{path} has no array {sorted(missing)[0]!r}; it has: {', '.join(sorted(arrays))}"
            )
        facts = {
            name.removeprefix("fact_"): values.astype(np.float32)
            for name, values in arrays.items()
            if name.startswith("fact_")
        }
        recipe = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        if "recipe" in arrays:
            recipe = json.loads(str(arrays["recipe"]))
        obs = arrays["obs"] if arrays["obs"].dtype == np.uint8 else arrays["obs"].astype(np.float32)
        episodes = cls(obs, arrays["action"].astype(np.float32), facts, recipe)
        episodes.check(str(path))
        return episodes

    def check(self, path: str) -> None:
        """Raises WorldModelError, naming `path`, where shapes don't fit each other or a number isn't one."""
        n, steps = self.action.shape[:2] if self.action.ndim == 3 else (-1, -1)
        frames = self.obs.dtype == np.uint8
        for wrong, words in (
            (
                self.action.ndim != 3,
                f"action has the shape {self.action.shape}, not [episodes, steps, numbers]",
            ),
            (
                self.obs.shape[:2] != (n, steps + 1),
                f"obs begins {self.obs.shape[:2]}, not {(n, steps + 1)}: one more than actions",
            ),
            (
                frames and self.obs.shape[2:] != (64, 64, 3),
                f"frames are {self.obs.shape[2:]}; models take (64, 64, 3) uint8",
            ),
            (
                not frames and self.obs.ndim != 3,
                f"obs has the shape {self.obs.shape}: neither uint8 frames nor vectors",
            ),
            (steps < 16, f"episodes have {steps} steps; 16 are the least that training needs"),
            (not np.isfinite(self.action).all(), "an action is not a finite number"),
            (not frames and not np.isfinite(self.obs).all(), "an observation is not a finite number"),
            *(
                (
                    v.shape[:2] != (n, steps + 1) or v.ndim != 3,
                    f"fact {k!r} has the shape {v.shape}, not [{n}, {steps + 1}, numbers]",
                )
                for k, v in self.facts.items()
            ),
        ):
            if wrong:
                raise WorldModelError(f"{path}: {words}")

    def windows(self, rng: np.random.Generator, batch: int, length: int) -> tuple[np.ndarray, np.ndarray]:
        """Random windows: obs [batch, length + 1, ...], action [batch, length, A]."""
        obs, action, _ = self.windows_and_frames(rng, batch, length, 0)
        return obs, action

    def windows_and_frames(
        self, rng: np.random.Generator, batch: int, length: int, more: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Random windows, and `more` frames [batch, more, ...] from anywhere in the same episode as each."""
        rows, steps = self.places(rng, batch, length, more)
        obs, action = self.obs[rows, steps], self.action[rows, steps[:, :length]]
        return obs[:, : length + 1], action, obs[:, length + 1 :]

    def places(
        self, rng: np.random.Generator, batch: int, length: int, more: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Where random windows are: episodes [batch, 1] and steps [batch, length + 1 + more], the last `more` of which
        lie anywhere in the same episode."""
        episode = rng.integers(0, len(self.obs), batch)
        start = rng.integers(0, self.action.shape[1] - length + 1, batch)
        anywhere = rng.integers(0, self.obs.shape[1], (batch, more))
        return episode[:, None], np.concatenate([start[:, None] + np.arange(length + 1), anywhere], 1)

    def went(self) -> np.ndarray:
        """[N, T + 1, A]: the sum of an episode's actions before each of its frames."""
        return np.concatenate([np.zeros_like(self.action[:, :1]), self.action.cumsum(1)], 1)

    def frames(self, rng: np.random.Generator, batch: int, count: int) -> np.ndarray:
        """[batch, count, ...]: random observations, `count` from each of `batch` episodes."""
        episode = rng.integers(0, len(self.obs), batch)
        return self.obs[episode[:, None], rng.integers(0, self.obs.shape[1], (batch, count))]

    def encoded(self, encoder: Callable[[Tensor], Tensor], chunk: int = 2048) -> Tensor:
        """[N, T + 1, size]: every observation through an encoder, without gradients."""
        flat = self.obs.reshape(-1, *self.obs.shape[2:])
        with torch.no_grad():
            parts = [encoder(to_tensor(flat[i : i + chunk])) for i in range(0, len(flat), chunk)]
        states = torch.cat(parts)
        return states.view(*self.obs.shape[:2], states.shape[-1])


def to_tensor(obs: np.ndarray) -> Tensor:
    """Frames [..., H, W, 3] uint8 -> [..., 3, H, W] uint8; vectors stay as they are."""
    tensor = torch.from_numpy(obs)
    return tensor.movedim(-1, -3) if obs.dtype == np.uint8 else tensor
