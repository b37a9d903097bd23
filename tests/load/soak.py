"""A class for as long as one likes: visitors that come, run, ask, leave midway, without end; what the server keeps of them.

Asked of an hour with 50 varied visitors at a time: 100 MB more memory after the first tenth at most, no threads that stay, no job
that is stuck, nothing lost.

python -m tests.load.soak [--minutes 20] [--clients 50]
"""

from __future__ import annotations

import argparse
import asyncio
import time

from tests.load.crowd import visits
from tests.load.serving import Server, served

PARTS = 10
GROWTH = 100.0  # MB
ROUND = 2  # visitors of each place in turn, until the time is looked at


def soak(server: Server, minutes: float, clients: int) -> bool:
    """Was nothing lost, and did the server stay as it was?"""
    began, sizes, failed, served_ones = time.monotonic(), [], 0, 0
    for part in range(1, PARTS + 1):
        while time.monotonic() - began < 60 * minutes * part / PARTS:
            outcome = asyncio.run(visits(server, "varied", ROUND * clients, clients))
            failed += len(outcome.failed)
            served_ones += len(outcome.came)
            if outcome.failed:
                print(outcome)
        sizes.append(server.resident())
        minute = (time.monotonic() - began) / 60
        print(
            f"{minute:5.1f} min  {served_ones} served, {failed} failed, {sizes[-1]:.0f} MB, {server.threads()} threads",
            flush=True,
        )
    time.sleep(12.0)  # threads that have nothing to do end
    worked = server.worked()
    time.sleep(2.0)
    busy = server.worked() - worked
    grown = sizes[-1] - sizes[0]
    print(f"memory {grown:+.0f} MB (at most {GROWTH:g}), at rest {server.threads()} threads, {50 * busy:.0f} % of a core")
    return not failed and grown <= GROWTH and busy < 0.5


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=20.0)
    options.add_argument("--clients", type=int, default=50)
    asked = options.parse_args()
    with served() as server:
        whole = soak(server, asked.minutes, asked.clients)
    raise SystemExit(not whole)


if __name__ == "__main__":
    main()
