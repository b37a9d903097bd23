"""One visitor at full abuse: how soon another's default run is complete. Asked: 3 seconds at most, page not counted.

The two come from different addresses of the loopback network. Abuse is, one after another: heavy runs that are listened to; joins
that nobody listens to, each of another session; posts of every function that passes by the queue; calls of the API.

python -m tests.load.starvation [--rounds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import aiohttp

from diffviz.experiment import Experiment
from tests.load.serving import Server, served
from tests.load.visitor import Page, Refused, Visitor

GOAL = 3.0  # seconds
ABUSER, OTHER = "127.0.0.2", "127.0.0.3"
HEAVY: dict[str, Any] = {
    "dataset": "spiral",
    "denoiser": "learned",
    "sampler": "langevin",
    "corrector_steps": 5,
    "steps": 1000,
    "particles": 1900,
}
SEEDS = itertools.count(1)
SECONDS_BEFORE = 2.0  # that abuse goes on before the other comes
Abuse = Callable[[Server, Page], Awaitable[None]]


def heavy() -> dict[str, Any]:
    return {**HEAVY, "seed": next(SEEDS)}


async def runs(server: Server, page: Page) -> None:
    """Eight heavy runs, each of a page that listens, and another one when it is done or refused."""

    async def again() -> None:
        while True:
            async with Visitor(server, ABUSER) as one:
                with suppress(Refused):
                    await one.run(page, heavy())
            await asyncio.sleep(0.1)

    await asyncio.gather(*(again() for _ in range(8)))


async def joins(server: Server, page: Page) -> None:
    """520 joins at once, and then as many as are answered, of sessions that are not listened to."""

    async def again(count: int) -> None:
        async with Visitor(server, ABUSER) as one:
            for _ in itertools.count():
                one.session = os.urandom(8).hex()
                with suppress(Refused):
                    await one.join(page, "run_asked", {"runs": [heavy()], "asked": True})

    await asyncio.gather(*(again(number) for number in range(52)))


async def calls(server: Server, page: Page) -> None:
    """45 posts at a time of functions that pass by the queue."""
    functions = itertools.cycle(["repair_run", "inside_of", "time_arrow", "waits_for"])

    async def again() -> None:
        async with Visitor(server, ABUSER) as one:
            while True:
                name, values = next(functions), heavy()
                query = Experiment(**values).to_query()
                asked = {"query": query, "later": "work", "run": values, "particles": 25, "game": 1, "round": 1}
                await one.asks(page, name, query if name == "repair_run" else json.dumps({**asked, "part": "accuracy"}))

    await asyncio.gather(*(again() for _ in range(45)))


async def api(server: Server, page: Page) -> None:
    """Heavy calls of /run and /thermo, eight of them."""

    async def again(name: str) -> None:
        async with Visitor(server, ABUSER) as one:
            while True:
                data = [heavy()] if name == "run" else [{"seed": next(SEEDS)}, 5000]
                async with one.http.post(f"gradio_api/call/{name}", json={"data": data}) as answer:
                    number = (await answer.json())["event_id"]
                async with one.http.get(f"gradio_api/call/{name}/{number}") as stream:
                    await stream.read()

    await asyncio.gather(*(again(name) for name in ("run", "thermo") * 4))


ABUSES: dict[str, Abuse] = {"runs": runs, "joins": joins, "calls": calls, "api": api}


async def waited(server: Server, page: Page, abuse: Abuse, rounds: int) -> list[float]:
    """Seconds until another visitor's default runs were complete while the abuse went on."""
    task = asyncio.ensure_future(abuse(server, page))
    found = []
    try:
        await asyncio.sleep(SECONDS_BEFORE)
        for _ in range(rounds):
            async with Visitor(server, OTHER) as other:
                found.append((await other.run(page, {"seed": next(SEEDS)})).complete)
        if task.done():
            raise RuntimeError("the abuse has ended") from task.exception()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, aiohttp.ClientError):
            await task
    return found


async def measure(server: Server, rounds: int) -> bool:
    """Was the goal met under each abuse?"""
    async with Visitor(server, OTHER) as other:
        page = await other.configuration()
        alone = (await other.run(page, {"seed": 0})).complete, (await other.run(page, {"seed": next(SEEDS)})).complete
    print(f"alone: {alone[0]:.2f} s the first time, then {alone[1]:.2f} s; load {os.getloadavg()[0]:.1f}")
    met = True
    for name, abuse in ABUSES.items():
        found = await waited(server, page, abuse, rounds)
        met &= max(found) <= GOAL
        print(f"{name:<6} median {statistics.median(found):.2f} s, longest {max(found):.2f} s, goal {GOAL:g} s")
        await asyncio.sleep(2.0)
    return met


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    with served() as server:
        met = asyncio.run(measure(server, asked.rounds))
        print(f"peak memory {server.peak():.0f} MB")
    raise SystemExit(not met)


if __name__ == "__main__":
    main()
