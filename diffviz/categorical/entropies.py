"""Entropies of parts of a sequence, on which the costs of absorbing diffusion depend and nothing else (costs.py).

    H_S    = H(x_0^i, i in S) of every set S of coordinates
    Hbar_k = the mean of H_S over the sets of k coordinates, k = 0..D

Hbar is concave in k: the more is known, the less a further coordinate adds (Han 1978).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffviz.categorical.finite import CategoricalDistribution
from diffviz.deadline import check_time

Values = NDArray[np.float64]
MOST = 12  # coordinates: the sets are 2^D


def subset_entropies(distribution: CategoricalDistribution) -> Values:
    """[2^D] H_S in nats; coordinate i is in S where bit i of the index is 1. Raises ValueError for more than MOST coordinates."""
    dim = distribution.dim
    if dim > MOST:
        raise ValueError(f"there must be at most {MOST} coordinates, not {dim}")
    states, weight = distribution.states.cpu().numpy(), distribution.probabilities.cpu().double().numpy()
    found, groups = np.zeros(2**dim), {0: np.zeros(len(states), np.int64)}  # which states are one, seen through S
    for index in range(1, 2**dim):
        check_time()
        last = index.bit_length() - 1
        key = groups[index - (1 << last)] * distribution.symbols + states[:, last]
        group = np.unique(key, return_inverse=True)[1]
        if last < dim - 1:  # a set with the last coordinate is the beginning of no other
            groups[index] = group
        mass = np.bincount(group, weight)
        found[index] = -float(mass @ np.log(mass))
    return found


def mean_entropies(entropies: Values) -> Values:
    """[D+1] Hbar_k of the entropies [2^D] of all sets."""
    size = np.array([index.bit_count() for index in range(len(entropies))])
    return np.bincount(size, entropies) / np.bincount(size)
