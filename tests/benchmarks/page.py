"""The page in a real Chromium: opening, running, scrubbing and playing, on a server of its own.

python -m tests.benchmarks.page [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium, free_port
from tests.browser.hands import wait_for_run

WATCH = """
  window.marks = {};
  const look = () => {
    const root = document.querySelector('.dv'), p = root && root.player, now = performance.now();
    if (p && p.run) {
      marks.picture ||= now;
      if (p.clock.frame > 0) marks.moves ||= now;
      if (p.run.done && p.charts.every((c) => c.drawn)) marks.charts ||= now;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);"""

RUN = """async () => {
  const p = document.querySelector('.dv').player, old = p.run.id, started = performance.now(), marks = {};
  document.querySelector('#dv-run').click();
  while (!marks.charts) {
    await new Promise(requestAnimationFrame);
    const now = performance.now() - started;
    if (p.run.id === old) continue;
    if (p.run.have.forward[0]) marks.first ||= now;
    if (p.run.complete) marks.frames ||= now;
    if (p.run.done && p.charts.every((c) => c.drawn === c.chart)) marks.charts = now;
  }
  return marks;
}"""

SCRUB = """async () => {
  const root = document.querySelector('.dv'), p = root.player, scrubber = root.querySelector('.dv-scrubber'), times = [];
  p.setPlaying(false);
  for (let i = 0; i < 60; i++) {
    await new Promise((resolve) => setTimeout(resolve, 40 + Math.random() * 16));
    const started = performance.now();
    scrubber.value = (i * 37) % 101;
    scrubber.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((resolve) => requestAnimationFrame(() => {
      const channel = new MessageChannel();  // a message sent while a frame is made arrives after it is painted
      channel.port1.onmessage = resolve;
      channel.port2.postMessage(0);
    }));
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return { median: times[30], p95: times[57] };
}"""

PLAY = """async () => {
  const p = document.querySelector('.dv').player;
  for (const name of Object.keys(p.overlays)) p.overlays[name] = false;
  p.go(0);
  p.clock.phase = 'forward';
  p.setPlaying(true);
  let frames = 0;
  const started = performance.now();
  while (performance.now() - started < 3000) { await new Promise(requestAnimationFrame); frames++; }
  return frames / 3;
}"""


@contextmanager
def served() -> Iterator[str]:
    """A page of its own process, as users have it."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "diffviz", "app", "--port", str(port)], stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(url, timeout=1)
                break
            except OSError:
                time.sleep(0.25)
        yield url
    finally:
        process.terminate()
        process.wait()


def show(name: str, values: list[float], target: str, unit: str = "ms") -> None:
    print(f"{name:<58}{statistics.median(values):>8.0f} {unit:<4} ({min(values):.0f} to {max(values):.0f})   target {target}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    opened: dict[str, list[float]] = {"picture": [], "moves": [], "charts": []}
    ran: dict[str, list[float]] = {"first": [], "frames": [], "charts": []}
    scrubs, rates, requests = [], [], []

    with served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)

        def fresh(query: str) -> Page:
            page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.add_init_script(WATCH)
            page.goto(url + query)
            wait_for_run(page)
            return page

        fresh("").context.close()  # the browser's own start is not the page's
        for number in range(rounds):
            page = fresh("")
            for name, values in opened.items():
                values.append(page.evaluate(f"marks.{name}"))
            page.get_by_text("More", exact=True).click()
            page.get_by_label("Seed", exact=True).fill(str(1000 + number))  # a run that no cache knows
            page.wait_for_timeout(500)
            for name, value in page.evaluate(RUN).items():
                ran[name].append(value)
            page.context.close()

            page = fresh(f"?particles=2000&seed={number}")
            sent: list[str] = []
            page.on("request", lambda request, sent=sent: sent.append(request.url))
            scrubs.append(page.evaluate(SCRUB))
            requests.append(len(sent))
            page.context.close()
            page = fresh("")
            rates.append(page.evaluate(PLAY))
            page.context.close()
        browser.close()

    show("opened: first picture", opened["picture"], "")
    show("opened: moves", opened["moves"], "1500")
    show("opened: charts complete", opened["charts"], "3000")
    show("Run (1000 particles, 100 exact steps): first frame", ran["first"], "500")
    show("Run: all frames", ran["frames"], "1500")
    show("Run: all frames, costs and charts", ran["charts"], "1500")
    show("scrub to paint, 2000 particles, density, charts: median", [s["median"] for s in scrubs], "")
    show("scrub to paint: p95", [s["p95"] for s in scrubs], "33")
    show("requests in 60 moves of the scrubber", requests, "0", "")
    show("playing, no overlays", rates, "50", "fps")


if __name__ == "__main__":
    main()
