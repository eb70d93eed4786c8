"""What acts and what it learns: plan, evaluate, train."""

from __future__ import annotations

from pathlib import Path

from tyro.conf import OmitArgPrefixes, Positional

from agents.config import PlanConfig
from app.commands import app, note, show


@app.command
def plan(
    config: OmitArgPrefixes[PlanConfig],
    out: Path = Path("runs/clips"),
    why: bool = False,
    json: bool = False,
) -> None:
    """Plan one episode in the model's imagination, act in the real world, print the Trace and write a clip.

    Args:
        config: How to plan. What isn't given is what the model was made for: `--model M` alone is enough.
        out: The folder for the clip (GIF: real, imagined, goal).
        why: Instead, try the task again with true parts swapped in, and say which part is the limit.
        json: Print the Trace record, frames included as PNG sprite sheets.
    """
    if why:
        from agents.judging.bottleneck import TRIES

        _why(config, json, TRIES, config.seed)
        return
    from agents.episode import plan_episode, write_clip
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
    config: OmitArgPrefixes[PlanConfig],
    episodes: int = 200,
    out: Path | None = None,
    why: bool = False,
    json: bool = False,
) -> None:
    """Success (or cost) with its interval, random floor, oracle ceiling, and milliseconds per plan, the same tasks for all.

    Args:
        config: How to plan. What isn't given is what the model was made for: `--model M` alone is enough.
        episodes: Tasks, the same for every row.
        out: A JSON file for the result, episode by episode. Begun again with the same settings, it goes on from there.
        why: Instead, plan 40 of the tasks with true parts swapped in one at a time, and say which part is the limit.
        json: Print the Evaluation record.
    """
    if why:
        _why(config, json, min(episodes, 40), None)
        return
    from agents.judging.evaluate import evaluate as run
    from app.printing.agents import print_evaluation

    result = run(config, episodes, report=note, out=out)
    if json:
        show(result.to_json())
    else:
        print_evaluation(result)


def _why(config: PlanConfig, json: bool, episodes: int, task_seed: int | None) -> None:
    from agents.judging.bottleneck import why
    from app.printing.planning import print_verdict

    found = why(config, episodes, note, task_seed)
    show(found.to_json()) if json else print_verdict(found)


@app.command
def train(
    world: str = "two-rooms",
    family: str = "jepa",
    name: str = "",
    seeds: tuple[int, ...] = (0, 1, 2),
    episodes: int = 200,
    out: Path = Path("runs/train"),
    data: Path | None = None,
) -> None:
    """Record episodes, train a model for each seed, evaluate each, and leave the best with its passport in `out`.

    The shipped models were made by `orrery train --world W`, everything else left as it is. Killed and begun again, it
    goes on where it was.

    Args:
        world: The world's name, options included: two-rooms, or two-rooms:random.
        family: The kind of model: jepa, pixel, rssm, ensemble, tracker, tiles or particles.
        name: The checkpoint's name; by default the world's and the family's.
        seeds: Training seeds; each records its own episodes.
        episodes: Evaluation tasks, the same for every seed.
        out: The folder for the checkpoints.
        data: Learn from this file of `orrery collect`, or an .npz of your own with the arrays obs and action.
    """
    from agents.learning.training import train_and_ship

    name = name or "-".join([data.stem if data else world.replace(":", "-"), family])
    passport = train_and_ship(world, name, seeds, out, None, episodes, note, family, data)
    print(f"{out / (passport.name + '.safetensors')}: seed {passport.results['shipped_seed']}")


@app.command
def collect(
    world: str = "two-rooms",
    episodes: int = 600,
    steps: int = 50,
    seed: int = 0,
    out: Path = Path("runs/episodes.npz"),
    json: bool = False,
) -> None:
    """Let a world's random behaviour loose and keep what it sees, what it did and the hidden facts in one file.

    Args:
        world: The world's name, options included, or a Gymnasium id.
        episodes: How many.
        steps: Actions in each.
        seed: The same seed gives the same recordings.
        out: The file: an .npz of obs, action, fact_<name> and the recipe that makes it again.
        json: Print the recipe and its hash.
    """
    from agents.learning.collect import collect_to
    from app.printing.agents import print_recorded

    recorded = collect_to(out, world, episodes, steps, seed)
    show(recorded.to_json()) if json else print_recorded(recorded)


@app.command
def probe(
    model: str = "two-rooms-jepa",
    world: str = "",
    data: Path | None = None,
    episodes: int = 300,
    out: Path = Path("runs/probe"),
    json: bool = False,
) -> None:
    """Say what can be read from a model's latent, fact by fact, and draw the latent coloured by each.

    Args:
        model: A shipped model's name, a checkpoint's path or its folder.
        world: The world to record in; left out, the one that the model learned.
        data: Read from this file of recordings instead.
        episodes: Recordings that the probes learn from; a third as many others measure them.
        out: The folder for the map (SVG).
        json: Print the record.
    """
    from agents.learning.probing import probe as run
    from app.printing.agents import print_probed

    found = run(model, world, data, episodes, out, note)
    show(found.to_json()) if json else print_probed(found)


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
