"""Lessons in a real Chromium: from "next" to the step on screen, Present at a projector's size, and a file from disk.

python -m tests.benchmarks.lessons [--lesson noise]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from diffviz.experiment import Experiment
from diffviz.lessons import LESSONS
from diffviz.ui.standalone import page as written
from tests.benchmarks.page import PLAY, WATCH, show
from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.hands import wait, wait_for_run
from tests.load.serving import served

NEXT = """async () => {
  const p = document.querySelector('.dv').player, started = performance.now();
  const next = document.querySelector('.dv-lesson-next');
  if (next.textContent === 'Show the answer') next.click();
  const before = document.querySelector('.dv-lesson-count').textContent, begun = performance.now(), old = p.run.id;
  next.click();
  const asked = p.complete;
  const there = () => document.querySelector('.dv-lesson-count').textContent !== before && p.run.has('forward', 0);
  while (!there() || (!asked && p.run.id === old)) {
    if (performance.now() - started > 20000) break;
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  while (!p.running || !p.run.done) await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lesson", default="noise", choices=LESSONS)
    lesson = options.parse_args().lesson
    with served() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{server.url}?lesson={lesson}")
        wait_for_run(page)
        time.sleep(8)  # the runs of the lesson are computed ahead
        steps = [page.evaluate(NEXT) for _ in LESSONS[lesson].steps[1:]]
        show(f"lesson {lesson}: next to the whole run of the step, median", steps, "500")
        show(f"lesson {lesson}: the slowest step", [max(steps)], "500")
        page.close()

        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"{server.url}?lesson={lesson}")
        wait_for_run(page)
        page.locator(".dv-present-button").click()
        time.sleep(1)
        show("Present at 1920 x 1080: playing", [page.evaluate(PLAY) for _ in range(2)], "60", "fps")
        page.close()

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        path = Path(folder) / "run.html"
        path.write_text(written([Experiment()], {"playing": True}), encoding="utf-8")
        moves, charts = [], []
        for _ in range(4):
            page = browser.new_context(offline=True).new_page()
            page.add_init_script(WATCH)
            page.goto(path.as_uri())
            wait(page, "p.complete && p.charts.complete")
            moves.append(page.evaluate("marks.moves"))
            charts.append(page.evaluate("marks.charts"))
            page.close()
        show("a file from disk: moves", moves, "1000")
        show("a file from disk: charts complete", charts, "")
        show("a file from disk", [path.stat().st_size / 1e6], "3 beside the library", "MB")


if __name__ == "__main__":
    main()
