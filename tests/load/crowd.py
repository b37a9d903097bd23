"""Many visitors at once, and one after another: how long each waits, and how much memory the server keeps of them.

A visitor loads the page with all that its head names, over six connections as a browser does, reads the configuration, runs an
experiment that no cache knows and reads what comes until all has come, asks for charts of it, or leaves midway. The visitors are
one process, the server another, both on this machine. It fails only where a result is lost or is not what was asked for; who is
told that too many wait is counted as refused.

python -m tests.load.crowd [--clients 1 25 50 100 200] [--kinds points images bits varied] [--memory 500]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffviz.experiment import Experiment
from tests.load.serving import Server, served
from tests.load.visitor import Page, Refused, Visitor, Wrong

DIGITS: dict[str, Any] = {"dataset": "digits", "denoiser": "learned", "particles": 16, "steps": 50}
VARIED: tuple[dict[str, Any], ...] = (
    {},
    {"dataset": "spiral", "steps": 50},
    {"dataset": "pinwheel", "sampler": "heun", "steps": 30},
    {"dataset": "eight_gaussians", "schedule": "linear", "steps": 200},
    {"dataset": "heartbeat"},
    {"dataset": "spiral", "denoiser": "learned", "steps": 40},
    {"dataset": "digits", "denoiser": "learned", "particles": 9, "steps": 20},
)
KINDS: dict[str, tuple[dict[str, Any], ...]] = {
    "points": ({},),
    "images": (DIGITS,),
    "bits": ({"dataset": "heartbeat"},),
    "varied": VARIED,
}  # by what is run, its fields in turn
CLIENTS = (1, 25, 50, 100, 200)
WARM = 50  # visitors before memory is counted
TOGETHER = 6  # visitors at a time where memory is measured: more than there are workers
LEAVES, ASKS = 5, 3  # of varied visitors every fifth leaves midway, every third asks for charts of its run
LEFT_AFTER = 4  # messages
SEEDS = itertools.count(1000)


@dataclass
class Visit:
    """Seconds since the visitor came: page: it is there; loaded: with all that its head names. Since it has asked for a run:
    first: until its first picture; complete: until all has come."""

    page: float
    loaded: float
    first: float
    complete: float


def experiments(kind: str) -> Iterator[dict[str, Any]]:
    """One for each visitor, which nobody has run."""
    for values in itertools.cycle(KINDS[kind]):
        yield {**values, "seed": next(SEEDS)}


async def visit(server: Server, page: Page, values: dict[str, Any], leaves: bool = False, asks: bool = False) -> Visit | None:
    """None for one who left midway. Raises Refused, Wrong."""
    async with Visitor(server) as visitor:
        came = await visitor.load()
        heard = await visitor.run(await visitor.configuration(), values, LEFT_AFTER if leaves else None)
        if leaves and not heard.complete:
            return None
        wanted = Experiment(**values).to_query()
        if heard.query != wanted:
            raise Wrong(f"{heard.query} came instead of {wanted}")
        if asks:
            await visitor.asks(page, "inside_of", f'{{"query": "{wanted}", "later": "work", "chosen": 0}}')
        return Visit(*came, heard.first, heard.complete)


@dataclass
class Outcome:
    """came: those that were served; left: those that left midway; refused: that were told that too many wait; failed: errors."""

    came: list[Visit]
    left: int
    refused: int
    failed: list[BaseException]

    def __str__(self) -> str:
        first = f" (first: {self.failed[0]!r})" if self.failed else ""
        return f"{len(self.came)} served, {self.left} left, {self.refused} refused, {len(self.failed)} failed{first}"


async def visits(server: Server, kind: str, count: int, together: int) -> Outcome:
    """So many visitors, at most so many of them at once."""
    places = asyncio.Semaphore(together)
    async with Visitor(server) as visitor:
        page = await visitor.configuration()

    async def wait_and_visit(number: int, values: dict[str, Any]) -> Visit | None:
        async with places:
            varied = kind == "varied"
            return await visit(server, page, values, varied and number % LEAVES == 1, varied and number % ASKS == 2)

    each = [wait_and_visit(number, values) for number, values in zip(range(count), experiments(kind), strict=False)]
    found = await asyncio.gather(*each, return_exceptions=True)
    return Outcome(
        [one for one in found if isinstance(one, Visit)],
        sum(one is None for one in found),
        sum(isinstance(one, Refused) for one in found),
        [one for one in found if isinstance(one, BaseException) and not isinstance(one, Refused)],
    )


def measure_waiting(server: Server, kind: str, count: int) -> bool:
    """All at once: how long they wait, and what the server works for each of them. Was nothing lost?"""
    worked = server.worked()
    outcome = asyncio.run(visits(server, kind, count, count))
    worked = 1000 * (server.worked() - worked) / count
    figures = [[getattr(each, field) for each in outcome.came] or [np.nan] for field in Visit.__annotations__]
    cells = "".join(f"{np.quantile(figure, 0.5):>9.2f}{np.quantile(figure, 0.95):>7.2f}" for figure in figures)
    print(f"{kind:<10}{count:>4}{cells}{worked:>9.0f} ms{server.peak():>7.0f} MB  load {os.getloadavg()[0]:.1f}  {outcome}")
    return not outcome.failed


def measure_memory(server: Server, kind: str, count: int) -> bool:
    """A few at a time: what the server's memory grows by, after those that warm it. Was nothing lost?"""
    outcomes = [asyncio.run(visits(server, kind, WARM, TOGETHER))]
    sizes = [server.resident()]
    for part in np.diff(np.linspace(0, count, 6).astype(int)):
        outcomes.append(asyncio.run(visits(server, kind, int(part), TOGETHER)))
        sizes.append(server.resident())
    course, failed = " ".join(f"{size:.0f}" for size in sizes), sum(len(outcome.failed) for outcome in outcomes)
    print(f"{kind:<10}{count:>4}   {course} MB: {sizes[-1] - sizes[0]:+.0f} MB   {failed} failed")
    return not failed


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clients", type=int, nargs="*", default=CLIENTS)
    options.add_argument("--kinds", nargs="*", choices=KINDS, default=["points", "varied"])
    options.add_argument("--memory", type=int, default=0, help="visitors one after another, whose memory is measured")
    asked = options.parse_args()
    whole = True
    if asked.clients:
        print(f"All at once on {os.cpu_count()} cores, seconds, median and p95; peak: the server's memory so far.")
        print(f"{'':<14}" + "".join(f"{field:>9}{'p95':>7}" for field in Visit.__annotations__) + f"{'server':>12}{'peak':>10}")
    for kind in asked.kinds if asked.clients else ():
        with served() as server:
            asyncio.run(visits(server, kind, 2, 1))
            for count in asked.clients:
                whole &= measure_waiting(server, kind, count)
    if asked.memory:
        print(f"\nMemory after {WARM} visitors, and after each fifth of the others; of 500: 60 MB more at most.")
        for kind in asked.kinds:
            with served() as server:
                whole &= measure_memory(server, kind, asked.memory)
    raise SystemExit(not whole)


if __name__ == "__main__":
    main()
