"""The real server in a process of its own, and a real Chromium that remembers what it asked for."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from app.screenshots import FLAGS, SERVE, wait_until_warm


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextlib.contextmanager
def running(serve: str = SERVE, **environment: str):
    """The address of an app of its own, once the corpus and the model are warm."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", serve, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", **environment},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert f":{port}" in line, line + process.stdout.read()
        wait_until_warm(f"http://127.0.0.1:{port}", 400)
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGINT)
        process.wait(60)
    finally:
        process.kill()


@pytest.fixture(scope="session")
def ready():
    with running() as address:
        yield address


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
        context.set_default_timeout(120_000)  # a busy machine is no failure
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
