"""The page behind a proxy that serves it below a path of another site, and in a frame of a page of that site."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from diffviz.ui.page import launch
from tests.browser.conftest import free_port

PATH = "/lab"
COURSE = f'<!doctype html><title>A course</title><iframe src="{PATH}/?steps=5&particles=20" width="1280" height="800"></iframe>'

COMPLETE = """(query) => {
  const player = document.querySelector('.dv')?.player;
  return player?.complete && player.run.query.includes(query);
}"""


def proxy(port: int) -> type[BaseHTTPRequestHandler]:
    """Of the server at a port, as nginx does it: below PATH, which is taken off; above it there is a page of somebody else."""

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(PATH):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(COURSE.encode())
                return
            behind = HTTPConnection("127.0.0.1", port, timeout=60)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            sent = {**kept, "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http"}
            behind.request(self.command, self.path.removeprefix(PATH), body, sent)
            answer = behind.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "date", "server"):
                    self.send_header(name, value)
            self.end_headers()
            while part := answer.read1(2**16):
                self.wfile.write(part)
                self.wfile.flush()

        do_POST = do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    return Proxy


@pytest.fixture
def site() -> Iterator[str]:
    """The address of the other site."""
    port = free_port()
    page = launch("127.0.0.1", port, quiet=True, root_path=PATH)
    there = ThreadingHTTPServer(("127.0.0.1", 0), proxy(port))
    there.daemon_threads = True
    threading.Thread(target=there.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{there.server_port}/"
    there.shutdown()
    page.close(verbose=False)


def test_below_a_path_and_in_a_frame_the_page_runs(browser, site):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    problems: list[str] = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("response", lambda r: problems.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.on("request", lambda r: problems.append(r.url) if not r.url.startswith((site, "data:", "blob:")) else None)
    page.goto(site)
    frame = page.frame_locator("iframe")
    inner = page.frames[1]
    inner.wait_for_function(COMPLETE, arg="steps=5", timeout=60_000)
    frame.locator(".dv-draw").click()  # an event, and its stream
    inner.wait_for_function(COMPLETE, arg="seed=1", timeout=60_000)
    page.wait_for_function("document.querySelector('iframe').contentWindow.location.pathname === '/lab/'")
    frame.get_by_role("button", name="Terms").first.click()
    frame.get_by_role("dialog", name="Terms").locator("[data-term=snr]").click()
    expect(frame.locator(".dv-picture svg").last).to_be_visible(timeout=30_000)  # fetched when it is opened
    assert [problem for problem in problems if "favicon" not in problem] == []
    page.close()
