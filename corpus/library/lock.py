"""One writer at a time: a file lock that says who holds it and since when. The kernel frees it when they die."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from corpus.errors import CorpusError

Report = Callable[[str], None]


class Held(CorpusError):
    """Another process is writing. The message names it."""


def silent(line: str) -> None:
    """A `report` that tells nobody."""


@contextlib.contextmanager
def writing(folder: Path, *, wait: float, report: Report = silent) -> Iterator[None]:
    """Hold `folder`/library.lock. Another holder is reported and waited for, `wait` seconds at most.

    Raises Held that names the holder when it is still there after that, OSError where the folder can't
    be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / "library.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(handle, time.monotonic() + wait, report)
        with contextlib.suppress(OSError):  # on a full disk the lock still holds, it only tells less
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()} since {time.strftime('%Y-%m-%d %H:%M:%S')}".encode(), 0)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, until: float, report: Report) -> None:
    told = False
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 200, 0).decode("utf-8", "replace").strip() or "another process"
        if time.monotonic() >= until:
            raise Held(f"the library is being written by {holder}; try again when it has ended")
        if not told:
            report(f"waiting: the library is being written by {holder}")
            told = True
        time.sleep(0.05)
