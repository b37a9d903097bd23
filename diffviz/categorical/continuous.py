"""The variational bound in continuous time: what the bound of a chain tends to as its steps become many and short.

While abar falls by d abar, a coordinate is redrawn with probability d abar/abar. So in the reverse process one that is v jumps to
w, as abar grows, at the rate

    R(v -> w) = nu(v)/abar sum_b P(x_0 = b|x_t) q(w|x_0 = b)/q(v|x_0 = b),         w != v, for each unit of abar

which is Bayes' rule of kernels.py for a short step. No two coordinates jump at once, so nothing is lost by drawing them alone:
with the exact denoiser the rates are those of the process run back in time, and

    bound = entropy of the data + KL(q(x_T) || prior)

whatever the schedule between. A denoiser whose rates are R' costs in addition (Campbell et al. 2022, prop. 2; Lou et al. 2024)

    integral from abar_T to 1 of E sum_i sum_w [R log(R/R') - R + R'] d abar

    absorbing   R(mask -> b) = P(b)/(1 - abar): the cross-entropy of the masked symbols over 1 - abar (MDLM, Sahoo et al. 2024,
                eq. 10), which from abar = 0 on is the mean cost of one symbol at a time in a random order (Hoogeboom et al. 2022)
    uniform     R(v -> w) = sum_b P(b) q(w|b)/q(v|b) / (V abar)

The integral is taken over u with 1 - abar = (1 - abar_T) u^2, by Gauss and Legendre's rule: under masks the integrand is a
polynomial in u of degree 2 D - 1 at most, and a rule of D nodes has no error.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from diffviz.categorical.costs import apart, paths
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.kernels import Redrawing, Values
from diffviz.deadline import check_time
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.process import Denoiser

LEAST = 16  # nodes of the rule


def levels(end: float, dim: int) -> tuple[Values, Values]:
    """What is lost, 1 - abar, rising, and the weights of an integral over abar from end to 1, at the rule's nodes. dim: D."""
    node, weight = np.polynomial.legendre.leggauss(max(LEAST, dim))
    u = (1.0 + node) / 2.0
    return (1.0 - end) * u**2, (1.0 - end) * u * weight


def continuous_excess_nats(
    denoiser: Denoiser,
    distribution: CategoricalDistribution,
    noise: Redrawing,
    end: float = 0.0,
    device: torch.device | str = "cpu",
    samples: int | None = None,
    seed: int = 0,
) -> Values:
    """[S] what a denoiser's errors add to the bound in continuous time, each along one path of the forward process to abar = end.

    Under uniform noise the rule has an error of its own, which is small where the denoiser is exact as noise vanishes
    (networks.seen_alone); of one that is not, the bound is infinite. samples, seed: as of costs.sampled_costs.
    """
    lost, weights = levels(end, distribution.dim)
    samples = paths(len(lost)) if samples is None else samples
    x_t = distribution.sample(particle_uniform(seed, Stream.CONTINUOUS, samples))
    normal = ParticleNoise(seed, Stream.CONTINUOUS, samples, (distribution.dim,), x_t.device, x_t.dtype)
    found, share = np.zeros(samples), 1.0
    with torch.inference_mode():
        for j, (now, weight) in enumerate(zip(lost.tolist(), weights.tolist(), strict=True), 1):
            check_time()
            x_t, share = noise.after(x_t, 1.0 - (1.0 - now) / share, normal(j)), 1.0 - now
            told = denoiser(x_t.float().to(device), math.sqrt(share), math.sqrt(now)).probabilities.to(x_t)
            exact = distribution.posterior(x_t, noise, now)
            found += weight * apart(*(noise.rates(x_t, each, now) for each in (exact, told))).sum(1)
    return found
