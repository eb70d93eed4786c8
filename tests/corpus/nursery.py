"""Processes that ingest, for tests that kill them: one that has imported and loaded everything forks the others.

It is told on standard input, a JSON array a line: a command and its arguments. It never opens a library itself, so
that what a fork opens is the fork's own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Nursery:
    """The parent's end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._told() == "ready"

    def start(self, command: str, *arguments: str) -> int:
        """A new process that runs the command; its id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([command, *arguments]) + "\n")
        self._process.stdin.flush()
        return int(self._told())

    def wait(self, id: int) -> int:
        """Until it has ended. Its exit status, or minus the signal that killed it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(["wait", str(id)]) + "\n")
        self._process.stdin.flush()
        return os.waitstatus_to_exitcode(int(self._told()))

    def kill(self, id: int) -> int:
        os.kill(id, signal.SIGKILL)
        return self.wait(id)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def _told(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the nursery has died"
        return line.strip()


@contextmanager
def nursery() -> Iterator[Nursery]:
    found = Nursery()
    try:
        yield found
    finally:
        found.close()


def ingest(home: str, log: str, wait: str, *paths: str) -> None:
    """Ingest the paths; what is reported, and then `done` or the error, goes to the log, a line each."""
    os.environ["ORRERY_HOME"] = home
    from corpus.errors import CorpusError
    from corpus.library.library import ingest as run

    with open(log, "a") as file:

        def tell(line: str) -> None:
            print(line, file=file, flush=True)

        try:
            run(paths, wait=bool(wait), report=tell)
            tell("done")
        except CorpusError as error:
            tell(f"error: {error}")


def hold(home: str, log: str) -> None:
    """Hold the library's lock until killed."""
    from corpus.library.lock import writing

    with writing(Path(home), wait=0):
        Path(log).write_text("held")
        time.sleep(60)


def main() -> None:
    from corpus.retrieval.embed import find_embedder

    find_embedder().encode_many(["Warm."])
    import langchain_chroma  # noqa: F401

    print("ready", flush=True)
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        if command == "wait":
            print(os.waitpid(int(arguments[0]), 0)[1], flush=True)
            continue
        id = os.fork()
        if not id:
            code: Any = 0
            try:
                {"ingest": ingest, "hold": hold}[command](*arguments)
            except BaseException:
                traceback.print_exc()
                code = 1
            os._exit(code)
        print(id, flush=True)


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
