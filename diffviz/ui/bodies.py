"""Bodies of requests: read whole, within a time, a size and the sender's share of the room, and known to be JSON that may be
parsed, before anything else of the server sees them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from starlette.types import Message, Receive

from diffviz.ui.limits import BODIES_BYTES, BODY_SECONDS, DRAINED_BYTES, MAX_BODY_BYTES, MAX_BODY_VALUES, SMALL_BODIES_BYTES
from diffviz.ui.training import train_load
from diffviz.ui.visitors import Shares

_LONE = re.compile("[\ud800-\udfff]")  # half of a pair


class Refused(Exception):
    """An answer instead of the one that was asked for: status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


def _too_large(most: int) -> Refused:
    return Refused(413, f"What is sent here must be at most {most} bytes.")


class Bodies:
    """Those that are read or used now. Their bytes count by address as they come; beyond MAX_BODY_BYTES a body takes from other
    room, so that networks leave room for small ones."""

    def __init__(self) -> None:
        self._small, self._large = Shares(SMALL_BODIES_BYTES), Shares(BODIES_BYTES - SMALL_BODIES_BYTES)

    @asynccontextmanager
    async def read(self, address: str, receive: Receive, most: int) -> AsyncIterator[bytes]:
        """The whole body, which has its room until the context ends. Raises Refused for one of more bytes than most, one that
        does not come in time, and one for which there is no room."""
        held = _Held(self._small, self._large, address)
        try:
            try:
                with anyio.fail_after(BODY_SECONDS):
                    body = await _whole(receive, most, held)
            except TimeoutError:
                raise Refused(408, f"What is sent must arrive within {BODY_SECONDS:.0f} seconds.") from None
            yield body
        finally:
            held.release()


class _Held:
    """The room of one body: of its first MAX_BODY_BYTES, and of the others."""

    def __init__(self, small: Shares, large: Shares, address: str) -> None:
        self._small, self._large, self._address, self._size = small, large, address, 0

    def take(self, more: int) -> bool:
        """Is there room for so many more bytes?"""
        small = min(self._size + more, MAX_BODY_BYTES) - min(self._size, MAX_BODY_BYTES)
        if not self._small.take(self._address, small):
            return False
        if not self._large.take(self._address, more - small):
            self._small.give_back(self._address, small)
            return False
        self._size += more
        return True

    def release(self) -> None:
        small = min(self._size, MAX_BODY_BYTES)
        self._small.give_back(self._address, small)
        self._large.give_back(self._address, self._size - small)
        self._size = 0


async def _whole(receive: Receive, most: int, held: _Held) -> bytes:
    """Of a body that is refused the rest is read and forgotten, up to a bound: who still sends does not read the answer."""
    body, size, more = bytearray(), 0, True
    refused: Refused | None = None
    while more and size <= DRAINED_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "The request ended before its body did.")
        part, more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size > most:
            refused = _too_large(most)
        elif refused is None and not held.take(len(part)):
            refused = Refused(503, "Too much is being sent to this server now; try again in a moment.")
        if refused is None:
            body += part
        else:
            held.release()
            body.clear()
    if refused is not None:
        raise refused
    return bytes(body)


def check_content(body: bytes) -> None:
    """Raises Refused for what is no JSON, for text that is none, and where a file is named: no control and no end point takes
    one, and Gradio would copy it, or fetch it from wherever it says. Of more than MAX_BODY_BYTES only a network may be, which is
    one long text: many values would take seconds to parse, and many times the memory."""
    large = len(body) > MAX_BODY_BYTES
    if large and sum(body.count(sign) for sign in (b"[", b"{", b",")) > MAX_BODY_VALUES:
        raise Refused(400, f"What is larger than {MAX_BODY_BYTES} bytes may have at most {MAX_BODY_VALUES} values.")
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "What is sent here must be JSON.") from None
    if large and not (isinstance(asked, dict) and asked.get("fn_name") == train_load.__name__):
        raise _too_large(MAX_BODY_BYTES)
    waiting = [asked]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "meta" in part:
                raise Refused(400, "Files are not taken here.")
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            waiting += part
        elif isinstance(part, str) and _LONE.search(part):
            raise Refused(400, "What is sent here must be Unicode text, without half a character.")


async def wait_attended(receive: Receive, seconds: float) -> None:
    """Wait so long after a body has come. Raises Refused as soon as its client leaves."""
    if not seconds:
        return
    with anyio.move_on_after(seconds):
        while (await receive())["type"] != "http.disconnect":
            pass
        raise Refused(400, "The request ended before its turn came.")


def again(body: bytes, receive: Receive) -> Receive:
    """A body that was read, and then whatever else comes: that the client has gone."""
    waiting = [body]

    async def received() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return received
