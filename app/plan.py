"""Planning over HTTP: what can be chosen, one episode, why it failed, and its clip. Drawn by `canvas/plan.js`."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from agents.config import PlanConfig
from agents.errors import AgentError
from app.telling import ERRORS, stream, tell, told
from app.turns import Turns
from world_model.errors import WorldModelError

routes = APIRouter(prefix="/api/plan")

BUDGETS = {"small": (32, 2), "medium": (64, 3), "large": (128, 5)}
"""Name -> (plans sampled an iteration, iterations)."""
_TURNS = Turns(2)
"""Episodes planned at once: as many as there are cores to plan on."""
_LONG = Turns(1)
"""What takes many episodes, one at a time, so that a core is left for those who plan one."""
KEPT = 64
_KEPT: dict[tuple[str, PlanConfig], dict[str, Any]] = {}
"""What was found with these settings, the oldest first."""
DIALLED = 60
"""Tasks that the dial is turned on here; `orrery dial` takes more."""
KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "a name"),
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
}
FIELDS = {field.name: field.type for field in dataclasses.fields(PlanConfig)}


@routes.get("/options")
def options() -> dict[str, Any]:
    """Each shipped model with its world, that world's options and the planners for it; objectives and budgets."""
    from agents.objectives import OBJECTIVES
    from agents.planners import planners_of
    from agents.worlds import OPTIONS, make_world
    from world_model.checkpoint import read_passport, shipped

    def row(name: str) -> dict[str, Any]:
        passport = read_passport(name)
        world = make_world(passport.world)
        return {
            "name": name,
            "family": passport.family,
            "world": world.name,
            "options": OPTIONS.get(world.name.split(":")[0], {}),
            "planners": planners_of(world),
            "cost": world.judged_by == "cost",
        }

    rows = []
    for name in shipped():
        try:
            rows.append(row(name))
        except (AgentError, WorldModelError):
            continue  # a damaged passport takes no other model with it
    return {"models": rows, "objectives": list(OBJECTIVES), "budgets": BUDGETS}


def config_of(chosen: dict[str, Any]) -> PlanConfig:
    """What the page chose, as a PlanConfig. Raises AgentError for what is no setting, or no model that ships: a page
    may not name folders."""
    from world_model.checkpoint import shipped

    for name, value in chosen.items():
        if name not in FIELDS:
            raise AgentError(f"no setting {name[:40]!r}; the settings are: {', '.join(FIELDS)}")
        kind = KINDS[str(FIELDS[name])][0]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise AgentError(f"{name} is {str(value)[:40]!r}; it must be {KINDS[str(FIELDS[name])][1]}")
    if chosen.get("model") and chosen["model"] not in shipped():
        raise AgentError(f"no model {chosen['model'][:40]!r} ships; there are: {', '.join(shipped())}")
    return PlanConfig(**chosen)


async def in_turn(request: Request, turn: str, work: Callable[[], Response]) -> Response:
    """Run `work` in a thread when it is its turn; one line under `error` for what a user can cause."""
    try:
        async with _TURNS.spot(turn) as spot:
            await spot.come()
            if await request.is_disconnected():
                return Response()
            return await asyncio.to_thread(work)
    except ERRORS as error:
        return JSONResponse({"error": str(error)})


@routes.get("/place")
async def place(turn: str = "") -> dict[str, int]:
    """How far back in the line who sent `turn` with a run is: 0 when it is their turn."""
    return {"place": _TURNS.place_of(turn)}


@routes.post("/run")
async def run(request: Request, chosen: Annotated[dict[str, Any], Body()], turn: str = "") -> Response:
    """The `Trace` under `trace`, its sentence under `summary`, and what makes it again, or `error`."""
    from agents.episode import plan_episode

    def work() -> Response:
        config = config_of(chosen)
        trace = plan_episode(config)
        return JSONResponse(
            {
                "trace": trace.to_json(),
                "summary": trace.summary(),
                "settings": vars(config),
                "command": f"orrery plan {config.flags}",
                "python": python(config),
            }
        )

    return await in_turn(request, turn, work)


@routes.post("/why")
async def why(chosen: Annotated[dict[str, Any], Body()]) -> StreamingResponse:
    """A JSON object a line as it goes, as `tell` does; at last under `why` the part that was the limit, in one sentence,
    and the ladder it was found by."""
    from agents.judging.bottleneck import TRIES
    from agents.judging.bottleneck import why as explain

    def work(report: Callable[[str], None]) -> dict[str, Any]:
        config = config_of(chosen)
        return once("why", config, lambda: {"why": explain(config, TRIES, report, config.seed).to_json()})

    return stream(tell(_LONG, work))


@routes.post("/dial")
async def dial(chosen: Annotated[dict[str, Any], Body()]) -> StreamingResponse:
    """A JSON object a line as it goes, as `tell` does; at last the `dial` with its `summary` and `figure` (SVG)."""
    from agents.judging.dial import dial as turn

    def work(report: Callable[[str], None]) -> dict[str, Any]:
        config = config_of(chosen)

        def found() -> dict[str, Any]:
            turned = turn(config, DIALLED, report)
            return {"dial": turned.to_json(), "summary": turned.summary(), "figure": turned.figure()}

        return once(f"dial {DIALLED}", config, found)

    return stream(tell(_LONG, work))


def once(what: str, config: PlanConfig, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `work` gives, kept: the same settings give the same, and a class presses the same button."""
    key = (what, config)
    if key not in _KEPT:
        found = work()
        while len(_KEPT) >= KEPT:
            _KEPT.pop(next(iter(_KEPT)))
        _KEPT[key] = found
    return _KEPT[key]


@routes.get("/recorded")
def recorded(model: str) -> dict[str, Any]:
    """The success rates in a model's passport."""
    from agents.judging.evaluate import recorded as read

    return told(lambda: read(model))


@routes.post("/clip")
async def clip(request: Request, chosen: Annotated[dict[str, Any], Body()]) -> Response:
    """The episode as a GIF: real, imagined, goal; or `error`. The same settings give the same episode."""
    from agents.episode import plan_episode, write_clip

    def work() -> Response:
        with tempfile.TemporaryDirectory() as folder:
            clip = write_clip(plan_episode(config_of(chosen)), Path(folder)).read_bytes()
        return Response(clip, media_type="image/gif")

    return await in_turn(request, "", work)


def python(config: PlanConfig) -> str:
    """The lines that plan the same episode."""
    given = ",\n    ".join(f"{name}={value!r}" for name, value in vars(config).items())
    return (
        "from agents.config import PlanConfig\nfrom agents.episode import plan_episode\n\n"
        f"config = PlanConfig(\n    {given},\n)\ntrace = plan_episode(config)\nprint(trace.summary())\n"
    )
