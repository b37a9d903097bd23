"""Bit sequences on the page: what is drawn is what was computed, in one run and in two."""

from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import expect

from diffviz import Experiment, run
from tests.browser.hands import PLAYER, player, wait, wait_for_run

QUERY = "dataset=heartbeat&steps=20&particles=60"


def test_bits_and_probabilities_arrive_and_are_drawn(open_page):
    page = open_page(f"?{QUERY}")
    wait_for_run(page)
    trajectory = run(Experiment(dataset="heartbeat", steps=20, particles=60))
    for t in (0, 11, 20):
        frame = player(page, f"p.run.times.indexOf({t})")
        index = int(np.flatnonzero(trajectory.t == t)[0])
        for name, expected in (("forward", trajectory.forward[t]), ("reverse", trajectory.reverse[index])):
            bits = page.evaluate(f"([n, f]) => Array.from({PLAYER}.run.array(n, f))", [name, frame])
            assert np.array_equal(np.reshape(bits, (60, 20)), expected)
        shade = page.evaluate(f"(f) => Array.from({PLAYER}.run.array('x0_hat', f))", frame)
        assert np.abs(np.reshape(shade, (60, 20)) / 255 - trajectory.x0_hat[index]).max() < 0.003
    expect(page.get_by_text("no heartbeat").first).to_be_visible()
    coloured = page.evaluate(
        f"""() => {PLAYER}.panels.list.map(({{ canvas, context }}) => {{
          const d = context.getImageData(0, 0, canvas.width, canvas.height).data;
          return new Set(Array.from({{ length: d.length / 4 }}, (_, i) => d.slice(4 * i, 4 * i + 3).join())).size;
        }})"""
    )
    assert min(coloured) > 3


def test_two_runs_of_bits_are_compared(open_page):
    page = open_page(f"?{urlencode({'a': QUERY, 'b': QUERY.replace('20', '5')})}")
    wait(page, "p.complete && p.charts.complete")
    assert page.evaluate(f"() => {PLAYER}.run.view") == "heartbeat"
    expect(page.get_by_text("has the smaller ELBO gap").first).to_be_visible()
