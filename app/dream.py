"""The dream's WebSocket: one small JSON message in, one binary beat out. Drawn by `canvas/dream.js`.

A client sends its next message when it has the reply, so a slow one never fills a queue.
"""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from agents.errors import AgentError
from world_model.errors import WorldModelError

if TYPE_CHECKING:
    from agents.dream import Dream

routes = APIRouter()

MOST = 64
"""Dreams at once; one more is told to wait."""
FASTEST = 1 / 90
"""Seconds that a message takes at least: a client that hurries is held back."""
TOGETHER = 480
"""Beats a second of all dreams together: eight at 60, a class of 24 at 20. More would take the time of those who ask."""
LONGEST = 512
"""Characters of a message."""
IDLE = 300
"""Seconds without a message after which a dream ends."""

_worker = ThreadPoolExecutor(1, "dream")
"""All dreams take turns on one thread, so planning and asking keep the other core."""
_running = 0


@routes.get("/api/dream")
def models() -> dict[str, Any]:
    """Which models can be dreamed in, each with its world and family; what each world is, and what its picture shows."""
    from agents.dream import TELLING, playable
    from agents.worlds import LEGENDS, WORLDS
    from world_model.checkpoint import read_passport

    found = [
        {"name": name, "world": world, "family": read_passport(name).family}
        for name, world in playable().items()
    ]
    return {"models": found, "worlds": WORLDS, "legends": LEGENDS, "telling": TELLING}


@routes.websocket("/ws/dream")
async def dream(socket: WebSocket) -> None:
    """`{"start": model, "seed": 0}`, then `{"held": [up, right, down, left]}`, `{"look": true}` or
    `{"switch": model}`. Answers with a beat, or with `{"error": one line}`."""
    global _running
    await socket.accept()
    if _running >= MOST:
        await socket.send_json(
            {"error": f"{MOST} dreams are running, as many as there can be; try again soon."}
        )
        await socket.close(1013)
        return
    _running += 1
    loop, player = asyncio.get_running_loop(), None
    try:
        while True:
            began = time.monotonic()
            text = await asyncio.wait_for(socket.receive_text(), IDLE)
            try:
                player, reply = await loop.run_in_executor(_worker, _answer, player, text)
            except (AgentError, WorldModelError, _Nonsense) as error:
                await socket.send_json({"error": str(error)})
                continue
            if isinstance(reply, bytes):
                await socket.send_bytes(reply)
            else:
                await socket.send_json(reply)
            await asyncio.sleep(max(0.0, began + max(FASTEST, _running / TOGETHER) - time.monotonic()))
    except (WebSocketDisconnect, TimeoutError, RuntimeError):
        pass  # gone, or asleep
    finally:
        _running -= 1


class _Nonsense(Exception):
    pass


def _answer(player: Dream | None, text: str) -> tuple[Dream | None, bytes | dict[str, Any]]:
    """One message to one player. The first beat of a dream comes after its start was told."""
    from agents.dream import Dream
    from world_model.checkpoint import shipped

    if len(text) > LONGEST:
        raise _Nonsense(f"a message has {len(text)} characters; the limit is {LONGEST}")
    try:
        message = json.loads(text)
    except ValueError:
        raise _Nonsense("a message must be JSON") from None
    if not isinstance(message, dict):
        raise _Nonsense("a message must be a JSON object")
    for wish in ("start", "switch"):
        if wish in message and message[wish] not in shipped():
            raise _Nonsense(f"no model {str(message[wish])[:60]!r} ships; there are: {', '.join(shipped())}")
    if "start" in message:
        seed = message.get("seed", 0)
        player = Dream(str(message["start"]), seed if isinstance(seed, int) else 0)
        pace = player.pace
        return player, {
            "world": player.world.name,
            "steps_a_second": pace.steps_a_second,
            "goes_on": pace.goes_on,
        }
    if player is None:
        raise _Nonsense("start a dream first")
    if "switch" in message:
        player.switch(str(message["switch"]))
        return player, player.beat().to_bytes()
    if message.get("look"):
        return player, player.look().to_bytes()
    held = message.get("held", [0, 0, 0, 0])
    if not isinstance(held, list) or len(held) != 4 or not all(isinstance(x, int | float) for x in held):
        raise _Nonsense("held must be four numbers: up, right, down, left")
    return player, player.act(held).to_bytes()
