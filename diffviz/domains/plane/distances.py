"""Distances between clouds of particles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from diffviz.deadline import check_time

DIRECTIONS = 128


def project(x: NDArray[np.floating], directions: int = DIRECTIONS) -> NDArray[np.float64]:
    """[directions, N] the points x [N, 2] along directions evenly spread on the half circle."""
    angle = np.pi * (np.arange(directions) + 0.5) / directions
    return np.ascontiguousarray((x @ np.stack([np.cos(angle), np.sin(angle)])).T)


def sliced_wasserstein(a: NDArray[np.floating], b: NDArray[np.floating], directions: int = DIRECTIONS) -> float:
    """Sliced 2-Wasserstein distance of two clouds of equal size, a and b [N, 2].

    The root of the mean, over directions, of the squared W2 of the projections (Bonneel et al. 2015); in one dimension W2 pairs
    the sorted points.
    """
    difference = np.sort(project(a, directions), axis=1) - np.sort(project(b, directions), axis=1)
    return float(np.sqrt(np.mean(difference**2)))


def transport(a: NDArray[np.floating], b: NDArray[np.floating]) -> tuple[float, NDArray[np.float64]]:
    """Squared exact W2 of two clouds of equal size [N, D], and Kantorovich's potential [N] at the points of a.

    By optimal transport (POT's network simplex).
    """
    import ot  # a second to import, and not every run asks

    check_time()
    uniform = np.full(len(a), 1.0 / len(a))
    _, found = ot.emd(uniform, uniform, cdist(a, b, "sqeuclidean"), numItermax=1_000_000, log=True)
    return float(found["cost"]), found["u"]


def wasserstein(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Exact 2-Wasserstein distance of two clouds of equal size [N, D]."""
    return float(np.sqrt(transport(a, b)[0]))


def signed_wasserstein_1(points: NDArray[np.floating], weights: NDArray[np.floating]) -> float:
    """1-Wasserstein distance of two measures of which one has weights [N] more than the other, at points [N, D]; they
    sum to 0."""
    import ot

    check_time()
    more, less = weights > 0.0, weights < 0.0
    gained, lost = weights[more], -weights[less]
    cost = ot.emd2(gained / gained.sum(), lost / lost.sum(), cdist(points[more], points[less]), numItermax=1_000_000)
    return float(cost * gained.sum())
