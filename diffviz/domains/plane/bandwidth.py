"""The mixture that points are: a Gaussian at each, as wide as the kernel bandwidth.

    q(x_0) = (1/n) sum_i N(x_0; x_i, h^2 I)                 the kernel density estimate (Rosenblatt 1956, Parzen 1962)

Where the points have more places than MAX_COMPONENTS, they are first moved to a coarser lattice (simple binning, Wand 1994),
whose pitch d is at most h, or a little more. Rounding adds a variance of d^2/12 to each coordinate, which the kernel gives up
(Sheppard's correction), so that the estimate has on average the variance it would have had. What comes out is the data: all that
is computed of it is exact.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.domains.plane.own_points import UNIT, Points, write_points
from diffviz.gaussian.mixtures import GaussianMixture

LOWEST, HIGHEST = 0.03, 1.0  # of a bandwidth, in the plane's units
MAX_COMPONENTS = 1024
PITCH = 1.25  # of the lattice at most, in bandwidths: the Gaussians on it then add up without visible ripples
ALONE = 1e-9  # of the kernel at its middle: 6.4 bandwidths away
ONE_PLACE = 0.1  # the bandwidth of points that are all in one place, about which no rule says anything
CANDIDATES = (
    *(0.03, 0.035, 0.04, 0.045, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2),
    *(0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
)


def silverman(points: Points) -> float:
    """Silverman's rule in two dimensions, h = s n^(-1/6) (Silverman 1986, eq. 4.14): best where the points are Gaussian, too wide
    where they have several modes or lie on a curve."""
    return points.std * points.total ** (-1 / 6)


def leave_one_out(points: Points, bandwidth: float) -> float:
    """sum_i log of the estimate at x_i from all other points, in nats (Duin 1976): the likelihood of each point given the rest.

    A point far from all others counts as if it had a share of ALONE of a neighbour: a few outliers are not to decide. On the
    lattice the sum over pairs is a product of three matrices, since a Gaussian is a function of x times a function of y.
    """
    (columns, x), (lines, y) = (np.unique(axis, return_inverse=True) for axis in points.places.T)
    kernel = [np.exp(-0.5 * ((at[:, None] - at) / (UNIT * bandwidth)) ** 2) for at in (columns, lines)]
    counts = np.zeros((len(columns), len(lines)))
    counts[x, y] = points.counts
    others = (kernel[0] @ counts @ kernel[1])[x, y] - 1.0
    density = np.maximum(others, ALONE) / ((points.total - 1) * 2 * np.pi * bandwidth**2)
    return float(points.counts @ np.log(density))


def _coarser(points: Points, step: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Places [K, 2] in the plane's units and counts [K] on a lattice of a pitch of step places."""
    first = np.floor_divide(points.places + step // 2, step) * step - step // 2
    places, where = np.unique(first, axis=0, return_inverse=True)
    return (places + (step - 1) / 2) / UNIT, np.bincount(where.ravel(), points.counts, len(places)).astype(np.int64)


@lru_cache(maxsize=64)
def _merged(points: Points) -> tuple[int, NDArray[np.float64], NDArray[np.int64]]:
    """The finest lattice that leaves at most MAX_COMPONENTS, as its step, places and counts."""
    step = 1
    while True:
        places, counts = _coarser(points, step)
        if len(places) <= MAX_COMPONENTS:
            return step, places, counts
        step += 1


def least_bandwidth(points: Points) -> float:
    """The smallest that these points can have, in hundredths: their lattice must not be seen."""
    step = _merged(points)[0]
    return LOWEST if step == 1 else max(LOWEST, math.ceil(100 * step / (PITCH * UNIT)) / 100)


@lru_cache(maxsize=64)
def likely_bandwidth(points: Points) -> float:
    """That of the candidates with the largest leave-one-out likelihood which the points can have."""
    least = least_bandwidth(points)
    if len(points.places) < 2:
        return max(least, ONE_PLACE)
    allowed = [h for h in CANDIDATES if h >= least]
    return max(allowed, key=lambda h: leave_one_out(points, h))


@lru_cache(maxsize=16)
def mixture_of_points(points: Points, bandwidth: float | None) -> GaussianMixture:
    """Their kernel density estimate (float64, CPU); with the likely bandwidth if it is None.

    Raises ValueError, in words that follow the field's name, for a bandwidth that the points cannot have.
    """
    least = least_bandwidth(points)
    h = likely_bandwidth(points) if bandwidth is None else bandwidth
    if h < least:
        raise ValueError(f"must be at least {least:g} for these points, which are more than {MAX_COMPONENTS} Gaussians otherwise")
    step, places, counts = _merged(points)
    std = math.sqrt(h**2 - (step**2 - 1) / (12 * UNIT**2))  # of step places in a row
    weights = torch.from_numpy(counts / counts.sum())
    return GaussianMixture(torch.from_numpy(places.copy()), weights, std)


def described(points: Points) -> dict[str, Any]:
    """What there is to say about points, as JSON: their text; how many they are; bandwidth, the likely one; silverman, that of
    Silverman's rule; least, the smallest that they can have."""
    return {
        "own_points": write_points(points),
        "points": points.total,
        "bandwidth": likely_bandwidth(points),
        "silverman": round(silverman(points), 3),
        "least": least_bandwidth(points),
    }
