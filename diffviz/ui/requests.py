"""The order of what one page asks for: each request has a number; one older than the newest ends at its next message."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from cachetools import LRUCache

from diffviz.ui.limits import MAX_NAME, PAGES

_newest: LRUCache[str, int] = LRUCache(PAGES)
_lock = Lock()


@dataclass(frozen=True)
class Request:
    """What a page asks for. page: a name that the page has made for itself, empty for one that does not number its requests."""

    page: str
    number: int

    @classmethod
    def of(cls, asked: dict[str, Any]) -> Request:
        """The request of the data of an event, from now on the newest of its page unless a newer one was there before."""
        page, number = asked.get("page"), asked.get("request")
        named = isinstance(page, str) and 0 < len(page) <= MAX_NAME
        request = cls(page if named else "", number if type(number) is int else 0)
        if request.page:
            with _lock:
                _newest[request.page] = max(request.number, _newest.get(request.page, request.number))
        return request

    def is_newest(self) -> bool:
        """Has its page asked for nothing since?"""
        with _lock:
            return _newest.get(self.page, self.number) <= self.number

    def envelope(self, messages: str) -> str:
        """A message for the player, or a batch of them, with the number that it answers."""
        return f'{{"request":{self.number},"messages":{messages}}}'
