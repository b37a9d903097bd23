"""Distances between clouds of particles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
