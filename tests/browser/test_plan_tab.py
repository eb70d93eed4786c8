"""Planning in a browser: both worlds move, the timeline scrubs by keyboard, the rates stand beside floor and ceiling."""

from __future__ import annotations

PIXELS = """() => [...document.querySelectorAll('.plan .picture canvas')].slice(0, 3)
    .map(c => c.toDataURL())"""


def open_plan(page):
    page.get_by_role("tab", name="Plan").click()
    page.wait_for_selector(".rates .rate")


def run(page):
    open_plan(page)
    page.click("#plan-run")
    page.wait_for_selector(".film:not([hidden])", timeout=60_000)
    page.wait_for_function("document.querySelector('.plan').dataset.step !== undefined")


def test_imagined_real_and_blind_all_move_while_playing(visit, record_property):
    page = visit(reduced_motion="no-preference")
    run(page)
    page.wait_for_function("+document.querySelector('.plan').dataset.step >= 2")
    before = page.evaluate(PIXELS)
    page.wait_for_function("+document.querySelector('.plan').dataset.step >= 8")
    after = page.evaluate(PIXELS)
    assert len(before) == 3
    assert all(a != b for a, b in zip(before, after, strict=True))
    page.wait_for_function("document.querySelector('.plan').dataset.fps")
    fps = int(page.locator(".plan").get_attribute("data-fps"))
    record_property("frames_per_second", fps)
    print(f"{fps} animation frames a second")
    assert fps >= 20


def test_the_timeline_scrubs_by_keyboard_and_says_where_it_is(visit):
    page = visit(reduced_motion="reduce")
    run(page)
    timeline = page.locator(".timeline canvas")
    steps = int(page.locator(".plan").get_attribute("data-steps"))
    assert page.locator(".plan .play").inner_text() == "Play"  # reduced motion starts paused
    assert timeline.get_attribute("aria-valuenow") == "0"
    first = page.evaluate(PIXELS)
    timeline.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert timeline.get_attribute("aria-valuenow") == "3"
    assert page.evaluate(PIXELS) != first
    page.keyboard.press("ArrowLeft")
    assert timeline.get_attribute("aria-valuenow") == "2"
    page.keyboard.press("End")
    assert timeline.get_attribute("aria-valuenow") == str(steps)
    assert f"Step {steps} of {steps}" in timeline.get_attribute("aria-valuetext")


def test_arrow_keys_elsewhere_do_not_scrub(visit):
    page = visit(reduced_motion="reduce")
    run(page)
    page.focus("#plan-run")
    page.keyboard.press("ArrowRight")
    assert page.locator(".timeline canvas").get_attribute("aria-valuenow") == "0"


def test_every_picture_has_a_text_and_the_episode_a_live_line(visit):
    page = visit(reduced_motion="reduce")
    run(page)
    for picture in page.locator(".plan .picture canvas").all():
        assert picture.get_attribute("role") == "img"
        assert len(picture.get_attribute("aria-label")) > 20
    live = page.locator(".plan .summary")
    assert "goal" in live.inner_text()
    assert "px" in live.inner_text()


def test_the_success_rate_stands_between_its_floor_and_its_ceiling(visit):
    page = visit()
    open_plan(page)
    page.wait_for_selector(".rates .rate")
    text = page.locator(".score").inner_text()
    for word in ("floor", "ceiling", "n ", "seeds", "orrery evaluate"):
        assert word in text


def test_a_phone_needs_no_sideways_scrolling(visit):
    page = visit(390, 844)
    open_plan(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    run(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_link_brings_the_whole_plan_back(visit):
    page = visit()
    open_plan(page)
    page.fill("#plan-seed", "7")
    page.select_option("#plan-budget", "small")
    page.select_option("#plan-change", "blue-dot")
    run_again(page)
    said = page.locator(".plan .summary").inner_text()
    link, other = page.url, page.context.new_page()
    other.goto(link)
    other.wait_for_selector(".film:not([hidden])", timeout=60_000)
    assert other.locator("#plan-seed").input_value() == "7"
    assert other.locator("#plan-budget").input_value() == "small"
    assert other.locator("#plan-change").input_value() == "blue-dot"
    assert other.locator(".plan .summary").inner_text() == said


def run_again(page):
    page.click("#plan-run")
    page.wait_for_selector(".film:not([hidden])", timeout=60_000)


def test_the_lines_of_python_plan_the_same_episode(visit, tmp_path):
    import subprocess
    import sys

    page = visit()
    run(page)
    said = page.locator(".plan .summary").inner_text()
    page.get_by_role("button", name="Python").click()
    script = tmp_path / "again.py"
    script.write_text(page.locator(".plan .python").inner_text())
    again = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=120
    )
    assert said in again.stdout


def test_trace_and_clip_are_kept_as_files(visit):
    import json

    page = visit()
    run(page)
    with page.expect_download() as trace:
        page.get_by_role("button", name="Trace (JSON)").click()
    assert len(json.loads(trace.value.path().read_text())["error"]) > 2
    with page.expect_download(timeout=60_000) as clip:
        page.get_by_role("button", name="Clip (GIF)").click()
    assert clip.value.path().read_bytes()[:4] == b"GIF8"


def test_why_tells_how_far_it_is_and_can_be_given_up(visit):
    page = visit()
    open_plan(page)
    page.fill("#plan-seed", "3")
    page.select_option(
        "#plan-change", "blue-dot"
    )  # a dot that the model never saw: it fails, and why takes long
    run_again(page)
    why = page.locator(".takeaway button").first
    assert why.inner_text() == "Why did it fail?"
    why.click()
    page.wait_for_function("document.querySelector('.takeaway .said').textContent.includes('episodes')")
    assert why.inner_text() == "Cancel"
    why.click()
    assert page.locator(".takeaway .said").inner_text() == "Cancelled."
    assert why.inner_text() == "Why did it fail?"


def test_a_world_that_costs_shows_its_costs_and_no_episode(visit):
    page = visit()
    open_plan(page)
    page.select_option("#plan-model", "supply-chain-particles")
    page.get_by_role("heading", name="What it costs").wait_for()
    assert page.locator("#plan-run").is_disabled()
    assert "NaN" not in page.locator(".score").inner_text()
    page.select_option("#plan-model", "two-rooms-jepa")
    page.get_by_role("heading", name="How often it succeeds").wait_for()
    assert page.locator("#plan-run").is_enabled()


def test_nonsense_in_a_field_is_one_line(visit):
    page = visit()
    open_plan(page)
    page.fill("#plan-seed", "1e99")
    page.click("#plan-run")
    page.wait_for_selector(".plan.failed")
    assert page.locator(".plan .summary").inner_text() == "seed is '1e+99'; it must be a whole number"


def test_why_it_ended_so_names_the_limit(visit):
    page = visit()
    run(page)
    page.locator(".takeaway button").first.click()
    page.wait_for_selector(".takeaway[data-why]", timeout=120_000)
    assert page.locator(".takeaway").get_attribute("data-why") in (
        "encoder",
        "predictor",
        "objective",
        "search",
        "none",
    )
