"""Connections that a client holds without using them: the head of a request must come in time, and what is sent must be taken.

The server waits for both without end. A Door sees a request only once its head is whole, so that this is the protocol's to do.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn import Server
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from diffviz.ui.limits import CLOSING_SECONDS, CONNECTIONS, HEAD_SECONDS, TAKEN_BYTES, TAKING_SECONDS


class Impatient(AutoHTTPProtocol):  # type: ignore[misc,valid-type]
    """The server's own protocol with two clocks: for the head of each request, and for a client that takes nothing."""

    _head: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_taking()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._taking = _ended(self._taking)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head, self._taking = _ended(self._head), _ended(self._taking)
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


def be_impatient(server: Server) -> None:
    """Connections that come from now on are watched, and bounded in number; streams that are open end with the server."""
    server.config.http_protocol_class = Impatient
    server.config.limit_concurrency = CONNECTIONS
    server.config.timeout_graceful_shutdown = CLOSING_SECONDS
