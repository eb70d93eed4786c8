"""Hostile text on every tab: in questions, documents, titles, file names, links, claims and figures. It is shown, nothing of
it runs, and no request leaves (`visit` also fails on any error in the console, a refused load among them)."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from tabs import OPENED, open_tab

RUN = "window.__ran=1"
PAYLOADS = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}><image href=http://evil.example/a.png /></svg>",
    "![a](http://evil.example/a.png) [b](javascript:window.__ran=1)",
    "<style>@import url(http://evil.example/a.css);*{background:url(http://evil.example/b.png)}</style>",
    f'"><iframe src="data:text/html,<script>parent.{RUN}</script>"></iframe>',
    f"{{{{constructor.constructor('{RUN}')()}}}} ${{{RUN}}} </textarea><base href=http://evil.example/>",
)
ALL = " ".join(PAYLOADS)
FOREIGN = (
    "script, img, iframe, object, embed, style, base, image, [onerror], [onload], [href^='javascript'], [src]"
)
"""What hostile text would have become."""


FORGET = """async () => { for (const d of (await (await fetch('/api/documents')).json()).documents)
    await fetch(`/api/documents/${encodeURIComponent(d.id)}`, {method: 'DELETE'}); }"""


def untouched(page, inside: str) -> None:
    assert page.evaluate("window.__ran") is None
    found = page.locator(inside).locator(FOREIGN)
    assert found.count() == 0, found.first.evaluate("node => node.outerHTML.slice(0, 200)")


def ask(page, question):
    page.fill("#question", question)
    page.press("#question", "Enter")
    page.wait_for_selector(".turn:last-child .answer :not(.thinking):first-child", timeout=60_000)
    page.wait_for_selector(".turn:last-child .thinking", state="detached", timeout=60_000)


def add(page, name, content):
    if page.locator(".view").is_hidden():
        page.click(".sources > .bar button")
    page.set_input_files(".drop input", [{"name": name, "mimeType": "", "buffer": content.encode()}])
    page.wait_for_function("document.querySelector('.said').textContent", timeout=60_000)
    assert page.locator(".queue li").get_attribute("class") == "good"


def test_documents_questions_and_exports(visit):
    page = visit()
    text = f"---\ntitle: '{PAYLOADS[1]}'\n---\nThe Vexil flag was sewn by Dr. Holt {ALL.replace(chr(10), ' ')} in Bergen."
    try:
        add(page, f"{PAYLOADS[0]}{PAYLOADS[2]}.md".replace("/", ""), text)
        page.fill("#paste-title", PAYLOADS[5][:100], force=True)
        untouched(page, ".ask")
        ask(page, "Who made the Vexil flag?")
        assert "Vexil" in page.locator(".turn:last-child .answer").inner_text()
        page.locator(".turn:last-child .chip").first.click()
        page.wait_for_selector(".reader mark")
        assert "onerror" in page.locator(".reader .text").inner_text(), "the text is shown as it is"
        untouched(page, ".ask")
        tools = {"Why these passages?": ".working"} | {
            name: f"[aria-label='The answer as {name.lower()}']" for name in ("Markdown", "BibTeX", "JSON")
        }
        for tool, shown in tools.items():
            page.locator(".turn:last-child").get_by_role("button", name=tool).click()
            page.wait_for_selector(f".turn:last-child .more {shown}")
            untouched(page, ".ask")
        ask(page, ALL)
        untouched(page, ".ask")
    finally:
        page.evaluate(FORGET)


def test_shared_links_and_free_questions(visit):
    page = visit()
    base = page.url.split("#")[0]
    for payload in PAYLOADS:
        link = "&".join(
            f"{name}={quote(payload)}"
            for name in ("model", "planner", "objective", "budget", "look", "seed", "layout")
        )
        page.goto("about:blank")
        page.goto(f"{base}#tab=plan&{link}")
        page.wait_for_selector(OPENED["Plan"])
    untouched(page, ".planning")
    open_tab(page, "Contrast")
    page.fill("#contrast-question", ALL[:400])
    page.get_by_role("button", name="Where can I watch it?").click()
    page.wait_for_selector(".contrast .routed p, .contrast .routed button")
    untouched(page, ".contrast")
    open_tab(page, "Lab")
    page.fill("#lab-find", ALL)
    untouched(page, ".lab")


CLAIM = {
    "id": ALL, "statement": ALL, "status": PAYLOADS[1], "topics": [ALL], "experiment": "drift", "for": 1, "against": 0,
    "supports": [{"quote": ALL, "who": ALL, "source_id": ALL}], "disputes": [], "would_change": ALL,
}  # fmt: skip
FIGURE = (
    f"<svg xmlns='http://www.w3.org/2000/svg' onload='{RUN}'><script>{RUN}</script><a href='javascript:{RUN}'><text>x</text></a>"
    f"<image href='http://evil.example/a.png'/><style>*{{background:url(http://evil.example/c.png)}}</style>"
    f"<foreignObject><img xmlns='http://www.w3.org/1999/xhtml' src='x' onerror='{RUN}'/></foreignObject></svg>"
)
CRITERION = {
    "statistic": ALL,
    "threshold": 1,
    "above": True,
    "claim": "x",
    "value": 1,
    "low": 0,
    "high": 2,
    "n": 1,
    "outcome": ALL,
}
VERDICT = {
    "verdicts": {ALL: PAYLOADS[1]}, "budget": ALL, "date": ALL, "seeds": [0], "seconds": 1, "machine": ALL, "criteria": [CRITERION],
    "cannot_show": ALL, "command": ALL,
}  # fmt: skip


@pytest.fixture
def poisoned(visit):
    """A page whose server says hostile things: what a poisoned claim, record, source or title would look like."""
    page = visit()

    def answers(pattern, body):
        page.route(pattern, lambda route: route.fulfill(json=body))

    experiment = {"id": "drift", "title": ALL, "question": ALL, "verdicts": {ALL: PAYLOADS[1]}}
    answers("**/api/lab", {"experiments": [experiment], "claims": [CLAIM]})
    answers("**/api/lab/claim/*", {"claim": CLAIM})
    told = {
        **experiment,
        "cannot_show": ALL,
        "criteria": [CRITERION],
        "verdict": VERDICT,
        "figure": FIGURE,
        "text": ALL,
    }
    answers("**/api/lab/experiment/*", told)
    paper = {"title": ALL, "url": f"javascript:{RUN}", "published": ALL}
    answers("**/api/trends/papers*", {"papers": [paper]})
    answers(
        "**/api/dream",
        {
            "models": [{"name": ALL, "world": ALL, "family": ALL}],
            "worlds": {ALL.split(":")[0]: ALL},
            "telling": 4,
        },
    )
    answers("**/api/contrast/worlds", {"worlds": {PAYLOADS[1]: ALL}})
    answers("**/api/contrast/scenario*", {"error": ALL})
    answers("**/api/plan/recorded*", {"error": ALL})
    return page


def test_claims_records_figures_titles_and_names(poisoned):
    page = poisoned
    open_tab(page, "Lab")
    page.locator(".lab .board button").click()
    page.wait_for_selector(".lab .bench .guess")
    page.locator(".lab .guess button").first.click()
    page.wait_for_selector(".lab .record[open] .figure svg")
    untouched(page, ".lab")
    open_tab(page, "Trends")
    page.locator(".trends .grid td button").first.click()
    page.wait_for_selector(".trends .detail li")
    untouched(page, ".trends")
    open_tab(page, "Dream")
    untouched(page, ".dream")
    page.get_by_role("tab", name="Contrast").click()
    page.wait_for_selector(".contrast .choices input")
    untouched(page, ".contrast")
    page.get_by_role("tab", name="Plan").click()
    page.wait_for_selector(".score .error")
    untouched(page, ".planning")
    assert page.evaluate("window.__ran") is None
