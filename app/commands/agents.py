"""What acts and what it learns: plan, evaluate, train."""

from __future__ import annotations

from pathlib import Path

from tyro.conf import OmitArgPrefixes, Positional

from agents.config import PlanConfig
from app.commands import app, note, show


@app.command
def plan(config: OmitArgPrefixes[PlanConfig], out: Path = Path("runs/clips"), json: bool = False) -> None:
    """Plan one episode in the model's imagination, act in the real world, print the Trace and write a clip.

    Args:
        config: How to plan.
        out: The folder for the clip (GIF: real, imagined, goal).
        json: Print the Trace record, frames included as PNG sprite sheets.
    """
    from agents.loop import plan_episode, write_clip
    from app.printing.agents import print_trace

    trace = plan_episode(config)
    clip = write_clip(trace, out)
    if json:
        show({**trace.to_json(), "clip": str(clip)})
    else:
        print_trace(trace)
        print(f"clip: {clip}")


@app.command
def evaluate(
    config: OmitArgPrefixes[PlanConfig], episodes: int = 200, out: Path | None = None, json: bool = False
) -> None:
    """Success (or cost) with its interval, random floor, oracle ceiling, and milliseconds per plan, the same tasks for all.

    Args:
        config: How to plan. What isn't given is what the model was made for: `--model M` alone is enough.
        episodes: Tasks, the same for every row.
        out: A JSON file for the result, episode by episode. Begun again with the same settings, it goes on from there.
        json: Print the Evaluation record.
    """
    from agents.evaluate import evaluate as run
    from app.printing.agents import print_evaluation

    result = run(config, episodes, report=note, out=out)
    if json:
        show(result.to_json())
    else:
        print_evaluation(result)


@app.command
def train(
    world: str = "two-rooms",
    family: str = "jepa",
    name: str = "",
    seeds: tuple[int, ...] = (0, 1, 2),
    episodes: int = 200,
    out: Path = Path("runs/train"),
) -> None:
    """Record episodes, train a model for each seed, evaluate each, and leave the best with its passport in `out`.

    The shipped models were made by `orrery train --world W`, everything else left as it is.

    Args:
        world: The world's name, options included: two-rooms, or two-rooms:random.
        family: The kind of model.
        name: The checkpoint's name; by default the world's and the family's.
        seeds: Training seeds; each records its own episodes.
        episodes: Evaluation tasks, the same for every seed.
        out: The folder for the checkpoints.
    """
    from agents.recipes import train_and_ship

    name = name or "-".join([*world.split(":"), family])
    passport = train_and_ship(world, name, seeds, out, episodes=episodes, report=note, family=family)
    print(f"{out / (passport.name + '.safetensors')}: seed {passport.results['shipped_seed']}")


@app.command
def dream(moves: Positional[str], model: str = "two-rooms-jepa", seed: int = 0, json: bool = False) -> None:
    """Play moves inside a model, eyes closed, and print how far it drifts from the real world.

    Args:
        moves: Such as right:40,down:20,look,left:10: each direction held that many steps; look opens the eyes.
        model: A shipped model's name, or a folder with a checkpoint.
        seed: Where it starts.
        json: Print the Journey record.
    """
    from agents.dream import journey
    from app.printing.agents import print_journey

    found = journey(model, moves, seed)
    show(found.to_json()) if json else print_journey(found)
