"""What a browser loads beside the page itself: scripts, styles, pictures and the first run, read and compressed once.

Every address holds a digest of what it names, so that a browser may keep the file for good. The scripts of the package are ES
modules and keep their places beside one another; they share one digest, and import one another by relative names.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = "assets-of-diffviz"
KEPT = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
SMALL = 1000  # bytes that are not worth compressing
SCRIPTS = (".js", ".css")
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
        stamp = _digest(*scripts.values())
        self.modules = f"{FOLDER}/{stamp}"
        self._plain = {f"{stamp}/{path}": content for path, content in scripts.items()}
        self._compressed: dict[str, bytes] = {}

    def scripts(self, *folders: str) -> list[str]:
        """Addresses of the modules in these folders of the package, to be fetched ahead."""
        own = self.modules.removeprefix(f"{FOLDER}/")
        return [
            f"{FOLDER}/{path}"
            for path in self._plain
            if path.endswith(".js") and path.startswith(tuple(f"{own}/{folder}/" for folder in folders))
        ]

    def add(self, name: str, content: bytes) -> str:
        """Serve a file that was made here; returns its relative address."""
        path = f"{_digest(content)}/{name}"
        self._plain[path] = content
        return f"{FOLDER}/{path}"

    def route(self) -> Route:
        """Where they are served."""
        return Route(f"/{FOLDER}/{{path:path}}", self._serve, methods=["GET", "HEAD"])

    def _serve(self, request: Request) -> Response:
        path = request.path_params["path"]
        content = self._plain.get(path)
        if content is None:
            return PlainTextResponse("There is no such file.", status_code=404)
        suffix = f".{path.rpartition('.')[2]}"
        kind = TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
        if suffix == ".png" or len(content) < SMALL or "gzip" not in request.headers.get("Accept-Encoding", ""):
            return Response(content, media_type=kind, headers={**KEPT, "Content-Encoding": "identity"})
        if path not in self._compressed:
            self._compressed[path] = gzip.compress(content, 6, mtime=0)
        return Response(self._compressed[path], media_type=kind, headers={**KEPT, "Content-Encoding": "gzip"})


class _FirstPage:
    """Compresses the page itself; Gradio compresses its own scripts, and a stream of events must not wait to be compressed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._compressing = app, GZipMiddleware(app, SMALL, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = scope["type"] == "http" and scope["path"].removeprefix(scope.get("root_path", "")) in ("", "/")
        await (self._compressing if page else self._app)(scope, receive, send)


def served(assets: Assets) -> dict[str, list]:
    """Arguments of the FastAPI application (launch's app_kwargs)."""
    return {"routes": [assets.route()], "middleware": [Middleware(_FirstPage)]}
