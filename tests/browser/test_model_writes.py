"""A language model that writes the answer: its sentences arrive one by one, each checked, the unsupported struck through."""

from __future__ import annotations

import re
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import running

sys.path.insert(0, str(Path(__file__).parents[1] / "corpus"))
from llm_server import Handler, Server

INVENTED = "Zork Blatt built it from 3,141 clockwork owls in 1887"


class Speaker(Handler):
    """Says the first sentence of the first passage that it was given, then something that no passage says; not in haste."""

    def _scripted(self):
        asked = str(self.server.requests[-1]["messages"])
        first = re.search(r"\[1\] [^\\]*\\n(.+?)\.(?: |\\n)", asked)
        assert first, asked[:500]
        self.server.reply = f"{first.group(1)} [1]. {INVENTED} [1]."
        for line in super()._scripted():
            yield line
            time.sleep(0.15)


@pytest.fixture(scope="module")
def speaking():
    """The address of an app that a language model writes for."""
    server = Server(("127.0.0.1", 0), Speaker)
    server.requests = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with running(
        ORRERY_LLM="openai:tiny",
        ORRERY_LLM_BASE_URL=f"{server.url}/v1",
        OPENAI_API_KEY="not-a-key",
        ORRERY_LLM_TIMEOUT="60",
    ) as address:
        yield address
    server.shutdown()
    server.server_close()


WATCH = """() => { window.seen = []; new MutationObserver(() => {
    const turn = document.querySelector('.turn'); if (!turn) return;
    const now = [turn.querySelectorAll('.sentence').length, turn.querySelectorAll('.unsupported').length, Boolean(turn.querySelector('.tools'))].join();
    if (window.seen.at(-1) !== now) window.seen.push(now);
  }).observe(document.querySelector('.ask .log'), {childList: true, subtree: true}); }"""


@pytest.mark.slow
def test_sentences_arrive_one_by_one_and_the_unsupported_is_struck_through(chromium, speaking):
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(120_000)
    page.goto(speaking)
    page.wait_for_selector(".ask .examples button")
    page.evaluate(WATCH)
    page.fill("#question", "Why does LeCun think predicting pixels is the wrong target?")
    page.press("#question", "Enter")
    page.wait_for_selector(".turn .tools", timeout=90_000)
    seen = page.evaluate("window.seen")
    assert "1,0,false" in seen, f"the first sentence stood alone before the end: {seen}"
    assert seen[-1] == "2,1,true"
    struck = page.locator(".turn .unsupported")
    assert INVENTED in struck.inner_text()
    assert "line-through" in struck.evaluate("node => getComputedStyle(node).textDecorationLine")
    assert page.locator(".turn .sentence").first.locator(".chip").count() == 1
    support = page.locator(".turn .support").inner_text()
    assert "openai:tiny" in support
    assert "1 of 2" in support
    page.context.close()
