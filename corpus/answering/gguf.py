"""A model file (GGUF) of the user's, served on this machine by llama.cpp in a process of its own.

`ORRERY_LLM=gguf:FILE` uses it. The package xllamacpp is an extra; it brings llama.cpp's server, which speaks OpenAI's
protocol. In a process of its own, what it allocates, prints or breaks stays there.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path

from corpus.errors import CorpusError

CONTEXT = 4096
"""Tokens of prompt and reply together; six passages are about 1,500."""

_LOCK = threading.Lock()
_SERVERS: dict[Path, tuple[subprocess.Popen[str], str]] = {}


def address(file: Path, timeout: float) -> str:
    """The base URL of a server of this file, started if none runs; within `timeout` seconds, or CorpusError."""
    file = file.expanduser()
    if importlib.util.find_spec("xllamacpp") is None:
        raise CorpusError("a GGUF file needs the package xllamacpp: pip install xllamacpp")
    if not file.is_file():
        raise CorpusError(f"there is no model file {file.name}")
    with _LOCK:
        process, url = _SERVERS.get(file, (None, ""))
        if process is None or process.poll() is not None:
            _SERVERS[file] = process, url = _start(file, timeout)
        return url


def stop() -> None:
    """End every server that was started here."""
    with _LOCK:
        while _SERVERS:
            process, _ = _SERVERS.popitem()[1]
            process.kill()
            process.wait()


def _start(file: Path, timeout: float) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "corpus.answering.gguf", str(file)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    atexit.register(stop)
    assert process.stdout is not None
    until = time.monotonic() + timeout
    while (left := until - time.monotonic()) > 0 and select.select([process.stdout], [], [], left)[0]:
        line = process.stdout.readline()
        if line.startswith("serving "):
            return process, line.split()[1] + "/v1"
        if not line:
            break
    process.kill()
    process.wait()
    raise CorpusError(f"the model file {file.name} could not be loaded within {timeout:g} s")


def _serve(file: Path) -> None:
    """Until the parent goes: its end of our standard input closes with it."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx, params.n_parallel, params.port = CONTEXT, 1, 0
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    server = xllamacpp.Server(params)
    print(f"serving {server.listening_address}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
