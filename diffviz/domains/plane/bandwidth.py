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

Cells = NDArray[np.int64]
LOWEST, HIGHEST = 0.03, 1.0  # of a bandwidth, in the plane's units
MAX_COMPONENTS = 1024
PITCH = 1.25  # of the lattice at most, in bandwidths: the Gaussians on it then add up without visible ripples
ALONE = 1e-9  # of the kernel at its middle: 6.4 bandwidths away
FAR = 8.0  # bandwidths beyond which all MAX_POINTS together are less than ALONE
FEW = 512  # cells whose sums over pairs are less work than those over lines
COARSEST = 0.25  # of a bandwidth: the pitch of the lattice on which the likely one of more points is sought
ONE_PLACE = 0.1  # the bandwidth of points that are all in one place, about which no rule says anything
CANDIDATES = (
    *(0.03, 0.035, 0.04, 0.045, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2),
    *(0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
)


def silverman(points: Points) -> float:
    """Silverman's rule in two dimensions, h = s n^(-1/6) (Silverman 1986, eq. 4.14): best where the points are Gaussian, too wide
    where they have several modes or lie on a curve."""
    return points.std * points.total ** (-1 / 6)


def leave_one_out(points: Points, bandwidth: float, step: int = 1) -> float:
    """sum_i log of the estimate at x_i from all other points, in nats (Duin 1976): the likelihood of each point given the rest.

    A point far from all others counts as if it had a share of ALONE of a neighbour: a few outliers are not to decide.
    step: of a coarser lattice to which all are moved. Two roundings add a variance of (step^2 - 1)/6 to a distance, which
    the kernel gives up (Sheppard's correction).
    """
    cells, counts = _cells(points, step)
    square = (bandwidth * UNIT) ** 2
    narrower = square - (step**2 - 1) / 6.0
    sums = (_over_pairs if len(cells) <= FEW else _over_lines)(cells, counts, step / math.sqrt(narrower))
    density = np.maximum((sums - 1.0) * (square / narrower), ALONE) / ((points.total - 1) * 2 * np.pi * bandwidth**2)
    return float(counts @ np.log(density))


def _over_pairs(cells: Cells, counts: Cells, pitch: float) -> NDArray[np.float64]:
    """[K] sum_j counts_j exp(-|cells_i - cells_j|^2/2) in units of the pitch, itself included."""
    apart = cells[:, None] - cells
    return np.exp(-0.5 * pitch**2 * (apart**2).sum(2)) @ counts


def _over_lines(cells: Cells, counts: Cells, pitch: float) -> NDArray[np.float64]:
    """The same. A Gaussian is a function of x times a function of y, so that each cell adds to those of its line only, and reads
    those of its column: work in proportion to cells and bandwidth."""
    reach = math.ceil(FAR / pitch)
    shifts = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (pitch * shifts) ** 2)
    x, y = (cells - cells.min(0) + reach).T
    width = int(x.max()) + reach + 1
    at, spread = y * width + x, np.zeros((int(y.max()) + reach + 1) * width)
    for shift, value in zip(shifts, kernel, strict=True):
        spread[at + shift] += value * counts  # no cell is twice in `at`
    return sum(value * spread[at + shift] for shift, value in zip(shifts * width, kernel, strict=True))


def _cells(points: Points, step: int) -> tuple[Cells, Cells]:
    """Cells [K, 2] of step x step places in which there are points, and counts [K]."""
    cells = np.floor_divide(points.places + step // 2, step)
    low = cells.min(0)
    x, y = (cells - low).T
    width = int(y.max()) + 1
    counts = np.bincount(x * width + y, points.counts)
    (found,) = counts.nonzero()
    return np.stack(np.divmod(found, width), 1) + low, counts[found].astype(np.int64)


def _coarser(points: Points, step: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Places [K, 2] in the plane's units and counts [K] on a lattice of a pitch of step places."""
    cells, counts = _cells(points, step)
    return (cells * step - step // 2 + (step - 1) / 2) / UNIT, counts


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
    """That of the candidates with the largest leave-one-out likelihood which the points can have. Many points are moved
    by an eighth of a bandwidth at most while it is sought."""
    least = least_bandwidth(points)
    if len(points.places) < 2:
        return max(least, ONE_PLACE)
    few = len(points.places) <= FEW
    allowed = [h for h in CANDIDATES if h >= least]
    return max(allowed, key=lambda h: leave_one_out(points, h, 1 if few else max(1, math.floor(COARSEST * h * UNIT))))


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
    """What there is to say about points, as JSON: their text; how many they are, and in how many different places; bandwidth, the
    likely one, or of points in one place the usual one; silverman, that of Silverman's rule; least, the smallest that they can
    have."""
    return {
        "own_points": write_points(points),
        "points": points.total,
        "places": len(points.places),
        "bandwidth": likely_bandwidth(points),
        "silverman": round(silverman(points), 3),
        "least": least_bandwidth(points),
    }
