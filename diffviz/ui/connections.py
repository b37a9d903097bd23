"""Connections: how many there may be, of one address too, and that none is held without being used: the head of a request must
come in time and be of bounded size, and what is sent must be taken.

The server waits for both without end, and keeps whatever head it reads. A Door sees a request only once its head is whole, so
that this is the protocol's to do.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from uvicorn import Server
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from diffviz.ui.limits import (
    CLOSING_SECONDS,
    CONNECTIONS,
    HEAD_BYTES,
    HEAD_SECONDS,
    KEEP_ALIVE_SECONDS,
    OTHER_FILES,
    SPARE_CONNECTIONS,
    TAKEN_BYTES,
    TAKING_SECONDS,
)
from diffviz.ui.visitors import Shares, network
from diffviz.ui.watching import LOG

try:
    import resource
except ImportError:  # Windows has no such bound
    resource = None  # type: ignore[assignment]

FULL = "Too many connections from your address are open now; try again in a moment."


def most_connections() -> int:
    """At once. Each is an open file: the process's bound of those is raised as far as the system lets it, and kept to."""
    if resource is None:
        return CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + OTHER_FILES
    if soft == resource.RLIM_INFINITY:
        return CONNECTIONS
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(SPARE_CONNECTIONS + 2, min(wanted, soft) - OTHER_FILES)


def visitors_connections() -> Shares:
    """What is shared out among visitors; a proxy's and a probe's come from what is left."""
    return Shares(most_connections() - SPARE_CONNECTIONS)


class BoundedProtocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type]
    """The server's own protocol with two clocks: for the head of each request, and for a client that takes nothing. A connection
    counts for its address, but not that of a proxy that is believed: whom it forwards for, the Door knows."""

    _head: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _taking: asyncio.TimerHandle | None = None
    _address: str | None = None  # that it counts for

    def __init__(self, *args: Any, shares: Shares, **named: Any) -> None:
        super().__init__(*args, **named)
        self._shares = shares

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        if host in self.config.loaded_app.trusted_hosts:
            self._watch_head()
        elif self._shares.take(network(host)):
            self._address = network(host)
            self._watch_head()
        else:
            head = f"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: {len(FULL)}"
            transport.write(f"{head}\r\nConnection: close\r\n\r\n{FULL}".encode())
            transport.close()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()
        self._head_bytes = self._head_bytes + len(data) if self._head else 0
        if self._head_bytes > HEAD_BYTES:
            self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_taking()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._taking = _ended(self._taking)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head, self._taking = _ended(self._head), _ended(self._taking)
        if self._address is not None:
            self._shares.give_back(self._address)
            self._address = None
        super().connection_lost(exc)

    def _watch_head(self) -> None:
        """From the first byte of a request, and from the start of a connection, until a head is whole."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._head = _ended(self._head)
        elif self._head is None:
            self._head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _watch_taking(self) -> None:
        left = self.transport.get_write_buffer_size()

        def look() -> None:
            if self.transport.get_write_buffer_size() > left - TAKEN_BYTES:
                self.transport.abort()
            else:
                self._watch_taking()

        self._taking = self.loop.call_later(TAKING_SECONDS, look)


def _ended(clock: asyncio.TimerHandle | None) -> None:
    if clock is not None:
        clock.cancel()


def bound_connections(server: Server) -> None:
    """Connections that come from now on are watched, and bounded in number; streams that are open end with the server."""
    server.config.http_protocol_class = partial(BoundedProtocol, shares=visitors_connections())  # type: ignore[assignment]
    server.config.limit_concurrency = most_connections()
    server.config.timeout_keep_alive = KEEP_ALIVE_SECONDS
    server.config.timeout_graceful_shutdown = CLOSING_SECONDS
    if "*" in server.config.forwarded_allow_ips:
        LOG.warning(
            "FORWARDED_ALLOW_IPS has a *: whoever asks may say in X-Forwarded-For whose request it is, so that the shares by "
            "address bind nobody. Name the proxy's address instead."
        )
