"""The variational bound, step by step, beside what it must cost.

For a chain of times 0 = t_0 < ... < t_K = T (all times, or those a sampler visits), with s = t_{j-1} and t = t_j:

    L_K     = E KL(q(x_T|x_0) || N(0, I)) = I(x_0; x_T) + KL(q(x_T) || N(0, I))
    L_{j-1} = E KL(q(x_s|x_t,x_0) || p(x_s|x_t)),   j = 2..K
    L_0     = E[-log p(x_0|x_{t_1})]                  (data are points of the plane: a density, not a grid of levels)
    bound   = sum of all L  >=  E[-log p(x_0)]  >=  entropy of the data

    dissipation_j = E KL(q(x_s|x_t) || p(x_s|x_t)) >= 0,   bound - entropy = sum of dissipations + KL(q(x_T) || N(0, I))

p(x_s|x_t) is Gaussian with mean c_t x_t + c_0 x0_hat (kernels.py). With one variance for all x_t, each L needs only
E|x_0 - x0_hat|^2 = MMSE + E|E[x_0|x_t] - x0_hat|^2: the first is known by quadrature (thermodynamics.py has the exact costs), the
second is what a network gets wrong and is estimated on random points. So the exact curves carry no sampling error, and the
learned ones only that of the excess. Where the denoiser tells its own variance of each coordinate, the excess is the KL
divergence to its Gaussian from the one with the exact mean and variances: but for a constant L is E[-log p], and -log p a square.

Sources: Sohl-Dickstein et al. 2015, sec. 2.4; Ho et al. 2020, eq. 5; Bao et al. 2022.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.deadline import check_time
from diffviz.domains.plane.thermodynamics import NoiseLevels, Values, exact_costs, mismatch_nats
from diffviz.estimates import Estimate, Sampled, affordable
from diffviz.gaussian.denoisers.base import Denoiser
from diffviz.gaussian.kernels import ReverseKernel, ReverseVariances, reverse_kernel
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.prior import Prior
from diffviz.gaussian.quadrature import ERROR_NATS
from diffviz.noise import ParticleNoise, Stream, at_time, particle_uniform
from diffviz.schedules import NoiseSchedule

LEAST, MOST = 512, 4096  # points on which a network's error is estimated at each time
ALTOGETHER = 1 << 17  # of all times: the sum over a long chain needs fewer at each


@dataclass(frozen=True, eq=False)
class Information:
    """Costs along the chain times [K+1], in nats.

    kl_nats, kl_stderr: [K+1] L_0..L_K of this denoiser
    exact_kl_nats: [K+1] the same for the exact denoiser and the same reverse variance: the floor
    dissipation_nats: [K] of this denoiser, step t_j -> t_{j-1} at index j-1
    exact_dissipation_nats: [K] of the exact denoiser
    entropy: of the data; bound, gap = bound - entropy: of this denoiser
    mismatch_nats: KL(q(x_T) || N(0, I)), or from what the reverse process starts from instead, at its last time. The prior loss,
        L_K, is that of a known x_0: it is larger by I(x_0; x_T), what x_T still knows of the data
    excess_nats: [S] what the denoiser's errors cost in the whole chain at each of S random points; empty for the exact one
    """

    times: NDArray[np.int64]
    kl_nats: Values
    kl_stderr: Values
    exact_kl_nats: Values
    dissipation_nats: Values
    exact_dissipation_nats: Values
    entropy: Estimate
    bound: Estimate
    gap: Estimate
    exact_gap: Estimate
    mismatch_nats: float
    excess_nats: Values

    def sampled(self, value: float) -> Sampled:
        """The bound, or what differs from it by a constant, with the points it was estimated on."""
        return Sampled(value, self.excess_nats, tolerance=ERROR_NATS)


def network_errors(
    denoiser: Denoiser,
    mixture: GaussianMixture,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    device: torch.device | str = "cpu",
    samples: int | None = None,
    seed: int = 0,
) -> Values:
    """[K, samples] |E[x_0|x_t] - x0_hat(x_t)|^2 at times[1:], on random points x_0 and noise of its own at every t.

    A network is wrong at few places, and by much: on the same points at all times, one of these places would be in every term of
    the sum over times (noise.at_time). Columns are independent of one another.

    samples: by default as many as the length of the chain allows; seed: of the points; runs with the same seed are measured on
    the same ones at the same t.
    """
    truth = mixture.to(device, torch.float32)
    errors = np.empty((len(times) - 1, _samples(len(times) - 1, samples)))
    for row, x_t, level in _points(mixture, schedule, times, errors.shape[1], seed):
        x_t = x_t.float().to(device)
        exact, _ = truth.posterior(x_t, *level, variance=False)
        errors[row] = (exact - denoiser(x_t, *level).x0_hat).square().sum(1).cpu().numpy()
    return errors


def variance_errors(
    denoiser: Denoiser,
    mixture: GaussianMixture,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    device: torch.device | str = "cpu",
    samples: int | None = None,
    seed: int = 0,
) -> Values:
    """[K, samples] of a denoiser that tells its own variance, on the points of network_errors: the KL divergence in nats from the
    Gaussian with the mean and, in each coordinate, the variance of q(x_s|x_t) to the denoiser's p(x_s|x_t)."""
    errors = np.empty((len(times) - 1, _samples(len(times) - 1, samples)))
    for row, x_t, level in _points(mixture, schedule, times, errors.shape[1], seed):
        kernel = reverse_kernel(schedule, int(times[row]), int(times[row + 1]))
        exact, spread = mixture.posterior(x_t, *level)
        told = denoiser(x_t.float().to(device), *level)
        known = kernel.variance + kernel.c_0**2 * spread
        p = kernel.variance + kernel.c_0**2 * told.variance.cpu().double()
        square = kernel.c_0**2 * (exact - told.x0_hat.cpu().double()).square()
        errors[row] = (0.5 * (known / p - 1.0 - (known / p).log() + square / p)).sum(1).numpy()
    return errors


def _samples(count: int, samples: int | None) -> int:
    """As many as are asked for, or as the length of the chain allows."""
    return affordable(count, LEAST, MOST, ALTOGETHER) if samples is None else samples


def _points(
    mixture: GaussianMixture, schedule: NoiseSchedule, times: NDArray[np.int64], samples: int, seed: int
) -> Iterator[tuple[int, torch.Tensor, tuple[float, float]]]:
    """For each row and time of times[1:] points x_t [samples, 2] float64 and the noise level (alpha, sigma)."""
    normal, uniform = ParticleNoise(seed, Stream.DIAGNOSTICS, samples), particle_uniform(seed, Stream.DIAGNOSTICS, samples)
    with torch.inference_mode():
        for row, t in enumerate(times[1:].tolist()):
            check_time()
            alpha, sigma = float(schedule.alpha[t]), float(schedule.sigma[t])
            x0 = mixture.sample(at_time(uniform, t), normal(t, 0).double())
            yield row, alpha * x0 + sigma * normal(t, 1).double(), (alpha, sigma)


def information(
    mixture: GaussianMixture,
    schedule: NoiseSchedule,
    variances: ReverseVariances,
    times: NDArray[np.int64],
    levels: NoiseLevels,
    errors: Values | None = None,
    mean: Callable[..., ReverseKernel] = reverse_kernel,
    prior: Prior | None = None,
) -> Information:
    """The costs of a chain.

    variances: of the same chain; levels: noise_levels of it; errors: network_errors of it or, with the denoiser's own variance,
    variance_errors; None for the exact denoiser; mean: as exact_costs has it, of the exact denoiser only; prior: what the chain
    starts from, None for N(0, I).
    """
    count = len(times) - 1
    costs = exact_costs(mixture, schedule, variances, times, levels, mean, prior)
    excess = np.zeros((count, 1)) if errors is None else costs.slope[:, None] * errors
    samples = excess.shape[1]
    error = excess.mean(1)

    entropy = Estimate(float(levels.entropy_nats[0]), ERROR_NATS, drawn=False)
    total = np.zeros(0) if errors is None else excess.sum(0)  # per column, so that correlation between times is in the error
    bound = Sampled(float(costs.kl.sum() + error.sum()), total, tolerance=ERROR_NATS).estimate
    return Information(
        times=times,
        kl_nats=np.append(costs.kl[:count] + error, costs.kl[count]),
        kl_stderr=np.append(np.zeros(count) if errors is None else excess.std(1, ddof=1) / math.sqrt(samples), 0.0),
        exact_kl_nats=costs.kl,
        dissipation_nats=costs.dissipation + error,
        exact_dissipation_nats=costs.dissipation,
        entropy=entropy,
        bound=bound,
        gap=Estimate(bound.value - entropy.value, bound.stderr, bound.drawn),
        exact_gap=Estimate(float(costs.kl.sum()) - entropy.value, ERROR_NATS, drawn=False),
        mismatch_nats=mismatch_nats(mixture, schedule, int(times[-1]), float(levels.entropy_nats[-1]), prior),
        excess_nats=total,
    )
