"""Asking in a browser: sentences with chips, a chip opens the marked span, what isn't covered is refused."""

from __future__ import annotations

QUESTION = "Why does LeCun think predicting pixels is the wrong target?"


def ask(page, question):
    page.fill("#question", question)
    page.press("#question", "Enter")
    page.wait_for_selector(".turn:last-child .answer :not(.thinking):first-child", timeout=60_000)
    page.wait_for_selector(".turn:last-child .thinking", state="detached", timeout=60_000)


def test_a_citation_opens_exactly_the_quoted_span_in_its_source(visit):
    page = visit()
    ask(page, QUESTION)
    assert page.locator(".sentence").count() >= 1
    for sentence in page.locator(".sentence").all():
        assert sentence.locator(".chip").count() >= 1
    assert page.locator(".citation").count() >= 1
    page.click(".sentence .chip >> nth=0")
    page.wait_for_selector(".reader mark")
    marked = page.evaluate("[...document.querySelectorAll('.reader mark')].map(m => m.textContent).join(' ')")
    quote = page.evaluate("document.querySelector('.citation .quote').textContent")
    assert " ".join(marked.split()) == " ".join(quote.split())
    sentence = page.evaluate("document.querySelector('.sentence').firstChild.textContent")
    assert sentence.split()[0] in marked
    in_view = "m => { const t = m.closest('.text').getBoundingClientRect(), r = m.getBoundingClientRect();"
    in_view += " return r.top >= t.top - 1 && r.top < t.bottom; }"
    assert page.locator(".reader mark").first.evaluate(in_view)
    link = page.locator(".reader a")
    assert link.get_attribute("href").startswith("http")
    assert "noopener" in link.get_attribute("rel")
    page.keyboard.press("Escape")
    assert page.locator(".reader").is_hidden()
    assert page.evaluate("document.activeElement.className") == "chip"


def test_an_example_question_can_be_clicked(visit):
    page = visit()
    page.click(".examples button >> nth=0")
    page.wait_for_selector(".chip", timeout=60_000)


def test_what_the_sources_do_not_cover_is_refused_and_cites_nothing(visit):
    page = visit()
    ask(page, "What is the best way to bake a sourdough pizza?")
    assert page.locator(".refusal").count() == 1
    assert page.locator(".refusal p").first.inner_text()
    assert page.locator(".chip").count() == 0
    assert page.locator(".citation").count() == 0


def test_a_huge_question_gets_one_line_and_markup_stays_text(visit):
    page = visit()
    ask(page, "<img src=x onerror=alert(1)> " + "pixels " * 20_000)
    assert page.locator(".answer .error").inner_text().count("\n") == 0
    assert page.locator(".question img").count() == 0


def test_the_light_switch_is_kept(visit):
    page = visit(color_scheme="light")
    assert not page.evaluate("document.body.classList.contains('dark')")
    page.click(".top .ghost")
    assert page.evaluate("document.body.classList.contains('dark')")
    page.reload()
    page.wait_for_selector(".examples button")
    assert page.evaluate("document.body.classList.contains('dark')")


def test_colours_follow_the_system_at_first(visit):
    assert visit(color_scheme="dark").evaluate("document.body.classList.contains('dark')")


def test_a_phone_needs_no_sideways_scrolling(visit):
    page = visit(390, 844)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ask(page, QUESTION)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click(".chip >> nth=0")
    page.wait_for_selector(".reader mark")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
