"""Two visitors of one hosted server: neither sees the other's document, and it is gone when its page is closed."""

from __future__ import annotations

import json
import time
import urllib.request

import pytest
from conftest import running

HOSTED = (
    "import sys; import app.visits as v; v.GRACE = 20.0;"
    "from app.server import serve; serve(int(sys.argv[1]), '0.0.0.0', open=True)"
)


@pytest.fixture(scope="module")
def hosted():
    with running(HOSTED) as address:
        yield address


def arrive(chromium, address):
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    page.wait_for_selector(".ask .examples button")
    return page


def ask(page, question):
    page.fill("#question", question)
    page.press("#question", "Enter")
    page.wait_for_selector(".turn:last-child .tools, .turn:last-child .refusal", timeout=60_000)
    return page.locator(".turn:last-child .answer").inner_text()


def listed(page):
    found = page.evaluate("fetch('/api/documents').then(reply => reply.json())")
    return [document["path"] for document in found["documents"]]


@pytest.mark.slow
def test_a_document_is_its_visitors_alone_and_ends_with_the_page(chromium, hosted):
    one, other = arrive(chromium, hosted), arrive(chromium, hosted)
    one.click(".sources > .bar button")
    one.wait_for_function("document.querySelector('.view').textContent.includes('Only you can ask')")
    text = b"The Quagmar engine is a gearbox. Ada Brink built the Quagmar engine in 1987."
    one.set_input_files(".drop input", [{"name": "q.txt", "mimeType": "", "buffer": text}])
    one.wait_for_function("document.querySelector('.said').textContent", timeout=60_000)
    assert "Ada Brink" in ask(one, "Who built the Quagmar engine?")
    assert "Ada Brink" not in ask(other, "Who built the Quagmar engine?")
    assert (listed(one), listed(other)) == (["q.txt"], [])
    one.reload()
    one.wait_for_selector(".ask .examples button")
    assert "Ada Brink" in ask(one, "Who built the Quagmar engine?"), "a reload is the same visit"
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in one.context.cookies())
    one.close()
    request = urllib.request.Request(f"{hosted}/api/documents", headers={"cookie": cookie})
    end = time.monotonic() + 150
    while time.monotonic() < end:
        # Longer than the grace: to look is a request too, and keeps a visit alive for that long.
        time.sleep(27)
        if not json.load(urllib.request.urlopen(request))["documents"]:
            break
    else:
        pytest.fail("the document outlived its visitor")
    other.context.close()
