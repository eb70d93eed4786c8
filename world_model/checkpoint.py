"""Weights on disk: a safetensors file and its passport, which says how they were made and what they can do."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from world_model.errors import WorldModelError

if TYPE_CHECKING:
    from world_model.data import Episodes
    from world_model.models.base import WorldModel

SHIPPED = Path(__file__).parent / "checkpoints"
FAMILIES = {
    "jepa": ("world_model.models.jepa", "JEPA"),
    "pixel": ("world_model.models.pixel", "Pixel"),
    "rssm": ("world_model.models.rssm", "RSSM"),
    "ensemble": ("world_model.models.ensemble", "Ensemble"),
    "tracker": ("world_model.models.tracker", "Tracker"),
    "particles": ("world_model.models.particles", "Particles"),
    "tiles": ("world_model.models.tiles", "Tiles"),
}
"""Family -> its module, imported when it is asked for, and its class."""


@dataclass(frozen=True)
class Passport:
    """JSON beside each checkpoint."""

    name: str
    family: str
    """The kind of model, one of FAMILIES."""
    world: str
    """The world whose episodes it learned from."""
    frame_size: int
    """Pixels, height and width."""
    arguments: dict[str, Any]
    """Of the model's constructor."""
    data_recipe: dict[str, Any]
    """Makes the training episodes again."""
    data_hash: str
    """sha256 of the data recipe."""
    training: dict[str, Any]
    """The training configuration, seed included."""
    training_seconds: float
    machine: str
    command: str
    """Makes the checkpoint again."""
    weights_hash: str
    """sha256 of the weights file; a file that doesn't match is refused."""
    results: dict[str, Any] = field(default_factory=dict)
    """What was measured: protocol, rows with n and interval, floor and ceiling, the spread over training seeds."""
    plan: dict[str, Any] = field(default_factory=dict)
    """How it was planned with when that was measured, where it isn't the usual way: its best settings by default."""


@dataclass(frozen=True)
class Checkpoint:
    model: WorldModel
    passport: Passport


def shipped() -> list[str]:
    """Names of the checkpoints that come with the package."""
    return sorted(path.stem for path in SHIPPED.glob("*.safetensors"))


def _files(name: str) -> tuple[Path, Path]:
    """Weights and passport of a shipped name, of a path of the user's, or of a folder that holds one checkpoint."""
    if name in shipped():
        return SHIPPED / f"{name}.safetensors", SHIPPED / f"{name}.json"
    folder = Path(name)
    if folder.with_suffix(".safetensors").is_file():
        return folder.with_suffix(".safetensors"), folder.with_suffix(".json")
    weights = sorted(folder.glob("*.safetensors")) if folder.is_dir() else []
    if len(weights) != 1:
        found = f"a folder with {len(weights)} .safetensors files" if folder.is_dir() else "not a folder"
        raise WorldModelError(
            f"unknown model {name!r} ({found}); the models are: {', '.join(shipped())}, or a folder or path of a checkpoint"
        )
    return weights[0], weights[0].with_suffix(".json")


def weights_file(name: str) -> Path:
    """Of a shipped name, or of a folder or path of the user's."""
    return _files(name)[0]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_passport(name: str) -> Passport:
    """The passport alone, without torch. Raises WorldModelError when it is missing or damaged."""
    _, path = _files(name)
    try:
        return Passport(**json.loads(path.read_text()))
    except FileNotFoundError:
        raise WorldModelError(
            f"model {name!r} has no passport: {path.name} is missing; train it again"
        ) from None
    except (ValueError, TypeError) as error:
        raise WorldModelError(
            f"the passport of {name!r} is damaged ({path.name}: {error}); train it again"
        ) from None


def family(name: str) -> type[WorldModel]:
    """The class of that family. Raises WorldModelError naming those that exist."""
    if name not in FAMILIES:
        raise WorldModelError(f"unknown family {name!r}; the families are: {', '.join(FAMILIES)}")
    module, cls = FAMILIES[name]
    return getattr(import_module(module), cls)


def load(name: str, world: str | None = None) -> Checkpoint:
    """A shipped checkpoint by name, or a folder's. Refused, with the reason, when it is unknown, damaged, or
    was trained in another world than `world`."""
    passport = read_passport(name)
    weights, _ = _files(name)
    if sha256(weights) != passport.weights_hash:
        raise WorldModelError(
            f"the weights of {name!r} are damaged: {weights.name} does not match the hash in its passport; "
            f"restore the file, or make it again: {passport.command}"
        )
    _check_data(passport)
    if world is not None and _base(passport.world) != _base(world):
        raise WorldModelError(
            f"model {name!r} learned {passport.world!r}, not {world!r}; choose a model of that world"
        )

    from safetensors.torch import load_file

    model = family(passport.family)(**passport.arguments)
    kept = {key: value.float() for key, value in load_file(weights).items()}
    if "temporal.net.0.weight" in kept:
        from world_model.temporal import Temporal

        model.temporal = Temporal.of(kept, "temporal.")
    try:
        model.load_state_dict(kept)
    except RuntimeError:
        raise WorldModelError(
            f"the weights of {name!r} don't fit its passport's arguments; train it again"
        ) from None
    return Checkpoint(model.requires_grad_(False).eval(), passport)


def _check_data(passport: Passport) -> None:
    """Raises WorldModelError where the passport contradicts itself about what the model learned from."""
    found = recipe_hash(passport.data_recipe)
    if found != passport.data_hash:
        raise WorldModelError(
            f"the passport of {passport.name!r} doesn't match its data: its recipe's hash is {found[:12]}..., but it says "
            f"{passport.data_hash[:12]}...; train it again: {passport.command}"
        )
    size = passport.arguments["obs_shape"][-1]
    if size != passport.frame_size:
        raise WorldModelError(
            f"the passport of {passport.name!r} says frames of {passport.frame_size}, but its model takes {size}; "
            f"train it again: {passport.command}"
        )


def recipe_hash(recipe: dict[str, Any]) -> str:
    """sha256 of a data recipe, hexadecimal."""
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()


def check_fits(passport: Passport, episodes: Episodes) -> None:
    """Raises WorldModelError where a model can't take those recordings."""
    takes = tuple(passport.arguments["obs_shape"]), passport.arguments["action_size"]
    found = episodes.obs_shape, episodes.action.shape[-1]
    for what, one, other in zip(("observations of shape", "actions of size"), takes, found, strict=True):
        if one != other:
            raise WorldModelError(f"model {passport.name!r} takes {what} {one}; the recordings have {other}")


def _base(world: str) -> str:
    """A world without its options: a model may be tried in rooms that it never saw, but not in another world."""
    return world.split(":")[0]


def save(model: WorldModel, folder: Path, name: str, **facts: Any) -> Passport:
    """Writes `<name>.safetensors`, in half precision, and `<name>.json`; `facts` are the passport's other fields."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{name}.safetensors"
    save_file({key: value.half().contiguous() for key, value in model.state_dict().items()}, weights)
    weights.chmod(0o644)  # it may be shipped: everyone may read it
    passport = Passport(name=name, weights_hash=sha256(weights), **facts)
    write_passport(passport, folder)
    return passport


def write_passport(passport: Passport, folder: Path) -> None:
    (folder / f"{passport.name}.json").write_text(json.dumps(dataclasses.asdict(passport), indent=2) + "\n")
