"""A real page in a real Chromium; a test fails on any console error and on any request that leaves this machine."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from diffviz.ui.page import launch

ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MEDIA = ("color_scheme", "reduced_motion")


def chromium() -> str | None:
    """An installed Chromium, or None for the one that Playwright keeps."""
    named = os.environ.get("DIFFVIZ_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


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
        yield running
        running.close()


@pytest.fixture(scope="session")
def browser(profile: BrowserContext) -> Browser:
    """The same browser, for contexts that keep nothing and have options of their own."""
    assert profile.browser
    return profile.browser


class Guarded:
    """Opens pages whose console and requests are watched."""

    def __init__(self, profile: BrowserContext, browser: Browser, server: str) -> None:
        self._profile, self._browser, self._server = profile, browser, server
        self._opened: list[BrowserContext | Page] = []
        self.problems: list[str] = []

    def __call__(self, query: str = "", width: int = 1280, height: int = 800, **options: object) -> Page:
        """options: of Browser.new_context; a page that has others than a person's media shares nothing with the rest."""
        size, media = {"width": width, "height": height}, {name: options.pop(name) for name in MEDIA if name in options}
        if options:
            context = self._browser.new_context(viewport=size, **options)
            self._opened.append(context)
            page = context.new_page()
        else:
            page = self._profile.new_page()
            self._opened.append(page)
            page.set_viewport_size(size)
        page.emulate_media(**media)
        page.on("console", lambda m: self.problems.append(f"console: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda error: self.problems.append(f"page: {error}"))
        page.on("request", lambda request: self._check(request.url))
        page.goto(self._server + query)
        return page

    def _check(self, url: str) -> None:
        if not url.startswith((self._server, "data:", "blob:")):
            self.problems.append(f"request: {url}")

    def close(self) -> None:
        """Close what was opened, and forget all that its pages stored."""
        for each in self._opened:
            each.close()
        devtools = self._profile.new_cdp_session(self._profile.pages[0])
        stored = {"origin": self._server.rstrip("/"), "storageTypes": "cookies,local_storage,indexeddb,service_workers"}
        devtools.send("Storage.clearDataForOrigin", stored)
        devtools.detach()


@pytest.fixture
def open_page(profile: BrowserContext, browser: Browser, server: str) -> Iterator[Guarded]:
    guarded = Guarded(profile, browser, server)
    yield guarded
    guarded.close()
    assert guarded.problems == []
