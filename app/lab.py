"""The lab over HTTP: the board, one experiment, and a live run with its progress. Drawn by `canvas/lab.js`.

A run is the command `orrery lab ID --json` in a process of its own, so that it takes no time from the page, and to
cancel it is to end it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from agents.errors import AgentError
from app.telling import stream, told
from app.turns import Turns

routes = APIRouter(prefix="/api/lab")

_TURNS = Turns(1)
"""One run at a time: two would each take twice as long, and the page longer."""
LONGEST = 240
"""Seconds after which a quick run is ended; it should take sixty on an idle machine of two cores."""


@routes.get("")
def board() -> dict[str, Any]:
    """Every claim, and every experiment with its recorded verdict, where there is one."""
    from agents.lab.run import listed
    from corpus.ledger import claims

    return told(
        lambda: {
            "experiments": [row.to_json() for row in listed()],
            "claims": [
                {
                    "id": claim.id,
                    "statement": claim.statement,
                    "status": claim.status,
                    "topics": claim.topics,
                    "experiment": claim.experiment,
                    "for": len(claim.supports),
                    "against": len(claim.disputes),
                }
                for claim in claims().values()
            ],
        }
    )


@routes.get("/experiment/{name}")
def one(name: str) -> dict[str, Any]:
    """What is measured, the recorded verdict, its figure (SVG) and its text; `error` in one line where there is none."""
    from agents.lab.run import draw, experiment, recorded, text

    try:
        found, record = experiment(name), recorded(name)
    except AgentError as error:
        return {"error": str(error)}
    out: dict[str, Any] = {
        "id": name,
        "title": found.title,
        "question": found.question,
        "cannot_show": found.cannot_show,
        "criteria": [vars(criterion) for criterion in found.criteria],
    }
    if record:
        out |= {"verdict": told_of(record.to_json()), "figure": draw(record), "text": text(record)}
    return out


def told_of(record: dict[str, Any]) -> dict[str, Any]:
    """A record without the numbers that only its figure needs."""
    return {key: value for key, value in record.items() if key != "data"}


@routes.get("/claim/{id}")
def claim(id: str) -> dict[str, Any]:
    from corpus.ledger import claim

    return told(lambda: {"claim": claim(id).to_json()})


@routes.post("/run/{name}")
async def run(name: str, request: Request) -> StreamingResponse:
    """A JSON object a line as it goes: `place` while others are before it, `progress` any number of times, then
    `verdict` with its `figure` and `text`, or `error`. Closing the connection cancels the run."""
    return stream(_run(name, request))


async def _run(name: str, request: Request) -> AsyncIterator[dict[str, Any]]:
    from agents.lab import EXPERIMENTS

    if name not in EXPERIMENTS:
        yield {"error": f"There is no experiment {name!r}."}
        return
    async with _TURNS.spot() as spot:
        while spot.place:
            yield {"place": spot.place}
            if await request.is_disconnected():
                return
            await asyncio.sleep(1)
        yield {"progress": "starting in a process of its own ..."}
        async for fields in _process(name, request):
            yield fields


async def _process(name: str, request: Request) -> AsyncIterator[dict[str, Any]]:
    from agents.lab.base import Verdict
    from agents.lab.run import draw, text

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", "lab", name, "--budget", "quick", "--json",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"},
        limit=2**24,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    result = asyncio.create_task(process.stdout.read())
    end = asyncio.get_running_loop().time() + LONGEST
    last = ""
    try:
        while True:
            try:
                raw = await asyncio.wait_for(process.stderr.readline(), 1)
            except TimeoutError:
                raw = None
            if await request.is_disconnected():
                return
            if asyncio.get_running_loop().time() > end:
                yield {
                    "error": f"{name} took longer than {LONGEST} s and was ended; this machine is busy. Try again."
                }
                return
            if raw is None:
                continue
            if not raw:
                break
            last = raw.decode("utf-8", "replace").strip()
            yield {"progress": last}
        output = await result
        if await process.wait():
            yield {"error": last.removeprefix("orrery: ") or f"{name} ended without a result."}
            return
        record = json.loads(output)
        verdict = Verdict.from_json(record)
        yield {"verdict": told_of(record), "figure": draw(verdict), "text": text(verdict)}
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        result.cancel()
        await process.wait()
