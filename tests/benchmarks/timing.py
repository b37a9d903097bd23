"""Interleaved timing: every contender once a round, so that a machine that drifts slows all alike; ratios within a round."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def interleave(contenders: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of every contender in every round, after one round that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, contender in contenders.items():
            started = time.perf_counter()
            contender()
            if number:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def ratios(seconds: dict[str, list[float]], name: str, base: str) -> list[float]:
    """Per round, name over base."""
    return [a / b for a, b in zip(seconds[name], seconds[base], strict=True)]


def table(title: str, seconds: dict[str, list[float]], base: str) -> None:
    """Print the median time and the median ratio to the base, with the range of the ratio."""
    print(f"\n{title}\n{'':<34}{'median':>10}   ratio to {base} (least to most)")
    for name in seconds:
        shares = ratios(seconds, name, base)
        middle = statistics.median(seconds[name])
        print(f"{name:<34}{1000 * middle:>8.1f} ms   {statistics.median(shares):.2f} ({min(shares):.2f} to {max(shares):.2f})")
