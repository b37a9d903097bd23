"""Particles coloured by the work so far: the server's numbers, its scale with a unit, and where there are none."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Page

from diffviz import Experiment
from diffviz.ui.inside import look_inside
from tests.browser.hands import download, opened, pixels, player, scrub, wait
from tests.browser.test_energy import WRITTEN, label, toggle, written

RUN = Experiment(dataset="two_moons", steps=10, particles=150)
AT_REST = f"?{RUN.to_query()}&playing=0&at=6&back=1"
KNOWN = "p.sides.every((side) => side.run.kept.works.get('work')?.forward)"


def asked(experiment: Experiment) -> dict[str, object]:
    return json.loads(look_inside(json.dumps({"query": experiment.to_query(), "work": True})))


def colours(page: Page, panel: str) -> int:
    """How many of the particles' pixels, above the legend, are rather brown or teal than grey."""
    return page.evaluate(
        """(panel) => {
          const c = document.querySelector(`.dv-${panel} canvas`), high = Math.floor(0.8 * c.height);
          const d = c.getContext('2d').getImageData(0, 0, c.width, high).data;
          let count = 0;
          for (let i = 0; i < d.length; i += 4) count += Number(Math.abs(d[i] - d[i + 2]) > 60);
          return count;
        }""",
        panel,
    )


def test_a_click_colours_particles_by_the_servers_numbers_once(open_page):
    page = opened(open_page, f"{AT_REST}&layers=density")
    page.evaluate(WRITTEN)
    questions: list[str] = []
    page.on("request", lambda request: questions.append(request.url))
    toggle(page, "work")
    wait(page, KNOWN)
    told = asked(RUN)
    page.wait_for_function("[...window.written].some((text) => text.startsWith('work so far'))")
    assert f"work so far: −{told['range']:g} to {told['range']:g} kT, and beyond" in written(page)
    count = len(questions)
    scrub(page, 0)
    nothing = colours(page, "forward")
    seen = set()
    for t in (2, 6, 10):
        scrub(page, t)
        seen.add(tuple(pixels(page, "forward")))
    assert len(seen) == 3
    assert len(questions) == count  # every moment reads from the one answer
    assert nothing == 0  # at t = 0 no work has been done
    assert colours(page, "forward") > 500
    said = re.search(r"The work of these paths so far is (-?[\d.]+) kT on average", label(page, "forward"))
    assert float(said[1]) == pytest.approx(told["mean"][10], rel=0.06)
    player(page, "(p.panels.choose(4), 0)")
    facts = [text for text in written(page).split("\n") if re.match(r"work so far: (above|below )?[ −]?[\d.]+ kT$", text)]
    assert len(facts) == 2  # of the forward path and of the reverse path
    page.wait_for_function("location.search.includes('work')")


def test_reverse_paths_of_another_sampler_have_no_work_and_say_so(open_page):
    page = opened(open_page, f"?{RUN.to_query()}&sampler=ddim&playing=0&at=6&back=1&layers=density")
    before = pixels(page, "reverse")
    page.evaluate(WRITTEN)
    player(page, "(p.layers.toggle('work'), 0)")
    wait(page, KNOWN)
    page.wait_for_function("[...window.written].some((text) => text.startsWith('no work'))")
    assert pixels(page, "reverse") != before  # what is written
    assert colours(page, "forward") > 500


def test_two_runs_have_one_scale_on_a_surface_and_a_file_knows_the_work(open_page, browser, tmp_path):
    a, b = RUN.to_query(), Experiment(dataset="two_moons", steps=60, particles=150).to_query()
    page = opened(
        open_page,
        f"?a={quote(a)}&b={quote(b)}&playing=0&layers=surface+work",
    )
    page.evaluate(WRITTEN)
    wait(page, KNOWN)
    page.evaluate("document.body.classList.toggle('dark')")  # everything is written anew
    player(page, "(p.go(p.clock.frames - 1), 0)")
    ranges = [asked(RUN)["range"], asked(RUN.__class__.from_query(b))["range"]]
    assert ranges[0] != ranges[1]
    page.wait_for_function("[...window.written].some((text) => text.startsWith('work'))")
    assert re.search(rf"work( so far)?: [−±]{max(ranges):g} ", written(page))
    path = download(page, "HTML", tmp_path)
    context = browser.new_context(offline=True)
    alone, problems = context.new_page(), []
    alone.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    alone.on("pageerror", lambda error: problems.append(str(error)))
    alone.goto(path.as_uri())
    wait(alone, f"p.complete && p.charts.complete && {KNOWN}")
    assert colours(alone, "row-a .dv-forward") > 100
    context.close()
    assert problems == []


BITS = Experiment(dataset="heartbeat", steps=20, particles=40)


def marks(page: Page, panel: str) -> list[list[int]]:
    """The colours [r, g, b] of the marks beside the rows of a raster, from above."""
    return page.evaluate(
        """([panel, rows]) => {
          const c = document.querySelector(`.dv-${panel} canvas`), x = (7 * c.width) / c.clientWidth, middle = c.height / 2;
          const at = (y) => [...c.getContext('2d').getImageData(x, Math.round(y), 1, 1).data].slice(0, 3);
          const isMark = (y) => Math.min(...at(y)) < 220;
          let [top, bottom] = [middle, middle];
          while (isMark(top - 1)) top--;
          while (isMark(bottom + 1)) bottom++;
          return Array.from({ length: rows }, (_, i) => at(top + ((i + 0.5) * (bottom + 1 - top)) / rows));
        }""",
        [panel, BITS.particles],
    )


def test_rows_of_bits_are_coloured_by_the_servers_numbers_on_one_scale_with_a_unit(open_page):
    page = opened(open_page, f"?{BITS.to_query()}&playing=0&at=8&back=1&layers=probability")
    page.evaluate(WRITTEN)
    before = pixels(page, "reverse")
    toggle(page, "work")
    wait(page, KNOWN)
    told = asked(BITS)
    legend = f"work so far: −{told['range']:g} to {told['range']:g} kT, and beyond"
    page.wait_for_function("(text) => window.written.has(text)", arg=legend)
    assert pixels(page, "reverse") != before
    for t, panel in ((20, "forward"), (6, "reverse"), (0, "reverse")):
        scrub(page, t)
        page.wait_for_timeout(300)
        shares = np.frombuffer(base64.b64decode(told[panel]), np.uint8).reshape(-1, BITS.particles)[t].astype(float) / 127 - 1
        found = marks(page, panel)
        assert panel == "forward" or (np.abs(shares) > 0.4).sum() > 2
        for share, (red, _, blue) in zip(shares, found, strict=True):
            if abs(share) > 0.4:
                assert (red - blue) * share > 30, (t, panel, share)  # brown above none, teal below it
            elif abs(share) < 0.1:
                assert abs(red - blue) < 35, (t, panel, share)
    said = re.search(r"The work of these paths so far is (-?[\d.]+) kT on average", label(page, "forward"))
    assert float(said[1]) == told["mean"][0] == 0.0
    player(page, "(p.panels.choose(4), 0)")
    page.wait_for_function("[...window.written].some((text) => /sequence 5: .*work so far/.test(text))")


def test_two_runs_of_bits_are_coloured_on_one_scale(open_page):
    a, b = BITS.to_query(), Experiment(dataset="heartbeat", steps=100, particles=40).to_query()
    page = opened(open_page, f"?a={quote(a)}&b={quote(b)}&playing=0&back=1&layers=probability+work")
    page.evaluate(WRITTEN)
    wait(page, KNOWN)
    page.evaluate("document.body.classList.toggle('dark')")  # everything is written anew
    ranges = [asked(Experiment.from_query(query))["range"] for query in (a, b)]
    assert ranges[0] != ranges[1]
    text = f"{max(ranges):g} kT"
    page.wait_for_function("(end) => [...window.written].some((text) => text.startsWith('work') && text.includes(end))", arg=text)
