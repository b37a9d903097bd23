"""Who asks: shares of the server by address and by page, and whether somebody still listens to the answer.

A stranger chooses the name of his session, which is one tab, but not his address (of IPv6 a network of 64 bits, which one
household has). Behind one address there may be a class. So an address may hold as many places as are free besides (the dynamic
threshold of Choudhury and Hahne, 1998): one that is alone gets half of them, a second one finds a quarter, and there are always
some left for the next. Below that nobody is refused for where he comes from; whose turn it is, is shared out in queueing.py.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from typing import TypeVar
from urllib.parse import parse_qs

from gradio.context import LocalContext
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from diffviz.contexts import each_within, holding
from diffviz.ui.limits import JOINS, JOINS_SECONDS, MOST_ADDRESSES
from diffviz.ui.routes import asked_of

T = TypeVar("T")
Result = TypeVar("Result")

NETWORK_BITS = 64  # of IPv6, that are given to one customer
_WITH_PORT = re.compile(r"(?:\[(.*)\]|([\d.]+))(?::\d*)?")  # as some proxies write whom they forward for


def network(host: str) -> str:
    """The address as it is counted, without a port."""
    found = _WITH_PORT.fullmatch(host)
    try:
        address = ipaddress.ip_address(host if found is None else found[1] or found[2])
    except ValueError:
        return host
    mapped = getattr(address, "ipv4_mapped", None)
    if address.version == 4 or mapped:
        return str(mapped or address)
    return str(ipaddress.ip_network((address, NETWORK_BITS), strict=False))


class Visit:
    """One thing that somebody asks for. Of the server itself by default: nobody counts those, and they are always wanted.

    address: as it is counted; session: of the page, empty where it is not known; left: nobody listens to the answer any more
    listener: somebody has begun to listen; long: what it asks for is known to take long
    """

    def __init__(self, address: str = "", session: str = "") -> None:
        self.address, self.session, self.left, self.long = address, session, False, False
        self.also: Callable[[], bool] = lambda: True  # whether the page wants it, beside that somebody listens
        self.at_leaving: Callable[[], None] = lambda: None
        self.listener = threading.Event()

    def wanted(self) -> bool:
        return not self.left and self.also()

    def leave(self) -> None:
        self.left = True
        self.at_leaving()

    def open(self) -> AbstractContextManager[None]:
        """What is computed within is computed for it."""
        return holding(_VISIT, self)

    def over(self, items: Generator[T, None, Result]) -> Generator[T, None, Result]:
        """A generator's items and result, each computed for it, whichever thread asks."""
        return each_within(items, self.open)


_VISIT: ContextVar[Visit] = ContextVar("visit")


def open_visit() -> Visit:
    """For whom it is computed here."""
    return _VISIT.get(None) or Visit()


class Shares:
    """So much of something, shared out by address. From one thread at a time."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._by_address: Counter[str] = Counter()

    def take(self, address: str, amount: int = 1) -> bool:
        """Is there so much for it? address: as it is counted; empty for the server itself, which has all that is free."""
        if amount and self._by_address[address] * bool(address) + amount > self._free:
            return False
        self._free -= amount
        self._by_address[address] += amount
        return True

    def give_back(self, address: str, amount: int = 1) -> None:
        self._free += amount
        self._by_address[address] -= amount
        if not self._by_address[address]:
            del self._by_address[address]


class Places:
    """So many, shared out by address; of one page no more than each.

    A page's requests that it no longer wants do not count: a new one takes the place of an older one.
    """

    def __init__(self, most: int, each: int | None = None) -> None:
        self._shares, self._each = Shares(most), each
        self._held: list[Visit] = []
        self._lock = threading.Lock()

    def take(self, visit: Visit) -> bool:
        """Is there one for it?"""
        with self._lock:
            if self._each and visit.session:
                of_page = sum(other.session == visit.session and other.wanted() for other in self._held)
                if of_page >= self._each:
                    return False
            if not self._shares.take(visit.address):
                return False
            self._held.append(visit)
            return True

    def give_back(self, visit: Visit) -> None:
        with self._lock:
            self._held.remove(visit)
            self._shares.give_back(visit.address)


class Recent:
    """So many in so many seconds, shared out by address."""

    def __init__(self, most: int, seconds: float) -> None:
        self._places, self._seconds = Places(most), seconds
        self._taken: deque[tuple[float, Visit]] = deque()

    def take(self, visit: Visit) -> bool:
        """Is there room for it? From one thread at a time."""
        now = time.monotonic()
        while self._taken and now - self._taken[0][0] > self._seconds:
            self._places.give_back(self._taken.popleft()[1])
        taken = self._places.take(visit)
        if taken:
            self._taken.append((now, visit))
        return taken


class Pace:
    """Of requests of an address: so many at once, then so many a second; the others wait as long as that takes, if it is no
    more than most_seconds."""

    def __init__(self, at_once: int, a_second: float, most_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._ahead, self._step, self._most, self._clock = at_once / a_second, 1.0 / a_second, most_seconds, clock
        self._next: dict[str, float] = {}

    def delay(self, address: str) -> float | None:
        """Seconds for which a request that has come now is to wait; None if they are too many, and then it does not count."""
        now = self._clock()
        if len(self._next) > MOST_ADDRESSES:
            self._next = {other: then for other, then in self._next.items() if then > now - self._ahead}
        then = max(self._next.get(address, 0.0) + self._step, now - self._ahead)
        if then - now > self._most:
            return None
        self._next[address] = then
        return max(0.0, then - now)


class Streams:
    """Which pages listen to what they have asked for, by the names of sessions and of events."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._visits: defaultdict[str, set[Visit]] = defaultdict(set)
        self._lock = threading.Lock()

    @contextmanager
    def attended(self, visit: Visit, names: set[str]) -> Iterator[None]:
        """Within, the visit knows whether somebody listens by one of these names."""
        with self._lock:
            for name in names:
                self._visits[name].add(visit)
                if self._open[name]:
                    visit.listener.set()
        try:
            yield
        finally:
            with self._lock:
                for name in names:
                    self._visits[name].discard(visit)
                    if not self._visits[name]:
                        del self._visits[name]

    def opened(self, name: str) -> None:
        with self._lock:
            self._open[name] += 1
            for visit in self._visits.get(name, ()):
                visit.listener.set()

    def closed(self, name: str, left: bool) -> None:
        """left: the listener has; where the server has ended a stream, its page may open another one."""
        with self._lock:
            self._open[name] -= 1
            if self._open[name]:
                return
            del self._open[name]
            for visit in self._visits.get(name, ()) if left else ():
                visit.leave()


STREAMS = Streams()


@contextmanager
def event_visit() -> Iterator[Visit]:
    """Of the event of Gradio's queue that is served here."""
    request, event = LocalContext.request.get(None), LocalContext.event_id.get(None)
    if request is None:
        yield Visit()
        return
    client = request.client
    visit = Visit(network(client.host if client else ""), str(request.session_hash or ""))
    with STREAMS.attended(visit, {name for name in (visit.session, event) if name}):
        yield visit


def address_of(scope: Scope) -> str:
    """Whose request it is, as it is counted."""
    client = scope.get("client")
    return network(client[0] if client else "")


class Attended:
    """Middleware: knows the visit of each call beside the queue, and which streams of answers are open.

    The address is the one that uvicorn tells: that of X-Forwarded-For where it comes from a proxy that FORWARDED_ALLOW_IPS names.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._joins = app, Recent(JOINS, JOINS_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = asked_of(scope) if scope["type"] == "http" else None
        if asked and asked.name in ("queue/data", "answers"):
            name = asked.named.get("event") or parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[0]
            await self._stream(name, scope, receive, send)
        elif asked and asked.name == "component_server":
            await self._call(scope, receive, send)
        elif asked and asked.name in ("queue/join", "call", "call/v2"):
            await self._join(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _stream(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        began = ended = False

        async def sent(message: Message) -> None:
            nonlocal began, ended
            await send(message)
            began = True
            ended = ended or (message["type"] == "http.response.body" and not message.get("more_body", False))

        STREAMS.opened(name)
        try:
            await self._app(scope, receive, sent)
        except Exception as error:  # as Gradio ends the stream of a session that it does not know
            if not began:
                raise
            logging.info("a stream of answers has ended: %s", type(error).__name__)
            await send({"type": "http.response.body", "body": b""})
        finally:
            STREAMS.closed(name, left=not ended)

    async def _join(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._joins.take(Visit(address_of(scope))):
            await self._app(scope, receive, send)
        else:
            said = {"detail": "Too much is asked from your address now; try again in a moment."}
            await JSONResponse(said, 503)(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit, watching = Visit(address_of(scope)), []

        async def leaves() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            visit.leave()

        async def received() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                watching.append(asyncio.create_task(leaves()))
            return message

        try:
            with visit.open():
                await self._app(scope, received, send)
        finally:
            for task in watching:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
