"""What finite steps cost, in closed form, and the schedule that costs least to leading order in 1/T.

For a chain of times 0 = t_0 < ... < t_K, s = t_{j-1}, t = t_j, the exact denoiser and a Gaussian p(x_s|x_t):

    L_{j-1}       = E KL(q(x_s|x_t,x_0) || p(x_s|x_t))
    dissipation_j = E KL(q(x_s|x_t) || p(x_s|x_t)) = L_{j-1} - [I(x_0; x_s) - I(x_0; x_t)]

L needs only the least mean squared error, the mutual informations only entropies, and quadrature knows both. The dissipation of a
short step grows like the square of its length in log SNR: g(l) = dissipation/(dl)^2 is a metric (the thermodynamic metric of
Salamon & Berry 1983, Crooks 2007). As T grows, the best way to place T steps is that of constant speed, equal increments of the
length int sqrt(g) dl, and its gap is length^2/T to leading order. optimal_schedule.py finds the best way at a given T.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffviz.caching import bounded, of_mixture
from diffviz.gaussian.kernels import ReverseKernel, ReverseVariances, gaussian_kl_nats, reverse_kernel, reverse_variances
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.prior import Prior
from diffviz.gaussian.quadrature import log_spread_nats, marginals
from diffviz.schedules import REACH_LOG_SNR, NoiseSchedule, from_log_snr

ROUNDING_NATS = 1e-9  # a dissipation this little below zero is zero, rounded
LEAST_SPEED = 1e-6  # in sqrt(nats) a short step
GRID = 360  # short steps on which the metric is measured
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NoiseLevels:
    """What quadrature knows of every visited noise level: entropies [K+1] in nats and MMSEs [K+1]."""

    entropy_nats: Values
    mmse: Values


def noise_levels(mixture: GaussianMixture, schedule: NoiseSchedule, times: NDArray[np.int64]) -> NoiseLevels:
    """Entropy and MMSE at every time of the chain."""
    return NoiseLevels(*marginals(mixture, schedule.alpha[times], schedule.sigma[times]))


@dataclass(frozen=True, eq=False)
class ExactCosts:
    """Of the exact denoiser along times [K+1], in nats.

    kl: [K+1] L_0..L_K, the last one KL(q(x_t|x_0) || N(0, I)) at the last time, which is T unless the chain ends below, or
        of what it starts from instead
    dissipation: [K]
    slope: [K] by how much L_{j-1} grows per unit of a denoiser's excess squared error; where the denoiser tells its own variance,
        an error is a KL divergence in nats (information.variance_errors) and the slope is 1
    """

    kl: Values
    dissipation: Values
    slope: Values


def terminal_kl_nats(mixture: GaussianMixture, schedule: NoiseSchedule, t: int, prior: Prior | None = None) -> float:
    """E KL(q(x_t|x_0) || prior), in closed form: the prior loss L_T of a chain whose last time is t. prior: None for N(0, I)."""
    if prior is not None:
        alpha, sigma = float(schedule.alpha[t]), float(schedule.sigma[t])
        return prior.cross_entropy_nats(mixture, alpha, sigma) - _entropy_of_noise(sigma**2, mixture.dim)
    alpha2, sigma2 = float(schedule.alpha[t] ** 2), float(schedule.sigma[t] ** 2)
    return 0.5 * (mixture.dim * (sigma2 - 1.0 - math.log(sigma2)) + alpha2 * mixture.mean_square)


def mismatch_nats(
    mixture: GaussianMixture, schedule: NoiseSchedule, t: int, entropy_nats: float, prior: Prior | None = None
) -> float:
    """KL(q(x_t) || prior), with the entropy of x_t, the last time of a chain: L_T less what x_t knows of x_0."""
    if prior is not None:
        return prior.cross_entropy_nats(mixture, float(schedule.alpha[t]), float(schedule.sigma[t])) - entropy_nats
    alpha2, sigma2 = float(schedule.alpha[t] ** 2), float(schedule.sigma[t] ** 2)
    return 0.5 * (mixture.dim * (math.log(2 * math.pi) + sigma2) + alpha2 * mixture.mean_square) - entropy_nats


def _entropy_of_noise(variance: float, dim: int) -> float:
    return dim / 2 * math.log(2 * math.pi * math.e * variance)


def _misplaced(mixture: GaussianMixture, alpha: float, sigma: float, mmse: float, off_t: float, off_0: float) -> float:
    """E|off_t x_t + off_0 x0_hat|^2 of the exact x0_hat, for which E x_t.x0_hat = E x_t.x_0 and E|x0_hat|^2 = E|x_0|^2 - mmse."""
    square = mixture.mean_square
    of_t = alpha**2 * square + mixture.dim * sigma**2
    return off_t**2 * of_t + 2.0 * off_t * off_0 * alpha * square + off_0**2 * (square - mmse)


def _own_variance_nats(mixture: GaussianMixture, schedule: NoiseSchedule, s: int, t: int, kernel: ReverseKernel) -> float:
    """L of the step from t to s where p(x_s|x_t) has the mean of q(x_s|x_t), and its variance in each coordinate."""
    level = schedule.alpha.item(t), schedule.sigma.item(t)
    if s == 0:
        return _entropy_of_noise(1.0, mixture.dim) + log_spread_nats(mixture, *level, 0.0, 1.0)
    return log_spread_nats(mixture, *level, 1.0, kernel.c_0**2 / kernel.variance)


def exact_costs(
    mixture: GaussianMixture,
    schedule: NoiseSchedule,
    variances: ReverseVariances,
    times: NDArray[np.int64],
    levels: NoiseLevels,
    mean: Callable[..., ReverseKernel] = reverse_kernel,
    prior: Prior | None = None,
) -> ExactCosts:
    """variances: of the same chain; levels: noise_levels of it. mean(schedule, s, t): the kernel whose mean p(x_s|x_t) has, if it
    is not q's; what it is off by costs its square, as it is a function of x_t. prior: what the chain starts from, None for
    N(0, I)."""
    dim, count = mixture.dim, len(times) - 1
    kl, slope = np.empty(count + 1), np.empty(count)
    for j in range(count):
        s, t = int(times[j]), int(times[j + 1])
        kernel, of_p = reverse_kernel(schedule, s, t), mean(schedule, s, t)
        if variances.added == "coordinate":
            kl[j], slope[j] = _own_variance_nats(mixture, schedule, s, t, kernel), 1.0
            continue
        p, mmse = float(variances.values[j]), float(levels.mmse[j + 1])
        slope[j] = kernel.c_0**2 / (2 * p)
        off_t, off_0, off = of_p.c_t - kernel.c_t, of_p.c_0 - kernel.c_0, 0.0
        if off_t != 0.0 or off_0 != 0.0:
            off = _misplaced(mixture, schedule.alpha.item(t), schedule.sigma.item(t), mmse, off_t, off_0)
        if j == 0:
            kl[0] = dim / 2 * math.log(2 * math.pi * p) + slope[0] * mmse + off / (2 * p)
        else:
            kl[j] = gaussian_kl_nats(kernel.c_0**2 * mmse + off, kernel.variance, p, dim)
    kl[count] = terminal_kl_nats(mixture, schedule, int(times[-1]), prior)

    # I(x_0; x_t) - I(x_0; x_s); at s = 0, where x_0 itself is meant, the entropy of x_0 given x_t, with its sign
    noise = np.array([0.0] + [_entropy_of_noise(float(s) ** 2, dim) for s in schedule.sigma[times[1:]]])
    dissipation = kl[:count] + np.diff(levels.entropy_nats - noise)
    dissipation[(dissipation < 0) & (dissipation > -ROUNDING_NATS)] = 0.0
    return ExactCosts(kl, dissipation, slope)


@bounded(2**20, of_mixture)
def thermodynamic_metric(mixture: GaussianMixture) -> tuple[Values, Values]:
    """log SNR [n], falling, and the thermodynamic length from the first to each [n], in sqrt(nats).

    With the optimal reverse variance, on GRID short steps of equal log SNR.
    """
    log_snr = np.linspace(REACH_LOG_SNR, -REACH_LOG_SNR, GRID + 1)
    chain = NoiseSchedule("fine", *from_log_snr(log_snr))
    times = np.arange(GRID + 2)
    variances = reverse_variances("optimal", chain, times, mixture)
    costs = exact_costs(mixture, chain, variances, times, noise_levels(mixture, chain, times))
    # the first step, into data, is no short one; where nothing dissipates, as for one Gaussian, the speed is constant
    speed = np.sqrt(np.maximum(costs.dissipation[1:], LEAST_SPEED**2))
    return log_snr, np.concatenate([[0.0], np.cumsum(speed)])


def leading_order_gap_nats(mixture: GaussianMixture, steps: int) -> float:
    """(thermodynamic length)^2 / T: the smallest gap of T steps to leading order in 1/T. It is no bound."""
    return float(thermodynamic_metric(mixture)[1][-1] ** 2 / steps)


@dataclass(frozen=True, eq=False)
class Staircase:
    """MMSE against SNR (Guo, Shamai & Verdu 2005), as a density over log SNR: nats per unit of log SNR, so that areas are nats.

    The curve is SNR MMSE(SNR)/2: half the area under MMSE(SNR) is information. A step from t to s costs L, drawn as a stair of
    that area between the two levels; with the posterior's variance L is (SNR_s - SNR_t) MMSE(SNR_t)/2. What lies between stairs
    and curve is dissipated.

    log_snr, curve: [n]; stairs: [m, 2] points of the outline, log SNR and density; stair_nats, curve_nats: the two areas from the
    last to the first visited level, without the step into data and the prior.
    """

    log_snr: Values
    curve: Values
    stairs: Values
    stair_nats: float
    curve_nats: float


def staircase(mixture: GaussianMixture, schedule: NoiseSchedule, times: NDArray[np.int64], kl_nats: Values) -> Staircase:
    """Of the chain times [K+1], whose steps cost kl_nats [K+1], L_0 to L_K; levels of infinite SNR or none are left out."""
    finite = np.isfinite(schedule.log_snr[times])
    visited, costs = times[finite], kl_nats[:-1][finite[:-1] & finite[1:]]
    levels, edges = noise_levels(mixture, schedule, visited), schedule.log_snr[visited]
    grid = np.linspace(REACH_LOG_SNR, -REACH_LOG_SNR, 161)
    mmse = noise_levels(mixture, NoiseSchedule("fine", *from_log_snr(grid)), np.arange(1, len(grid) + 1)).mmse
    heights = costs / -np.diff(edges)
    outline = np.stack([np.repeat(edges, 2)[1:-1], np.repeat(heights, 2)], 1) if len(costs) else np.empty((0, 2))
    information = levels.entropy_nats - mixture.dim * np.log(schedule.sigma[visited])
    return Staircase(
        grid,
        np.exp(grid) * mmse / 2,
        outline,
        float(costs.sum()),
        float(information[0] - information[-1]) if len(visited) else 0.0,
    )
