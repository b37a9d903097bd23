"""Many visitors at once, and one after another: how long each waits, and how much memory the server keeps of them.

A visitor loads the page with all that its head names, over six connections as a browser does, then runs one experiment that no
cache knows and reads what comes until all has come. The visitors are one process, the server another, both on this machine.

python -m tests.load.crowd [--clients 50] [--visitors 500]
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import itertools
import os
import re
import time
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np

from tests.load.serving import Server, served

DIGITS: dict[str, Any] = {"dataset": "digits", "denoiser": "learned", "particles": 16, "steps": 50}
KINDS: dict[str, tuple[dict[str, Any], float]] = {
    "points, 1000": ({}, 1.0),
    "images, 16": (DIGITS, 0.2),
    "bits, 1000": ({"dataset": "heartbeat"}, 0.5),
}  # by what is run, its fields, and which share of the visitors there are
WARM = 50  # visitors before memory is counted
TOGETHER = 6  # visitors at a time where memory is measured: more than there are workers
CONNECTIONS = 6  # of a browser to one host
NAMED = re.compile(r'(?:src|href)="([^"]+\.(?:js|css))"')  # scripts and styles in the page's head
OPENING = re.compile(r'fetch\("([^"]+)"\)')  # and the run that it opens with
SEEDS = itertools.count(1000)


@dataclass
class Visit:
    """Seconds since the visitor came: page: it is there; loaded: with all that its head names. Since it has asked for a run:
    first: until its first picture; complete: until all has come."""

    page: float
    loaded: float
    first: float
    complete: float


async def _get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bytes:
    """The body of a file, as it comes on the wire. A few lines of HTTP: a client of many visitors must cost little itself."""
    writer.write(f"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(f"{path} was refused: {head[:80]!r}")
    if length := re.search(rb"content-length: (\d+)", head):
        return await reader.readexactly(int(length[1]))
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body


async def load(server: Server) -> tuple[float, float]:
    """Load the page; when it was there, and when all that its head names."""
    started = time.perf_counter()

    async def fetch(names: list[str]) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            found = [await _get(reader, writer, name) for name in names]
            return found[0]
        finally:
            writer.close()

    page = gzip.decompress(await fetch([""])).decode()
    opened = time.perf_counter() - started
    names = [name.removeprefix("./") for name in (*NAMED.findall(page), *OPENING.findall(page))]
    await asyncio.gather(*(fetch(names[start::CONNECTIONS]) for start in range(CONNECTIONS)))
    return opened, time.perf_counter() - started


async def run(server: Server, event: dict[str, int], values: dict[str, Any]) -> tuple[float, float]:
    """Run an experiment as the page's script asks for it; when its first picture came, and when all had."""
    session, first, final = os.urandom(8).hex(), 0.0, False
    asked = {"page": session, "request": 1, "runs": [values], "asked": True}
    joined = {**event, "data": [], "event_data": asked, "session_hash": session}
    async with httpx.AsyncClient(base_url=server.url, timeout=120, verify=False, trust_env=False) as client:
        started = time.perf_counter()
        (await client.post("gradio_api/queue/join", json=joined)).raise_for_status()
        async with client.stream("GET", "gradio_api/queue/data", params={"session_hash": session}) as stream:
            async for line in stream.aiter_lines():
                if not first and r"\"blocks\"" in line:
                    first = time.perf_counter() - started
                final = final or r"\"final\"" in line
                if '"process_completed"' in line:
                    if not final:
                        raise RuntimeError(f"the run was not completed: {line[:400]}")
                    return first, time.perf_counter() - started
    raise RuntimeError("the stream has ended before the run")


async def visit(server: Server, event: dict[str, int], values: dict[str, Any]) -> Visit:
    return Visit(*await load(server), *await run(server, event, {**values, "seed": next(SEEDS)}))


def run_event(server: Server) -> dict[str, int]:
    """Which event of the page runs an experiment, as Gradio counts them."""
    for each in httpx.get(f"{server.url}config", trust_env=False).json()["dependencies"]:
        if each["api_name"] == "run_asked":
            return {"fn_index": each["id"], "trigger_id": each["targets"][0][0]}
    raise LookupError("the page has no event that runs")


async def visits(server: Server, values: dict[str, Any], count: int, together: int) -> tuple[list[Visit], list[BaseException]]:
    """So many visitors, at most so many of them at once: those that were served, and what the others met."""
    event, places = run_event(server), asyncio.Semaphore(together)

    async def wait_and_visit() -> Visit:
        async with places:
            return await visit(server, event, values)

    found = await asyncio.gather(*(wait_and_visit() for _ in range(count)), return_exceptions=True)
    return [each for each in found if isinstance(each, Visit)], [each for each in found if isinstance(each, BaseException)]


def told(failed: list[BaseException]) -> str:
    return f"{len(failed)} failed" + (f" (first: {failed[0]!r})" if failed else "")


def measure_waiting(server: Server, name: str, values: dict[str, Any], count: int) -> None:
    """All at once: how long they wait, and what the server works for each of them."""
    worked = server.worked()
    came, failed = asyncio.run(visits(server, values, count, count))
    worked = 1000 * (server.worked() - worked) / count
    figures = [[getattr(each, field) for each in came] for field in Visit.__annotations__]
    cells = "".join(f"{np.quantile(figure, 0.5):>9.2f}{np.quantile(figure, 0.95):>7.2f}" for figure in figures)
    print(f"{name:<14}{count:>4}{cells}{worked:>9.0f} ms  load {os.getloadavg()[0]:.1f}   {told(failed)}")


def measure_memory(server: Server, name: str, values: dict[str, Any], count: int) -> None:
    """A few at a time: what the server's memory grows by, after those that warm it."""
    _, failed = asyncio.run(visits(server, values, WARM, TOGETHER))
    sizes = [server.resident()]
    for part in np.diff(np.linspace(0, count, 6).astype(int)):
        failed += asyncio.run(visits(server, values, int(part), TOGETHER))[1]
        sizes.append(server.resident())
    course = " ".join(f"{size:.0f}" for size in sizes)
    print(f"{name:<14}{count:>4}   {course} MB: {sizes[-1] - sizes[0]:+.0f} MB   {told(failed)}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clients", type=int, default=50)
    options.add_argument("--visitors", type=int, default=500)
    asked = options.parse_args()
    print(f"All at once on {os.cpu_count()} cores, seconds, median and p95; asked of 50 with points: page 1.0, first frame 2.5.")
    print(f"{'':<18}" + "".join(f"{field:>9}{'p95':>7}" for field in Visit.__annotations__) + f"{'server':>12}")
    for name, (values, share) in KINDS.items():
        with served() as server:
            asyncio.run(visits(server, values, 2, 1))
            measure_waiting(server, name, values, max(1, round(share * asked.clients)))
    print(f"\nMemory after {WARM} visitors, and after each fifth of the others; asked of 500 with points: 60 MB more at most.")
    for name, (values, share) in KINDS.items():
        with served() as server:
            measure_memory(server, name, values, max(1, round(share * asked.visitors)))


if __name__ == "__main__":
    main()
