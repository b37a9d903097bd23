"""The table of routes: what a request asks for, by its method and path, below a proxy's own path, too."""

import pytest

from diffviz.ui.routes import OPEN_ROUTES, asked_of
from diffviz.ui.watching import QUIET


def asked(path, method="GET", root=""):
    return asked_of({"type": "http", "method": method, "path": root + path, "root_path": root})


@pytest.mark.parametrize("root", ["", "/school/diffviz"])
@pytest.mark.parametrize(("method", "path", "name", "kind"), [
    ("GET", "", "page", "page"), ("GET", "/", "page", "page"), ("HEAD", "/", "page", "page"),
    ("GET", "/theme.css", "static", "file of the page"), ("GET", "/assets-of-diffviz/a/b.js", "static", "file of the page"),
    ("GET", "/health", "health", "probe"), ("GET", "/metrics", "metrics", "probe"), ("GET", "/config", "config", "other"),
    ("GET", "/gradio_api/info", "config", "other"), ("GET", "/gradio_api/app_id", "app", "other"),
    ("POST", "/gradio_api/queue/join", "queue/join", "event"),
    ("POST", "/gradio_api/call/run", "call", "event"), ("POST", "/gradio_api/call/v2/run/", "call/v2", "event"),
    ("POST", "/gradio_api/run/stop", "run", "event"), ("GET", "/gradio_api/call/run/0a1b", "answers", "stream"),
    ("GET", "/gradio_api/queue/data", "queue/data", "stream"), ("GET", "/gradio_api/heartbeat/a", "alive", "stream"),
    ("POST", "/gradio_api/component_server", "component_server", "question"), ("POST", "/gradio_api/reset", "reset", "other"),
    ("GET", "/gradio_api/file=/kept/a", "file", "download"),
    ("POST", "/", "", "other"), ("POST", "/health", "", "other"), ("GET", "/gradio_api/queue/join", "", "other"),
    ("PUT", "/", "", "other"), ("GET", "/gradio_api/call/run", "", "other"), ("GET", "/nothing", "", "other"),
    ("POST", "/gradio_api/upload", "", "other"), ("POST", "/gradio_api/queue/join/more", "", "other"),
])  # fmt: skip
def test_a_request_has_the_route_of_its_method_and_path(method, path, name, kind, root):
    assert asked(path, method, root)[:2] == (name, kind)


def test_a_path_names_the_event_the_function_and_the_file():
    assert asked("/gradio_api/call/run/0a1b").named == {"event": "0a1b"}
    assert asked("/gradio_api/call/v2/run", "POST").named == asked("/gradio_api/run/run", "POST").named == {"name": "run"}
    assert asked("/gradio_api/file=/kept/a b.csv").named == {"file": "/kept/a b.csv"}


def test_kinds_that_the_log_leaves_out_are_kinds():
    assert {route.kind for route in OPEN_ROUTES.values()} > set(QUIET)
