"""The contrast over HTTP: a scenario to guess at, what everyone said of it, and where a free question should go. Drawn by
`canvas/contrast.js`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from agents.errors import AgentError
from corpus.errors import CorpusError
from world_model.errors import WorldModelError

routes = APIRouter(prefix="/api/contrast")

ERRORS = (AgentError, CorpusError, WorldModelError)


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

    try:
        made = fresh(world, seed, kind)
        seen = futures(made)[0, : made.shown]
        return {
            "scenario": made.to_json(),
            "sheet": sprite_sheet(make_world(made.world).render(seen)),
            "frames": len(seen),
        }
    except ERRORS as error:
        return {"error": str(error)}


@routes.post("/settle")
def settle(
    world: Annotated[str, Body()],
    seed: Annotated[int, Body()] = 0,
    kind: Annotated[str, Body()] = "",
    guess: Annotated[int | None, Body()] = None,
    sure: Annotated[float, Body()] = 1.0,
) -> dict[str, Any]:
    """The whole Contrast record."""
    from agents.contrast.run import contrast, fresh

    try:
        return contrast(fresh(world, seed, kind), guess, sure).to_json()
    except ERRORS as error:
        return {"error": str(error)}


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

    try:
        return assist(question, open_corpus().embedder).to_json()
    except ERRORS as error:
        return {"error": str(error)}
