"""What each step costs one particle, where the means over all particles are the costs of the chain (thermodynamics.py).

For a step from t to s and a point x_t with the denoiser's x0_hat, p(x_s|x_t) = N(c_t x_t + c_0 x0_hat, diag variance):

    given  = KL(q(x_s|x_t,x_0) || p(x_s|x_t)),  in the step into data -log p(x_0|x_t);  its mean is L
    exact  = KL(q(x_s|x_t) || p(x_s|x_t));                                              its mean is the dissipation
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.deadline import check_time
from diffviz.gaussian.kernels import ReverseKernel, ReverseVariances, gaussian_kl_nats, reverse_kernel
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.point import kl_to_gaussian_nats, one_before, posterior_mixture
from diffviz.schedules import NoiseSchedule

Values = NDArray[np.float64]


@dataclass(frozen=True)
class ReverseStep:
    """From t to s: the kernel q(x_s|x_t, x_0), and the variance of p(x_s|x_t) as the bound uses it, without what the denoiser's
    own adds."""

    s: int
    t: int
    kernel: ReverseKernel
    variance: float


def reverse_steps(schedule: NoiseSchedule, variances: ReverseVariances, times: NDArray[np.int64]) -> list[ReverseStep]:
    """The K steps of the chain times [K+1], ascending; variances: of the same chain."""
    return [
        ReverseStep(s, t, reverse_kernel(schedule, s, t), float(variance))
        for (s, t), variance in zip(itertools.pairwise(times.tolist()), variances.values, strict=True)
    ]


def step_variances(steps: list[ReverseStep], own: Values | None = None) -> Values:
    """[m, 2] of p(x_s|x_t), each with a step of its own; own: [m, 2] Var[x_0|x_t] of the denoiser, where that is added."""
    found = np.tile([[step.variance] for step in steps], 2)
    return found if own is None else found + np.square([[step.kernel.c_0] for step in steps]) * own


def exact_costs_nats(
    mixture: GaussianMixture, schedule: NoiseSchedule, steps: list[ReverseStep], x_t: Values, x0_hat: Values, variance: Values
) -> Values:
    """[m] KL(q(x_s|x_t) || p(x_s|x_t)) of points x_t [m, 2] with estimates x0_hat [m, 2] and step_variances [m, 2], each with a
    step of its own."""
    found = np.empty(len(steps))
    points = zip(steps, *map(torch.from_numpy, (x_t, x0_hat, variance)), strict=True)
    for row, (step, x, estimate, spread) in enumerate(points):
        check_time()
        posterior = posterior_mixture(mixture, x, float(schedule.alpha[step.t]), float(schedule.sigma[step.t]))
        mean = step.kernel.c_t * x + step.kernel.c_0 * estimate
        found[row] = kl_to_gaussian_nats(one_before(posterior, x, step.kernel), mean, spread)
    return found


def given_costs_nats(steps: list[ReverseStep], x_0: Values, x0_hat: Values, variance: Values) -> Values:
    """[m] KL(q(x_s|x_t, x_0) || p(x_s|x_t)) for x_0 [2] or [m, 2], and -log p(x_0|x_t) of a step into data. variance:
    step_variances [m, 2]."""
    found = np.empty(len(steps))
    for row, (step, apart, p) in enumerate(zip(steps, np.square(x_0 - x0_hat).tolist(), variance.tolist(), strict=True)):
        square = [step.kernel.c_0**2 * one for one in apart]
        if step.s == 0:
            found[row] = sum(math.log(2 * math.pi * v) / 2 + d / (2 * v) for d, v in zip(square, p, strict=True))
        else:
            found[row] = sum(gaussian_kl_nats(d, step.kernel.variance, v, 1) for d, v in zip(square, p, strict=True))
    return found
