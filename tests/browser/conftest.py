"""The real server in a process of its own, and a real Chromium that remembers what it asked for."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field

import pytest

from app.screenshots import FLAGS, SERVE


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture(scope="session")
def server():
    """The address of a running app."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert f"Orrery is at http://127.0.0.1:{port}" in line, line + process.stdout.read()
    yield f"http://127.0.0.1:{port}"
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    finally:
        process.kill()


@pytest.fixture(scope="session")
def ready(server):
    """The same address, once the corpus and the model are warm."""
    import json

    end = time.monotonic() + 120
    while time.monotonic() < end:
        state = json.load(urllib.request.urlopen(f"{server}/api/ready"))
        if "warming" not in state.values():
            assert set(state.values()) == {"ready"}, state
            return server
        time.sleep(0.5)
    pytest.fail("not warm after two minutes")


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium for the browser tests; install it with: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Log:
    """What a page asked for and complained about."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture
def visit(chromium, ready):
    """visit(width, height, ...) -> a page on the app. Afterwards: nothing left the machine, no error was logged."""
    opened = []

    def open_page(width=1280, height=800, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        page, log = context.new_page(), Log()
        context.on("request", lambda request: log.requests.append(request.url))
        page.on("websocket", lambda ws: log.requests.append(ws.url))
        page.on("console", lambda m: log.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: log.errors.append(str(error)))
        page.goto(ready)
        page.wait_for_selector(".ask .examples button")
        opened.append((context, log))
        return page

    yield open_page
    for context, log in opened:
        context.close()
        here = (ready + "/", ready.replace("http", "ws") + "/", "data:", "blob:")
        assert [url for url in log.requests if not url.startswith(here)] == []
        assert log.errors == []
