"""`python -m app.classroom`: thirty learners on one server, with real sessions: they ask, plan and dream for three minutes.

Each has a cookie and an open page of their own, as a browser has. A third of them add a document that names somebody whom
nobody else may ever hear of. What counts: no error, no lost state, no word of another's document; how long an answer and a
plan take, how many frames a second a dream shows, and what memory the server holds before, during and after.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.learner import Learner

SERVE = "import sys; from app.server import serve; serve(int(sys.argv[1]), '0.0.0.0', open=True)"
GOALS = {"ask": 2.0, "plan": 3.0, "dream": 20.0}
"""Seconds at the 95th percentile, twice; frames a second, the fifth percentile of all dreams."""


@dataclass
class Figures:
    """What the learners saw."""

    learners: int
    seconds: float
    ask: list[float] = field(default_factory=list)
    plan: list[float] = field(default_factory=list)
    dream: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)
    """Megabytes that the server held: when warm, during, and a while after everybody left."""
    server: float = 0.0
    """Processor seconds that the server took in the lesson."""
    others: float = 0.0
    """Share of the machine's processor time that neither the server nor the learners took, but others: where it is large,
    times tell of them."""

    def p95(self, what: str) -> float:
        """Of answers and plans the 95th percentile, in seconds; of dreams the fifth, in frames a second."""
        found = getattr(self, what)
        return float(np.percentile(found, 5 if what == "dream" else 95)) if found else float("nan")

    def missed(self) -> list[str]:
        """The goals that were not met, in words."""
        told = [f"{len(self.errors)} errors, the first: {self.errors[0]}"] if self.errors else []
        told += [
            f"{what}: {self.p95(what):.2f} s" for what in ("ask", "plan") if not self.p95(what) < GOALS[what]
        ]
        if not self.p95("dream") >= GOALS["dream"]:
            told.append(f"dream: {self.p95('dream'):.1f} frames a second")
        return told

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        def line(what: str, unit: str) -> str:
            found = getattr(self, what)
            middle = f"{np.median(found):.2f}" if found else "none"
            return f"{what:6} n {len(found):4}   median {middle} {unit}   95 % {'above' if what == 'dream' else 'below'} {self.p95(what):.2f} {unit}"

        memory = ", ".join(f"{name} {megabytes:.0f} MB" for name, megabytes in self.memory.items())
        return "\n".join(
            [
                f"{self.learners} learners, {self.seconds:.0f} s, {len(self.errors)} errors",
                line("ask", "s"),
                line("plan", "s"),
                line("dream", "frames a second"),
                f"server: {self.server:.0f} processor seconds; {memory}",
                f"others on this machine took {self.others:.0%} of its processors",
                *self.errors[:5],
            ]
        )


async def lesson(address: str, learners: int, seconds: float, server: int) -> Figures:
    """`server`: its process."""
    figures = Figures(learners, seconds)
    figures.memory["warm"] = megabytes(server)
    until = time.monotonic() + seconds
    before, busy, began = spent(server), spent_by_all(), time.monotonic()
    mine = time.process_time()
    room = [asyncio.create_task(Learner(i, address, figures).live(until)) for i in range(learners)]
    for share in ("a third in", "two thirds in"):
        await asyncio.sleep(seconds / 3)
        figures.memory[share] = megabytes(server)
    await asyncio.gather(*room)
    figures.server = spent(server) - before
    whole = (time.monotonic() - began) * (os.cpu_count() or 1)
    figures.others = max(0.0, spent_by_all() - busy - figures.server - (time.process_time() - mine)) / whole
    await asyncio.sleep(5)
    figures.memory["after"] = megabytes(server)
    return figures


def megabytes(process: int) -> float:
    with open(f"/proc/{process}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def spent(process: int) -> float:
    """Processor seconds of a process."""
    with open(f"/proc/{process}/stat") as file:
        after = file.read().rsplit(")", 1)[1].split()
    return (int(after[11]) + int(after[12])) / os.sysconf("SC_CLK_TCK")


def spent_by_all() -> float:
    """Processor seconds of everything on this machine, since it started."""
    with open("/proc/stat") as file:
        user, nice, system, *_ = map(int, file.readline().split()[1:])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def run(learners: int, seconds: float, port: int) -> Figures:
    """Start a server that is open to all, warm it, hold the lesson, stop it."""
    from app.screenshots import wait_until_warm

    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port)], env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    try:
        wait_until_warm(address, 240)
        return asyncio.run(lesson(address, learners, seconds, server.pid))
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(30)
        finally:
            server.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--port", type=int, default=7897)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures = run(given.learners, given.seconds, given.port)
    print(json.dumps(figures.to_json()) if given.json else figures)
    if missed := figures.missed():
        sys.exit("not held: " + "; ".join(missed))


if __name__ == "__main__":
    main()
