"""The routes that are answered, below the page's own address: those that the page or gradio_client asks for, in one table."""

from __future__ import annotations

import re
from typing import NamedTuple

from starlette.types import Scope

API = "/gradio_api"
ASSETS = "assets-of-diffviz"  # the package's own scripts, styles and images
METHODS = ("GET", "HEAD", "POST")
OTHER = "other"


class OpenRoute(NamedTuple):
    """kind: as requests are counted; path: a pattern, whose groups are what it names"""

    method: str
    kind: str
    path: str


OPEN_ROUTES = {
    "page": OpenRoute("GET", "page", "/?"),
    "static": OpenRoute(
        "GET",
        "file of the page",
        rf"/(?:assets|{ASSETS}|static)/.+|/(?:theme\.css|manifest\.json|robots\.txt|favicon\.ico)/?",
    ),
    "config": OpenRoute("GET", OTHER, rf"/config/?|{API}/info/?"),
    "app": OpenRoute("GET", OTHER, rf"{API}/(?:app_id|startup-events)/?"),  # app_id: whether the server was begun anew
    "health": OpenRoute("GET", "probe", "/health/?"),
    "metrics": OpenRoute("GET", "probe", "/metrics/?"),
    "alive": OpenRoute("GET", "stream", rf"{API}/heartbeat/\w+"),
    "queue/data": OpenRoute("GET", "stream", rf"{API}/queue/data/?"),  # all answers to a page
    "answers": OpenRoute("GET", "stream", rf"{API}/call/\w+/(?P<event>\w+)"),  # to one event
    "file": OpenRoute("GET", "download", rf"{API}/file=(?P<file>.+)"),
    "queue/join": OpenRoute("POST", "event", rf"{API}/queue/join/?"),
    "run": OpenRoute("POST", "event", rf"{API}/run/(?P<name>\w+)/?"),
    "call": OpenRoute("POST", "event", rf"{API}/call/(?P<name>\w+)/?"),
    "call/v2": OpenRoute("POST", "event", rf"{API}/call/v2/(?P<name>\w+)/?"),
    "cancel": OpenRoute("POST", OTHER, rf"{API}/cancel/?"),
    "reset": OpenRoute("POST", OTHER, rf"{API}/reset/?"),
    "component_server": OpenRoute("POST", "question", rf"{API}/component_server/?"),  # of the page's scripts, beside the queue
}
_PATTERNS = {name: re.compile(route.path) for name, route in OPEN_ROUTES.items()}


class Asked(NamedTuple):
    """What a request asks for: the name of its route, empty where there is none; its kind; what its path names."""

    name: str
    kind: str
    named: dict[str, str]


def asked_of(scope: Scope) -> Asked:
    """Of a request by HTTP. HEAD has the routes of GET."""
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    for name, route in OPEN_ROUTES.items():
        if route.method == method and (found := _PATTERNS[name].fullmatch(path)):
            return Asked(name, route.kind, found.groupdict())
    return Asked("", OTHER, {})
