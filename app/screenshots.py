"""`python -m app.screenshots`: takes the README's pictures from the running app, in Chromium."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

QUESTION = "Why does LeCun think predicting pixels is the wrong target?"
SECOND = "What did V-JEPA 2 show with robots, and with how much robot data?"
LIMIT = 300_000
"""Bytes a picture may have."""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SERVE = "import sys; from app.server import serve; serve(int(sys.argv[1]))"


def main() -> None:
    """Starts the app on a port of its own, waits until it is warm, writes the pictures, stops it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    parser.add_argument("--port", type=int, default=7899)
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("No Chromium found; install it with: apt-get install chromium")
    server = subprocess.Popen([sys.executable, "-c", SERVE, str(options.port)])
    try:
        take(chromium, f"http://127.0.0.1:{options.port}", options.out)
    finally:
        server.terminate()
        server.wait(20)


def take(chromium: str, address: str, out: Path) -> None:
    """Writes ask-light.png, plan-dark.png and phone.png into `out`."""
    from playwright.sync_api import sync_playwright

    wait_until_warm(address)
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)

        def visit(width: int, height: int, scheme: Any) -> Any:
            size: Any = {"width": width, "height": height}
            page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
            page.goto(address)
            page.wait_for_selector(".ask .examples button")
            page.wait_for_function("document.querySelector('.ready')?.textContent === 'Ready'")
            return page

        page = visit(1280, 800, "light")
        ask(page, QUESTION)
        ask(page, SECOND)
        page.click(".turn:last-child .chip >> nth=0")
        page.wait_for_selector(".reader mark")
        save(page, out / "ask-light.png")

        page = visit(1280, 1120, "dark")
        plan(page, share=0.55)
        save(page, out / "plan-dark.png")

        page = visit(390, 844, "light")
        plan(page, share=0.55)
        page.locator(".pictures").evaluate("node => node.scrollIntoView({block: 'start'})")
        page.evaluate("scrollBy(0, -120)")
        save(page, out / "phone.png")
        browser.close()


def wait_until_warm(address: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/api/ready") as reply:
                state = json.load(reply)
            bad = [v for v in state.values() if v not in ("warming", "ready")]
            if bad:
                sys.exit(bad[0])
            if "warming" not in state.values():
                return
        except OSError:
            pass
        time.sleep(0.5)
    sys.exit(f"The app at {address} was not warm after {seconds:.0f} s.")


def ask(page: Any, question: str) -> None:
    page.fill("#question", question)
    page.press("#question", "Enter")
    page.wait_for_selector(".turn:last-child .chip", timeout=60_000)


def plan(page: Any, share: float) -> None:
    """Runs an episode and stops `share` of the way through."""
    page.get_by_role("tab", name="Plan").click()
    page.wait_for_selector(".rates .rate")
    page.click("#plan-run")
    page.wait_for_selector(".film:not([hidden])", timeout=60_000)
    page.click(".plan .play")
    canvas = page.locator(".timeline canvas")
    box = canvas.bounding_box()
    canvas.click(position={"x": 30 + (box["width"] - 44) * share, "y": box["height"] / 2})
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(300)


def save(page: Any, path: Path) -> None:
    page.wait_for_timeout(300)
    size = len(page.screenshot(path=str(path)))
    print(f"{path}  {size // 1000} KB")
    if size > LIMIT:
        sys.exit(f"{path} has {size} bytes; the limit is {LIMIT}.")


if __name__ == "__main__":
    main()
