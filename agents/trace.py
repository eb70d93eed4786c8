"""What a planner hands back, and what an episode leaves behind. Both serialise to JSON."""

from __future__ import annotations

import base64
import dataclasses
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


def sprite_sheet(frames: np.ndarray) -> str:
    """`frames` [T, H, W, 3] uint8 side by side in one row, as a base64 PNG: what a canvas scrubs through."""
    from PIL import Image

    t, h, w, c = frames.shape
    row = frames.transpose(1, 0, 2, 3).reshape(h, t * w, c)
    buffer = io.BytesIO()
    Image.fromarray(row).save(buffer, format="PNG")  # `optimize` takes six times as long and saves 2 %
    return base64.b64encode(buffer.getvalue()).decode()


def _plain(value: np.ndarray) -> list[Any]:
    """Nested lists; None where a number is not known, since JSON has no nan."""
    out = value.astype(object)
    out[np.isnan(value)] = None
    return out.tolist()


@dataclass(frozen=True)
class Trace:
    """One episode: what was imagined and what happened, step by step. T actions, T + 1 frames.

    All positions are in pixels of the 64 x 64 frame, (x, y), x to the right, y down.
    """

    world: str
    model: str
    planner: str
    objective: str
    seed: int
    look_every: int
    """Actions executed between two looks at the real frame."""
    success: bool
    rule: str
    """The success rule, in words."""
    steps: int
    """T, the number of actions executed."""
    actions: np.ndarray
    """[T, A] in [-1, 1]."""
    frames: np.ndarray
    """[T + 1, 64, 64, 3] uint8: the real world."""
    imagined: np.ndarray
    """[T + 1, 64, 64, 3] uint8: decoded latents, rolled out from the last look; at a look, what was just seen."""
    blind: np.ndarray
    """[T + 1, 64, 64, 3] uint8: the same actions, imagined from the first frame without ever looking again."""
    goal: np.ndarray
    """[64, 64, 3] uint8."""
    positions: np.ndarray
    """[T + 1, 2] where the agent is."""
    imagined_positions: np.ndarray
    """[T + 1, 2] where the model thinks it is, read from the imagined latent by a probe."""
    blind_positions: np.ndarray
    """[T + 1, 2] the same, without ever looking again."""
    goal_position: np.ndarray
    """[2]."""
    error: np.ndarray
    """[T + 1] pixels between `imagined_positions` and `positions`. At a look only the probe's own error is left."""
    blind_error: np.ndarray
    """[T + 1] pixels between `blind_positions` and `positions`."""
    looks: tuple[int, ...]
    """Steps at which the agent looked at the real frame and planned again; 0 is the first."""
    candidates: tuple[np.ndarray, ...]
    """Per look, [k, H + 1, 2]: imagined paths of k plans the planner considered; the first is the one chosen."""
    plan_ms: tuple[float, ...]
    """Milliseconds per plan, one per look."""
    surprise: np.ndarray
    """[T + 1] with an alarm: how far what was seen was from what was imagined, in units of the usual; nan where nothing was
    compared."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: frames as base64 PNG sprite sheets under `sheets`, the rest as lists."""
        out: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name in ("frames", "imagined", "blind", "goal"):
                continue
            if field.name == "candidates":
                value = [np.round(c, 1).tolist() for c in value]
            elif isinstance(value, np.ndarray):
                value = _plain(np.round(value.astype(float), 3))
            out[field.name] = value
        out["sheets"] = {
            "real": sprite_sheet(self.frames),
            "imagined": sprite_sheet(self.imagined),
            "blind": sprite_sheet(self.blind),
            "goal": sprite_sheet(self.goal[None]),
        }
        return out

    def summary(self) -> str:
        """The episode in one sentence: what a screen reader hears and the terminal prints."""
        end = "reached the goal" if self.success else "did not reach the goal"
        return (
            f"The agent {end} after {self.steps} steps ({self.rule}). Imagined and real positions differ by "
            f"{self.error.mean():.1f} px on average when it looks again every {self.look_every} steps, and by "
            f"{self.blind_error[-1]:.1f} px at the end if it never looks again."
        )

    def write_clip(self, path: Path, scale: int = 4, fps: int = 15) -> None:
        """A GIF, real | imagined | goal, `scale` times enlarged."""
        from PIL import Image

        gap = np.full((self.frames.shape[1], 2, 3), 255, np.uint8)
        pages = []
        for real, imagined in zip(self.frames, self.imagined, strict=True):
            row = np.concatenate([real, gap, imagined, gap, self.goal], axis=1)
            image = Image.fromarray(row)
            pages.append(image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST))
        pages[0].save(path, save_all=True, append_images=pages[1:], duration=1000 // fps, loop=0)
