"""Dreaming in a browser: real keys move what is imagined, drift is a number, a look again mends it."""

from __future__ import annotations

import time

import pytest

DATA = "({...document.querySelector('.dream').dataset})"


@pytest.fixture
def dreaming(visit):
    page = visit()
    page.get_by_role("tab", name="Dream").click()
    page.wait_for_selector(".dream .models input")
    page.click(".dream .begin")
    page.wait_for_function("document.querySelector('.dream').dataset.step !== undefined")
    page.focus(".dream .stage canvas")
    return page


def hold(page, key: str, seconds: float) -> None:
    page.keyboard.down(key)
    time.sleep(seconds)
    page.keyboard.up(key)


def test_held_keys_move_the_dream_and_a_still_world_waits(dreaming):
    picture = "document.querySelector('.dream .stage canvas').toDataURL()"
    before = dreaming.evaluate(picture)
    hold(dreaming, "ArrowDown", 1.5)
    hold(dreaming, "ArrowLeft", 0.5)
    data = dreaming.evaluate(DATA)
    assert int(data["step"]) >= 30, "at least twenty steps a second"
    assert int(data["fps"]) >= 20
    assert dreaming.evaluate(picture) != before
    time.sleep(0.3)
    still = dreaming.evaluate(DATA)["step"]
    time.sleep(0.3)
    assert dreaming.evaluate(DATA)["step"] == still, "nothing moves in two-rooms unless a key is held"


def test_a_look_again_brings_the_dream_back_to_the_real_world(dreaming):
    hold(dreaming, "ArrowRight", 1.5)
    dreaming.keyboard.press("l")
    dreaming.wait_for_function("document.querySelector('.dream .panel > span').textContent.endsWith(' 0')")
    assert float(dreaming.evaluate(DATA)["error"]) < 3


def test_telling_says_when_and_shows_the_ghost(dreaming):
    hold(dreaming, "ArrowUp", 0.6)
    dreaming.keyboard.press("t")
    dreaming.wait_for_selector(".dream .told li")
    assert "px" in dreaming.locator(".dream .told li").first.inner_text()
    assert dreaming.get_by_role("button", name="Ghost").get_attribute("aria-pressed") == "true"


def test_a_recording_is_kept_as_a_file(dreaming):
    dreaming.keyboard.press("r")
    hold(dreaming, "ArrowDown", 0.4)
    with dreaming.expect_download() as download:
        dreaming.keyboard.press("r")
    import json

    kept = json.loads(download.value.path().read_text())
    assert len(kept["beats"]) > 3
    assert {"error", "position", "imagined_position", "held"} <= kept["beats"][0].keys()


def test_the_model_is_switched_in_mid_dream(dreaming):
    hold(dreaming, "ArrowDown", 0.4)
    dreaming.select_option("#dream-model", "two-rooms-pixel")
    dreaming.wait_for_timeout(500)
    dreaming.focus(".dream .stage canvas")
    before = int(dreaming.evaluate(DATA)["step"])
    hold(dreaming, "ArrowUp", 0.5)
    assert int(dreaming.evaluate(DATA)["step"]) > before, "the same dream goes on"
    dreaming.check(".dream .models input[value=push-block]")
    dreaming.wait_for_function(
        "document.querySelector('.dream .say').textContent.startsWith('In push-block')"
    )


def test_a_phone_has_buttons_to_move_and_needs_no_sideways_scrolling(visit):
    page = visit(390, 844)
    page.get_by_role("tab", name="Dream").click()
    page.click(".dream .begin")
    page.wait_for_function("document.querySelector('.dream').dataset.step !== undefined")
    page.get_by_role("button", name="Move down").click()
    page.wait_for_function("+document.querySelector('.dream').dataset.step > 0")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
