"""Graphs on the page: what is drawn is what was computed, and a graph that is chosen is told."""

from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import expect

from diffviz import Experiment, run
from diffviz.views.graphs.sent import joined
from tests.browser.hands import PLAYER, player, wait, wait_for_run

FIELDS = {"dataset": "trees", "steps": 6, "particles": 64, "schedule": "sohl_dickstein"}
QUERY = urlencode(FIELDS)


def test_graphs_arrive_and_the_one_that_is_clicked_is_told(open_page):
    page = open_page(f"?{QUERY}&playing=0&at=4&back=1&charts=samples")
    wait_for_run(page)
    trajectory = run(Experiment(**FIELDS))
    frame, index = player(page, "p.run.times.indexOf(4)"), int(np.flatnonzero(trajectory.t == 4)[0])
    hat = np.rint(255 * joined(trajectory.x0_hat[index]))
    for name, expected in (("forward", trajectory.forward[4]), ("reverse", trajectory.reverse[index]), ("x0_hat", hat)):
        found = page.evaluate(f"([n, f]) => Array.from({PLAYER}.run.array(n, f))", [name, frame])
        assert np.array_equal(np.reshape(found, (64, 15)), expected), name
    expect(page.get_by_text("of the samples are trees").first).to_be_visible()
    expect(page.get_by_text("Edges of a sample").first).to_be_visible()
    paint = "const s = performance.now(); p.panels.paint(); return performance.now() - s;"
    took = page.evaluate(f"() => {{ const p = {PLAYER}; return Array.from({{ length: 30 }}, () => {{ {paint} }}); }}")
    assert sorted(took)[15] < 20  # milliseconds: 50 pictures a second
    box = page.locator(".dv-reverse canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    wait(page, "/Graph \\d+ of 64 at t = 4: .*pairs masked/.test(p.panels.list[1].canvas.ariaLabel)")


def test_two_runs_of_graphs_are_compared(open_page):
    page = open_page(f"?{urlencode({'a': QUERY, 'b': f'{QUERY}&process=uniform'})}")
    wait(page, "p.complete && p.charts.complete")
    assert page.evaluate(f"() => {PLAYER}.run.view") == "graphs"
    expect(page.get_by_text("The ELBO gap of").first).to_be_visible()
