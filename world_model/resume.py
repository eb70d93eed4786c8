"""Training that goes on where it was killed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from world_model.checkpoint import recipe_hash
from world_model.errors import WorldModelError

FILE = "training.pt"


class Kept:
    """The state of one training run in a folder: everything that decides what comes next."""

    def __init__(self, folder: Path, run: dict[str, Any]):
        """`run` says which training this is; a state kept of another one is refused."""
        self.path, self.run = folder / FILE, recipe_hash(run)

    def load(self) -> dict[str, Any] | None:
        """None where nothing was kept. Raises WorldModelError for the state of another run, or a damaged one."""
        if not self.path.exists():
            return None
        try:
            saved = torch.load(self.path, weights_only=True)
            run = saved["run"]
        except Exception as error:
            raise WorldModelError(
                f"the training state {self.path} is damaged ({type(error).__name__}); remove it to begin again"
            ) from None
        if run != self.run:
            raise WorldModelError(
                f"{self.path} keeps the state of another training run (other data, settings or family); "
                "remove it, or choose another folder"
            )
        return saved

    def seconds(self) -> float:
        """Of training that were done before; 0 where nothing was kept."""
        saved = self.load()
        return saved["seconds"] if saved else 0.0

    def save(self, **state: Any) -> None:
        """All of it or, if killed meanwhile, the last one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        torch.save({"run": self.run, **state}, new)
        new.replace(self.path)

    def remove(self) -> None:
        """When it is needed no longer."""
        self.path.unlink(missing_ok=True)
