"""Which times a film and a sheet show, of one run or of two.

A forward panel shows any t; a reverse panel shows visited times only, and each panel says its own t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from diffviz.trajectory import Trajectory

SEEN_LOG_SNR = (8.0, -6.0)  # beyond, a picture looks like data, or like noise


@dataclass(frozen=True)
class Moment:
    """One picture of a film. back: is time running back to the data? times: by run, the t that it shows in both directions."""

    back: bool
    times: tuple[int, ...]


@dataclass(frozen=True)
class Cell:
    """A place in a sheet. visited: does the reverse process stop at t?"""

    t: int
    visited: bool


def thin(times: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of the times, evenly by rank, both ends among them."""
    return times[np.unique(np.rint(np.linspace(0, len(times) - 1, min(most, len(times)))).astype(int))]


def _together(times: Sequence[NDArray[np.int64]], steps: Sequence[int], most: int) -> list[tuple[int, ...]]:
    """By moment, of every run the one of its times (ascending) that is nearest on the clock t/T. The run with the most times
    sets the moments, of those that reach furthest: what it shows differs from one moment to the next."""
    shares = [of / total for of, total in zip(times, steps, strict=True)]
    leader = max(range(len(times)), key=lambda i: (round(float(shares[i][-1]), 1), len(times[i])))
    moments = thin(times[leader], most) / steps[leader]
    return [tuple(int(of[np.abs(share - m).argmin()]) for of, share in zip(times, shares, strict=True)) for m in moments]


def story(trajectories: Sequence[Trajectory], last: Sequence[int], most: int) -> list[Moment]:
    """Forward through every time up to the last one of each run, then back through the visited times; at most so many moments
    each way."""
    steps = [len(trajectory.alpha) - 1 for trajectory in trajectories]
    forth = _together([np.arange(end + 1) for end in last], steps, most)
    back = _together([trajectory.t[::-1] for trajectory in trajectories], steps, most)
    return [Moment(False, times) for times in forth] + [Moment(True, times) for times in back[::-1]]


def visited(trajectory: Trajectory, t: int) -> int:
    """Where a visited time stands in the reverse path. Raises ValueError for a time that the sampler does not visit."""
    (found,) = np.flatnonzero(trajectory.t == t)
    return int(found)


def columns(trajectories: Sequence[Trajectory], last: Sequence[int], most: int) -> list[list[Cell | None]]:
    """By run, a sheet's row of cells, at most so many, the same noise level below one another: t = 0 first, the last time last,
    and between them evenly in log SNR over SEEN_LOG_SNR, or what the runs have of it.

    Times that the reverse process visits are taken first, each once; where there are no more of them the cell shows another time,
    which only the forward process has; None where the run has no more times at all.
    """
    levels = [trajectory.log_snr[: end + 1] for trajectory, end in zip(trajectories, last, strict=True)]
    inner = np.concatenate([level[1:][np.isfinite(level[1:])] for level in levels])
    high, low = np.clip([inner.max(), inner.min()], *SEEN_LOG_SNR[::-1]) if inner.size else SEEN_LOG_SNR
    targets = np.linspace(high, low, most)[1:-1]
    rows = [_row(trajectory.t, level, targets) for trajectory, level in zip(trajectories, levels, strict=True)]
    kept = [i for i in range(most) if any(row[i] for row in rows)]
    return [[row[i] for i in kept] for row in rows]


def _row(stops: NDArray[np.int64], level: NDArray[np.float64], targets: NDArray[np.float64]) -> list[Cell | None]:
    """Of one run. stops: the visited times; level: log SNR up to the last time shown; targets: of the inner columns."""
    end, free, found = len(level) - 1, np.arange(len(targets)), {}
    between = np.arange(1, end)
    stopped = np.isin(between, stops)
    for times in (between[stopped], between[~stopped]):
        which, where = linear_sum_assignment((level[times][:, None] - targets[free]) ** 2)  # together as near as can be
        found |= dict(zip(free[where].tolist(), times[which].tolist(), strict=True))
        free = np.setdiff1d(free, free[where])
    ordered = dict(zip(sorted(found), sorted(found.values()), strict=True))  # a visited time may have come before another's place
    middle = [Cell(ordered[i], ordered[i] in stops) if i in ordered else None for i in range(len(targets))]
    return [Cell(0, 0 in stops), *middle, Cell(end, end in stops)]
