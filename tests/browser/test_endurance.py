"""A long session: nothing piles up, keys stay with the player, and a mask and a picture are made by hand."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from diffviz import Experiment
from diffviz.domains.pictures.own_pictures import encode_picture
from diffviz.inverse.masks import parse_mask
from diffviz.inverse.tasks import hole
from tests.browser.hands import MOVING, opened, player, time_shown, unfold, wait, wait_for_run

RUNS = ("dataset=rings", "dataset=two_moons", "dataset=heartbeat", "dataset=digits")


def counted(page: Page) -> dict[str, float]:
    """Nodes and event listeners that are alive after the garbage is collected."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    for _ in range(2):
        devtools.send("HeapProfiler.collectGarbage")
    found = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
    devtools.detach()
    return {name: found[name] for name in ("Nodes", "JSEventListeners")}


def round_of_runs(page: Page, seed: int) -> None:
    """Each kind of data, one run and two, by the page's own way of going to an address."""
    for each in RUNS:
        for pair in (False, True):
            query = f"{each}&steps=5&particles=5&seed={seed}"
            search = f"?a={query.replace('=', '%3D').replace('&', '%26')}&b={each.replace('=', '%3D')}" if pair else f"?{query}"
            page.evaluate("(s) => { history.pushState(null, '', s); dispatchEvent(new PopStateEvent('popstate')); }", search)
            wait(page, f"p.sides.length === {1 + pair} && p.complete && p.run.query.includes('{each}')", 60)


def test_nodes_and_listeners_do_not_pile_up_over_runs_and_kinds_of_data(open_page):
    page = opened(open_page, "?steps=5&particles=5", **MOVING)
    round_of_runs(page, 0)  # every kind has come once
    before = counted(page)
    for _ in range(3):
        round_of_runs(page, 0)  # 24 runs and pairs
    after = counted(page)
    for name, value in after.items():
        assert value < 1.1 * before[name] + 50, (before, after)


def test_a_page_at_rest_asks_for_few_frames(open_page):
    """With each of them the browser goes through the whole page."""
    page = open_page(locale="en-US")  # in a context of its own
    page.add_init_script("const frame = requestAnimationFrame; requestAnimationFrame = (run) => (window.asked++, frame(run));")
    page.goto(f"{page.url.partition('?')[0]}?steps=5&particles=20&playing=0")
    wait_for_run(page)
    asked = 0
    for _ in range(20):  # until what Gradio shows while it loads has come to rest
        page.evaluate("window.asked = 0")
        page.wait_for_timeout(1000)
        asked = player(page, "window.asked")
        if asked < 10:
            break
    assert asked < 10


def test_keys_move_the_clock_after_any_button_pressed_by_mouse(open_page):
    page = opened(open_page, "?steps=20&particles=30", **MOVING)
    for clicked in (".dv-play", ".dv-play", ".dv-loop", ".dv-forth", ".dv-draw", ".dv-question-forth"):
        page.locator(clicked).click()
        page.wait_for_timeout(500)
        wait(page, "p.complete", 60)
        page.keyboard.press("Home")
        assert time_shown(page) == 0, clicked
        page.keyboard.press("ArrowRight")
        assert time_shown(page) == player(page, "p.run.times[1]"), clicked


def test_space_plays_in_a_presentation_that_escape_leaves(open_page):
    page = opened(open_page, "?steps=20&particles=30&playing=0")
    page.get_by_role("button", name="Present", exact=True).click()
    expect(page.locator("#dv-aside")).to_be_hidden()
    page.keyboard.press("Space")
    wait(page, "p.clock.playing")
    page.keyboard.press("Space")
    wait(page, "!p.clock.playing")
    page.evaluate(
        "document.fullscreenElement && document.exitFullscreen()"
    )  # which Escape does in a window, before the page sees it
    page.keyboard.press("Escape")
    expect(page.locator("#dv-aside")).to_be_visible()
    expect(page.get_by_role("button", name="Present", exact=True)).to_have_attribute("aria-pressed", "false")


def test_a_mask_is_painted_with_the_mouse_and_the_keys(open_page):
    page = opened(open_page, "?dataset=digits&measurement=inpaint&condition=exact&particles=4&steps=6&test_image=5")
    unfold(page, "Inverse problems")
    canvas = page.locator("[data-field=mask] canvas")
    page.wait_for_function("() => document.querySelector('[data-field=mask] canvas').width > 200")
    canvas.scroll_into_view_if_needed()
    expect(page.get_by_role("spinbutton", name="Test image").first).to_have_value("5")  # counted from 1, as the link has it
    box = canvas.bounding_box()

    def at(row, column):
        return box["x"] + (column + 0.5) * box["width"] / 8, box["y"] + (row + 0.5) * box["height"] / 8

    page.mouse.move(*at(0, 0))
    page.mouse.down()  # hides, since it is known
    page.mouse.move(*at(0, 7), steps=2)  # a fast hand
    page.mouse.up()
    page.mouse.move(*at(2, 2))
    page.mouse.down()  # shows, since it is hidden
    page.mouse.up()
    canvas.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Space"):  # row 3, column 0
        page.keyboard.press(key)
    known = hole(8, 8)
    known[0], known[2, 2], known[3, 0] = False, True, False
    for _ in range(200):  # what is painted is told bit by bit, and run by itself or, where that takes long, by Run
        if np.array_equal(known, mask_of_run(page)):
            break
        if "dv-lit" in page.locator(".dv-run").get_attribute("class"):
            page.locator(".dv-run").click()
        page.wait_for_timeout(300)
    np.testing.assert_array_equal(mask_of_run(page), known)
    wait(page, "p.complete", 60)


def mask_of_run(page: Page) -> np.ndarray:
    """Which pixels the run on screen knows; without a mask of its own, those around the middle."""
    mask = Experiment.from_query(player(page, "p.run.query")).mask
    return parse_mask(mask) if mask else hole(8, 8)


def test_a_picture_of_ones_own_dissolves_into_noise_and_comes_back(open_page):
    page = opened(open_page, "?dataset=own&steps=6&particles=1")
    y, x = np.mgrid[0:90, 0:120]
    data = io.BytesIO()
    Image.fromarray(np.stack([2 * x, 2 * y, 255 - 2 * x], -1).astype(np.uint8)).save(data, "PNG")
    file = {"name": "good.png", "mimeType": "image/png", "buffer": data.getvalue()}
    page.locator("[data-field=own] input[type=file]").set_input_files(file)
    wait(page, "p.complete && p.run.query.includes('own=')", 60)
    side = player(page, "p.run.arrays.reverse.shape.at(-1)")
    assert f"own={encode_picture(data.getvalue(), side)}" in player(page, "p.run.query")
    first, last, back = (
        np.array(player(page, f"Array.from(p.run.array('{name}', {frame}))")) * 6 / 255 - 3
        for name, frame in (("forward", 0), ("forward", "p.run.frames - 1"), ("reverse", 0))
    )
    assert np.abs(back - first).max() < 0.05
    assert abs(np.corrcoef(last, first)[0, 1]) < 0.1
