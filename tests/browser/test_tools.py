"""The language model with tools in the Ask tab: the switch, each call as it comes, what of the reply holds up, and Stop."""

from __future__ import annotations

import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import running
from llm_server import Handler, Server
from test_ask_tab import ask
from test_hostile_text import ALL, PAYLOADS, untouched

INVENTED = "Genie 3 was built by Zork Blatt in a shed"


@pytest.fixture(scope="module")
def scripted():
    """A server to script, and the address of an app whose language model it is."""
    server = Server(("127.0.0.1", 0), Handler)
    server.requests = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with running(
        ORRERY_LLM="openai:tiny", ORRERY_LLM_BASE_URL=f"{server.url}/v1", OPENAI_API_KEY="not-a-key"
    ) as address:
        yield server, address
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(chromium, scripted):
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(60_000)
    page.goto(scripted[1])
    page.wait_for_selector(".ask .examples button")
    page.check("#use-tools")
    yield page
    page.context.close()


def results(request):
    return [message["content"] for message in request["messages"] if message["role"] == "tool"]


@pytest.mark.slow
def test_each_call_is_shown_and_the_reply_is_held_against_its_passages(page, scripted):
    def mind(request):
        found = results(request)
        if not found:
            return {
                "calls": [("ask", {"question": "When was Genie 3 announced?"}), ("shell", {"command": "ls"})]
            }
        if len(found) == 2:
            return {"calls": [("lab", {"experiment": "drift"})] * 9}
        return {"text": f"{found[0].splitlines()[1]} {INVENTED} [1]. The lab measured it."}

    scripted[0].mind = mind
    assert "8 calls in 120 s" in page.locator(".switch").inner_text()
    ask(page, "When was Genie 3 announced?")
    calls = [
        (line.locator("code").inner_text(), line.get_attribute("class"))
        for line in page.locator(".call").all()
    ]
    assert ("ask", "call done") in calls[:2]
    assert ("shell", "call failed") in calls[:2]
    assert [kind for _, kind in calls].count("call refused") == 3, "eight may be made, eleven were"
    assert "question: When was Genie 3 announced?" in page.locator(".calls").inner_text()
    assert "5 August 2025" in page.locator(".turn .sentence").first.inner_text()
    assert INVENTED in page.locator(".turn .unsupported").inner_text()
    assert "The lab measured it" in page.locator(".turn .unchecked").inner_text()
    assert "1 of 3 sentences hold up" in page.locator(".turn .support").inner_text()
    found = Axe().run(page).response["violations"]
    assert not found, [(v["id"], [node["html"][:120] for node in v["nodes"][:3]]) for v in found]
    page.click(".turn .chip >> nth=0")
    page.wait_for_selector(".reader mark")
    page.locator(".turn .tools").get_by_role("button", name="Markdown").click()
    page.wait_for_selector(".turn .export textarea")
    assert INVENTED in page.locator(".turn .export textarea").input_value()

    scripted[0].mind = lambda request: {"text": "They did."}
    ask(page, "who built it?")
    assert page.locator(".turn:last-child .read-as").inner_text() == "Read as: who built Genie 3?"
    page.uncheck("#use-tools")


@pytest.mark.slow
def test_hostile_calls_and_replies_stay_text(page, scripted):
    scripted[0].mind = lambda request: (
        {"text": ALL} if results(request) else {"calls": [(PAYLOADS[1], {PAYLOADS[0]: ALL})]}
    )
    ask(page, ALL[:400])
    assert "onerror" in page.locator(".call").inner_text()
    untouched(page, ".ask")


@pytest.mark.slow
def test_one_that_hangs_can_be_stopped_and_another_question_asked(page, scripted):
    server, _ = scripted
    server.mind, server.fault = lambda request: {"text": "Here."}, "hang"
    page.fill("#question", "Is anybody there?")
    page.press("#question", "Enter")
    page.wait_for_function("/^[1-9]/.test(document.querySelector('.turn .thinking span')?.textContent)")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_selector(".turn .support")
    server.fault = ""
    ask(page, "Is anybody here?")
    assert "Here." in page.locator(".turn:last-child").inner_text()
    assert "Stopped." in page.locator(".turn").first.inner_text()


@pytest.mark.slow
def test_a_server_that_fails_is_one_line(page, scripted):
    server, _ = scripted
    server.mind, server.status, server.error = None, 500, "out of order"
    try:
        ask(page, "Is anybody there?")
    finally:
        server.status = 200
    assert "failed" in page.locator(".turn .notice").inner_text()
    assert page.locator(".composer .primary").is_enabled()
