"""The command `orrery`. Every command calls one function of `agents` or `corpus` and prints what it returns.

Heavy imports happen inside the commands, so that `orrery --help` answers at once.
"""

from __future__ import annotations

import json as jsonlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

# One thread for small models, and no look-ups at a model hub: both are read when libraries are first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from tyro.conf import OmitArgPrefixes, Positional
from tyro.extras import SubcommandApp

from agents.config import PlanConfig
from agents.errors import AgentError
from app.errors import AppError
from corpus.errors import CorpusError
from world_model.errors import WorldModelError

app = SubcommandApp()


def show(record: Any) -> None:
    print(jsonlib.dumps(record, ensure_ascii=False))


@app.command
def serve(port: int = 7860, host: str = "127.0.0.1") -> None:
    """Open the web app.

    Args:
        port: Where to listen.
        host: Which address to listen on; the default answers this machine alone.
    """
    from app.server import serve as run

    run(port, host)


@app.command
def ask(question: Positional[str], json: bool = False) -> None:
    """Answer a question from the sources, every sentence cited.

    Args:
        question: The question, or - to read one question a line and print one JSON object a line.
        json: Print the Answer record.
    """
    from app.printing import print_answer
    from corpus.answer import ask as answer

    if question == "-":
        for raw in sys.stdin.buffer:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            try:
                show(answer(line).to_json())
            except CorpusError as error:
                show({"question": line[:200], "error": str(error)})
            sys.stdout.flush()
        return
    found = answer(question)
    if json:
        show(found.to_json())
    else:
        print_answer(found)


@app.command
def ingest(
    paths: Positional[tuple[Path, ...]] = (), list: bool = False, remove: str = "", json: bool = False
) -> None:
    """Add your own documents (PDF, markdown, plain text), list them, or remove one.

    Args:
        paths: Files to add. An unchanged file costs nothing.
        list: List your documents.
        remove: The id of a document to remove.
        json: Print records.
    """
    from corpus import library

    if remove:
        documents = [library.remove(remove)]
        verb = "removed"
    elif list or not paths:
        documents, verb = library.list_documents(), ""
    else:
        documents, verb = library.ingest([str(path) for path in paths]), ""
    if json:
        show([document.to_json() for document in documents])
        return
    for document in documents:
        pages = f", {document.pages} pages" if document.pages else ""
        print(
            f"{verb or document.change:10} {document.id:30} {document.title} ({document.passages} passages{pages})"
        )
    if not documents:
        print("no documents of your own yet; add some with: orrery ingest FILE ...")


@app.command
def plan(config: OmitArgPrefixes[PlanConfig], out: Path = Path("runs/clips"), json: bool = False) -> None:
    """Plan one episode in the model's imagination, act in the real world, print the Trace and write a clip.

    Args:
        config: How to plan.
        out: The folder for the clip (GIF: real, imagined, goal).
        json: Print the Trace record, frames included as PNG sprite sheets.
    """
    from agents.loop import plan_episode, write_clip
    from app.printing import print_trace

    trace = plan_episode(config)
    clip = write_clip(trace, out)
    if json:
        show({**trace.to_json(), "clip": str(clip)})
    else:
        print_trace(trace)
        print(f"clip: {clip}")


@app.command
def evaluate(config: OmitArgPrefixes[PlanConfig], episodes: int = 200, json: bool = False) -> None:
    """Success with its Wilson interval, random floor, straight line, oracle ceiling, and milliseconds per plan.

    Args:
        config: How to plan.
        episodes: Tasks, the same for every row.
        json: Print the Evaluation record.
    """
    from agents.evaluate import evaluate as run
    from app.printing import print_evaluation

    result = run(config, episodes, report=note)
    if json:
        show(result.to_json())
    else:
        print_evaluation(result)


@app.command
def train(
    world: str = "two-rooms",
    name: str = "two-rooms-jepa",
    seeds: tuple[int, ...] = (0, 1, 2),
    updates: int = 2000,
    episodes: int = 200,
    out: Path = Path("runs/train"),
) -> None:
    """Collect episodes, train a JEPA for each seed, evaluate each, and leave the best with its passport in `out`.

    The shipped model was made by `orrery train` with every default.

    Args:
        world: The world's short name.
        name: The checkpoint's name.
        seeds: Training seeds; each collects its own episodes.
        updates: Gradient steps on the model.
        episodes: Evaluation tasks, the same for every seed.
        out: The folder for the checkpoints.
    """
    from agents.recipes import train_and_ship
    from world_model.train import TrainConfig

    passport = train_and_ship(world, name, seeds, out, TrainConfig(updates=updates), episodes, note)
    print(f"{out / (passport.name + '.safetensors')}: seed {passport.results['shipped_seed']}")


@app.command
def doctor(json: bool = False) -> None:
    """Say what works on this machine, and what to do about what doesn't.

    Args:
        json: Print the checks as records.
    """
    from app.doctor import examine
    from app.printing import print_checks

    checks = examine()
    if json:
        show([check.to_json() for check in checks])
    else:
        print_checks(checks)
    if any(check.state == "broken" for check in checks):
        raise SystemExit(1)


def note(line: str) -> None:
    """Progress goes to standard error; standard output is for results."""
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """What a user can cause ends in one line and exit status 2; Ctrl-C in status 130."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        app.cli(prog="orrery", description="Ask it in words, then watch it happen.")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except OSError as error:
        if not error.filename:
            raise
        print(f"orrery: {error.filename}: {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None
    except (AgentError, CorpusError, WorldModelError, AppError) as error:
        print(f"orrery: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
