"""What may come in over HTTP, before Gradio reads any of it: only addresses that the page or gradio_client asks for, bodies of
bounded size that arrive in time, and no request that another site's page makes.

Gradio serves much that nothing here uses: uploads, a monitor, its lists of addresses, a reload of development. They are not
there for a visitor. The answers carry headers that tell a browser what the page may do.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from diffviz.ui.bodies import Bodies, Refused, again, check_content, wait_attended
from diffviz.ui.connections import FULL, visitors_connections
from diffviz.ui.limits import MAX_BODY_BYTES, MAX_NETWORK_BYTES, PACE
from diffviz.ui.routes import METHODS, Asked, asked_of
from diffviz.ui.visitors import Pace, address_of
from diffviz.ui.watching import observed_request

FRAME_VARIABLE = "DIFFVIZ_FRAME_ANCESTORS"
_POSTS, _PACED = "posts", ("page", "config")  # each has a pace of its own; those routes cost the server's one loop most
ANYWHERE = "*"  # a frame in a course's page is a feature, and there is no login or account that a click could be stolen for


def content_policy(nonce: str | None = None) -> str:
    """What a browser may do with an answer. Scripts are files of this server and those in the page's head, known by the nonce:
    an attribute or an element that came in with somebody's text runs nothing. Gradio makes functions of its templates (eval)."""
    scripts = ["'self'", "'unsafe-eval'", *([f"'nonce-{nonce}'"] if nonce else [])]
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src {' '.join(scripts)}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'none'",
            f"frame-ancestors {_frame_ancestors()}",
        ]
    )


def _frame_ancestors() -> str:
    """Sites whose pages may show this one in a frame, as the host names them."""
    named = os.environ.get(FRAME_VARIABLE, "").split()
    return " ".join(quote(site, safe="'*:/.-[]") for site in named) or ANYWHERE


def _secured(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            headers.setdefault("Content-Security-Policy", content_policy())
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.setdefault("Referrer-Policy", "same-origin")
            message = {**message, "headers": headers.raw}
        await send(message)

    return sent


class Door:
    """files: the only folder that a download may come from."""

    def __init__(self, app: ASGIApp, files: Path) -> None:
        self._app, self._files = app, files
        self._bodies, self._paces = Bodies(), {name: Pace(*PACE) for name in (_POSTS, *_PACED)}
        self._open = visitors_connections()  # requests that are being answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif scope["type"] == "http":
            await self._watched(scope, receive, _secured(send))
        else:
            await self._app(scope, receive, send)

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status, asked = time.monotonic(), 500, asked_of(scope)

        async def sent(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._answer(asked, scope, receive, sent)
        finally:
            observed_request(asked.kind, status, time.monotonic() - began)

    async def _answer(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check_address(asked, scope)
            # without its origin no request is given leave to be read by another site's page
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"origin"]}
            with self._counted(asked, scope):
                if scope["method"] == "POST":
                    # a page that loads a network of its own sends it to its component
                    most = MAX_NETWORK_BYTES if asked.name == "component_server" else MAX_BODY_BYTES
                    await self._post(most, scope, receive, send)
                else:
                    await self._get(asked, scope, receive, send)
        except Refused as refused:
            said = JSONResponse({"detail": refused.sentence}, refused.status, {"Connection": "close"})
            await said(scope, receive, send)

    @contextmanager
    def _counted(self, asked: Asked, scope: Scope) -> Iterator[None]:
        """A request takes a place of its address, which a proxy's connections do not; a probe takes none."""
        if asked.name == "health":
            yield
            return
        address = address_of(scope)
        if not self._open.take(address):
            raise Refused(503, FULL)
        try:
            yield
        finally:
            self._open.give_back(address)

    async def _get(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        """At the pace of its address, where it has one."""
        if asked.name in _PACED and (delay := self._delay(asked.name, address_of(scope))):
            await wait_attended(receive, delay)
            receive = again(b"", receive)
        await self._app(scope, receive, send)

    def _delay(self, pace: str, address: str) -> float:
        """Seconds for which the request has to wait. Raises Refused where they are too many."""
        delay = self._paces[pace].delay(address)
        if delay is None:
            raise Refused(429, "Too much is asked from your address now; try again in some seconds.")
        return delay

    async def _post(self, most: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Of a body of so many bytes at most, at the pace of its address, which comes before anything is parsed."""
        address = address_of(scope)
        delay = self._delay(_POSTS, address)
        async with self._bodies.read(address, receive, most) as body:
            await wait_attended(receive, delay)
            check_content(body)
            await self._app(scope, again(body, receive), send)

    def _check_address(self, asked: Asked, scope: Scope) -> None:
        """Raises Refused for an address, a method or a kind of body that nothing here uses."""
        if scope["method"] not in METHODS:
            raise Refused(405, "This server answers GET, HEAD and POST.")
        if not asked.name:
            raise Refused(404, "There is nothing at this address.")
        file = asked.named.get("file")
        if file is not None and not Path(os.path.normpath(file)).is_relative_to(self._files):
            raise Refused(404, "There is no such file.")
        headers = Headers(scope=scope)
        if "content-length" in headers and "transfer-encoding" in headers:  # of which a proxy may believe the other one
            raise Refused(400, "A request may have Content-Length or Transfer-Encoding, not both.")
        # a page of another site can send other kinds without asking first
        if scope["method"] == "POST" and headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise Refused(415, "What is sent here must be application/json.")


def guarding(files: Path) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """A lifespan that puts the Door in front of all else that an application has, Gradio's own middleware included."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.middleware_stack = Door(app.middleware_stack, files)
        yield

    return lifespan
