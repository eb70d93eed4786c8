"""The lab in a browser: claims are found, opened to both camps, guessed at, run live and cancelled."""

from __future__ import annotations

import pytest
from tabs import open_tab


@pytest.fixture
def lab(visit):
    page = visit()
    open_tab(page, "Lab")
    return page


def open_experiment(page, name: str) -> None:
    page.fill("#lab-find", name)
    page.locator(".lab .board button").first.click()
    page.wait_for_selector(".lab .bench .guess")


def test_the_board_is_found_and_filtered(lab):
    tested = lab.locator(".lab .board button").count()
    lab.uncheck("#lab-tested")
    everything = lab.locator(".lab .board button").count()
    assert everything > tested > 10
    lab.locator(".lab [name=lab-status][value=bankable]").check()
    assert 0 < lab.locator(".lab .board button").count() < everything
    lab.fill("#lab-find", "zzzz no such claim")
    assert lab.locator(".lab .board button").count() == 0


def test_a_claim_opens_to_both_camps_and_what_would_change_it(lab):
    lab.locator(".lab .board button").first.click()
    lab.wait_for_selector(".lab .camps blockquote")
    text = lab.locator(".lab .page").inner_text()
    for word in ("For (", "Against (", "What would change it"):
        assert word in text


def test_a_guess_opens_the_recorded_result_with_its_protocol(lab):
    open_experiment(lab, "drift")
    assert lab.locator(".lab .record[open]").count() == 0
    lab.locator(".lab .guess button").first.click()
    lab.wait_for_selector(".lab .record[open] .figure svg")
    text = lab.locator(".lab .record").inner_text()
    for word in (
        "seeds",
        "95 % interval",
        "Threshold",
        "What it cannot show",
        "orrery lab drift --budget full",
    ):
        assert word in text


def test_no_verdict_is_shown_before_the_guess_unless_it_is_asked_for(lab):
    open_experiment(lab, "drift")
    shown = lab.locator(".lab .board .verdict")
    assert set(shown.all_inner_texts()) == {"guess first"}
    lab.locator(".lab .guess button").first.click()
    assert shown.first.inner_text() in ("supported", "contradicted", "inconclusive")
    assert shown.nth(1).inner_text() == "guess first"
    lab.check("#lab-verdicts")
    assert "guess first" not in shown.all_inner_texts()


def test_a_run_shows_progress_and_is_cancelled(lab):
    open_experiment(lab, "drift")
    lab.get_by_role("button", name="Run it now").click()
    lab.wait_for_function(
        "document.querySelector('.lab .progress')?.textContent.trim().length > 0", timeout=60_000
    )
    lab.get_by_role("button", name="Cancel").click()
    lab.wait_for_function("document.querySelector('.lab .live').textContent.includes('Cancelled')")
    assert lab.get_by_role("button", name="Run it now").is_enabled()


@pytest.mark.slow
def test_a_live_run_ends_in_a_verdict(lab):
    open_experiment(lab, "drift")
    lab.get_by_role("button", name="Run it now").click()
    lab.wait_for_selector(".lab .live .verdict", timeout=240_000)
    assert lab.locator(".lab .live .figure svg").count() == 1


def test_a_phone_needs_no_sideways_scrolling(visit):
    page = visit(390, 844)
    open_tab(page, "Lab")
    open_experiment(page, "drift")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
