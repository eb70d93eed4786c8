"""From nothing to a checkpoint: record, train on several seeds, evaluate each, keep the best.

`orrery train --world two-rooms` makes the shipped model of that world again.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.config import PlanConfig
from agents.errors import AgentError
from agents.judging.evaluate import Evaluation, evaluate, machine
from agents.judging.walls import through_walls
from agents.learning.collect import collect
from agents.learning.recipes import Recipe, arguments, recipe
from agents.worlds import make_world
from world_model import checkpoint
from world_model.data import Episodes, to_tensor
from world_model.errors import WorldModelError
from world_model.models.base import WorldModel
from world_model.resume import Kept
from world_model.stages import TrainConfig
from world_model.train import Health, one_thread, train

STEPS_PROBED = (1, 4, 8, 16, 32)
HELD_OUT_SEED = 5_000
"""Episodes that only measure come from this seed onwards; training data comes from seeds below it."""
HELD_OUT = 200
"""Episodes that imagination is measured on; of a user's recordings, every tenth is kept for it."""


def train_and_ship(
    world: str,
    name: str,
    seeds: tuple[int, ...],
    out: Path,
    config: TrainConfig | None = None,
    episodes: int = 200,
    report: Callable[[str], None] = print,
    family: str = "jepa",
    data: Path | None = None,
) -> checkpoint.Passport:
    """Trains one model a seed, evaluates each on the same `episodes` tasks, and leaves the best in `out`.

    With `data`, a file that `Episodes.save` wrote or that looks like it, all seeds learn from those recordings; there
    is an evaluation if their recipe names one of our worlds. Every seed's model stays in `out/<name>/seed<k>`; the best
    is the one with the most successes (or the least cost), then the smallest position error, and its passport tells
    the others' results too. Called again after a kill, or with more seeds, it goes on from what is there.
    """
    checkpoint.family(family)
    recorded = Episodes.load(data) if data else None
    if recorded is not None:
        world = str(recorded.recipe.get("world", ""))
    if recorded is None or world:
        make_world(world)
    if not seeds:
        raise AgentError("no training seeds were given; name at least one, as in --seeds 0 1 2")
    followed = recipe(world, family)
    job = _Job(
        world, name, family, out / name, followed, config or followed.train, seeds, episodes, report, data
    )
    runs = [job.run(seed, recorded) for seed in seeds]
    best = max(runs, key=lambda run: run.merit)
    results: dict[str, Any] = {
        "training_seeds": [run.to_json() for run in runs],
        "shipped_seed": best.passport.training["seed"],
    }
    if best.evaluation is not None:
        shown = best.evaluation
        command = shown.command.replace(shown.model, name)
        results = {"evaluation": dataclasses.replace(shown, model=name, command=command).to_json(), **results}
    final = dataclasses.replace(best.passport, results=results)
    (out / f"{name}.safetensors").write_bytes((best.folder / f"{name}.safetensors").read_bytes())
    checkpoint.write_passport(final, out)
    return final


@dataclass(frozen=True)
class _Trained:
    """One training seed's checkpoint and what it can do."""

    folder: Path
    passport: checkpoint.Passport
    evaluation: Evaluation | None
    drift: dict[str, float]
    through: dict[str, Any]
    """Imagined dots that came through solid wall, where the world has walls."""

    @property
    def merit(self) -> tuple[float, float]:
        return self.evaluation.model_row.merit if self.evaluation else 0.0, -sum(self.drift.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "seed": self.passport.training["seed"],
            **(dataclasses.asdict(self.evaluation.model_row) if self.evaluation else {}),
            "training_seconds": self.passport.training_seconds,
            "position_error": self.drift,
            **({"through_solid_wall": self.through} if self.through else {}),
        }


@dataclass(frozen=True)
class _Job:
    """What all training seeds share."""

    world: str
    name: str
    family: str
    folder: Path
    followed: Recipe
    config: TrainConfig
    seeds: tuple[int, ...]
    episodes: int
    report: Callable[[str], None]
    data: Path | None

    def run(self, seed: int, recorded: Episodes | None) -> _Trained:
        config, folder = dataclasses.replace(self.config, seed=seed), self.folder / f"seed{seed}"
        data, held_out = self._episodes(seed, recorded)
        made = arguments(self.family, data, config)
        training = dataclasses.asdict(config)
        passport = self._there(folder, made, data, training)
        if passport is None:
            passport = self._train(folder, made, data, held_out, config)
        with one_thread():
            model = checkpoint.load(str(folder)).model
            drift, through = position_error(model, held_out), through_walls(model, self.world)
        result = None
        if self.world:
            plan = PlanConfig(world=self.world, model=str(folder), **self.followed.plan)
            result = evaluate(
                plan, self.episodes, self.report, folder / f"evaluation-{passport.weights_hash[:12]}.json"
            )
        scored = result.model_row if result else "not evaluated: the recordings name no world"
        leaks = f", through solid wall {through['share']:.1%}" if through else ""
        self.report(f"seed {seed}: {scored}, px off {drift}{leaks}")
        return _Trained(folder, passport, result, drift, through)

    def _there(
        self, folder: Path, made: dict[str, Any], data: Episodes, training: dict[str, Any]
    ) -> checkpoint.Passport | None:
        """The passport of a whole checkpoint made from the same data with the same settings, if there is one."""
        try:
            passport = checkpoint.load(str(folder)).passport
        except WorldModelError:
            return None
        its = {
            **dataclasses.asdict(TrainConfig()),
            **passport.training,
        }  # settings that came later had no effect
        found = (passport.name, passport.family, passport.arguments, passport.data_hash, its)
        if found != (self.name, self.family, made, data.recipe_hash, training):
            return None
        self.report(f"seed {training['seed']}: is trained already; remove {folder} to train it again")
        return dataclasses.replace(passport, command=self.command, plan=self.followed.plan)

    def _train(
        self, folder: Path, made: dict[str, Any], data: Episodes, held_out: Episodes, config: TrainConfig
    ) -> checkpoint.Passport:
        training = dataclasses.asdict(config)
        run = {"family": self.family, "arguments": made, "data": data.recipe, "training": training}
        kept = Kept(folder, run)
        seconds, begin = kept.seconds(), time.perf_counter()
        if seconds:
            self.report(f"seed {config.seed}: goes on after {seconds:.0f} s of training")

        def make(_: Episodes, __: TrainConfig) -> WorldModel:
            return checkpoint.family(self.family)(**made)

        def show(health: Health) -> None:
            self.report(str(health))

        model = train(make, data, config, show, keep=kept, held_out=held_out)
        passport = checkpoint.save(
            model,
            folder,
            self.name,
            family=self.family,
            world=self.world,
            frame_size=data.obs.shape[2],
            arguments=made,
            data_recipe=data.recipe,
            data_hash=data.recipe_hash,
            training=training,
            training_seconds=round(seconds + time.perf_counter() - begin, 1),
            plan=self.followed.plan,
            machine=machine(),
            command=self.command,
        )
        kept.remove()
        return passport

    def _episodes(self, seed: int, recorded: Episodes | None) -> tuple[Episodes, Episodes]:
        """To learn from, and to measure on."""
        if recorded is not None:
            return recorded.split(every=10)
        count, steps = self.followed.episodes, self.followed.steps
        self.report(f"seed {seed}: recording {count} episodes of {steps} steps in {self.world}")
        return collect(self.world, count, steps, seed), collect(
            self.world, HELD_OUT, steps, HELD_OUT_SEED + seed
        )

    @property
    def command(self) -> str:
        source = f"--data {self.data}" if self.data else f"--world {self.world}"
        family = "" if self.family == "jepa" else f" --family {self.family}"
        return f"orrery train {source}{family} --name {self.name} --seeds {' '.join(map(str, self.seeds))}"


def position_error(model: WorldModel, held_out: Episodes) -> dict[str, float]:
    """Mean pixels between where an imagined rollout thinks the agent is and where it was, by steps imagined."""
    import torch

    if "position" not in held_out.facts:
        return {}
    longest = min(max(STEPS_PROBED), held_out.action.shape[1])
    with torch.no_grad():
        first = model.first(to_tensor(held_out.obs[:, 0]))
        states = model.rollout(first, torch.from_numpy(held_out.action[:, :longest]))
        found = model.read(states)["position"].numpy()
    gap = np.linalg.norm(found - held_out.facts["position"][:, 1 : longest + 1], axis=-1)
    return {str(k): round(float(gap[:, k - 1].mean()), 3) for k in STEPS_PROBED if k <= longest}
