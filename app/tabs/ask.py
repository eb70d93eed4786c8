"""The Ask tab: a chat whose every sentence opens the span it was taken from, and the door for the user's documents
(`app.documents`). Drawn by `canvas/ask.js`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.turns import Turns
from app.visits import Visitor, visitor
from corpus.loaders import SUPPORTED
from corpus.loaders.files import MAX_BYTES

if TYPE_CHECKING:
    from corpus.retrieval.index import Corpus

TITLE = "Ask"

EXAMPLES = (
    "Why does LeCun think predicting pixels is the wrong target?",
    "How does DreamerV3 learn behaviour inside its world model?",
    "What did V-JEPA 2 show with robots, and with how much robot data?",
    "Do small prediction errors compound over a long imagined rollout?",
    "How does DINO-WM plan to reach a goal image?",
)
_TURNS = Turns(4 if os.environ.get("ORRERY_LLM") else 2)
"""Questions answered at once: as many as there are cores; more where a language model is waited for."""
_TALKS = Turns(2)
"""Conversations of a language model with its tools at once; each may take two minutes, so they keep a line of their own."""
_TALKERS = ThreadPoolExecutor(8, "talk")
"""More than have a turn: one who stopped theirs leaves a thread behind until the model answers, or the time is up."""
REMEMBERED = 8
"""Answers that a follow-up may be about, and whose working can still be shown."""


def build() -> None:
    """Put the tab's components on the page. What was said stays with the session, on the server."""
    said = gr.State([])
    view = gr.HTML(
        value={
            "examples": EXAMPLES,
            "formats": SUPPORTED,
            "limit": MAX_BYTES,
            "caution": trade_off(),
            "tools": tools(),
        },
        html_template='<div class="mount"></div>',
        apply_default_css=False,
        js_on_load="import('/canvas/ask.js').then(m => m.mount({element, props, trigger, watch}))",
        elem_id="ask",
    )
    hush: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    # Everyone may stand in line at once: `respond` keeps the line itself, so that each can be told their place.
    # "once" would drop what is asked while an export is still on its way; the page itself sends one after the other.
    asked = view.submit(respond, said, [view, said], concurrency_limit=None, trigger_mode="multiple", **hush)
    view.stop(None, cancels=[asked], **hush)


def trade_off() -> dict[str, Any]:
    """The caution that is asked for by default, and what each would trade, on the tuning questions."""
    from corpus.answering.weights import LEVELS, read_weights

    known = read_weights()
    best = next(known[level] for level in LEVELS if level in known)
    return {"default": best.caution, "curve": best.trade_off}


def tools() -> dict[str, Any] | None:
    """Who may be asked to use the tools, and within what limits; None where no language model is configured."""
    if not os.environ.get("ORRERY_LLM"):
        return None
    from agents.contrast.agent import SECONDS, STEPS, talker

    return {"name": talker(), "steps": STEPS, "seconds": SECONDS}


async def respond(
    said: list[Any], event: gr.EventData, request: gr.Request
) -> AsyncIterator[tuple[dict[str, Any], list[Any]]]:
    """`said`: the session's answers. One turn: their `place` while others are before it, then the `Answer` under `answer`,
    with `stance` and `route` where there are any; a language model's goes on arriving. With tools: the conversation under
    `told`, as it grows. Or, of an earlier turn: its `working`, or the text of an `export`. Or one line under `error`."""
    assert request.request is not None
    turn: dict[str, Any] = {"turn": event.turn}
    talks = bool(getattr(event, "tools", False))
    pool = _TALKERS if talks else None
    async with (_TALKS if talks else _TURNS).spot() as spot:
        async for place in spot.places():
            yield turn | {"place": place}, said
        steps = _turn(said, event, visitor(request.request.scope), turn)
        loop = asyncio.get_running_loop()
        while (step := await loop.run_in_executor(pool, next, steps, None)) is not None:
            yield step


def _turn(
    said: list[Any], event: gr.EventData, who: Visitor, turn: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    from agents.errors import AgentError
    from corpus.errors import CorpusError

    try:
        if getattr(event, "tools", False):
            yield from _talk(event.question, said, turn, who.corpus())
        elif getattr(event, "about", None) is None:
            yield from _answer(event.question, getattr(event, "caution", None), said, turn, who.corpus())
        else:
            yield turn | _more(said, int(event.about), str(event.wanted), who.corpus()), said
    except (CorpusError, AgentError) as error:
        yield turn | {"error": str(error)}, said


def _answer(
    question: str, caution: float | None, said: list[Any], turn: dict[str, Any], corpus: Corpus
) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    from agents.contrast.assistant import assist
    from corpus.answering.answer import answers
    from corpus.answering.stance import stance

    beside: dict[str, Any] = {}
    for answer in answers(question, corpus, history=said, caution=caution):
        if not beside:
            whole = answer.read_as or answer.question
            touched = stance(whole, corpus, answer.hits)
            beside = {
                "stance": touched.to_json() if touched else None,
                "route": assist(whole, corpus.embedder).to_json(),
            }
        number = {"number": len(said)}
        yield turn | number | beside | {"answer": answer.to_json()}, said
    yield turn | number | beside | {"answer": answer.to_json(), "done": True}, kept(said, answer)


def _talk(
    question: str, said: list[Any], turn: dict[str, Any], corpus: Corpus
) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    from agents.contrast.agent import converse, remembered

    for told in converse(question, corpus=corpus, history=said):
        if told.ended:
            number = {"number": len(said), "done": True}
            yield turn | number | {"told": told.to_json()}, kept(said, remembered(told, corpus))
        else:
            yield turn | {"told": told.to_json(), "done": False}, said


def kept(said: list[Any], answer: Any) -> list[Any]:
    """The session's answers with one more. Older ones are let go, their places kept, so that a number goes on naming the
    same turn."""
    every = [*said, answer]
    return [None] * len(every[:-REMEMBERED]) + every[-REMEMBERED:]


def _more(said: list[Any], number: int, wanted: str, corpus: Corpus) -> dict[str, Any]:
    """The working of an earlier answer, or the answer in another format."""
    from corpus.answering.explain import explain
    from corpus.answering.export import export
    from corpus.errors import CorpusError

    answer = said[number] if 0 <= number < len(said) else None
    if answer is None:
        raise CorpusError(f"that answer is more than {REMEMBERED} turns back; ask again")
    if wanted == "working":
        return {"working": explain(answer, corpus).to_json()}
    return {"export": export(answer, wanted, corpus), "format": wanted}
