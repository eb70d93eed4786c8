"""`python -m app.screenshots`: takes the README's pictures from the running app, in Chromium."""

from __future__ import annotations

import argparse
import io
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
LIMIT = 150_000
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
    """Writes a picture of every tab into `out`: light and dark, wide and phone."""
    from playwright.sync_api import sync_playwright

    wait_until_warm(address, 300)
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)

        def visit(width: int, height: int, scheme: Any) -> Any:
            size: Any = {"width": width, "height": height}
            page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
            page.set_default_timeout(120_000)
            page.goto(address)
            page.wait_for_selector(".ask .examples button")
            page.wait_for_function("document.querySelector('.ready')?.textContent === 'Ready'")
            return page

        page = visit(1280, 800, "light")
        ask(page, SECOND)
        ask(page, QUESTION)
        page.click(".turn:last-child .chip >> nth=0")
        page.wait_for_selector(".reader mark")
        save(page, out / "ask-light.png")

        contrast(page)
        save(page, out / "contrast-light.png")
        trends(page)
        save(page, out / "trends-light.png")

        page = visit(1280, 800, "dark")
        plan(page, share=0.55)
        save(page, out / "plan-dark.png")
        dream(page)
        save(page, out / "dream-dark.png")
        lab(page)
        save(page, out / "lab-dark.png")

        page = visit(390, 844, "light")
        plan(page, share=0.55)
        page.locator(".pictures").evaluate("node => node.scrollIntoView({block: 'start'})")
        page.evaluate("scrollBy(0, -120)")
        save(page, out / "phone.png")
        page = visit(390, 844, "dark")
        dream(page)
        save(page, out / "phone-dream.png")
        browser.close()


def contrast(page: Any) -> None:
    """Guesses at a question whose imagined future can be seen, and waits for the end of the films."""
    page.get_by_role("tab", name="Contrast").click()
    page.wait_for_selector(".contrast[data-ready]")
    page.check(".contrast .options input >> nth=1")
    page.click(".contrast .stage .primary >> nth=0")
    page.wait_for_selector(".contrast.settled", timeout=60_000)
    page.wait_for_timeout(3000)


def dream(page: Any) -> None:
    """Plays for two seconds, then shows the ghost."""
    page.get_by_role("tab", name="Dream").click()
    page.click(".dream .begin:enabled")
    page.wait_for_function("document.querySelector('.dream').dataset.step !== undefined")
    page.focus(".dream .stage canvas")
    for key in ("ArrowUp", "ArrowRight"):
        page.keyboard.down(key)
        page.wait_for_timeout(1000)
        page.keyboard.up(key)
    page.keyboard.press("g")
    page.mouse.move(0, 0)


def lab(page: Any) -> None:
    """Opens a claim with a recorded result, and guesses, so that it is shown."""
    page.get_by_role("tab", name="Lab").click()
    page.wait_for_selector(".lab[data-ready]")
    page.fill("#lab-find", "drift")
    page.click(".lab .board button >> nth=0")
    page.click(".lab .guess button >> nth=0")
    page.wait_for_selector(".lab .record[open] .figure svg")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def trends(page: Any) -> None:
    """Asks what changed since January 2025."""
    page.get_by_role("tab", name="Trends").click()
    page.wait_for_selector(".trends[data-ready]")
    page.fill("#trends-since", "2025-01")
    page.dispatch_event("#trends-since", "change")
    page.get_by_role("button", name="What changed").click()
    page.wait_for_selector(".trends .changes tbody tr")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


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
    """As a PNG, with fewer colours where it would be too large."""
    from PIL import Image

    page.wait_for_timeout(300)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shot.save(path, optimize=True)
    if path.stat().st_size > LIMIT:
        shot.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path}  {size // 1000} KB")
    if size > LIMIT:
        sys.exit(f"{path} has {size} bytes; the limit is {LIMIT}.")


if __name__ == "__main__":
    main()
