"""A visitor as a browser is one: it loads the page, asks for runs, reads what comes, asks about a run, and may leave midway."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import aiohttp

from tests.load.serving import Server

CONNECTIONS = 6  # of a browser to one host
TIMEOUT = 180.0  # seconds
LINE = 64 * 2**20  # bytes of the longest message of a stream
NAMED = re.compile(r'(?:src|href)="([^"]+\.(?:js|css))"')  # scripts and styles in the page's head
OPENING = re.compile(r'fetch\("([^"]+)"\)')  # and the run that it opens with


class Wrong(Exception):
    """A result is lost or is not what was asked for."""


class Refused(Exception):
    """The server says in a sentence that it cannot now."""


@dataclass(frozen=True)
class Page:
    """What a visitor has read of the page's configuration: events by name, and components that have functions of the server."""

    events: dict[str, dict[str, int]]
    served: dict[str, int]

    @classmethod
    def of(cls, config: dict[str, Any]) -> Page:
        events = {
            row["api_name"]: {"fn_index": row["id"], "trigger_id": row["targets"][0][0] if row["targets"] else None}
            for row in config["dependencies"]
        }
        served = {
            name: component["id"] for component in config["components"] for name in component["props"].get("server_fns") or []
        }
        return cls(events, served)


@dataclass
class Heard:
    """Of one run. Seconds since it was asked for: first: until its first picture; complete: until all has come. words: what the
    page was told; final: the summary and charts; query: of the run that came; places: how many were told to be before it."""

    first: float = 0.0
    complete: float = 0.0
    frames: int = 0
    final: bool = False
    query: str = ""
    refusal: str = ""
    places: tuple[int, ...] = ()


class Visitor:
    """address: of the loopback network, from which it comes; each is another visitor to the server."""

    def __init__(self, server: Server, address: str = "127.0.0.1") -> None:
        self.session, self._numbers = os.urandom(8).hex(), itertools.count(1)
        connector = aiohttp.TCPConnector(limit_per_host=0, local_addr=(address, 0))
        self.http = aiohttp.ClientSession(
            server.url,
            connector=connector,
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # a host that is a number may set cookies, too, as in a browser
            timeout=aiohttp.ClientTimeout(TIMEOUT),
            read_bufsize=LINE,
        )

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.http.close()

    async def _get(self, path: str) -> str:
        async with self.http.get(path) as answer:
            answer.raise_for_status()
            return await answer.text(errors="replace")

    async def load(self) -> tuple[float, float]:
        """Load the page and all that its head names, over as many connections as a browser; seconds until it was there, and until
        all was."""
        started = time.perf_counter()
        page = await self._get("")
        opened = time.perf_counter() - started
        places = asyncio.Semaphore(CONNECTIONS)

        async def fetch(name: str) -> None:
            async with places:
                await self._get(name.removeprefix("./"))

        await asyncio.gather(*(fetch(name) for name in (*NAMED.findall(page), *OPENING.findall(page))))
        return opened, time.perf_counter() - started

    async def configuration(self) -> Page:
        return Page.of(json.loads(await self._get("config")))

    async def join(self, page: Page, event: str, asked: dict[str, Any], data: list[Any] | None = None) -> str:
        """Ask for something, without listening; its number. Raises Refused."""
        body = {**page.events[event], "data": data or [], "event_data": asked, "session_hash": self.session}
        async with self.http.post("gradio_api/queue/join", json=body) as answer:
            if answer.status == 503:
                raise Refused(await answer.text())
            answer.raise_for_status()
            return (await answer.json())["event_id"]

    async def run(self, page: Page, values: dict[str, Any], leave: int | None = None) -> Heard:
        """Run an experiment as the page's script does, and read all that comes. leave: after so many messages. Raises Refused,
        Wrong where the run is not complete."""
        asked = {"page": self.session, "request": next(self._numbers), "runs": [values], "asked": True}
        heard, started, messages = Heard(), time.perf_counter(), 0
        number = await self.join(page, "run_asked", asked)
        async with self.http.get("gradio_api/queue/data", params={"session_hash": self.session}) as stream:
            stream.raise_for_status()
            async for line in stream.content:
                if not line.startswith(b"data:"):
                    continue
                message = json.loads(line[5:])
                if message.get("event_id") != number:
                    continue
                messages += 1
                _hear(heard, message, time.perf_counter() - started)
                if heard.refusal:
                    raise Refused(heard.refusal)
                if leave is not None and messages >= leave:
                    return heard
                if message["msg"] == "process_completed":
                    if not (message["success"] and heard.final and heard.frames):
                        raise Wrong(f"the run was not completed: {line[:400]!r}")
                    heard.complete = time.perf_counter() - started
                    return heard
        raise Wrong("the stream has ended before the run")

    async def asks(self, page: Page, function: str, what: str) -> Any:
        """A function of the server that the page's script calls."""
        body = {"data": what, "component_id": page.served[function], "session_hash": self.session, "fn_name": function}
        async with self.http.post("gradio_api/component_server", json=body) as answer:
            answer.raise_for_status()
            return await answer.json()


def _texts(output: Any) -> list[str]:
    """Every long or short text in the output of an event, whole or as a difference to the one before."""
    if isinstance(output, str):
        return [output]
    if isinstance(output, dict):
        return [text for value in output.values() for text in _texts(value)]
    return [text for value in output for text in _texts(value)] if isinstance(output, list) else []


def _hear(heard: Heard, message: dict[str, Any], seconds: float) -> None:
    if message["msg"] not in ("process_generating", "process_completed"):
        return
    for text in _texts((message.get("output") or {}).get("data")):
        if not text.startswith("{"):
            continue
        said = json.loads(text)
        for notice in said.get("notices") or []:
            if "too many wait" in notice["message"]:
                heard.refusal = notice["message"]
        if type(said.get("before")) is int:
            heard.places += (said["before"],)
        parts = said.get("messages")
        for part in parts if isinstance(parts, list) else [parts] if isinstance(parts, dict) else []:
            heard.query = part.get("query", heard.query)
            heard.frames += len(part.get("blocks") or [])
            heard.final = heard.final or bool(part.get("final"))
            if not heard.first and part.get("blocks"):
                heard.first = seconds
