"""The contrast in a browser: guess first, then three answers and two films on one scrubber, and a running score."""

from __future__ import annotations

import pytest
from tabs import open_tab


@pytest.fixture
def contrast(visit):
    page = visit()
    open_tab(page, "Contrast")
    page.wait_for_selector(".contrast .options input")
    return page


def settle(page, option: int = 0) -> None:
    page.locator(".contrast .options input").nth(option).check()
    page.get_by_role("button", name="Show what happens").click()
    page.wait_for_selector(".contrast.settled", timeout=60_000)


def test_nothing_is_shown_before_a_guess(contrast):
    assert contrast.get_by_role("button", name="Show what happens").is_disabled()
    assert contrast.locator(".contrast .answer").count() == 0


def test_after_a_guess_everyone_has_answered_and_one_option_came_true(contrast):
    settle(contrast)
    whose = contrast.locator(".contrast .answer h3").all_inner_texts()
    assert whose[0].startswith("You")
    assert any("Text" in who for who in whose)
    assert len(whose) >= 3
    assert contrast.locator(".contrast .options .true").count() == 1
    assert "What happened" in contrast.locator(".contrast .summary").inner_text()


def test_both_films_move_on_one_scrubber(contrast):
    settle(contrast)
    shots = "[...document.querySelectorAll('.contrast .picture canvas')].map(c => c.toDataURL())"
    slider = contrast.get_by_role("slider", name="Step")
    slider.focus()
    drawn = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    contrast.keyboard.press("Home")
    contrast.evaluate(drawn)
    before = contrast.evaluate(shots)
    assert len(before) == 2
    contrast.keyboard.press("End")
    contrast.wait_for_function(f"old => {shots}[1] !== old", arg=before[1])


def test_the_score_counts_and_can_be_started_anew(contrast):
    settle(contrast)
    row = contrast.locator(".contrast .scores tbody tr").first.inner_text()
    assert "You" in row
    assert "of 1" in row
    contrast.get_by_role("button", name="Start anew").click()
    assert contrast.locator(".contrast .scores tbody tr").count() == 0


@pytest.mark.parametrize("world", ["push-block", "peekaboo", "key-door", "supply-chain"])
def test_every_world_has_a_question_and_a_real_answer(contrast, world):
    before = contrast.locator(".contrast .asked").inner_text()
    contrast.locator(f".contrast [name=contrast-world][value={world}]").check()
    contrast.wait_for_function(
        "old => document.querySelector('.contrast .asked').textContent !== old", arg=before
    )
    settle(contrast)
    assert contrast.locator(".contrast .options .true").count() == 1


def test_a_free_question_is_sent_where_it_can_be_watched(contrast):
    contrast.fill("#contrast-question", "What happens if the dot goes straight right?")
    contrast.get_by_role("button", name="Where can I watch it?").click()
    contrast.wait_for_selector(".contrast .routed button")
    contrast.get_by_role("button", name="Try it in two-rooms").click()
    contrast.wait_for_selector(".contrast .options input")


def test_a_page_to_keep_holds_everything_itself(contrast):
    settle(contrast)
    with contrast.expect_download() as download:
        contrast.get_by_role("link", name="Keep this as a page").click()
    page = download.value.path().read_text()
    assert "What happened" in page
    assert "http://" not in page.replace("http://www.w3.org/", "")
    assert 'src="http' not in page


def test_a_phone_needs_no_sideways_scrolling(visit):
    page = visit(390, 844)
    open_tab(page, "Contrast")
    page.wait_for_selector(".contrast .options input")
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
