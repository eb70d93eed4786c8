"""One learner of `app.classroom`: what a browser of theirs would send and read, over HTTP and the WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.classroom import Figures

QUESTIONS = (
    "Why does LeCun think predicting pixels is the wrong target?",
    "How does DreamerV3 learn behaviour inside its world model?",
    "What did V-JEPA 2 show with robots, and with how much robot data?",
    "Do small prediction errors compound over a long imagined rollout?",
    "How does DINO-WM plan to reach a goal image?",
    "What is the best way to bake a sourdough pizza?",
)
DREAM = 15.0
"""Seconds of one dream, at 60 steps a second asked for."""
PAUSE = (3.0, 9.0)
"""Seconds that somebody reads or looks before going on."""


class Learner:
    """One of the class, with a browser's cookies."""

    def __init__(self, number: int, address: str, figures: Figures):
        import httpx

        self.number, self.address, self.figures = number, address, figures
        self.http = httpx.AsyncClient(base_url=address, timeout=60)
        self.dice = random.Random(number)
        self.session = f"learner{number}"
        self.asked = 0
        self.mine = (
            f"Engine {name(number)} was built by Maker {name(number + 500)} in Port {name(number + 900)}."
        )

    async def live(self, until: float) -> None:
        """Open the page, perhaps add a document, then go on asking, planning and dreaming."""
        page = None
        try:
            await asyncio.sleep(self.dice.uniform(0, 5))
            (await self.http.get("/")).raise_for_status()
            config = (await self.http.get("/config")).json()
            self.fn = next(
                d["id"] for d in config["dependencies"] if any(t[1] == "submit" for t in d["targets"])
            )
            page = asyncio.create_task(self._stay())
            if self.number % 3 == 0:
                await self._add()
            doings = [self._ask, self._plan, self._dream]
            for _ in range(self.number % 3):
                doings.append(doings.pop(0))
            while time.monotonic() < until:
                for do in doings:
                    if time.monotonic() < until:
                        await do()
                        await asyncio.sleep(self.dice.uniform(*PAUSE))
        except Exception as error:
            self.figures.errors.append(f"learner {self.number}: {type(error).__name__}: {error}"[:300])
        finally:
            if page:
                page.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await page
            await self.http.aclose()

    async def _stay(self) -> None:
        """The stream that gradio's page keeps open."""
        async with self.http.stream("GET", f"/gradio_api/heartbeat/{self.session}", timeout=None) as reply:
            async for _ in reply.aiter_lines():
                pass

    async def _add(self) -> None:
        reply = await self.http.put("/api/documents?name=mine.txt", content=self.mine.encode())
        last = json.loads(reply.text.splitlines()[-1])
        self._expect(last.get("document", {}).get("passages") == 1, f"adding a document: {last}")

    async def _ask(self) -> None:
        other = self.dice.randrange(self.figures.learners)
        question = self.dice.choice(
            [*QUESTIONS, f"Who built Engine {name(other)}?", f"Who built Engine {name(self.number)}?"]
        )
        began = time.monotonic()
        final: dict[str, Any] = {}
        async for reply in self._submit({"question": question, "turn": self.asked + 1, "caution": None}):
            final = reply
        self.figures.ask.append(time.monotonic() - began)
        answer = final.get("answer")
        if not self._expect(
            answer is not None and bool(final.get("done")), f"{question}: {str(final)[:200]}"
        ):
            return
        self._expect(
            final["number"] == self.asked,
            f"answer {final['number']} where {self.asked} was due: state is lost",
        )
        self.asked += 1
        said = json.dumps(answer)
        for number in range(self.figures.learners):
            if number != self.number and f"Maker {name(number + 500)}" in said:
                self._expect(False, f"learner {self.number} read the document of learner {number}")
        if self.number % 3 == 0 and f"Engine {name(self.number)}" in question:
            self._expect(f"Maker {name(self.number + 500)}" in said, f"own document not found: {said[:300]}")

    async def _submit(self, event: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """What gradio's page sends and reads: a place in its queue, then the values as they come."""
        body = {
            "data": [None],
            "event_data": event,
            "fn_index": self.fn,
            "session_hash": self.session,
            "trigger_id": None,
        }
        joined = await self.http.post("/gradio_api/queue/join?", json=body)
        joined.raise_for_status()
        async with self.http.stream("GET", f"/gradio_api/queue/data?session_hash={self.session}") as reply:
            value: Any = {}
            async for line in reply.aiter_lines():
                if not line.startswith("data:"):
                    continue
                message = json.loads(line[5:])
                if message["msg"] in ("process_generating", "process_completed"):
                    if not message["success"]:
                        raise RuntimeError(str(message["output"])[:200])
                    data = message["output"].get("data") or []
                    if data and isinstance(data[0], dict):
                        value = data[0]
                    elif data and isinstance(data[0], list):
                        value = patched(value, data[0])
                    yield value
                if message["msg"] == "process_completed":
                    return

    async def _plan(self) -> None:
        seed = self.dice.randrange(10_000)
        began = time.monotonic()
        reply = (await self.http.post("/api/plan/run", json={"seed": seed})).json()
        self.figures.plan.append(time.monotonic() - began)
        self._expect("trace" in reply and reply["trace"]["seed"] == seed, f"plan: {str(reply)[:200]}")

    async def _dream(self) -> None:
        import websockets

        frames, due = 0, 0.0
        async with websockets.connect(
            self.address.replace("http", "ws") + "/ws/dream", max_size=2**20
        ) as socket:
            await socket.send(json.dumps({"start": "two-rooms-jepa", "seed": self.number}))
            self._expect("world" in json.loads(await socket.recv()), "a dream did not start")
            began = time.monotonic()
            while (now := time.monotonic()) - began < DREAM:
                held = [0, 0, 0, 0]
                held[int(now) % 4] = 1
                await socket.send(json.dumps({"held": held}))
                beat = await socket.recv()
                if not self._expect(isinstance(beat, bytes), f"dream: {beat!r:.200}"):
                    return
                frames += 1
                due = max(due + 1 / 60, now)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.figures.dream.append(frames / (time.monotonic() - began))

    def _expect(self, held: bool, otherwise: str) -> bool:
        if not held:
            self.figures.errors.append(f"learner {self.number}: {otherwise}"[:400])
        return held


def name(number: int) -> str:
    """A made-up name that no source has, another for each number."""
    letters = "bdfgklmnprstvz"
    return (
        "".join(letters[number // 14**k % 14] + "aeiou"[(number // 3 + k) % 5] for k in range(3)).capitalize()
        + "x"
    )


def patched(value: Any, changes: list[Any]) -> Any:
    """Gradio sends what changed since the last value: [what to do, path, new value] each."""
    for do, path, new in changes:
        if not path:
            value = new
            continue
        at = value
        for key in path[:-1]:
            at = at[key]
        if do == "delete":
            del at[path[-1]]
        elif do == "append":
            at[path[-1]] += new
        elif do == "add" and isinstance(at, list):
            at.insert(path[-1], new)
        else:
            at[path[-1]] = new
    return value
