"""What a request must be before Gradio reads it: an event or a function that there is, with as many values as it takes.

Gradio takes more, fails later, and writes where to the log. Here the answer is one sentence. What the values themselves may be
is for whoever they are asked of: an Experiment says so in one sentence too.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

import gradio as gr
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from diffviz.ui.bodies import again
from diffviz.ui.limits import MAX_DEPTH, MAX_NAME
from diffviz.ui.routes import Asked, asked_of

_EVENT = {"fn_index", "data", "event_data", "session_hash", "trigger_id"}
FIELDS = {
    "queue/join": _EVENT,
    "run": _EVENT,
    "call": {"data", "session_hash"},
    "cancel": {"event_id", "session_hash", "fn_index"},
    "reset": {"event_id"},
}  # of a request by each of these routes; others are not passed on


class Malformed(Exception):
    """One sentence."""


def read(body: bytes) -> dict[str, Any]:
    """A JSON object, which is not nested too deep, of what the Door knows to be JSON. Raises Malformed."""
    asked = json.loads(body)
    if not isinstance(asked, dict):
        raise Malformed("The request must be a JSON object.")
    if _too_deep(asked, MAX_DEPTH):
        raise Malformed(f"The request may have at most {MAX_DEPTH} lists and objects within one another.")
    return asked


def _too_deep(value: Any, most: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(most == 0 or _too_deep(each, most - 1) for each in inner if isinstance(each, (dict, list)))


def _check_count(asked: dict[str, Any], count: int) -> None:
    data = asked.get("data")
    if not isinstance(data, list) or len(data) != count:
        raise Malformed(f"data must be a list of {count} value{'s' * (count != 1)}.")


def _check_ended(asked: dict[str, Any], kind: str) -> None:
    if not isinstance(asked.get("event_id"), str):
        raise Malformed("event_id must be a text.")
    if kind == "cancel" and not (isinstance(asked.get("session_hash"), str) and type(asked.get("fn_index")) is int):
        raise Malformed("session_hash must be a text, and fn_index a whole number.")


class Payloads:
    """Middleware. page: whose events and functions there are."""

    def __init__(self, app: ASGIApp, page: gr.Blocks) -> None:
        self._app = app
        self._events = {number: row for number, row in page.fns.items() if row.fn is not None}
        self._named = {row.api_name: row for row in self._events.values() if row.api_visibility == "public"}
        self._served = {
            number: {name for name in dir(block) if getattr(getattr(block, name, None), "_is_server_fn", False)}
            for number, block in page.blocks.items()
            if isinstance(block, gr.HTML)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        route, body = asked_of(scope), (await receive())["body"]  # which the Door hands on whole
        try:
            asked = read(body)
            self._check(asked, route)
        except Malformed as wrong:
            await JSONResponse({"detail": str(wrong)}, 400)(scope, receive, send)
            return
        fields = FIELDS.get(route.name)
        if fields and not fields >= asked.keys():  # Gradio's own that a page does not send
            body = json.dumps({field: value for field, value in asked.items() if field in fields}).encode()
        await self._app(scope, again(body, receive), send)

    def _check(self, asked: dict[str, Any], route: Asked) -> None:
        """Raises Malformed."""
        kind, name = route.name, route.named.get("name")
        session, named = asked.get("session_hash"), kind in ("queue/join", "component_server")
        if (named or session is not None) and not (isinstance(session, str) and 0 < len(session) <= MAX_NAME):
            raise Malformed(f"session_hash must be a text of 1 to {MAX_NAME} letters.")
        if kind == "component_server":
            self._check_function(asked)
        elif kind == "call/v2":
            self._check_arguments(asked, self._event(name, self._named))
        elif kind == "call":
            _check_count(asked, len(self._event(name, self._named).inputs))
        elif kind in ("cancel", "reset"):
            _check_ended(asked, kind)
        else:
            self._check_event(asked)

    @staticmethod
    def _event(name: Any, table: dict[Any, Any]) -> Any:
        if type(name) not in (int, str) or name not in table:
            raise Malformed("There is no such event.")
        return table[name]

    def _check_event(self, asked: dict[str, Any]) -> None:
        _check_count(asked, len(self._event(asked.get("fn_index"), self._events).inputs))
        if not isinstance(asked.get("event_data"), (dict, type(None))):
            raise Malformed("event_data must be an object.")
        if type(asked.get("trigger_id")) not in (int, type(None)):
            raise Malformed("trigger_id must be a whole number.")

    def _check_function(self, asked: dict[str, Any]) -> None:
        component, name = asked.get("component_id"), asked.get("fn_name")
        if type(component) is not int or not isinstance(name, str) or name not in self._served.get(component, ()):
            raise Malformed("There is no such function.")
        if not isinstance(asked.get("data"), str):
            raise Malformed("data must be a text.")

    @staticmethod
    def _check_arguments(asked: dict[str, Any], event: Any) -> None:
        served: Callable[..., Any] = event.fn
        try:
            inspect.signature(served).bind(**{name: value for name, value in asked.items() if name != "session_hash"})
        except TypeError as error:
            raise Malformed(f"The values are not those of the function: {error}.") from None
