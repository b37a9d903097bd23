"""Schedules of masks that are made for a list of sequences.

By costs.py the bound of abar_0 = 1 > abar_1 > ... > abar_T is the sum of (abar_{j-1} - abar_j) h'(abar_j), an upper Riemann sum.

Least dissipation. A short step between s and t dissipates -h''(abar)/2 (abar_s - abar_t)^2. So the thermodynamic length is the
integral of sqrt(-h''/2) over abar, and steps of equal length are best as T grows (Salamon & Berry 1983; Crooks 2007).

Optimal. At finite T the sum is least where its derivatives vanish,

    h'(abar_{j+1}) = h'(abar_j) - (abar_{j-1} - abar_j) h''(abar_j),       j = 1..T-1

which gives all levels once abar_1 is known, and abar_1 is found by bisection such that abar_T = 0. The prior codes what is seen
at T with log V nats a symbol, never less than h'(0)/D, so nothing is gained by abar_T > 0.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from diffviz.caching import bounded
from diffviz.categorical.entropies import shown_bend, shown_rate
from diffviz.schedules import REACH_LOG_SNR, Table

Values = NDArray[np.float64]
LEVELS = 4001  # of log SNR, at which the length is found
GRID = 1 << 14  # shares between which h' and h'' are interpolated
INDEPENDENT_NATS = 1e-9  # by which h' falls at least, unless the coordinates are independent
HALVINGS = 60


def thermodynamic_metric(mean: Values) -> Table:
    """Log SNR [n], falling, and the length up to there [n], for schedules.least_dissipation. mean: [D+1] Hbar_k of the data.

    Coordinates that are independent of one another have no length: it is then even in abar."""
    log_snr = np.linspace(REACH_LOG_SNR, -REACH_LOG_SNR, LEVELS)
    share = expit(log_snr)
    speed = np.sqrt(shown_bend(mean, share) / 2) if _depend(mean) else np.ones_like(share)
    steps = -np.diff(share) * (speed[1:] + speed[:-1]) / 2
    return log_snr, np.concatenate([[0.0], np.cumsum(steps)])


def _depend(mean: Values) -> bool:
    """Is any coordinate less uncertain where others are known?"""
    return float(mean[1] - (mean[-1] - mean[-2])) > INDEPENDENT_NATS


def _key(mean: Values, steps: int) -> Hashable:
    return mean.tobytes(), steps


@bounded(1 << 20, key=_key)
def optimal_log_snr(mean: Values, steps: int) -> Values:
    """[T] log SNR, falling to -inf, of the smallest gap of T steps, for schedules.optimal; abar is even where every schedule has
    none. mean: [D+1] Hbar_k of the data."""
    if not _depend(mean):
        return logit(1.0 - np.arange(1, steps + 1) / steps)
    share = np.linspace(1.0, 0.0, GRID + 1)
    rate, bend = shown_rate(mean, share), shown_bend(mean, share)
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _levels(middle, steps, share, rate, bend) is None else (low, middle)
    found = _levels(high, steps, share, rate, bend)
    return logit(np.append(found[: steps - 1], 0.0))


def _levels(first: float, steps: int, share: Values, rate: Values, bend: Values) -> Values | None:
    """[T] abar_1..abar_T that follow from the first; None where they fall below 0 before T. share: falling, with h' and -h''."""
    found = np.empty(steps)
    found[0], before = first, 1.0
    for j in range(1, steps):
        now = found[j - 1]
        place = (1.0 - now) * GRID
        index = min(int(place), GRID - 1)
        part = place - index
        target = rate[index] + part * (rate[index + 1] - rate[index])
        target += (before - now) * (bend[index] + part * (bend[index + 1] - bend[index]))
        if target > rate[-1]:
            return None
        found[j], before = np.interp(target, rate, share), now
    return found
