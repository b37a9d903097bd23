"""Entropies of parts of a sequence, on which the costs of absorbing diffusion depend and nothing else (costs.py).

    H_S    = H(x_0^i, i in S) of every set S of coordinates
    Hbar_k = the mean of H_S over the sets of k coordinates, k = 0..D

Hbar is concave in k: the more is known, the less a further coordinate adds (Han 1978). Where each coordinate is shown with
probability a, alone, the entropy of what is shown is

    h(a) = sum_k B(k; D, a) Hbar_k,           h'(a) = D sum_k B(k; D - 1, a) (Hbar_{k+1} - Hbar_k)

h is concave as well, from h(0) = 0 to h(1), the entropy of the data; h'(0) is the sum of the entropies of single coordinates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import comb

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


def _mean_at(values: Values, share: Values) -> Values:
    """[..., *S] the mean of values [n+1, *S] over k ~ B(n, share [...])."""
    n, a = len(values) - 1, np.asarray(share)[..., None]
    k = np.arange(n + 1)
    return (comb(n, k) * a**k * (1.0 - a) ** (n - k)) @ values


def shown_entropy(mean: Values, share: Values) -> Values:
    """[..., *S] h(a) in nats, of shares a [...] that are shown. mean: [D+1, *S] Hbar_k."""
    return _mean_at(mean, share)


def shown_rate(mean: Values, share: Values) -> Values:
    """[..., *S] h'(a) in nats."""
    return (len(mean) - 1) * _mean_at(np.diff(mean, axis=0), share)


def shown_bend(mean: Values, share: Values) -> Values:
    """[...] -h''(a) in nats, which is not below 0; of a single coordinate 0."""
    dim = len(mean) - 1
    return -dim * (dim - 1) * _mean_at(np.diff(mean, 2), share) if dim > 1 else np.zeros_like(share)
