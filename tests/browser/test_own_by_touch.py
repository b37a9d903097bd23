"""A person's own data on a phone: everything is within the screen and does what a finger wants."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.hands import download, opened, text_of, wait

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}


def fits(box):
    """Is a dialog, with all that is in it, within the screen's width?"""
    return box.evaluate(
        """box => [box, ...box.querySelectorAll("canvas, input, select, button, table, svg")].every((each) => {
          const { left, right } = each.getBoundingClientRect();
          return left >= 0 && right <= innerWidth;
        }) && box.scrollWidth <= box.clientWidth"""
    )


def drag(page, way):
    """One finger along these places of the screen."""
    touch = page.context.new_cdp_session(page)
    for kind, places in (("touchStart", way[:1]), *(("touchMove", [place]) for place in way[1:]), ("touchEnd", [])):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in places]})


def test_a_finger_moves_a_component_of_the_mixture(open_page):
    page = opened(open_page, "?dataset=own_mixture&playing=0", **PHONE)
    page.get_by_role("button", name=re.compile("^Your components:")).tap()
    box = page.get_by_role("dialog", name="Your own mixture")
    use = box.get_by_role("button", name="Use this mixture")
    expect(use).to_be_enabled()
    assert fits(box)
    expect(use).to_be_in_viewport(ratio=1)  # however far the numbers are scrolled
    expect(box.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    place = box.locator("canvas").bounding_box()
    where = lambda x, y: (place["x"] + place["width"] * (x / 6 + 0.5), place["y"] + place["height"] * (0.5 - y / 6))  # noqa: E731
    left, top = where(-1.1, -0.6)
    drag(page, [(left + 18, top), where(-1.5, 0.5), where(-2.0, 1.5)])  # a finger is wide
    expect(box.get_by_label("x", exact=True)).to_have_value(re.compile(r"^-(1\.9|2)"))
    expect(box.get_by_label("y", exact=True)).to_have_value(re.compile(r"^1\.[45]"))
    assert box.evaluate("box => box.scrollTop") == 0
    drag(page, [where(2, -2 + k / 4) for k in range(12)])  # where there is none, the box is scrolled
    page.wait_for_function("() => document.querySelector('dialog:has(.dv-own-two)').scrollTop > 20")
    page.wait_for_timeout(400)  # a tap while it scrolls only stops it
    use.tap()
    wait(page, "p.run.experiment.own_mixture.startsWith('-') && p.complete")
    expect(box).to_have_count(0)


def test_a_finger_draws_points(open_page):
    page = opened(open_page, "?dataset=own_points&playing=0", **PHONE)
    page.get_by_role("button", name=re.compile("^Your points:")).tap()
    box = page.get_by_role("dialog", name="Your own points")
    expect(box.get_by_role("status")).to_contain_text("400 points")
    assert fits(box)
    box.get_by_role("button", name="Clear").tap()
    place = box.locator("canvas").bounding_box()
    drag(page, [(place["x"] + 40 + 20 * k, place["y"] + 60 + 15 * k) for k in range(8)])
    expect(box.get_by_role("status")).to_contain_text(re.compile(r"^\d{2,} points\. Kernel bandwidth"))
    box.get_by_role("button", name="Use these points").click()  # a tap that follows a synthetic stroke may be lost
    expect(box).to_be_hidden()
    wait(page, "p.run.experiment.own_points !== '' && p.complete")


@pytest.mark.parametrize(
    ("opener", "name"),
    [
        (".dv-data", "Data"),
        (".dv-tab-results", "The 2015 paper’s experiments"),
        (".dv-terms", "Terms"),
        (".dv-tab-lessons", "Lessons"),
    ],
)
def test_other_boxes_fit_and_close_at_their_top(open_page, opener, name):
    page = opened(open_page, "?playing=0", **PHONE)
    page.locator(opener).first.tap()
    box = page.get_by_role("dialog", name=name)
    expect(box).to_be_visible()
    assert fits(box)
    close = box.locator("> header").get_by_role("button", name="Close")
    expect(close).to_be_in_viewport(ratio=1)
    close.tap()
    expect(box).to_be_hidden()


def test_a_link_to_two_of_ones_own_shows_both_and_its_files_have_them(open_page, tmp_path):
    query = "?a=dataset%3Down_points%26own_points%3D0%2C0%3B1%2C1%26steps%3D9&b=dataset%3Down_mixture%26steps%3D9&playing=0"
    page = opened(open_page, query, **PHONE)
    expect(page.locator(".dv-shown")).to_contain_text(re.compile("Your own points: 2, h = .*Your own mixture"))
    for kind in ("NPZ", "HTML"):
        assert download(page, kind, tmp_path).stat().st_size > 10_000
    assert "own_mixture" in text_of(page, "Link")
