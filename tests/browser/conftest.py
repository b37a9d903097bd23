"""A real page in a real Chromium; a test fails on any console error and on any request that leaves this machine."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, sync_playwright

from diffviz.ui import lessons
from diffviz.ui.page import launch
from tests.browser.hands import PLAYER, wait_for_run

ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Of a person who wants no motion, whose page opens at rest: to paint what moves is most of a page's work. Tests of what moves ask
# for it (hands.MOVING).
MEDIA = {"color_scheme": "light", "reduced_motion": "reduce", "media": "null"}

# Animations of 20 pictures a second, not of 60: with no graphics card most of a page's work is to paint them. Only a frame that
# is asked for in a frame is put off; clocks follow the time that passes.
FEWER_PICTURES = """(() => {
  const frame = requestAnimationFrame.bind(window), cancel = cancelAnimationFrame.bind(window);
  const later = new Map(); // by a name below 0, how a frame is cancelled that was put off
  let inside = false, named = 0;
  window.requestAnimationFrame = (callback) => {
    const run = (now) => {
      inside = true;
      try { callback(now); } finally { inside = false; }
    };
    if (!inside) return frame(run);
    const name = --named, timer = setTimeout(() => {
      const next = frame((now) => { later.delete(name); run(now); });
      later.set(name, () => cancel(next));
    }, 40);
    later.set(name, () => clearTimeout(timer));
    return name;
  };
  window.cancelAnimationFrame = (name) => {
    later.get(name)?.();
    if (!later.delete(name)) cancel(name);
  };
})()"""


CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # without windows is cheapest

# What Gradio's own script writes on the console when a page is left that still listens to an event.
LEFT = re.compile(r"AbortError: signal is aborted without reason\n.*/assets/index-\w+\.js:.*\n.*\.close \(", re.DOTALL)


# what a person does who goes back or forward to an address
GO = f"""(search) => {{
  window.sides = {PLAYER}.sides;
  scrollTo(0, 0);
  history.pushState(null, '', search || '?');
  dispatchEvent(new PopStateEvent('popstate'));
}}"""


def chromium() -> str | None:
    """An installed Chromium, or None for the one that Playwright keeps."""
    named = os.environ.get("DIFFVIZ_CHROMIUM")
    return named or next(filter(None, map(shutil.which, CHROMIUMS)), None)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    port = free_port()
    page = launch("127.0.0.1", port, quiet=True)
    yield f"http://127.0.0.1:{port}/"
    page.close(verbose=False)


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser with a profile: scripts stay fetched and compiled from page to page, which halves the time of most tests."""
    with sync_playwright() as playwright:
        folder = tmp_path_factory.mktemp("profile")
        running = playwright.chromium.launch_persistent_context(folder, executable_path=chromium(), args=ARGUMENTS)
        running.add_init_script(FEWER_PICTURES)
        yield running
        running.close()


@pytest.fixture(scope="session")
def browser(profile: BrowserContext) -> Browser:
    """The same browser, for contexts that keep nothing and have options of their own."""
    assert profile.browser
    return profile.browser


class Guarded:
    """Opens pages whose console and requests are watched."""

    shared: ClassVar[set[Page]] = set()  # which other tests use as well
    contexts: ClassVar[dict[str, BrowserContext]] = {}  # by their options: the scripts stay compiled there, too

    def __init__(self, profile: BrowserContext, browser: Browser, server: str) -> None:
        self._profile, self._browser, self._server = profile, browser, server
        self._used = {profile}
        self._pages: list[Page] = []
        self.problems: list[str] = []
        self._watched = {"console": self._heard, "pageerror": self._failed, "request": self._asked}

    def __call__(self, query: str = "", width: int = 1280, height: int = 800, **options: object) -> Page:
        """options: of Browser.new_context; a page that has others than a person's media is in a context of such pages."""
        size, media = {"width": width, "height": height}, {name: options.pop(name) for name in MEDIA if name in options}
        context = self._profile
        if options:
            kind = repr(sorted(options.items()))
            if kind not in self.contexts:
                self.contexts[kind] = self._browser.new_context(viewport=size, **options)
            context = self.contexts[kind]
            self._used.add(context)
        first = context.pages[0] if context.pages else context.new_page()
        page = first if first not in self._pages else context.new_page()
        self._pages.append(page)
        page.set_viewport_size(size)
        page.emulate_media(**MEDIA | media)
        self.watch(page)
        page.goto(self._server + query)
        return page

    def watch(self, page: Page) -> None:
        for event, watch in self._watched.items():
            page.on(event, watch)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not LEFT.match(message.text):
            self.problems.append(f"console: {message.text}")

    def _failed(self, error: Error) -> None:
        self.problems.append(f"page: {error}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self._server, "data:", "blob:")):
            self.problems.append(f"request: {request.url}")

    def close(self) -> None:
        """Forget all that the pages stored. A context keeps its first one, blank: what is compiled in it serves the next test."""
        for context in self._used:
            first, *others = context.pages
            for each in others:
                if each not in self.shared:
                    each.close()
            devtools = context.new_cdp_session(first)
            if first in self._pages:
                for event, watch in self._watched.items():
                    first.remove_listener(event, watch)
                first.unroute_all()
                first.evaluate("sessionStorage.clear()")
                first.goto("about:blank")
                devtools.send("Page.resetNavigationHistory")
            stored = {"origin": self._server.rstrip("/"), "storageTypes": "cookies,local_storage,indexeddb,service_workers"}
            devtools.send("Storage.clearDataForOrigin", stored)
            devtools.detach()


@pytest.fixture
def open_page(profile: BrowserContext, browser: Browser, server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    """No lesson is computed ahead, of which most tests see one step: tests/ui/test_lessons.py has what is computed ahead."""
    monkeypatch.setattr(lessons, "MOST_AHEAD", 0)
    guarded = Guarded(profile, browser, server)
    yield guarded
    guarded.close()
    assert guarded.problems == []


Visit = Callable[..., Page]  # (query, width = 1280, height = 800)


@pytest.fixture(scope="module")
def shared_page(profile: BrowserContext, browser: Browser, server: str) -> Iterator[tuple[Page, Guarded]]:
    page, guarded = profile.new_page(), Guarded(profile, browser, server)
    guarded.watch(page)
    Guarded.shared.add(page)
    yield page, guarded
    Guarded.shared.remove(page)
    page.close()
    assert guarded.problems == []


@pytest.fixture
def visit(shared_page: tuple[Page, Guarded], server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """Takes the one page that tests of a module share to an address, as its history does, and waits for what runs there. To load
    it takes three times as long, and is for tests of that, and of what a page begins with."""
    monkeypatch.setattr(lessons, "MOST_AHEAD", 0)
    page, guarded = shared_page

    def go(query: str, width: int = 1280, height: int = 800) -> Page:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(**MEDIA)
        again = "lesson=" in query and page.evaluate("window.visited") == query  # the same step would not be computed anew
        if page.url == "about:blank" or again or page.locator("dialog[open]").count():
            page.goto(server + query)
        else:
            page.evaluate(GO, query)
            page.wait_for_function(f"() => {PLAYER}.sides !== window.sides", polling=50)
        page.evaluate("(query) => { window.visited = query; }", query)
        wait_for_run(page)
        return page

    yield go
    found, guarded.problems[:] = [*guarded.problems], []  # of one test alone, and of what came after the one before
    assert found == []
