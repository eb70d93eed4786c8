"""The lab and the contrast: run a claim's experiment; ask one question three ways."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from app.commands import app, note, show


@app.command
def lab(
    id: Positional[str] = "",
    budget: Literal["quick", "full"] = "quick",
    recorded: bool = False,
    out: Path | None = None,
    markdown: bool = False,
    json: bool = False,
) -> None:
    """List the experiments with their recorded verdicts, or run one now.

    Args:
        id: The experiment; without it, all are listed.
        budget: quick takes about a minute; full is the run whose result ships.
        recorded: Show the result that ships instead of running.
        out: A folder for the record (JSON) and its figure (SVG).
        markdown: Print what is recorded of all, as the README's table.
        json: Print the Verdict record.
    """
    from agents.lab import run as lab
    from agents.lab.table import markdown as table
    from app.printing.lab import print_experiments, print_verdict

    if markdown:
        print(table())
        return
    if not id:
        listed = lab.listed()
        show([row.to_json() for row in listed]) if json else print_experiments(listed)
        return
    verdict = lab.need(id) if recorded else lab.run(id, budget, note)
    if json:
        show(verdict.to_json())
    else:
        print_verdict(lab.experiment(id), verdict, lab.recorded(id))
    if out is not None:
        for path in lab.write(verdict, out):
            note(f"written: {path}")


@app.command
def assistant(
    question: Positional[str],
    steps: int = 8,
    seconds: float = 120.0,
    json: bool = False,
) -> None:
    """Let the configured language model (ORRERY_LLM) answer with these tools: search, ask, contrast, plan, lab.

    Args:
        question: Any question in words.
        steps: Tool calls that it may make, at most.
        seconds: That all of it may take.
        json: Print the Told record.
    """
    from agents.contrast.agent import assistant as whole
    from agents.contrast.agent import converse
    from app.printing.lab import print_conversation

    if json:
        show(whole(question, steps, seconds).to_json())
    else:
        print_conversation(converse(question, steps, seconds))


@app.command
def contrast(
    question: Positional[str] = "",
    world: str = "two-rooms",
    seed: int = 0,
    kind: str = "",
    guess: int = 0,
    sure: float = 1.0,
    model: str = "",
    out: Path | None = None,
    json: bool = False,
) -> None:
    """What the text says, what a model imagines, and what really happens, side by side.

    Args:
        question: Any question in words: it is asked of the sources, and sent to what here can simulate or test it.
        world: Without a question: a fresh scenario of this world.
        seed: Which scenario.
        kind: A kind of question of the world; left out, the seed draws one.
        guess: Your own guess first: the number of an option, from 1.
        sure: How sure you are of it, up to 1.
        model: Who imagines; left out, the world's shipped model.
        out: A folder for a page to keep (HTML) and the record (JSON).
        json: Print the record.
    """
    from agents.contrast.assistant import reply
    from agents.contrast.run import contrast as compare
    from agents.contrast.run import fresh
    from app.printing.lab import print_contrast, print_reply

    chosen = guess - 1 if guess else None
    if question:
        told = reply(question, seed, chosen, sure, model)
        show(told.to_json()) if json else print_reply(told)
        found = told.contrast
    else:
        found = compare(fresh(world, seed, kind), chosen, sure, model)
        show(found.to_json()) if json else print_contrast(found)
    if out is not None and found is not None:
        for path in found.write(out):
            note(f"written: {path}")
