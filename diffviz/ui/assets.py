"""What a browser loads beside the page itself: scripts, styles, pictures and the first run, read and compressed once.

An address holds a digest of what it names, so that a browser may keep the file for good. The scripts of the package are ES
modules and keep their places beside one another; they share one digest, and import one another by relative names.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
import secrets
import threading
from collections.abc import Callable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from diffviz.ui.door import content_policy, guarding
from diffviz.ui.payloads import Payloads
from diffviz.ui.routes import ASSETS, asked_of
from diffviz.ui.visitors import Attended
from diffviz.ui.watching import ROUTES

KEPT = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
HOUR = {"Cache-Control": "public, max-age=3600", "Vary": "Accept-Encoding"}
PAGE_LEVEL = 5  # of compression, for every visitor anew: 4 takes 1 ms less and sends 2 kB more, 6 takes 2 ms more for 1 kB
SMALL = 1000  # bytes that are not worth compressing
SCRIPTS = (".js", ".css")
_SCRIPT = re.compile(rb"<script(?=[\s>])")
TYPES = {".js": "text/javascript"}  # whatever the system's own table says


def _digest(*contents: bytes) -> str:
    return hashlib.sha256(b"\0".join(contents)).hexdigest()[:16]


def _scripts(folder: Traversable, place: str = "") -> dict[str, bytes]:
    """By path below the package, every script and style."""
    found = {}
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        path = f"{place}{item.name}"
        if item.is_dir():
            found |= _scripts(item, f"{path}/")
        elif path.endswith(SCRIPTS):
            found[path] = item.read_bytes()
    return found


class Assets:
    """modules: relative address of the package's folder of scripts."""

    def __init__(self) -> None:
        scripts = _scripts(files("diffviz"))
        self._stamp = _digest(*scripts.values())
        self.modules = f"{ASSETS}/{self._stamp}"
        self._plain = {f"{self._stamp}/{path}": content for path, content in scripts.items()}
        self._makers: dict[str, Callable[[], bytes]] = {}
        self._compressed: dict[str, bytes] = {}
        self._making = threading.Lock()

    def scripts(self, *folders: str) -> list[str]:
        """Addresses of the modules in these folders of the package, without those below them, to be fetched ahead."""
        places = {f"{self._stamp}/{folder}" for folder in folders}
        return [f"{ASSETS}/{path}" for path in self._plain if path.endswith(".js") and path.rpartition("/")[0] in places]

    def add(self, name: str, content: bytes) -> str:
        """Serve a file that was made here; returns its relative address."""
        path = f"{_digest(content)}/{name}"
        self._plain[path] = content
        return f"{ASSETS}/{path}"

    def add_later(self, name: str, make: Callable[[], bytes]) -> str:
        """The same of a file that is made when somebody first asks for it; a browser keeps it for an hour."""
        path = f"{self._stamp}/{name}"
        self._makers[path] = make
        return f"{ASSETS}/{path}"

    def route(self) -> Route:
        """Where they are served."""
        return Route(f"/{ASSETS}/{{path:path}}", self._serve, methods=["GET", "HEAD"])

    async def _serve(self, request: Request) -> Response:
        """What is ready is sent at once; only what has to be made or compressed first waits for a thread."""
        path, zipped = request.path_params["path"], "gzip" in request.headers.get("Accept-Encoding", "")
        ready = path in (self._compressed if zipped else self._plain)
        return self._answer(path, zipped) if ready else await run_in_threadpool(self._answer, path, zipped)

    def _answer(self, path: str, zipped: bool) -> Response:
        if path in self._makers:
            with self._making:  # a class asks for it at once
                if path not in self._plain:
                    self._plain[path] = self._makers[path]()
        content = self._plain.get(path)
        if content is None:
            return PlainTextResponse("There is no such file.", status_code=404)
        suffix = f".{path.rpartition('.')[2]}"
        kind = TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
        kept = HOUR if path in self._makers else KEPT
        if not zipped or len(content) < SMALL:
            return Response(content, media_type=kind, headers={**kept, "Content-Encoding": "identity"})
        if path not in self._compressed:
            self._compressed[path] = gzip.compress(content, 6, mtime=0)
        return Response(self._compressed[path], media_type=kind, headers={**kept, "Content-Encoding": "gzip"})


class _FirstPage:
    """Puts our own head into the page, marks the scripts that are in it, and compresses it.

    Gradio's head is put in place by its script, when that has come and run; ours is read as the page arrives, so that everything
    is fetched at once. Gradio compresses scripts, but not the page; a stream of events must not wait to be compressed.
    """

    def __init__(self, app: ASGIApp, head: str) -> None:
        self._app, self._head = app, head.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or asked_of(scope).name != "page":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        parts: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, collect)
        body, headers = b"".join(parts), MutableHeaders(raw=start["headers"])
        nonce = secrets.token_urlsafe(16)
        body = body.replace(b"<head>", b"<head>" + self._head, 1)
        body = _SCRIPT.sub(rb'<script nonce="%s"' % nonce.encode(), body)
        headers["Cache-Control"] = "no-store"  # a nonce is of one answer
        headers["Content-Security-Policy"] = content_policy(nonce)
        if "gzip" in Headers(scope=scope).get("Accept-Encoding", ""):
            body = gzip.compress(body, PAGE_LEVEL)
            headers["Content-Encoding"] = "gzip"
        headers.add_vary_header("Accept-Encoding")
        headers["Content-Length"] = str(len(body))
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": body})


def served(assets: Assets, page: gr.Blocks, head: str, folder: Path) -> dict[str, Any]:
    """Arguments of the FastAPI application (launch's app_kwargs). head: HTML for the page's head; folder: of downloads."""
    return {
        "routes": [assets.route(), *ROUTES],
        "middleware": [Middleware(Attended), Middleware(Payloads, page=page), Middleware(_FirstPage, head=head)],
        "lifespan": guarding(folder),
        "openapi_url": None,
    }
