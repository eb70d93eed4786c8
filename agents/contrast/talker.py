"""The configured language model as one who foresees: it gets the scene in words and gives every option a chance."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import numpy as np

from agents.contrast.answerers import Guess, sure_of

QUOTED = 300
"""Characters of a reply that are shown."""
_RULES = (
    "You foresee what happens in a small simulated world. Answer with one JSON object and nothing else: each option's "
    "number as a string, and the chance from 0 to 1 that you give it. With two options it looks like this: "
    '{"1": 0.7, "2": 0.3}'
)


def talker(scene: str, question: str, options: tuple[str, ...]) -> Guess | None:
    """What it says, within ORRERY_LLM_TIMEOUT seconds; None where no language model is configured. It abstains, with the
    reason in one line, where it fails or where no chances can be read from its reply."""
    from corpus.answering.writer_llm import configured, pieces, said
    from corpus.errors import CorpusError

    named, name = configured()
    if not named:
        return None
    listed = "\n".join(f"{number}. {option}" for number, option in enumerate(options, 1))
    prompt = [("system", _RULES), ("human", f"{scene}\n\n{question}\n\n{listed}".strip())]
    try:
        reply = said("".join(pieces(prompt, named, name)), name).strip()
    except CorpusError as error:
        return Guess(name, None, str(error))
    except Exception as error:
        # Each provider raises its own kinds; a message may hold the key, so only its kind.
        return Guess(name, None, f"the language model {name} failed ({type(error).__name__})")
    shown = " ".join(reply[:QUOTED].split()) or "nothing"
    chances = parse_chances(reply, options)
    if chances is not None:
        return Guess(name, chances, f"It replied: {shown}")
    choice = named_option(reply, options)
    if choice is None:
        return Guess(name, None, f"Neither chances nor one option can be read from its reply: {shown}")
    return Guess(name, sure_of(choice, len(options)), f"It gave no chances and named one option: {shown}")


def named_option(reply: str, options: Sequence[str]) -> int | None:
    """The one option whose number begins a line of the reply; else the one whose words occur in it; else None."""
    numbers = {int(found) for found in re.findall(r"^\s*(\d+)[.):]?(?:\s|$)", reply, re.MULTILINE)}
    if numbers:
        return numbers.pop() - 1 if len(numbers) == 1 and numbers <= set(range(1, len(options) + 1)) else None
    said = [
        i for i, option in enumerate(options) if re.search(rf"\b{re.escape(option)}\b", reply, re.IGNORECASE)
    ]
    return said[0] if len(said) == 1 else None


def parse_chances(reply: str, options: Sequence[str]) -> tuple[float, ...] | None:
    """The last JSON object of a reply that gives chances, or percentages, to options by their numbers or their names;
    they are made to sum to 1. None where there is none."""
    numbers = {str(i): i - 1 for i in range(1, len(options) + 1)}
    places = {option.casefold(): i for i, option in enumerate(options)} | numbers
    for found in reversed(re.findall(r"\{[^{}]*\}", reply)):
        chances = np.zeros(len(options))
        try:
            for key, value in json.loads(found).items():
                chances[places[key.strip().casefold()]] = float(str(value).rstrip(" %"))
        except (ValueError, KeyError):
            continue
        if (chances >= 0).all() and np.isfinite(chances).all() and chances.sum() > 0:
            return tuple((chances / chances.sum()).tolist())
    return None
