"""The Compare tab in a real Chromium: two runs of 100 exact steps with 1000 particles, on a server of its own.

python -m tests.benchmarks.compare [--rounds 5]
"""

from __future__ import annotations

import argparse

from playwright.sync_api import sync_playwright

from tests.benchmarks.page import SCRUB, served, show
from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.test_compare import wait_for_both

RUN = """async () => {
  const p = document.querySelector('.dv-pair').player, old = p.sides.map((s) => s.run.id), marks = {};
  const started = performance.now();
  document.querySelector('#dvc-run').click();
  while (!marks.figures) {
    await new Promise(requestAnimationFrame);
    const now = performance.now() - started;
    if (p.sides.some((s, i) => s.run.id === old[i])) continue;
    marks.first ||= now;
    if (p.sides.every((s) => s.run.complete)) marks.frames ||= now;
    if (p.comparison?.charts.time) marks.charts ||= now;
    if (p.comparison && p.comparison.table) marks.figures = now;
  }
  return marks;
}"""
PAIR_SCRUB = SCRUB.replace("querySelector('.dv')", "querySelector('.dv-pair')")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    ran: dict[str, list[float]] = {"first": [], "frames": [], "charts": [], "figures": []}
    scrubs, requests = [], []
    with served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for number in range(options.parse_args().rounds):
            page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.goto(f"{url}?a=schedule%3Dlinear%26seed%3D{number}&b=seed%3D{number}")
            wait_for_both(page)
            for side in "AB":  # runs that no cache knows
                page.locator("#dvc-sets").get_by_role("tab", name=side, exact=True).click()
                page.locator("#dvc-sets .dv-more button").locator("visible=true").first.click()
                page.get_by_label("Seed", exact=True).locator("visible=true").fill(str(1000 + number))
                page.wait_for_timeout(500)
            for name, value in page.evaluate(RUN).items():
                ran[name].append(value)
            wait_for_both(page)
            sent: list[str] = []
            page.on("request", lambda request, sent=sent: sent.append(request.url))
            scrubs.append(page.evaluate(PAIR_SCRUB))
            requests.append(len(sent))
            page.context.close()
        browser.close()
    show("Run both: first picture", ran["first"], "500")
    show("Run both: all frames", ran["frames"], "2500")
    show("Run both: charts of both", ran["charts"], "2500")
    show("Run both: figures", ran["figures"], "")
    show("scrub to paint, both, density, six charts: median", [s["median"] for s in scrubs], "")
    show("scrub to paint: p95", [s["p95"] for s in scrubs], "33")
    show("requests in 60 moves of the scrubber", requests, "0", "")


if __name__ == "__main__":
    main()
