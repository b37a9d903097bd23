"""Which times a film shows, of one run or of two on one clock, t/T."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffviz.trajectory import Trajectory


@dataclass(frozen=True)
class Moment:
    """One picture of a film. back: is time running back to the data? times: by run, the t that it shows in both directions."""

    back: bool
    times: tuple[int, ...]


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


def story(trajectories: Sequence[Trajectory], most: int) -> list[Moment]:
    """Forward through every time up to where the reverse process begins, then back through the visited times; at most so many
    moments each way."""
    steps = [len(trajectory.alpha) - 1 for trajectory in trajectories]
    forth = _together([np.arange(trajectory.t[0] + 1) for trajectory in trajectories], steps, most)
    back = _together([trajectory.t[::-1] for trajectory in trajectories], steps, most)
    return [Moment(False, times) for times in forth] + [Moment(True, times) for times in back[::-1]]


def visited(trajectory: Trajectory, t: int) -> int:
    """Where a visited time stands in the reverse path. Raises ValueError for a time that the sampler does not visit."""
    (found,) = np.flatnonzero(trajectory.t == t)
    return int(found)
