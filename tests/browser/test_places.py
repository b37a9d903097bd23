"""A place of the plane chosen instead of a particle, while a chart asks for one x_0."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.hands import address, opened, pixels, player, scrub, wait

RUN = "?dataset=two_moons&steps=20&particles=100&playing=0&at=6&back=1&layers=density"


def ask(page: Page) -> None:
    """Show the charts of one x_0."""
    page.get_by_label("Charts", exact=True).select_option(label="One x₀")
    wait(page, "p.charts.complete")


def where(page: Page, x: float, y: float) -> dict[str, float]:
    return player(page, f"(({{ x, y }}) => ({{ x, y }}))({{ x: p.panels.list[0].x({x}), y: p.panels.list[0].y({y}) }})")


def test_a_click_beside_all_particles_chooses_a_place_where_a_chart_asks_for_one(open_page):
    page = opened(open_page, RUN)
    canvas = page.locator(".dv-forward canvas")
    canvas.click(position=where(page, 2.6, -1.9))
    assert player(page, "p.panels.place") is None  # nothing asks for it
    before = [pixels(page, panel) for panel in ("forward", "reverse")]
    ask(page)
    assert page.locator(".dv-forward .dv-hint").inner_text() == "click: choose x0"
    with page.expect_request(lambda request: '"place' in (request.post_data or "").replace("\\", "")) as asked:
        canvas.click(position=where(page, 2.6, -1.9))
    np.testing.assert_allclose(player(page, "p.panels.place"), [2.6, -1.9], atol=0.02)
    page.mouse.move(2, 2)
    after = [pixels(page, panel) for panel in ("forward", "reverse")]
    assert after[0] != before[0]
    assert after[1] == before[1]
    expect(page.locator(".dv-announced")).to_contain_text("is chosen")
    page.wait_for_function("location.search.includes('place=')")
    x, y = map(float, address(page)["place"].split())
    assert player(page, "p.panels.place") == [x, y]
    wait(page, "p.charts.complete")
    assert f'"place":[{x:g},{y:g}]' in asked.value.post_data.replace("\\", "")  # the chart is of that place

    scrub(page, 15)
    assert pixels(page, "forward") != after[0]  # where the paths from it are by now
    at = player(page, "[...p.run.array('forward', p.clock.frame)].slice(14, 16)")
    canvas.click(position=where(page, *at))
    assert player(page, "[p.panels.chosen >= 0, p.panels.place]") == [True, None]  # one or the other

    again = opened(open_page, page.url[page.url.index("?") :].replace("chosen=", "x=") + f"&place={x}+{y}")
    assert player(again, "p.panels.place") == [x, y]
    again.keyboard.press("Escape")
    assert player(again, "p.panels.place") is None


def test_a_place_is_chosen_with_keys(open_page):
    page = opened(open_page, RUN)
    page.locator(".dv-forward canvas").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert player(page, "p.panels.place") is None  # nothing asks for it
    ask(page)
    before = pixels(page, "forward")
    page.keyboard.press("Enter")
    assert pixels(page, "forward") != before  # a cross
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    x, y = player(page, "p.panels.place")
    start = player(page, "p.panels.list[0].at(0.3 * p.panels.list[0].width, 0.3 * p.panels.list[0].height)")
    np.testing.assert_allclose([x, y], [round(start[0], 1) + 0.3, round(start[1], 1) + 0.1], atol=1e-6)
    page.keyboard.press("Escape")
    assert player(page, "p.panels.place") is None
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert pixels(page, "forward") == before  # no cross is left
    page.keyboard.press("ArrowRight")
    assert player(page, "p.panels.chosen") >= 0  # arrows choose particles again
