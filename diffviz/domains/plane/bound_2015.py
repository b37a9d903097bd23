"""The bound K as the 2015 paper counts it (Sohl-Dickstein et al. 2015, eq. 14 and app. B), of points.

    K = -sum_{t=2..T} E KL(q(x_{t-1}|x_t, x_0) || p(x_{t-1}|x_t)) + H_q(X_T|X_0) - H_q(X_1|X_0) - H_p(X_T)  <=  E log p(x_0)

p(x_0|x_1) is not learned but fixed to the forward kernel, so that at t = 1 the entropy H_q(X_1|X_0) stands in place of L_0. With
kernels that go back exactly K = -H(X_1): a density is told as sharply as x_1 is, and no model's K exceeds -H(X_0). The paper
subtracts L_null = -H_p(X_T), what N(0, I) reaches with data of variance 1.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from diffviz.domains.plane.information import variance_errors
from diffviz.domains.plane.thermodynamics import Values, exact_costs, noise_levels
from diffviz.estimates import Sampled
from diffviz.gaussian.denoisers.base import Denoiser
from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import ERROR_NATS
from diffviz.schedules import NoiseSchedule

NULL_BITS = -math.log2(2 * math.pi * math.e)  # L_null of two coordinates


def noise_nats(schedule: NoiseSchedule, times: NDArray[np.int64], dim: int = 2) -> float:
    """H_q(X_T|X_0) - H_q(X_1|X_0) - H_p(X_T) of the chain times [K+1]."""
    first, last = (float(schedule.sigma[t]) ** 2 for t in times[[1, -1]])
    return dim / 2 * (math.log(last) - math.log(2 * math.pi * math.e * first))


def k_nats(
    mixture: GaussianMixture,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    denoiser: Denoiser | None = None,
    samples: int | None = None,
    seed: int = 0,
) -> Sampled:
    """K of a variance-preserving chain times [K+1] with the denoiser's own variance of each coordinate. denoiser: None for the
    exact one, whose K is known to rounding; of another the excess is estimated on samples, as variance_errors has it."""
    variances = reverse_variances("learned", schedule, times, mixture)
    costs = exact_costs(mixture, schedule, variances, times, noise_levels(mixture, schedule, times))
    excess: Values = np.zeros(0)
    if denoiser is not None:
        excess = variance_errors(denoiser, mixture, schedule, times, samples=samples, seed=seed)[1:].sum(0)
    value = noise_nats(schedule, times, mixture.dim) - float(costs.kl[1:-1].sum())
    return Sampled(value - (float(excess.mean()) if excess.size else 0.0), -excess, tolerance=ERROR_NATS)
