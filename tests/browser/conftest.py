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
    page = launch("127.0.0.1", port, prevent_thread_lock=True, quiet=True)
    yield f"http://127.0.0.1:{port}/"
    page.close(verbose=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield running
        running.close()


class Guarded:
    """Opens pages whose console and requests are watched."""

    def __init__(self, browser: Browser, server: str) -> None:
        self._browser, self._server = browser, server
        self._contexts: list[BrowserContext] = []
        self.problems: list[str] = []

    def __call__(self, query: str = "", width: int = 1280, height: int = 800, **options: object) -> Page:
        context = self._browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **options)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: self.problems.append(f"console: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda error: self.problems.append(f"page: {error}"))
        page.on("request", lambda request: self._check(request.url))
        page.goto(self._server + query)
        return page

    def _check(self, url: str) -> None:
        if not url.startswith((self._server, "data:", "blob:")):
            self.problems.append(f"request: {url}")

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def open_page(browser: Browser, server: str) -> Iterator[Guarded]:
    guarded = Guarded(browser, server)
    yield guarded
    guarded.close()
    assert guarded.problems == []
