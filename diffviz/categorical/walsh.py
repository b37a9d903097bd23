"""The Walsh-Hadamard transform of functions of D bits, and how many weights lie at each distance from each sequence.

    W f(S) = sum_x (-1)^{|S and x|} f(x)              of all 2^D sets S in D 2^D additions; W W f = 2^D f

It turns a convolution over bits that are added modulo 2 into a product. Noise that redraws each bit with probability lost, all
being equally probable, is one, so that q(x_t) has the transform (1 - lost)^|S| W q(x_0)(S). So are spheres around a sequence:

    f_d(x) = sum over x' that differ from x in d bits of f(x'),       W f_d(S) = K_d(|S|) W f(S)

with Krawtchouk's polynomials K_d (MacWilliams & Sloane 1977, ch. 5). The f_d are known once, for noise of any strength:

    q(x_t = x) = sum_d (lost/2)^d (1 - lost/2)^{D-d} f_d(x)

in which no term is negative, so that also the least probable sequence has its probability to rounding. Of whole numbers all
sums are exact as long as they are below 2^53.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def walsh_hadamard(values: Values) -> Values:
    """[..., 2^D] W of each function [..., 2^D]."""
    shape, half = values.shape, 1
    while half < shape[-1]:
        zero, one = np.moveaxis(values.reshape(*shape[:-1], -1, 2, half), -2, 0)
        values = np.stack([zero + one, zero - one], -2).reshape(shape)
        half *= 2
    return values


def krawtchouk(dim: int) -> Values:
    """[D+1, D+1] K_d(k) at d, k: what a sphere of radius d transforms to at a set of k of D bits."""
    terms = range(dim + 1)
    return np.array(
        [[sum((-1) ** j * math.comb(k, j) * math.comb(dim - k, d - j) for j in range(d + 1)) for k in terms] for d in terms],
        np.float64,
    )


def at_distances(values: Values) -> Values:
    """[D+1, 2^D] the sums f_d(x) of values [2^D]."""
    count = len(values)
    size = np.array([index.bit_count() for index in range(count)])
    spheres = krawtchouk(count.bit_length() - 1)[:, size]
    return walsh_hadamard(spheres * walsh_hadamard(values)) / count


def distance_weights(lost: Values, dim: int) -> Values:
    """[..., D+1] how probable it is that noise of strength lost [...] makes of a sequence one that differs from it in d bits,
    one given sequence for each d."""
    half, d = np.asarray(lost, np.float64)[..., None] / 2.0, np.arange(dim + 1)
    return half**d * (1.0 - half) ** (dim - d)
