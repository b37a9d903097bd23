"""The page on every screen: presented, on a phone, enlarged, by keys, and for those who do not see it."""

import pytest
from playwright.sync_api import expect

from tests.browser.hands import opened, player, time_shown, wait_for


def test_present_leaves_the_player_alone_with_the_screen(open_page):
    page = opened(open_page)
    before = page.locator("#dv-player").bounding_box()["width"]
    page.get_by_role("button", name="Present", exact=True).click()
    expect(page.locator("#dv-aside")).to_be_hidden()
    assert page.locator("#dv-player").bounding_box()["width"] > before + 200
    page.keyboard.press("Space")
    page.get_by_role("button", name="Present", exact=True).click()
    expect(page.locator("#dv-aside")).to_be_visible()


@pytest.mark.parametrize("full_screen", [True, False])
def test_escape_leaves_the_presentation_and_keys_work_in_it(open_page, full_screen):
    """Full screen takes the key for itself, which a browser without a window does not play: it is left as the key would."""
    page = opened(open_page, "?steps=9&particles=50&playing=0&at=4")
    if not full_screen:
        page.evaluate("() => { document.documentElement.requestFullscreen = async () => { throw new Error('not allowed'); }; }")
    page.get_by_role("button", name="Present", exact=True).click()
    expect(page.locator("#dv-aside")).to_be_hidden()
    page.wait_for_function("(full) => Boolean(document.fullscreenElement) === full", arg=full_screen)
    page.keyboard.press("ArrowRight")
    assert time_shown(page) == 5
    page.keyboard.press("Space")
    assert player(page, "p.clock.playing")
    page.keyboard.press("Space")
    assert not player(page, "p.clock.playing")
    page.evaluate("document.exitFullscreen()") if full_screen else page.keyboard.press("Escape")
    expect(page.locator("#dv-aside")).to_be_visible()
    expect(page.get_by_role("button", name="Present", exact=True)).to_have_attribute("aria-pressed", "false")


def test_keys_are_the_players_after_a_press_of_the_pointer(open_page):
    page = opened(open_page, "?steps=9&particles=50&playing=0&at=4")
    page.get_by_role("button", name="New draw").click()
    wait_for(page, "steps=9&particles=50&seed=1")
    page.keyboard.press("Space")
    assert player(page, "p.clock.playing")
    page.keyboard.press("Space")
    page.locator(".dv-data").click()
    page.locator(".dv-gallery .dv-close").click()
    at = time_shown(page)
    page.keyboard.press("ArrowRight")
    assert time_shown(page) == min(9, at + 1)
    assert player(page, "p.run.query") == "steps=9&particles=50&seed=1"
    draw = page.get_by_role("button", name="New draw")  # who uses the keyboard presses it again
    draw.focus()
    page.keyboard.press("Space")
    wait_for(page, "steps=9&particles=50&seed=2")
    expect(draw).to_be_focused()


def test_controls_of_the_phone_are_not_cut(open_page):
    for query in ("?steps=9&particles=50", "?a=steps%3D9%26particles%3D50&b=steps%3D8%26particles%3D50"):
        page = opened(open_page, query, width=390, height=844)
        for control in page.locator(".dv-top button:visible, .dv-buttons button:visible, .dv-menus select:visible").all():
            box = control.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
        direction = page.locator(".dv-direction")
        assert direction.evaluate(NEEDS) <= direction.bounding_box()["width"]


NEEDS = """(select) => {
  const ruler = document.createElement('canvas').getContext('2d');
  ruler.font = getComputedStyle(select).font;
  return ruler.measureText(select.selectedOptions[0].textContent).width + 22;
}"""


@pytest.mark.parametrize(("width", "height"), [(853, 533), (683, 467)])
def test_enlarged_by_half_the_controls_fold_and_clock_and_charts_are_seen_together(open_page, width, height):
    page = opened(open_page, width=width, height=height)
    boxes = [page.locator(name).first.bounding_box() for name in (".dv-scrubber", ".dv-chart:visible", ".dv-forward canvas")]
    assert all(box["y"] >= 0 and box["y"] + box["height"] <= height for box in boxes)
    expect(page.locator("#dv-aside")).to_be_hidden()
    page.get_by_role("button", name="Controls", exact=True).click()
    expect(page.locator("#dv-aside")).to_be_visible()


def test_on_a_phone_the_picture_comes_before_the_controls(open_page):
    page = opened(open_page, width=390, height=844)
    picture, form = (page.locator(name).first.bounding_box() for name in (".dv-forward canvas", ".dv-form"))
    assert picture["y"] + picture["height"] < form["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_link_skips_to_the_player(open_page):
    page = opened(open_page)
    page.keyboard.press("Tab")
    expect(page.locator(".dv-skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#dv-player') !== null")
