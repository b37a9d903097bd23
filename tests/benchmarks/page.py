"""The page in a real Chromium: opening, running, scrubbing and playing, on a server of its own.

python -m tests.benchmarks.page [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.hands import wait_for_run
from tests.load.serving import served

KINDS = {
    "points, 2000": "?particles=2000",
    "images, 64": "?dataset=digits&denoiser=learned&steps=20&particles=64",
    "bits, 256": "?dataset=heartbeat&particles=256",
    "words, 1000": "?dataset=names&steps=16",
    "graphs, 64": "?dataset=connected&steps=50&particles=64",
    "two runs of points": "?a=schedule%3Dlinear&b=",
}  # by what is seen, the address that is opened

WATCH = """
  window.marks = {};
  const look = () => {
    const root = document.querySelector('.dv'), p = root && root.player, now = performance.now();
    if (p && p.run) {
      marks.picture ||= now;
      if (p.clock.frame > 0) marks.moves ||= now;
      if (p.complete && p.charts.complete) marks.charts ||= now;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);"""

CHANGE = """async () => {
  const p = document.querySelector('.dv').player, old = p.run.id, started = performance.now(), marks = {};
  document.querySelector('.dv-draw').click();  // the next seed: a run that no cache knows
  while (!marks.charts) {
    await new Promise(requestAnimationFrame);
    const now = performance.now() - started;
    if (p.run.id === old) continue;
    if (p.run.has('forward', 0)) marks.first ||= now;
    if (p.run.complete) marks.frames ||= now;
    if (p.complete && p.charts.complete) marks.charts = now;
  }
  return marks;
}"""

HAND = """async () => {
  const p = document.querySelector('.dv').player, menu = document.querySelector('.dv-set-letter'), old = p.run.id;
  const started = performance.now(), marks = {};
  menu.value = [...menu.options].find((option) => option.textContent === 'q').value;
  menu.dispatchEvent(new Event('change', { bubbles: true }));  // the rest of the word is drawn again from there
  while (!marks.frames) {
    await new Promise(requestAnimationFrame);
    const now = performance.now() - started;
    if (p.run.id === old) continue;
    if (p.run.has('reverse', p.clock.frame)) marks.there ||= now;
    if (p.run.complete) marks.frames ||= now;
  }
  return marks;
}"""

SCRUB = """async () => {
  const root = document.querySelector('.dv'), p = root.player, scrubber = root.querySelector('.dv-scrubber'), times = [];
  p.setPlaying(false);
  for (let i = 0; i < 60; i++) {
    await new Promise((resolve) => setTimeout(resolve, 40 + Math.random() * 16));
    const started = performance.now();
    scrubber.value = (Number(scrubber.max) * ((i * 37) % 101)) / 100;
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
  p.go(0);
  p.setPlaying(true);
  let frames = 0;
  const started = performance.now();
  while (performance.now() - started < 3000) { await new Promise(requestAnimationFrame); frames++; }
  return frames / 3;
}"""


def show(name: str, values: list[float], target: str, unit: str = "ms") -> None:
    print(f"{name:<58}{statistics.median(values):>8.0f} {unit:<4} ({min(values):.0f} to {max(values):.0f})   target {target}")


def weigh(url: str) -> None:
    """What the page is before anything of it runs: bytes, components, events, the server's time, 50 visitors at once."""

    def get(accept: str) -> tuple[float, bytes]:
        started = time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": accept})) as answer:
            return 1000 * (time.perf_counter() - started), answer.read()

    config = json.loads(urllib.request.urlopen(url + "config").read())
    show("page, raw", [len(get("identity")[1]) / 1000], "250, was 988", "kB")
    show("page, compressed", [len(get("gzip")[1]) / 1000], "50, was 988", "kB")
    show("components", [len(config["components"])], "160, was 376", "")
    show("events", [len(config["dependencies"])], "60, was 364", "")
    show("page served, compressed", [get("gzip")[0] for _ in range(30)], "12, was 40")
    with ThreadPoolExecutor(50) as visitors:
        together = sorted(visitors.map(lambda _: get("gzip")[0], range(50)))
    show("page served, 50 at once: p95", [together[47]], "1000, was 3000")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    opened: dict[str, list[float]] = {"picture": [], "moves": [], "charts": []}
    ran: dict[str, list[float]] = {"first": [], "frames": [], "charts": []}
    by_hand: dict[str, list[float]] = {"there": [], "frames": []}
    scrubs: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    requests = []

    with served() as server, sync_playwright() as playwright:
        url = server.url
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)

        def fresh(query: str) -> Page:
            page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.add_init_script(WATCH)
            page.goto(url + query)
            wait_for_run(page)
            return page

        weigh(url)
        fresh("").context.close()  # the browser's own start is not the page's
        for number in range(rounds):
            page = fresh("")
            for name, values in opened.items():
                values.append(page.evaluate(f"marks.{name}"))
            page.goto(f"{url}?seed={1000 * number + 1000}")
            wait_for_run(page)
            for name, value in page.evaluate(CHANGE).items():
                ran[name].append(value)
            page.context.close()

            page = fresh(f"?dataset=names&steps=16&particles=200&at=8&playing=0&seed={number}&direction=reverse")
            for name, value in page.evaluate(HAND).items():
                by_hand[name].append(value)
            page.context.close()

            for kind, query in KINDS.items():
                page = fresh(query)
                sent: list[str] = []
                page.on("request", lambda request, sent=sent: sent.append(request.url))
                scrubs[kind].append(page.evaluate(SCRUB))
                requests.append(len(sent))
                rates[kind].append(page.evaluate(PLAY))
                page.context.close()
        browser.close()

    show("opened: first picture", opened["picture"], "")
    show("opened: moves", opened["moves"], "1000, was 1440")
    show("opened: charts complete", opened["charts"], "1800, was 2410")
    show("control changed (1000 particles, 100 exact steps): first frame", ran["first"], "500, was 280 after Run")
    show("control changed: all frames", ran["frames"], "")
    show("control changed: all frames, costs and charts", ran["charts"], "")
    show("a letter set by hand at t = 8 of 16, 200 names: frame at t = 8", by_hand["there"], "500")
    show("a letter set by hand: all frames", by_hand["frames"], "")
    for kind in KINDS:
        show(f"{kind}: scrub to paint, median", [s["median"] for s in scrubs[kind]], "")
        show(f"{kind}: scrub to paint, p95", [s["p95"] for s in scrubs[kind]], "17, was 20")
        show(f"{kind}: playing", rates[kind], "60", "fps")
    show("requests in 60 moves of the scrubber", requests, "0", "")


if __name__ == "__main__":
    main()
