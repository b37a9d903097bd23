"""What a visitor asks replaces what the same visitor asked before, and Stop ends it: by turns, which the page's script counts.

Gradio cancels what runs when an event says so, but not in a fixed order with what begins at the same moment. Here a request
knows its turn, and ends, when it next has something to say, if a later one has come. A server that has forgotten a session, or
another one that answers next, computes a run to its end that nobody waits for: that costs time, and is no error.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import wraps
from typing import Any

import gradio as gr
from cachetools import LRUCache

_LATEST: LRUCache[str, int] = LRUCache(4096)  # by session, the turn of its last request
_LOCK = threading.Lock()


def _turn(event: gr.EventData) -> int:
    turn = event._data.get("turn") if isinstance(event._data, dict) else None
    return turn if type(turn) is int else 0


def _seen(session: str, turn: int) -> int:
    """The latest turn of the session, this one included."""
    with _LOCK:
        _LATEST[session] = max(turn, _LATEST.get(session, turn))
        return _LATEST[session]


def by_turns(serve: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Decorator of an event's generator: it ends when a later turn of the same session has begun."""

    @wraps(serve)
    def served(event: gr.EventData, request: gr.Request = None) -> Iterator[Any]:  # type: ignore[assignment]
        session, turn = getattr(request, "session_hash", None) or "", _turn(event)
        with closing(serve(event)) as outputs:
            for each in outputs:
                if session and _seen(session, turn) > turn:
                    return
                yield each

    # what Gradio reads to know which arguments to bring
    served.__annotations__ = {"event": gr.EventData, "request": gr.Request}
    del served.__wrapped__
    return served


def end_turn(event: gr.EventData, request: gr.Request = None) -> None:  # type: ignore[assignment]
    """All earlier turns of the session are over."""
    session = getattr(request, "session_hash", None)
    if session:
        _seen(session, _turn(event))
