"""The contrast over HTTP: a scenario to guess at, what everyone said of it, and where a free question should go. Drawn by
`canvas/contrast.js`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from fastapi.responses import StreamingResponse

from app.telling import ERRORS, stream, tell, told
from app.turns import Turns

routes = APIRouter(prefix="/api/contrast")

_TURNS = Turns(2)
"""Scenes imagined and run at once: as many as there are cores."""


@routes.get("/worlds")
def worlds() -> dict[str, Any]:
    """World -> what it is, of those that have scenarios; and what the picture of each shows."""
    from agents.scenarios import TEMPLATES
    from agents.worlds import LEGENDS, WORLDS

    return {"worlds": {name: WORLDS[name] for name in TEMPLATES}, "legends": LEGENDS}


@routes.get("/scenario")
def scenario(world: str, seed: int = 0, kind: str = "") -> dict[str, Any]:
    """A fresh scenario, and a sprite sheet of the frames that are seen before one must guess."""
    from agents.contrast.run import fresh
    from agents.scenarios import futures
    from agents.trace import sprite_sheet
    from agents.worlds import make_world

    def shown() -> dict[str, Any]:
        made = fresh(world, seed, kind)
        seen = futures(made)[0, : made.shown]
        return {
            "scenario": made.to_json(),
            "sheet": sprite_sheet(make_world(made.world).render(seen)),
            "frames": len(seen),
        }

    return told(shown)


@routes.post("/settle")
async def settle(
    world: Annotated[str, Body()],
    seed: Annotated[int, Body()] = 0,
    kind: Annotated[str, Body()] = "",
    guess: Annotated[int | None, Body()] = None,
    sure: Annotated[float, Body()] = 1.0,
) -> StreamingResponse:
    """A JSON object a line, as `tell` does: `place` while others are before, then the whole Contrast record, or `error`."""
    from agents.contrast.run import contrast, fresh

    return stream(tell(_TURNS, lambda report: contrast(fresh(world, seed, kind), guess, sure).to_json()))


@routes.get("/page")
def page(world: str, seed: int = 0, kind: str = "", guess: int | None = None, sure: float = 1.0) -> Response:
    """The same as a page to keep: one file, nothing outside it."""
    from agents.contrast.page import page as draw
    from agents.contrast.run import contrast, fresh

    try:
        found = contrast(fresh(world, seed, kind), guess, sure)
    except ERRORS as error:
        return Response(str(error), 400, media_type="text/plain")
    name = "contrast-" + found.scenario["id"].replace("/", "-") + ".html"
    return Response(
        draw(found), media_type="text/html", headers={"content-disposition": f'attachment; filename="{name}"'}
    )


@routes.get("/route")
def route(question: str) -> dict[str, Any]:
    """Where the question should go, and why."""
    from agents.contrast.assistant import assist
    from corpus.retrieval.index import open_corpus

    return told(lambda: assist(question, open_corpus().embedder).to_json())
