"""The charts of the player: their sets, cursor, zoom, labels and table."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.hands import (
    PAIR,
    at_rest,
    colours,
    player,
    plot_box,
    scrub,
    time_shown,
    visible_charts,
    wait,
    wait_for,
)


def test_clicking_a_chart_sets_the_clock_and_its_cursor_follows(open_page):
    page = at_rest(open_page)
    for name in visible_charts(page):
        box = plot_box(page, name)
        page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + box["height"] / 2)
        assert time_shown(page) == pytest.approx(25, abs=1)
        cursor = page.locator(f".dv-chart-{name} .dv-cursor").first.bounding_box()
        assert cursor["x"] == pytest.approx(box["x"] + 0.25 * box["width"], abs=4)
        expect(page.locator(f".dv-chart-{name} .dv-reading")).not_to_be_empty()
        page.wait_for_timeout(500)  # a second click within the double-click time would enlarge the chart
        scrub(page, 80)


def test_zooming_a_chart_keeps_the_cursor_on_the_axis_and_a_double_click_takes_it_back(open_page):
    page = at_rest(open_page)
    scrub(page, 30)
    before = page.locator(".dv-chart-snr .dv-cursor").first.bounding_box()
    box = plot_box(page, "snr")
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], y, steps=5)
    page.mouse.up()
    page.wait_for_function(
        "(x) => Math.abs(document.querySelector('.dv-chart-snr .dv-cursor').getBoundingClientRect().x - x) > 9", arg=before["x"]
    )
    ticks = page.locator(".dv-chart-snr .xtick text").all()
    assert all(18 < float(tick.text_content()) < 62 for tick in ticks)
    cursor = page.locator(".dv-chart-snr .dv-cursor").first.bounding_box()
    assert cursor["x"] == pytest.approx(box["x"] + box["width"] * (30 - 20) / 40, abs=6)
    page.mouse.dblclick(box["x"] + 0.9 * box["width"], y)
    page.wait_for_function(
        "(x) => Math.abs(document.querySelector('.dv-chart-snr .dv-cursor').getBoundingClientRect().x - x) < 2", arg=before["x"]
    )
    assert time_shown(page) == 30  # and the clock is where it was
    assert not player(page, "p.charts.large")


def test_a_new_draw_leaves_the_charts_that_it_does_not_change(open_page):
    page = at_rest(open_page, "?steps=10&particles=50")
    page.evaluate(
        """() => {
          const { react } = Plotly;
          window.charts = [];
          Plotly.react = (element, ...more) => {
            window.charts.push(element.closest('.dv-chart').dataset.chart);
            return react(element, ...more);
          };
        }"""
    )
    page.locator(".dv-draw").click()
    wait_for(page, "steps=10&particles=50&seed=1")
    assert page.evaluate("window.charts") == ["kl"]  # of which a part is estimated from the draw


def test_a_chart_takes_the_whole_stage_and_gives_it_back(open_page):
    page = at_rest(open_page)
    scrub(page, 70)
    small = page.locator(".dv-chart-snr").bounding_box()
    box = plot_box(page, "snr")
    page.mouse.dblclick(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
    wait(page, "p.charts.large === 'snr' && p.charts.complete")
    large = page.locator(".dv-chart-snr").bounding_box()
    assert large["width"] > 2.5 * small["width"]
    assert large["height"] > 2.5 * small["height"]
    assert time_shown(page) == 70
    expect(page.locator(".dv-scrubber")).to_be_visible()
    page.keyboard.press("Escape")
    wait(page, "!p.charts.large && p.charts.complete")
    assert page.locator(".dv-chart-snr").bounding_box() == small
    page.locator(".dv-chart-snr .dv-enlarge").click()
    wait(page, "p.charts.large === 'snr'")
    page.locator(".dv-chart-snr .dv-enlarge").click()
    wait(page, "!p.charts.large")


def test_each_set_of_charts_can_be_chosen(open_page):
    page = at_rest(open_page)
    menu = page.get_by_label("Charts", exact=True)
    values = menu.locator("option").evaluate_all("(options) => options.map((o) => o.value)")
    seen = []
    for value in values:
        menu.select_option(value)
        wait(page, "p.charts.complete")
        assert 0 < len(visible_charts(page)) <= 3
        seen.append(visible_charts(page))
    assert len({tuple(names) for names in seen}) == len(values)


CLIPPED = """() => [...document.querySelectorAll('.dv-plot [clip-path]')].map((e) => e.getAttribute('clip-path'))"""
LOST = """() => [...document.querySelectorAll('.dv-plot [clip-path]')].filter(
  (e) => !document.getElementById(/#([^)'"]+)/.exec(e.getAttribute('clip-path'))[1])
).length"""


def test_lines_stay_inside_a_chart_whatever_the_address(open_page):
    """Plotly writes clip paths as url(address#id) where a page has a <base>; they would name nothing once
    the address has changed."""
    page = at_rest(open_page)
    assert page.locator("base[href]").count() == 1
    names = page.evaluate(CLIPPED)
    assert names
    assert all(name.replace('"', "").replace("'", "").startswith("url(#") for name in names)
    page.evaluate("history.replaceState(null, '', '?somewhere=else')")
    assert page.evaluate(LOST) == 0
    box = plot_box(page, "snr")  # zoomed, the line would leave its axes
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], y, steps=5)
    page.mouse.up()
    page.wait_for_timeout(600)
    strip = page.screenshot(clip={"x": box["x"] + box["width"] + 2, "y": box["y"], "width": 8, "height": box["height"]})
    blank = page.screenshot(clip={"x": box["x"] + box["width"] + 2, "y": box["y"], "width": 8, "height": 4})
    assert colours(strip) == colours(blank)


COVERED = """() => [...document.querySelectorAll('.dv-chart')].flatMap((chart) => {
  const box = (e) => e.getBoundingClientRect(), reading = chart.querySelector('.dv-reading');
  const shown = [...chart.querySelectorAll('.dv-labels span'), ...(reading && !reading.hidden ? [reading] : [])].map(box);
  const hit = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  return shown.some((a, i) => shown.slice(i + 1).some((b) => hit(a, b))) ? [chart.dataset.chart] : [];
})"""


@pytest.mark.parametrize("query", ["", PAIR])
def test_the_value_beside_the_cursor_never_covers_a_label(visit, query):
    page = visit(query)
    for width, height in ((1280, 800), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        wait(page, "p.charts.complete")
        page.wait_for_timeout(300)
        for share in np.linspace(0, 1, 21):
            player(page, f"(p.go(Math.round({share} * (p.clock.frames - 1))), 0)")
            assert page.evaluate(COVERED) == [], (width, share)


def test_the_table_of_metrics_is_a_set_and_fits(open_page):
    page = at_rest(open_page, PAIR)
    page.get_by_label("Charts", exact=True).select_option("metrics")
    table = page.locator(".dv-metrics table")
    expect(table).to_be_visible()
    assert table.locator("tbody tr").count() > 4
    assert page.evaluate("() => { const e = document.querySelector('.dv-metrics'); return e.scrollWidth <= e.clientWidth; }")
