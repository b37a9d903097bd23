"""The player, as a person uses it: the clock, the panels, the charts; one run and two."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.hands import MOVING, PAIR, UNSCALED, at_rest, colours, pixels, player, scrub, time_shown, wait, wait_for_run

# the clock


def test_opens_with_a_run_already_playing(open_page):
    page = open_page(**MOVING)
    wait(page, "p.clock.frame > 2")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    first = time_shown(page)
    page.wait_for_function("(t) => !document.querySelector('.dv-time').textContent.includes(`t = ${t} `)", arg=first)
    wait_for_run(page)


def test_the_reverse_process_is_paused_while_the_forward_process_runs_then_both_run_back(open_page):
    page = open_page(**MOVING)
    frames = "p.sides.map((s) => s.run.nearestReverse(p.clock.phase === 'forward' ? s.run.frames - 1 : s.index[p.clock.frame]))"
    wait(page, "p.clock.frame > 5 && p.clock.phase === 'forward'")
    assert player(page, frames) == [100]
    expect(page.locator(".dv-reverse .dv-paused")).to_have_text("waiting at xT")
    expect(page.locator(".dv-forward .dv-paused")).to_be_hidden()
    wait(page, "p.clock.phase === 'both' && p.clock.frame < p.run.frames - 3")
    expect(page.locator(".dv-reverse .dv-paused")).to_be_hidden()


@pytest.mark.parametrize(("direction", "phase"), [("forward", "forward"), ("reverse", "both")])
def test_a_person_can_hold_either_direction(open_page, direction, phase):
    page = open_page(**MOVING)
    wait_for_run(page)
    page.get_by_label("Direction").select_option(direction)
    page.get_by_label("Speed").select_option("4")
    seen = []
    for _ in range(60):
        seen.append(player(page, "p.clock.frame"))
        assert player(page, "p.clock.phase") == phase
        page.wait_for_timeout(50)
    moves = np.sign(np.diff(seen))
    forth, back = (moves > 0).sum(), (moves < 0).sum()  # the one in the other direction is the jump to start again
    assert (forth > 5 * back) if direction == "forward" else (back > 5 * forth)


def test_a_held_direction_stays_held_after_scrubbing(open_page):
    page = at_rest(open_page)
    page.get_by_label("Direction").select_option("forward")
    scrub(page, 50)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(800)
    assert player(page, "p.clock.phase") == "forward"
    assert 50 < time_shown(page) < 100


def test_the_scrubber_moves_everything_without_a_request(open_page):
    page = at_rest(open_page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    captions, cursors = set(), set()
    for t in range(0, 100, 5):
        scrub(page, t)
        assert time_shown(page) == t
        captions.add(page.locator(".dv-caption").inner_text())
        cursors.add(page.locator(".dv-chart .dv-cursor").first.evaluate("(e) => e.style.transform"))
    assert len(captions) == len(cursors) == 20
    assert requests == []


def test_snr_1_is_marked_on_the_scrubber(open_page):
    page = at_rest(open_page)
    mark, track = page.locator(".dv-mark").bounding_box(), page.locator(".dv-marks").bounding_box()
    level = player(page, "p.run.alpha.findIndex((a, i) => a < p.run.sigma[i])")
    assert (mark["x"] - track["x"]) / track["width"] * 100 == pytest.approx(level, abs=1)
    expect(page.locator(".dv-mark")).to_have_text("SNR = 1")
    pair = at_rest(open_page, PAIR)
    assert [m.inner_text() for m in pair.locator(".dv-mark").all()] == ["A: SNR = 1", "B: SNR = 1"]
    pair.get_by_label("A and B at").select_option("log_snr")
    expect(pair.locator(".dv-mark")).to_have_count(1)  # at equal SNR both are there at once


def test_steps_and_keys(open_page):
    page = at_rest(open_page)
    scrub(page, 50)
    page.get_by_role("button", name="Step forward", exact=True).click()
    assert time_shown(page) == 51
    page.get_by_role("button", name="Step back", exact=True).click()
    page.get_by_role("button", name="Step back", exact=True).click()
    assert time_shown(page) == 49
    page.evaluate("document.activeElement.blur()")  # a button keeps the two keys that press it
    page.locator(".dv-forward canvas").click(position={"x": 5, "y": 200})  # after which the arrows are still the clock's
    for key, t in (
        ("ArrowRight", 50),
        ("Shift+ArrowRight", 60),
        ("ArrowLeft", 59),
        ("Shift+ArrowLeft", 49),
        ("End", 100),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        assert time_shown(page) == t, key
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.get_by_label("Diffusion time", exact=True).focus()
    page.keyboard.press("ArrowRight")
    assert time_shown(page) == 1


def test_reduced_motion_opens_at_rest(open_page):
    page = open_page(reduced_motion="reduce")
    wait_for_run(page)
    page.wait_for_timeout(500)
    assert player(page, "p.clock.playing") is False


# panels


def test_what_is_seen_can_be_shown_again(open_page):
    page = at_rest(open_page)
    player(page, "(p.layers.toggle('score'), p.panels.scale.zoom(0.5, 1, 1), p.go(30), 0)")
    seen = pixels(page, "forward")
    player(page, "(p.charts.enlarge('snr'), 0)")
    state = player(page, "p.view()")
    assert (state["at"], state["large"], state["playing"]) == (30, "snr", False)
    other = at_rest(open_page)
    other.evaluate("(state) => document.querySelector('.dv').player.restore(state, true)", state)
    assert player(other, "p.view()") == state
    other.keyboard.press("Escape")
    other.wait_for_timeout(200)
    assert pixels(other, "forward") == pytest.approx(seen, rel=2e-3)


def test_the_wheel_and_dragging_move_both_panels_and_a_double_click_brings_them_back(open_page):
    page = at_rest(open_page)
    scrub(page, 10)
    forward, reverse = page.locator(".dv-forward canvas"), page.locator(".dv-reverse canvas")
    before = [pixels(page, name) for name in ("forward", "reverse")]
    box = forward.bounding_box()
    x, y = box["x"] + 0.7 * box["width"], box["y"] + 0.4 * box["height"]
    under = "p.panels.list[0].at(0.7 * p.panels.list[0].width, 0.4 * p.panels.list[0].height)"
    at = player(page, under)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -240)
    wait(page, "p.panels.scale.factor < 0.9")
    assert player(page, under) == pytest.approx(at, abs=0.01)  # what is under the pointer stays there, to a pixel
    assert all(pixels(page, name) != old for name, old in zip(("forward", "reverse"), before, strict=True))
    assert player(page, "new Set(p.panels.list.map((panel) => panel.k)).size") == 1
    page.mouse.down()
    page.mouse.move(x - 60, y + 20, steps=4)
    page.mouse.up()
    k = player(page, "p.panels.list[0].k")
    assert player(page, under) == pytest.approx([at[0] + 60 / k, at[1] + 20 / k], abs=0.01)
    assert player(page, "p.panels.chosen") == -1  # a drag is no click
    reverse.dblclick(position={"x": 20, "y": 200})
    assert not player(page, "p.panels.scale.zoomed")


def test_a_particle_is_followed_by_pointer_and_by_keys(open_page):
    page = at_rest(open_page)
    scrub(page, 30)
    before = [pixels(page, name) for name in ("forward", "reverse")]
    x, y = player(page, "((q, a) => [q.x(a[14]), q.y(a[15])])(p.panels.list[0], p.run.array('forward', p.clock.frame))")
    page.locator(".dv-forward canvas").hover(position={"x": x, "y": y})
    assert player(page, "p.panels.hovered") >= 0
    assert all(pixels(page, name) != old for name, old in zip(("forward", "reverse"), before, strict=True))
    page.locator(".dv-time").hover()
    assert player(page, "p.panels.hovered") == -1
    page.locator(".dv-forward canvas").focus()
    seen = set()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        seen.add(player(page, "p.panels.chosen"))
    assert len(seen) >= 3
    assert -1 not in seen
    assert time_shown(page) == 30  # in a panel the arrows are the particles'
    assert "article" in page.locator(".dv-announced").inner_text()
    page.keyboard.press("Escape")
    assert player(page, "p.panels.chosen") == -1


def test_every_panel_says_what_it_shows(open_page):
    page = at_rest(open_page)
    scrub(page, 40)
    for name in ("forward", "reverse"):
        canvas = page.locator(f".dv-{name} canvas")
        assert canvas.get_attribute("role") == "img"
        page.wait_for_function(
            "(name) => document.querySelector(`.dv-${name} canvas`).getAttribute('aria-label').includes('t = 40')", arg=name
        )


def test_layers_can_be_switched(open_page):
    page = at_rest(open_page, "?dataset=spiral&denoiser=learned&particles=300")
    scrub(page, 40)
    page.get_by_role("button", name="Layers").click()  # they are a menu where they have no room beside the title
    for layer in player(page, "[...p.layers.list.children].filter((b) => !b.hidden).map((b) => b.dataset.layer)"):
        button = page.locator(f"[data-layer={layer}]")
        before, pressed = pixels(page, "reverse"), button.get_attribute("aria-pressed")
        button.click()
        assert button.get_attribute("aria-pressed") != pressed
        page.locator(".dv-time").hover()
        assert pixels(page, "reverse") != before, layer
        button.click()
        if layer in ("energy", "surface"):  # they took the place of the density
            page.locator("[data-layer=density]").click()
        page.locator(".dv-time").hover()
        assert pixels(page, "reverse") == before, layer


# two runs


def test_both_sides_share_the_clock_and_what_was_not_changed(open_page):
    page = at_rest(open_page, PAIR)
    player(page, "(p.go(20), 0)")
    assert player(page, "p.sides.map((s) => s.run.times[s.index[20]])") == [20, 10]
    assert page.locator(".dv-time").inner_text() == "t/T = 0.50"
    assert [e.inner_text() for e in page.locator(".dv-forward .dv-when").all()] == ["t = 20", "t = 10"]
    same = "(name, a, b) => p.sides[0].run.array(name, a).every((v, i) => v === p.sides[1].run.array(name, b)[i])"
    assert player(page, f"({same})('reverse', 40, 20)")  # the same x_T
    assert player(page, f"({same})('forward', 0, 0)")  # and the same data


def test_the_clock_can_run_at_equal_snr_and_reaches_both_ends(open_page):
    page = at_rest(open_page, "?a=schedule%3Drectified_flow%26steps%3D60%26particles%3D20&b=steps%3D60%26particles%3D20")
    page.get_by_label("A and B at").select_option("log_snr")
    player(page, "(p.seek(0), 0)")
    levels = player(page, "p.sides.map((s) => s.run.alpha[s.index[p.clock.frame]] / s.run.sigma[s.index[p.clock.frame]])")
    assert levels == pytest.approx([1, 1], rel=0.1)
    assert "SNR" in page.locator(".dv-time").inner_text()
    times = "p.sides.map((s) => s.run.times[s.index[p.clock.frame]])"
    at = player(page, times)
    page.keyboard.press("End")
    assert player(page, times) == [60, 60]
    page.keyboard.press("Home")
    assert player(page, times) == [0, 0]
    player(page, "(p.seek(0), 0)")
    page.get_by_label("A and B at").select_option("time")
    assert player(page, f"{times}[0]") == at[0]  # the same moment of A


def test_a_side_without_such_a_noise_level_says_so_and_its_cursor_stays(open_page):
    page = at_rest(open_page, f"?a={UNSCALED}&b={UNSCALED.replace('false', 'true')}")
    page.get_by_label("A and B at").select_option("log_snr")
    wait(page, "p.charts.complete")
    page.keyboard.press("End")
    said = page.locator(".dv-forward .dv-when")
    assert said.nth(0).inner_text().startswith("ended at")
    assert not said.nth(1).inner_text().startswith("ended at")
    first, second = player(page, "p.charts.visible[0].values")
    assert first - second == pytest.approx(5.3, abs=0.2)  # powers of ten between their last noise levels
    page.keyboard.press("Home")
    assert "∞" in page.locator(".dv-time").inner_text()
    assert player(page, "new Set(p.charts.visible[0].values).size") == 1  # both at the data, at the axis's end


def test_two_runs_give_way_to_one_and_one_to_two_wherever_the_clock_stands(open_page):
    page = at_rest(open_page, PAIR)
    button = page.locator(".dv-compare")
    for frame in (0, 1, 5):
        player(page, f"(p.go({frame}), 0)")
        for sides in (1, 2):
            button.click()
            wait(page, f"p.sides.length === {sides} && p.complete")
    wait_for_run(page)
    assert {chart.inner_text() for chart in page.locator(".dv-chart:visible .dv-reading").all()} != {""}


def test_sides_have_their_colours_in_the_panels(open_page):
    page = at_rest(open_page, PAIR)
    player(page, "(p.go(0), 0)")
    hues = []
    for side in "ab":
        image = page.locator(f".dv-row-{side} .dv-reverse canvas").screenshot()
        saturated = [c for c in colours(image) if max(c) - min(c) > 60]
        hues.append(np.mean(saturated, axis=0))
    assert hues[0][1] > hues[0][0]  # A is green
    assert hues[1][0] > hues[1][1]  # B is purple


# sizes

SIZES = [(1280, 800), (1920, 1080), (1024, 700), (853, 533)]
CUT = "(e) => e.offsetParent && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).textOverflow !== 'ellipsis'"


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("query", ["", PAIR])
def test_clock_and_charts_are_seen_together_and_nothing_is_cut(visit, width, height, query):
    page = visit(query, width, height)
    for selector in (".dv-scrubber", ".dv-play", ".dv-chart", ".dv-panel canvas", ".dv-words"):
        for box in [element.bounding_box() for element in page.locator(selector).locator("visible=true").all()]:
            assert box["y"] >= 0, selector
            assert box["y"] + box["height"] <= height + 1, selector
            assert box["x"] + box["width"] <= width, selector
    heights = player(page, "p.charts.visible.map((c) => c.plot.clientHeight)")
    assert len(heights) == 3
    assert min(heights) > 70
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = player(
        page,
        f"[...p.root.querySelectorAll('.dv-time, h3, .dv-sets, .dv-menus, figcaption')].filter({CUT}).map((e) => e.innerText)",
    )
    assert cut == []
    words = ".dv-words, .dv-caption-now, .dv-summary"
    for frame in player(page, "[0, p.clock.frames >> 1, p.clock.frames - 1]"):
        player(page, f"(p.go({frame}), 0)")
        over = f"(e) => e.scrollHeight > e.clientHeight + 1 || e.getBoundingClientRect().bottom > {height}"
        assert player(page, f"[...p.root.querySelectorAll('{words}')].filter({over}).map((e) => e.innerText)") == []


@pytest.mark.parametrize("query", ["", PAIR])
def test_on_a_phone_the_picture_comes_first_and_the_clock_stays_in_reach(open_page, query):
    page = at_rest(open_page, query, width=390, height=844)
    picture, clock = page.locator(".dv-panel canvas").first.bounding_box(), page.locator(".dv-scrubber").bounding_box()
    assert picture["y"] < 400
    assert clock["y"] + clock["height"] <= 844
    for element in page.locator(".dv-buttons button, .dv-menus select").locator("visible=true").all():
        assert element.bounding_box()["x"] + element.bounding_box()["width"] <= 390
    heights = player(page, "p.charts.visible.map((c) => c.plot.clientHeight)")
    assert min(heights) > 110
    page.locator(".dv-chart").last.scroll_into_view_if_needed()
    assert page.locator(".dv-scrubber").bounding_box()["y"] + 20 <= 844  # while charts are looked at, too
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


TICKS_COLLIDE = """() => [...document.querySelectorAll('.dv-plot')].flatMap((plot) => {
  const found = [];
  for (const [axis, low, high] of [['x', 'left', 'right'], ['y', 'top', 'bottom']]) {
    const boxes = [...plot.querySelectorAll(`.${axis}tick text`)].map((text) => text.getBoundingClientRect());
    boxes.sort((a, b) => a[low] - b[low]);
    if (boxes.slice(1).some((box, i) => box[low] < boxes[i][high] - 1))
      found.push(`${plot.closest('.dv-chart').dataset.chart} ${axis}`);
  }
  return found;
})"""


def test_no_ticks_collide(open_page):
    page = at_rest(open_page, PAIR)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for axis in ("time", "log_snr"):
            page.get_by_label("A and B at").select_option(axis)
            page.wait_for_timeout(500)
            wait(page, "p.charts.complete")
            assert page.evaluate(TICKS_COLLIDE) == [], (width, axis)


def test_presenting_hides_controls_and_enlarges_letters(open_page):
    page = at_rest(open_page)
    before = [page.locator(s).evaluate("(e) => parseFloat(getComputedStyle(e).fontSize)") for s in (".dv-caption", ".dv-time")]
    dots = pixels(page, "forward")
    page.evaluate("document.body.classList.add('dv-present')")
    wait(page, "p.charts.complete && p.charts.visible.length >= 2")
    after = [page.locator(s).evaluate("(e) => parseFloat(getComputedStyle(e).fontSize)") for s in (".dv-caption", ".dv-time")]
    assert all(large > 1.25 * small for large, small in zip(after, before, strict=True))
    assert pixels(page, "forward") != dots
    for hidden in (".dv-layers", ".dv-menus", ".dv-enlarge"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.locator(".dv-set")).to_be_visible()
    page.keyboard.press("Home")
    assert time_shown(page) == 0


def test_light_and_dark(open_page):
    page = at_rest(open_page, color_scheme="light")
    light = page.locator(".dv-chart").first.screenshot()
    page.evaluate("document.body.classList.toggle('dark', true)")
    wait(page, "p.charts.complete")
    dark = page.locator(".dv-chart").first.screenshot()
    assert np.median(list(colours(light))) > 150 > 130 > np.median(list(colours(dark)))
