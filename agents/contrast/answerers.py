"""Who answers a scenario: text from the sources, a world model that imagines it, and the learner.

Each gives a chance to every option, or abstains and says why. A configured language model answers in `talker`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.errors import AgentError
from agents.scenarios import Scenario, futures, shares
from agents.worlds import make_world

if TYPE_CHECKING:
    from corpus.records import Answer
    from corpus.retrieval.index import Corpus

DREAMS = 64
"""Imagined futures that a world model's chances are counted over."""


@dataclass(frozen=True)
class Guess:
    """What one of them said."""

    who: str
    """text, a language model's name, a world model's name, or you."""
    chances: tuple[float, ...] | None
    """Of each option, summing to 1; None: it abstained."""
    why: str
    """What the chances rest on, or why there are none."""

    @property
    def choice(self) -> int | None:
        return None if self.chances is None else int(np.argmax(self.chances))


def from_text(question: str, options: tuple[str, ...], answer: Answer) -> Guess:
    """The one option whose own words the cited sentences say; where they say none's or several', the text abstains."""
    if answer.refusal:
        return Guess("text", None, answer.refusal.reason)
    from corpus.retrieval.words import terms

    said = " ".join(sentence.text for sentence in answer.sentences)
    own = [set(terms(option.replace("-", " "))) for option in options]
    told = set(terms(said))
    shared = {word for word in own[0] if all(word in words for words in own)}
    apart = [words - shared - set(terms(question)) for words in own]
    held = [bool(words) and words <= told for words in apart]
    if sum(held) != 1:
        found = "none of the options" if not any(held) else "more than one of the options"
        return Guess("text", None, f"What the sources say nearest to this names {found}.")
    return Guess("text", sure_of(held.index(True), len(options)), said)


def sure_of(choice: int, count: int, sure: float = 0.8) -> tuple[float, ...]:
    """Chances of who names one of `count` options: `sure` of it, and the others alike."""
    chances = np.full(count, (1 - sure) / max(1, count - 1))
    chances[choice] = sure
    return tuple(chances.tolist())


def text(question: str, options: tuple[str, ...], corpus: Corpus | None = None, idea: str = "") -> Guess:
    """The corpus's extractive answer, read as one of the options. Where it names one, that gets a chance of .8.

    Sources can't know a scene that was made a moment ago: where they abstain, they are asked for the `idea` behind it, if
    one is given, and their first sentence about it is quoted with its title.
    """
    from corpus.answering.answer import ask

    guess = from_text(question, options, ask(question, corpus, writer="extractive"))
    if guess.chances is not None or not idea:
        return guess
    told = ask(idea, corpus, writer="extractive")
    if told.refusal:
        return guess
    first = told.sentences[0]
    titles = "; ".join(dict.fromkeys(citation.title for citation in first.citations))
    why = "No source can know how this one scene ends. On the idea behind it they say: "
    return Guess("text", None, f"{why}“{first.text}” ({titles})")


@dataclass(frozen=True)
class Imagined:
    """What a world model imagined, as chances and, where the world can be seen, as frames."""

    guess: Guess
    frames: np.ndarray | None
    """[T + 1, 64, 64, 3] uint8: one dream without noise, decoded; while frames are shown, what is believed."""


def imagined(scenario: Scenario, name: str, seed: int = 0) -> Imagined:
    """DREAMS futures of one model, each step shaken by noise as large as the model's own errors of one step."""
    import torch

    from world_model.train import one_thread

    with one_thread(), torch.no_grad():
        return _imagined(scenario, name, seed)


def _imagined(scenario: Scenario, name: str, seed: int) -> Imagined:
    import torch

    from agents.episode import to_frames
    from world_model.checkpoint import load
    from world_model.data import to_tensor

    world, model = make_world(scenario.world), load(name, scenario.world).model
    obs = to_tensor(world.observe(futures(scenario)[0, : scenario.shown]))
    actions = torch.from_numpy(scenario.actions)
    belief, beliefs = model.first(obs[:1]), []
    beliefs.append(belief)
    for t in range(1, scenario.shown):
        belief = model.correct(model.predict(belief, actions[None, t - 1]), obs[t : t + 1])
        beliefs.append(belief)
    noise = torch.from_numpy(one_step_errors(name, scenario.world))
    generator = torch.Generator().manual_seed(seed)
    dreams = [state.expand(DREAMS + 1, -1) for state in beliefs]
    state = dreams[-1]
    for t in range(scenario.shown - 1, len(actions)):
        state = model.predict(state, actions[t].expand(DREAMS + 1, -1))
        drawn = torch.randint(len(noise), (DREAMS + 1,), generator=generator)
        shaken = noise[drawn].clone()
        shaken[0] = 0  # the first is the model's plain dream, the one that is shown
        state = state + shaken
        dreams.append(state)
    states = torch.stack(dreams, 1)
    facts = {fact: value.numpy() for fact, value in model.read(states).items()}
    counts = shares(scenario, scenario.settle(facts)[1:]) * DREAMS + 0.5
    chances = tuple((counts / counts.sum()).tolist())
    why = f"{DREAMS} imagined futures, each step shaken by one of the model's own errors of one step."
    seen = to_frames(model.decode(states[0])) if obs.dim() == 4 else None
    return Imagined(Guess(name, chances, why), seen)


@lru_cache(maxsize=16)
def one_step_errors(name: str, world_name: str) -> np.ndarray:
    """[n, D] float32: how far a belief that looked was from the one foreseen a step before, over random walks."""
    import torch

    from world_model.checkpoint import load
    from world_model.data import to_tensor

    world, model = make_world(world_name), load(name).model
    rng = np.random.default_rng(7_000)
    state = world.sample_starts(rng, 64)
    policy = world.behaviour(rng, 64)
    belief, errors = model.first(to_tensor(world.observe(state))), []
    for step in range(24):
        action = policy(state)
        state = world.step(state, action)
        foreseen = model.predict(belief, torch.from_numpy(action))
        belief = model.correct(foreseen, to_tensor(world.observe(state)))
        if step >= 4:  # what needs two looks, such as a speed, is known by then
            errors.append((belief - foreseen).numpy())
    return np.concatenate(errors)


def yours(choice: int, options: tuple[str, ...], sure: float = 1.0) -> Guess:
    """The learner's guess: an option by its index, and how sure they are. Raises AgentError for what can't be."""
    if not 0 <= choice < len(options):
        raise AgentError(f"guess is {choice + 1}; the options are 1 to {len(options)}")
    if not 1 / len(options) <= sure <= 1:
        raise AgentError(
            f"sure is {sure:g}; it must lie between {1 / len(options):.2f} (a blind guess) and 1"
        )
    return Guess("you", sure_of(choice, len(options), sure), "Your own guess.")


def describe(guess: Guess, options: tuple[str, ...]) -> dict[str, Any]:
    chosen = None if guess.choice is None else options[guess.choice]
    return {"who": guess.who, "chances": guess.chances, "choice": chosen, "why": guess.why}
