"""Charts that are computed when they become visible: drawn of one run and of two, in links, files and without a server."""

from __future__ import annotations

import csv
import itertools
import re
import time
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from diffviz.telling.charts import CHART_SETS
from diffviz.views import VIEWS, view
from tests.browser.hands import choose, download, opened, player, press_run, wait

RUNS = {
    "plane": "dataset=two_moons&steps=10&particles=40",
    "heartbeat": "dataset=heartbeat&steps=10&particles=20",
    "pictures": "dataset=digits&steps=5&particles=4",
    "words": "dataset=own_words&steps=5&particles=20",
    "graphs": "dataset=trees&nodes=4&steps=5&particles=20",
}
AT_ONCE = {group for group, row in view("plane").later.items() if set(row.charts) & set(CHART_SETS["speed"].charts[:3])}
LATER = {name: {chart for row in view(name).later.values() for chart in row.charts} for name in VIEWS}
ASKED = "**/component_server**"  # as the page asks about a run
SECONDS = 60.0


def pair(name: str) -> str:
    return f"a={quote(RUNS[name])}&b={quote(RUNS[name] + '&schedule=linear')}"


def drawn(page: Page) -> list[dict[str, object]]:
    """Of every visible chart, its name, what is said in its place, how many lines it has, and whether a cursor is seen."""
    return player(
        page,
        "p.charts.visible.map((c) => ({ name: c.name, said: c.said.textContent, lines: c.plot.querySelectorAll('.trace').length, "
        "cursor: [...c.cursors].some((e) => e.offsetParent && getComputedStyle(e).display !== 'none' && "
        "getComputedStyle(e).visibility !== 'hidden'), own: c.chart.axis === 'own', "
        "levels: c.chart.axis === 'log_snr' }))",
    )


def is_drawn(page: Page, key: str) -> None:
    """Each chart of the set, page after page, has lines or says why not; and a cursor only where it follows the clock."""
    for turned in range(-(-len(CHART_SETS[key].charts) // 2)):
        wait(page, "p.complete && p.charts.visible.length && p.charts.complete", SECONDS)
        for chart in drawn(page):
            assert chart["name"] in CHART_SETS[key].charts
            assert chart["lines"] or str(chart["said"]).endswith("."), chart
            assert chart["levels"] or chart["cursor"] == (not chart["own"]), chart  # at t = 0 the SNR is infinite
            said = str(chart["said"])
            assert "server" not in said
            assert "computing" not in said
        more = page.locator(".dv-more-charts")
        if turned == 0 and not more.is_visible():
            return
        more.click()


@pytest.mark.parametrize("name", [name for name in VIEWS if LATER[name]])
def test_every_set_is_drawn_of_one_run_and_of_two(visit, name):
    sets = [key for key, row in CHART_SETS.items() if LATER[name] & set(row.charts)]
    for query in (RUNS[name], pair(name)):
        page = visit(f"?{query}&playing=0")
        for key in sets:
            page.get_by_label("Charts", exact=True).select_option(key)
            is_drawn(page, key)


@pytest.mark.parametrize("query", [RUNS["plane"], pair("plane")], ids=["one run", "two runs"])
def test_a_link_opens_a_set_and_its_charts_come_after_the_run(open_page, query):
    page = open_page(f"?{query}&playing=0&charts=speed")
    wait(page, "p.complete && p.charts.complete", SECONDS)
    assert page.get_by_label("Charts", exact=True).input_value() == "speed"
    assert [chart["name"] for chart in drawn(page)] == list(CHART_SETS["speed"].charts[:3])
    page.wait_for_function("location.search.includes('charts=speed')")


def test_while_it_is_computed_its_place_says_so_and_all_else_goes_on(open_page):
    page, held = opened(open_page, f"?{RUNS['plane']}&playing=0"), []
    page.route(ASKED, lambda route: held.append(route))
    page.get_by_label("Charts", exact=True).select_option("speed")
    chart = page.locator(".dv-chart-gap_over_steps")
    expect(chart.locator(".dv-said")).to_have_text("computing …")
    expect(chart.locator(".dv-chart-title")).to_have_text("Discretisation gap over T")
    page.keyboard.press("ArrowRight")
    assert player(page, "p.clock.frame") == 1
    page.get_by_label("Charts", exact=True).select_option("cost")
    wait(page, "p.charts.complete")  # sets that are there do not wait
    page.get_by_label("Charts", exact=True).select_option("speed")
    assert len(held) == len(AT_ONCE)  # each group is asked for once
    for route in held:
        route.continue_()
    wait(page, "p.charts.complete", SECONDS)
    expect(chart.locator(".dv-said")).to_be_hidden()
    expect(chart.locator("h3")).to_have_attribute("title", re.compile(r"this run: [\d.]+ nats"))


def test_a_click_does_not_move_the_clock_and_a_double_click_enlarges(open_page, tmp_path):
    page = opened(open_page, f"?{RUNS['plane']}&playing=0&at=4&charts=speed")
    wait(page, "p.charts.complete", SECONDS)
    plot = page.locator(".dv-chart-gap_over_steps .nsewdrag").first
    plot.click(position={"x": 20, "y": 20})
    assert player(page, "p.run.times[p.clock.frame]") == 4
    page.wait_for_timeout(500)
    plot.dblclick(position={"x": 20, "y": 20})
    wait(page, "p.charts.large === 'gap_over_steps' && p.charts.complete")
    assert player(page, "p.run.times[p.clock.frame]") == 4
    for kind in ("csv", "png"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"Save the chart as {kind.upper()}").click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert path.stat().st_size > 200
        if kind == "csv":
            with path.open(encoding="utf-8", newline="") as file:
                rows = list(csv.reader(file))
            assert rows[0][0] == "T"
            assert [float(row[0]) for row in rows[1:]] == sorted({5, 10, 20, 50, 100, 200, 500})


def test_a_lost_server_is_told_and_asked_again_when_the_set_is_chosen_again(open_page):
    page = opened(open_page, f"?{RUNS['plane']}&playing=0")
    menu = page.get_by_label("Charts", exact=True)
    page.route(ASKED, lambda route: route.abort())
    menu.select_option("speed")
    expect(page.locator(".dv-chart-gap_over_steps .dv-said")).to_contain_text("does not answer")
    page.unroute(ASKED)
    open_page.problems[:] = [problem for problem in open_page.problems if "ERR_FAILED" not in problem]  # of what was aborted
    menu.select_option("cost")
    menu.select_option("speed")
    wait(page, "p.charts.complete && p.charts.visible[0].plot.querySelector('.trace')", SECONDS)


def test_a_file_has_those_that_were_on_screen_and_offers_no_others(open_page, browser, tmp_path):
    page = opened(open_page, f"?{RUNS['plane']}&playing=0&charts=speed")
    wait(page, "p.charts.complete", SECONDS)
    path = download(page, "HTML", tmp_path)
    context = browser.new_context(offline=True)
    alone, problems = context.new_page(), []
    alone.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    alone.on("pageerror", lambda error: problems.append(str(error)))
    alone.goto(path.as_uri())
    wait(alone, "p.complete && p.charts.complete && p.charts.visible[0].plot.querySelector('.trace')")
    assert "gap_over_steps" in [chart["name"] for chart in drawn(alone)]
    offered = alone.get_by_label("Charts", exact=True).locator("option").evaluate_all("(o) => o.map((e) => e.value)")
    at_once = set(view("plane").charts)
    assert [key for key in offered if not at_once & set(CHART_SETS[key].charts)] == ["speed"]
    context.close()
    assert problems == []


def test_the_charts_of_a_run_come_within_a_second_of_it(open_page):
    """Those that need no more than the run; the machine of the test may be busy, so the best of three counts."""
    page, waited = opened(open_page, f"?{RUNS['plane']}&playing=0&charts=thermodynamics"), []
    for seed in range(3):
        page.goto(page.url.split("&seed")[0] + f"&seed={seed}")
        wait(page, "p.run.done")
        begun = time.perf_counter()
        wait(page, "p.charts.visible.length && p.charts.complete")
        waited.append(time.perf_counter() - begun)
    assert min(waited) < 1.0


def test_what_a_chart_marks_stands_on_the_clock_while_it_is_seen(open_page):
    page = opened(open_page, "?dataset=two_gaussians&steps=20&particles=40&playing=0&charts=symmetry")
    marks = player(page, "p.charts.visible[0].chart.figure.layout.shapes.map((s) => s.x0 / 20)")
    assert len(marks) >= 3
    track, lines = page.locator(".dv-marks").bounding_box(), page.locator(".dv-named").all()
    found = sorted((line.bounding_box()["x"] - track["x"]) / track["width"] for line in lines)
    assert found == pytest.approx(sorted(marks), abs=0.01)
    assert "density splits" in page.locator(".dv-named").all_text_contents()
    page.get_by_label("Charts", exact=True).select_option("cost")
    expect(page.locator(".dv-named")).to_have_count(0)


@pytest.mark.parametrize(("width", "pair"), [(1280, False), (1280, True), (1024, True), (390, True)])
def test_the_names_of_marks_stand_above_the_curves_and_cover_nothing(visit, width, pair):
    one = "dataset=eight_gaussians&steps=20&particles=40"
    query = f"a={quote(one)}&b={quote(one + '&schedule=linear')}" if pair else one
    page = visit(f"?{query}&playing=0&charts=symmetry", width, 844 if width < 500 else 800)
    wait(page, "p.complete && p.charts.visible.length > 1 && p.charts.complete", SECONDS)
    for chart in player(
        page,
        "p.charts.visible.map((c) => ({ marks: c.chart.figure.layout.shapes.length, "
        "names: [...c.labels.querySelectorAll('.dv-name')].map((e) => [e.textContent, e.getBoundingClientRect().toJSON()]), "
        "top: c.plot.querySelector('.nsewdrag').getBoundingClientRect().top }))",
    ):
        assert len(chart["names"]) == chart["marks"] == (6 if pair else 3)
        boxes = sorted((box for _, box in chart["names"]), key=lambda box: box["x"])
        assert all(box["bottom"] <= chart["top"] + 1 for box in boxes)  # curves are below
        assert all(a["right"] <= b["left"] + 0.5 for a, b in itertools.pairwise(boxes))
        assert {text for text, _ in chart["names"]} == {"1", "2", "3"}
    expect(page.locator(".dv-key")).to_have_text("1 density splits2 speciation3 drift splits")
    assert page.locator(".dv-key").evaluate("(e) => e.scrollWidth <= e.clientWidth && e.getBoundingClientRect().height > 8")
    player(page, "(p.charts.enlarge('clones'), 0)")
    wait(page, "p.charts.complete && !p.charts.visible[0].numbered")
    names = page.locator(".dv-chart-clones .dv-name").all_text_contents()
    assert {name.removeprefix("A ").removeprefix("B ") for name in names} == {"density splits", "drift splits", "speciation"}


def test_a_chain_opens_with_its_own_charts_and_says_that_it_has_no_schedule(open_page):
    page = opened(open_page, "?dataset=eight_gaussians&sampler=mala&langevin_step=0.02&steps=20&particles=100&playing=0")
    menu = page.get_by_label("Charts", exact=True)
    wait(page, "p.charts.complete && p.charts.visible.length === 3")
    assert menu.input_value() == "samples"
    assert [chart["name"] for chart in drawn(page)] == ["level_excess", "accepted", "modes"]
    menu.select_option("cost")
    expect(page.locator(".dv-charts .dv-said:visible")).to_have_text(re.compile("^A chain stays at one noise level"))
    choose(page, "Sampler", "Ancestral (DDPM)")
    press_run(page)
    wait(page, "p.complete && p.charts.complete && p.charts.visible.length === 3", SECONDS)
    assert [chart["name"] for chart in drawn(page)] == ["schedule", "snr", "kl"]


def test_sets_that_a_run_has_not_are_listed_and_say_why_and_come_back_with_a_run_that_has_them(open_page):
    page = opened(open_page, "?measurement=ring&steps=10&particles=40&playing=0&charts=work")
    menu, said = page.get_by_label("Charts", exact=True), page.locator(".dv-charts .dv-said:visible")
    assert menu.input_value() == "work"
    expect(said).to_have_text("Measurement must be Nothing for the probability of a path.")
    lacking = menu.locator("optgroup[label='Not of this run'] option").evaluate_all("(all) => all.map((o) => o.value)")
    assert lacking == [key for key in CHART_SETS if key != "cost"]
    menu.select_option("cost")
    assert "bits" not in player(page, "p.charts.visible.map((c) => c.name)")
    expect(page.locator(".dv-more-charts")).to_be_hidden()  # what the run has of it is on screen
    menu.select_option("work")
    choose(page, "Measurement", "Nothing")
    press_run(page)
    assert menu.input_value() == "work"
    wait(page, "p.charts.complete && p.charts.visible.length === 3", SECONDS)
    expect(said).to_have_count(0)

    page.goto(page.url.split("?")[0] + f"?{RUNS['heartbeat']}&playing=0")
    wait(page, "p.complete && p.charts.complete")
    for key, why in (("symmetry", "has no curvature"), ("memorisation", "No training set"), ("speed", "they have no velocity")):
        menu.select_option(key)
        expect(said.first).to_contain_text(why)
    assert [chart["name"] for chart in drawn(page)] == ["squared_speed", "gap_over_steps"]  # of speed it has one
