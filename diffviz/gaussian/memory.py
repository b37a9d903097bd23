"""How the exact denoiser of finitely many training points collapses onto one of them.

Given x_t, training point i has the posterior weight p(i|x_t). At much noise all of n have 1/n; as noise falls a single one
takes all (Biroli et al. 2024: collapse). What x_t says of i is I(i; x_t) = log n - E H(p(i|x_t)) <= log n. As long as n is more
than x_t can tell apart it equals I(x_0; x_t) of the distribution that the points were drawn from, so that the collapse is to be
expected where

    I(x_0; x_t) = log n,      of n draws of N(0, s^2 I_d):  SNR_C = (n^{2/d} - 1)/s^2
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq

from diffviz.deadline import check_time
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import marginal
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.schedules import NoiseSchedule

Values = NDArray[np.float64]
WEIGHTS = 1 << 25  # posterior weights computed in all: a second or two of one core
FEWEST, MOST = 64, 1024  # draws of x_t
HELD = 0.5  # of the posterior's weight: from here on one training point holds it
REACH = 30.0  # in log SNR, for a collapse


@dataclass(frozen=True, eq=False)
class Collapse:
    """At m times t > 0, ascending, means over draws of x_t and their standard errors [m].

    points: n; largest: the largest posterior weight; effective: exp E H, over how many training points the weight is spread
    known_nats: I(i; x_t)
    """

    times: NDArray[np.int64]
    points: int
    largest: Values
    largest_stderr: Values
    effective: Values
    known_nats: Values
    known_stderr: Values

    @property
    def held(self) -> float | None:
        """t below which the largest weight is more than HELD on average, linear between times; None where it never is, or
        always."""
        above = self.largest > HELD
        if above.all() or not above.any():
            return None
        last = int(np.flatnonzero(above)[-1])
        if last + 1 == len(above):
            return None
        between = slice(last, last + 2)
        return float(np.interp(-HELD, -self.largest[between], self.times[between]))


def training_points(x: torch.Tensor) -> GaussianMixture:
    """The data that consist of the points x [n, D] alone, without any width."""
    x = x.double()
    return GaussianMixture(x, torch.full((len(x),), 1.0 / len(x), dtype=torch.float64), 0.0)


def collapse(mixture: GaussianMixture, schedule: NoiseSchedule, times: NDArray[np.int64], seed: int = 0) -> Collapse:
    """Of the exact denoiser whose data are the mixture, each component of it a training point.

    times: [m], all above 0. The same x_0 and noise are used at all of them, so that curves are smooth.
    """
    count = len(mixture.means)
    draws = int(np.clip(WEIGHTS // (count * max(1, len(times))), FEWEST, MOST))
    noise = ParticleNoise(seed, Stream.DIAGNOSTICS, draws, (mixture.dim,))
    x_0 = mixture.sample(particle_uniform(seed, Stream.DIAGNOSTICS, draws), noise(0, 0).double())
    eps = noise(0, 1).double()
    largest, entropy = np.empty((len(times), draws)), np.empty((len(times), draws))
    for row, t in enumerate(times.tolist()):
        check_time()
        alpha, sigma = float(schedule.alpha[t]), float(schedule.sigma[t])
        shares = mixture.shares(alpha * x_0 + sigma * eps, alpha, sigma)
        largest[row], entropy[row] = shares.amax(1).numpy(), torch.special.entr(shares).sum(1).numpy()
    prior = float(torch.special.entr(mixture.weights).sum())
    root = math.sqrt(draws)
    return Collapse(
        times,
        count,
        largest.mean(1),
        largest.std(1, ddof=1) / root,
        np.exp(entropy.mean(1)),
        prior - entropy.mean(1),
        entropy.std(1, ddof=1) / root,
    )


def information_nats(mixture: GaussianMixture, alpha: float, sigma: float) -> float:
    """I(x_0; x_t) of a mixture on a line or in the plane, by quadrature."""
    return marginal(mixture, alpha, sigma).entropy_nats - mixture.dim / 2 * math.log(2 * math.pi * math.e * sigma**2)


def collapse_log_snr(mixture: GaussianMixture, points: int) -> float:
    """log SNR at which x_t says log n of the x_0 of the mixture: where n draws of it are told apart. -inf for a single one."""
    if points == 1:
        return -math.inf

    def lacking(log_snr: float) -> float:
        alpha, sigma = math.sqrt(1 / (1 + math.exp(-log_snr))), math.sqrt(1 / (1 + math.exp(log_snr)))
        return information_nats(mixture, alpha, sigma) - math.log(points)

    return float(brentq(lacking, -REACH, REACH, xtol=1e-9))
