"""Asking in a browser: sentences with chips, a chip opens the marked span, what isn't covered is refused."""

from __future__ import annotations

from corpus.answering.weights import read_weights

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
    assert page.locator("#use-tools").count() == 0, "there is no language model that could use tools"


def test_what_the_sources_do_not_cover_is_refused_and_cites_nothing(visit):
    page = visit()
    ask(page, "What is the best way to bake a sourdough pizza?")
    assert page.locator(".refusal").count() == 1
    assert page.locator(".refusal p").first.inner_text()
    assert page.locator(".chip").count() == 0
    assert page.locator(".citation").count() == 0


def test_a_refusal_offers_what_is_answered_and_the_untouched_dial_asks_for_the_default(visit):
    page = visit()
    ask(page, "On which server rack was Genie 3 trained?")
    page.locator(".refusal .examples button").first.click()
    page.wait_for_selector(".turn:last-child .sentence", timeout=60_000)
    page.get_by_text("Why these passages?").last.click()
    working = page.locator(".working").last
    working.wait_for()
    assert f"at least {read_weights()['dense'].caution:.2f} is asked for" in working.inner_text()
    assert "(1.00)" in working.inner_text(), "what was clicked is known to be answered by a passage"


def test_what_is_asked_while_exports_are_on_their_way_is_answered(visit):
    page = visit()
    ask(page, QUESTION)
    first = page.locator(".turn").first
    page.fill("#question", "How does DINO-WM plan to reach a goal image?")
    # All in one go, before the server can answer any of them.
    page.evaluate("""() => { for (const tool of document.querySelectorAll('.turn .tools button')) tool.click();
        document.querySelector('.composer').requestSubmit(); }""")
    page.wait_for_selector(".turn:last-child .chip")
    page.wait_for_selector(".turn:last-child .tools")
    assert first.locator(".export textarea").get_attribute("aria-label") == "The answer as json", (
        "the last that was asked for"
    )
    assert page.locator(".turn .thinking").count() == 0
    page.locator(".turn:last-child").get_by_role("button", name="BibTeX").click()
    page.wait_for_selector(".turn:last-child .export textarea")
    bibtex = page.locator(".turn:last-child .export textarea").input_value()
    assert "DINO" in bibtex, "the session still knows what it said last"


def test_a_server_that_is_gone_is_said(chromium, ready):
    page = chromium.new_context().new_page()  # not `visit`: the browser, too, logs what failed
    page.goto(ready)
    page.wait_for_selector(".ask .examples button")
    page.route("**/api/ready", lambda route: route.abort())
    page.route("**/gradio_api/queue/join*", lambda route: None)  # never answered
    page.fill("#question", QUESTION)
    page.press("#question", "Enter")
    page.wait_for_selector(".turn .error")
    assert "does not answer" in page.locator(".turn .error").inner_text()
    assert page.locator(".composer .primary").is_enabled()
    page.context.close()


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


def made_pdf(chromium, *pages):
    """A real PDF, printed by the browser: one paragraph a page."""
    page = chromium.new_page()
    page.set_content("".join(f'<p style="break-after: page; font-size: 20px">{text}</p>' for text in pages))
    content = page.pdf(format="A5")
    page.close()
    return content


def upload(page, *files):
    """Adds (name, content) by the button, waits for the last, and gives each one's line."""
    if page.locator(".view").is_hidden():
        page.click(".bar button")
    page.set_input_files(".drop input", [{"name": n, "mimeType": "", "buffer": c} for n, c in files])
    return lines(page)


def lines(page):
    page.wait_for_function("document.querySelector('.said').textContent", timeout=60_000)
    return [
        (line.get_attribute("class"), line.locator(".state").inner_text())
        for line in page.locator(".queue li").all()
    ]


def test_an_uploaded_pdf_answers_with_its_page_and_is_gone_when_removed(visit, chromium):
    page = visit()
    good = made_pdf(
        chromium,
        "The Zorblat is a small boat with two masts, and it sails along the coast in summer.",
        "The Quagmar engine is a gearbox for sailing robots. Ada Brink built the Quagmar engine in 1987.",
    )
    added, bad, other = upload(
        page,
        ("quagmar.pdf", good),
        ("broken.pdf", b"%PDF-1.7 nothing"),
        ("extra.txt", b"A Zimbar is a drum."),
    )
    assert added == ("good", "Added: 2 pages, 2 passages")
    assert bad[0] == "bad"
    assert "broken.pdf" in bad[1]
    assert other == ("good", "Added: 1 passage")
    assert page.locator(".said").inner_text() == "2 ready to ask about, 1 could not be added."
    assert upload(page, ("quagmar.pdf", good))[0][1].startswith("Unchanged")

    ask(page, "Who built the Quagmar engine?")
    assert "Ada Brink" in page.locator(".turn:last-child .sentence").first.inner_text()
    card = page.locator(".citation").first
    assert "page 2" in card.locator(".meta").inner_text()
    page.click(".turn:last-child .chip >> nth=0")
    page.wait_for_selector(".reader mark")
    assert "Ada Brink" in page.locator(".reader mark").first.inner_text()

    page.click(".bar button")
    row = page.locator(".held li", has_text="quagmar.pdf")
    row.get_by_role("button").click()
    row.wait_for(state="detached")
    page.get_by_role("button", name="Remove extra").click()
    page.locator(".held li").wait_for(state="detached")
    ask(page, "Who built the Quagmar engine?")
    assert "Ada Brink" not in page.locator(".turn:last-child").inner_text()
    assert page.locator(".citation .meta", has_text="page 2").count() == 0


def test_pasted_captions_are_added_by_keyboard_alone_and_answer_with_their_time(visit):
    page = visit(390, 844, reduced_motion="reduce")
    page.focus(".bar button")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Choose files"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    def paste(said):
        page.focus("#paste-title")
        page.keyboard.type("A talk on boats")
        page.keyboard.press("Tab")
        page.keyboard.insert_text(f"WEBVTT\n\n00:01:05.000 --> 00:01:09.000\n{said}\n")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        return lines(page)[0][1]

    assert paste("The Worbal boat was built by Cy Dunn.").startswith("Added")
    assert paste("The Worbal boat was built by Cy Dunn.").startswith("Unchanged")
    assert paste("The Worbal boat was built by Flo Grey.").startswith("Replaced")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "Add documents"

    ask(page, "Who built the Worbal boat?")
    assert "Flo Grey" in page.locator(".turn:last-child").inner_text()
    assert "at 1:05" in page.locator(".citation .meta").first.inner_text()
    page.click(".bar button")
    page.get_by_role("button", name="Remove A talk on boats").click()
    page.locator(".held li").wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent") == "Choose files"


def test_markup_in_a_documents_name_and_text_stays_text(visit):
    page = visit()
    name = "<img src=x onerror=alert(1)>.txt"
    [(kind, _)] = upload(page, (name, b"# <script>alert(2)</script>\n\nThe <b>Vexil</b> is a flag."))
    assert kind == "good"
    assert page.locator(".queue .name").inner_text() == name
    assert page.locator(".view :is(img, script, b)").count() == 0
    page.locator(".held button").click()
    page.locator(".held li").wait_for(state="detached")
