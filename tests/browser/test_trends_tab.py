"""Trends in a browser: a cell leads to its titles, a system to its source, a month to what changed."""

from __future__ import annotations

import pytest


@pytest.fixture
def trends(visit):
    page = visit()
    page.get_by_role("tab", name="Trends").click()
    page.wait_for_selector(".trends[data-ready]")
    return page


def test_a_cell_says_how_many_titles_and_opens_just_those(trends):
    cell = trends.locator(".trends .grid td button").nth(30)
    count = int(cell.inner_text())
    cell.click()
    trends.wait_for_function(f"document.querySelectorAll('.trends .detail li').length === {count}")


def test_the_table_adds_up_to_all_titles(trends):
    years = [int(n) for n in trends.locator(".trends .total td:not(.sum)").all_inner_texts()]
    assert sum(years) == int(trends.locator(".trends .total .sum").inner_text()) == 1414


def test_a_system_opens_the_source_it_comes_from(trends):
    trends.get_by_text("As a list").click()
    trends.get_by_role("button", name="DreamerV3", exact=True).click()
    trends.wait_for_selector(".trends .detail .text p")
    assert "Dreamer" in trends.locator(".trends .detail").inner_text()


def test_what_changed_takes_the_last_year_or_any_month_and_tells_shares(trends):
    trends.get_by_role("button", name="What changed").click()
    trends.wait_for_selector(".trends .changes tbody tr")
    assert trends.locator("#trends-since").input_value() == "2025-07", "a year before the last title's month"
    trends.fill("#trends-since", "2026-01")
    trends.dispatch_event("#trends-since", "change")
    trends.get_by_role("button", name="What changed").click()
    trends.get_by_role("heading", name="Since 2026-01").wait_for()
    assert "%" in trends.locator(".trends .changes").inner_text()


def test_one_topic_is_filtered(trends):
    trends.select_option("#trends-topic", "physics")
    trends.wait_for_function("document.querySelectorAll('.trends .grid tbody tr').length === 2")


def test_a_phone_needs_no_sideways_scrolling(visit):
    page = visit(390, 844)
    page.get_by_role("tab", name="Trends").click()
    page.wait_for_selector(".trends[data-ready]")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
