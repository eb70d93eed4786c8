"""Starting and stopping: the port is checked first, nothing heavy is imported early, Ctrl-C leaves nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request

import pytest

from app.server import PortInUse, Warmth, claim

START = "import sys; from app.server import serve; serve(int(sys.argv[1]))"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture
def taken():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock.getsockname()[1]


def test_a_port_in_use_is_named_with_one_that_is_free(taken):
    with pytest.raises(PortInUse) as caught:
        claim(taken)
    line = str(caught.value)
    assert str(taken) in line
    assert "\n" not in line
    suggested = int(line.split("--port ")[1].split("`")[0])
    claim(suggested).close()


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_a_port_that_does_not_exist_is_refused(port):
    with pytest.raises(PortInUse, match=str(port)):
        claim(port)


def test_a_claimed_port_is_held():
    port = free_port()
    with claim(port), pytest.raises(PortInUse):
        claim(port)


def test_one_job_that_fails_does_not_stop_the_others_and_is_named():
    done = threading.Event()

    def fail():
        raise OSError("no such file")

    warmth = Warmth({"corpus": fail, "model": done.set})
    assert set(warmth.state.values()) == {"warming"}
    warmth.start()
    assert done.wait(5)
    warmth.join()
    assert "no such file" in warmth.state["corpus"]
    assert warmth.state["model"] == "ready"


def test_the_page_needs_neither_torch_nor_the_corpus_stack():
    code = (
        "import sys; from app.server import Warmth, make_app; make_app(Warmth({}));"
        "print([m for m in ('torch', 'sentence_transformers', 'chromadb', 'langchain') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_ctrl_c_ends_the_server_quietly_and_frees_the_port():
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()
        assert b"Orrery" in page
        process.send_signal(signal.SIGINT)  # in the middle of warming up
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Traceback" not in errors
    claim(port).close()
