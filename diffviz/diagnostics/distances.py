"""Distances between clouds of particles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist

DIRECTIONS = 128


def sliced_wasserstein(a: NDArray[np.floating], b: NDArray[np.floating], directions: int = DIRECTIONS) -> float:
    """Sliced 2-Wasserstein distance of two clouds of equal size, a and b [N, 2].

    The root of the mean, over directions evenly spread on the half circle, of the squared W2 of the projections (Bonneel et
    al. 2015); in one dimension W2 pairs the sorted points.
    """
    angle = np.pi * (np.arange(directions) + 0.5) / directions
    axes = np.stack([np.cos(angle), np.sin(angle)])  # [2, directions]
    difference = np.sort(a @ axes, axis=0) - np.sort(b @ axes, axis=0)
    return float(np.sqrt(np.mean(difference**2)))


def wasserstein(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Exact 2-Wasserstein distance of two clouds of equal size [N, D], by optimal transport (POT's network simplex)."""
    import ot  # a second to import, and not every run asks

    uniform = np.full(len(a), 1.0 / len(a))
    return float(np.sqrt(ot.emd2(uniform, uniform, cdist(a, b, "sqeuclidean"), numItermax=1_000_000)))


def energy_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Szekely & Rizzo 2013: 2 E|a - b| - E|a - a'| - E|b - b'|, 0 only for equal laws; without bias, so it may come out below."""
    return float(2.0 * cdist(a, b).mean() - pdist(a).mean() - pdist(b).mean())
