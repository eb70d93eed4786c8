"""The tabs, and how a learner knows that each has opened."""

from __future__ import annotations

OPENED = {
    "Ask": ".ask .examples button",
    "Contrast": ".contrast[data-ready]",
    "Plan": ".rates .rate",
    "Dream": ".dream .models input",
    "Lab": ".lab[data-ready]",
    "Trends": ".trends[data-ready]",
}
"""Tab -> what is there once it is open."""


def open_tab(page, tab: str) -> None:
    page.get_by_role("tab", name=tab, exact=True).click()
    page.wait_for_selector(OPENED[tab])
