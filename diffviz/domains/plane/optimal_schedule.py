"""The noise levels at which T steps leave the smallest gap.

With the exact denoiser and the optimal isotropic variance (Bao et al. 2022, theorem 1), the bound of a variance-preserving chain
with log SNR l_1 > ... > l_T is a function of MMSE(l) = E tr Cov(x_0|x_t) at these levels alone:

    L_0     = (D/2) log(2 pi e MMSE(l_1)/D)
    L_{j-1} = (D/2) log(1 + (SNR_{j-1} - SNR_j) MMSE(l_j)/D),   j = 2..T
    L_T     = E KL(q(x_T|x_0) || N(0, I))

The gap is their sum less the entropy of the data. Every term knows two neighbouring levels at most, so the Hessian is tridiagonal
and a step of Newton's method costs O(T). MMSE is interpolated between levels at which quadrature finds it.

Steps of equal thermodynamic length (thermodynamics.py) minimise the gap to leading order in 1/T. At finite T they do not,
because steps are not short and the length counts neither the step into the data nor the mismatch at T.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, solveh_banded
from scipy.special import expit

from diffviz.caching import bounded, of_mixture
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import marginal
from diffviz.schedules import REACH_LOG_SNR, even_levels, from_log_snr

if TYPE_CHECKING:
    from scipy.interpolate import BSpline

LEVELS = 65  # at which quadrature finds MMSE
CENTRE, WIDTH = 2.0, 6.0  # in log SNR: around the one, where MMSE bends, levels lie closer than beyond the other
NODES_PER_TAU = 3  # MMSE to 1e-5, enough to place levels around a minimum; a gap that is shown comes from thermodynamics.py
LEAST_METRIC = 1e-7  # nats per squared unit of log SNR
TIE_NATS = 1e-6  # what quadrature cannot tell from nothing (quadrature.ERROR_NATS)
DIRECT_STEPS = 100
NEWTON_STEPS = 100
DECREMENT_NATS = 1e-10
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LeastErrors:
    """MMSE against log SNR of one data set.

    dim: D; mean_square: E |x_0|^2; std: s of the mixture's components
    residue: log(MMSE/MMSE of one component) for log SNR within +-REACH_LOG_SNR; 0 if there is but one
    """

    dim: int
    mean_square: float
    std: float
    residue: BSpline

    def log_mmse(self, log_snr: Values) -> tuple[Values, Values, Values]:
        """log(MMSE/D) and its first two derivatives in log SNR, [n] each."""
        scaled = log_snr + 2 * math.log(self.std)  # log of s^2 SNR: one component has MMSE/D = s^2/(1 + s^2 SNR)
        value, share = 2 * math.log(self.std) - np.logaddexp(0.0, scaled) + self.residue(log_snr), expit(scaled)
        return value, self.residue(log_snr, 1) - share, self.residue(log_snr, 2) - share * (1 - share)


@bounded(2**20, of_mixture)
def least_errors(mixture: GaussianMixture) -> LeastErrors:
    """Of a mixture in the plane: quadrature at LEVELS levels, a spline of degree 5 between them."""
    from scipy.interpolate import make_interp_spline  # takes 0.2 s to import

    ends = np.arcsinh((np.array([-REACH_LOG_SNR, REACH_LOG_SNR]) - CENTRE) / WIDTH)
    log_snr = CENTRE + WIDTH * np.sinh(np.linspace(*ends, LEVELS))
    log_snr[[0, -1]] = -REACH_LOG_SNR, REACH_LOG_SNR  # to the last digit
    alpha, sigma = (column[1:].tolist() for column in from_log_snr(log_snr))
    mmse = np.array([marginal(mixture, a, s, NODES_PER_TAU).mmse for a, s in zip(alpha, sigma, strict=True)])
    component = mixture.dim * mixture.std**2 * expit(-log_snr - 2 * math.log(mixture.std))
    return LeastErrors(mixture.dim, mixture.mean_square, mixture.std, make_interp_spline(log_snr, np.log(mmse / component), k=5))


def metric(errors: LeastErrors, log_snr: Values) -> Values:
    """[n] nats per squared unit of log SNR that short steps dissipate: g(l) of thermodynamics.py in closed form.

    Expanding L_{j-1} less the information (half the integral of MMSE over SNR, Guo et al. 2005) to second order in the step:
    g = (D/4) x (-mu - x) with x = SNR MMSE/D and mu = d log MMSE/d log SNR. As d MMSE/d SNR = -E tr Cov^2, this is
    (SNR^2/4) (E tr Cov^2 - (E tr Cov)^2/D): what one variance for all x_t and all directions gets wrong."""
    value, slope, _ = errors.log_mmse(log_snr)
    x = np.exp(log_snr + value)
    return np.maximum(errors.dim / 4 * x * (-slope - x), 0.0)


def equal_lengths(errors: LeastErrors, steps: int) -> Values:
    """[T] log SNR at the first T of T + 1 steps of equal thermodynamic length; where that vanishes they are even in log SNR."""
    log_snr = np.linspace(REACH_LOG_SNR, -REACH_LOG_SNR, 2001)
    speed = np.sqrt(np.maximum(metric(errors, log_snr), LEAST_METRIC))
    length = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2)])
    return np.interp(np.linspace(0.0, length[-1], steps + 2)[1:-1], length, log_snr)


def bound_nats(errors: LeastErrors, log_snr: Values) -> tuple[float, Values, Values]:
    """The bound of levels [T], its gradient [T] and its Hessian [2, T] as solveh_banded takes it: above the diagonal (from the
    second entry on), and the diagonal."""
    half = errors.dim / 2
    value, slope, bend = errors.log_mmse(log_snr)
    gradient, hessian = np.zeros_like(log_snr), np.zeros((2, len(log_snr)))
    gradient[0], hessian[1, 0] = half * slope[0], half * bend[0]

    x, slope_t, bend_t = np.exp(log_snr + value)[1:], slope[1:], bend[1:]
    excess = x * np.expm1(log_snr[:-1] - log_snr[1:])  # (SNR_s - SNR_t) MMSE_t/D of the step from t to s
    by_s, by_t, one = excess + x, slope_t * excess - x, 1.0 + excess  # the first two: its derivatives in l_s and l_t
    gradient[:-1] += half * by_s / one
    gradient[1:] += half * by_t / one
    hessian[1, :-1] += half * (by_s / one - (by_s / one) ** 2)
    hessian[1, 1:] += half * ((bend_t * excess + slope_t * by_t - x * (1.0 + slope_t)) / one - (by_t / one) ** 2)
    hessian[0, 1:] = half * (slope_t * by_s / one - by_s * by_t / one**2)

    alpha2, sigma2 = float(expit(log_snr[-1])), float(expit(-log_snr[-1]))
    off = errors.mean_square - errors.dim
    prior = 0.5 * (off * alpha2 - errors.dim * math.log(sigma2))
    gradient[-1] += 0.5 * (off * sigma2 + errors.dim) * alpha2
    hessian[1, -1] += 0.5 * (off * (sigma2 - alpha2) + errors.dim) * alpha2 * sigma2
    into_data = half * (math.log(2 * math.pi * math.e) + value[0])
    return float(into_data + half * np.log1p(excess).sum() + prior), gradient, hessian


def _objective(errors: LeastErrors, log_snr: Values) -> tuple[float, Values, Values]:
    """bound_nats, and what decides between levels that are equally good: TIE_NATS times their mean squared distance from even
    ones, in units of REACH_LOG_SNR."""
    value, gradient, hessian = bound_nats(errors, log_snr)
    off, weight = log_snr - even_levels(len(log_snr)), TIE_NATS / (REACH_LOG_SNR**2 * len(log_snr))
    hessian[1] += 2 * weight
    return value + weight * float(off @ off), gradient + 2 * weight * off, hessian


def _direction(gradient: Values, hessian: Values) -> Values:
    """Newton's; where the Hessian is not positive definite, with a multiple of the identity added to it."""
    shift = 0.0
    while True:
        try:
            return -solveh_banded(hessian + np.array([[0.0], [shift]]), gradient)
        except LinAlgError:
            shift = max(4 * shift, 1e-3 * float(np.abs(hessian[1]).max()))


def minimise(errors: LeastErrors, log_snr: Values) -> Values:
    """[T] the levels to which Newton's method with backtracking leads from the given ones. They fall strictly and stay within
    +-REACH_LOG_SNR."""
    value, gradient, hessian = _objective(errors, log_snr)
    for _ in range(NEWTON_STEPS):
        direction = _direction(gradient, hessian)
        decrement = -float(gradient @ direction)
        if decrement < DECREMENT_NATS:
            break
        spacing = -np.diff(log_snr, prepend=REACH_LOG_SNR, append=-REACH_LOG_SNR)
        closing = float((np.diff(direction, prepend=0.0, append=0.0) / spacing).max())
        size = min(1.0, 0.9 / closing) if closing > 0.0 else 1.0  # no spacing loses more than nine tenths at once
        found = _objective(errors, log_snr + size * direction)
        while found[0] > value - 1e-4 * size * decrement and size * decrement > DECREMENT_NATS:
            size /= 2
            found = _objective(errors, log_snr + size * direction)
        if found[0] >= value:
            break  # by rounding: nothing more is to be gained
        log_snr, (value, gradient, hessian) = log_snr + size * direction, found
    return log_snr


@bounded(4 * 2**20, of_mixture)
def optimal_log_snr(mixture: GaussianMixture, steps: int) -> Values:
    """[T] log SNR at t = 1..T, falling, at which the gap of the exact denoiser with the optimal variance is smallest, for a
    mixture in the plane. The array is shared and cannot be written to.

    One Gaussian is undone without dissipation by steps of any length. Its gap is the mismatch at T, and levels that are equally
    good to TIE_NATS are even between REACH_LOG_SNR and its negative."""
    errors = least_errors(mixture)
    if steps <= DIRECT_STEPS:
        start = equal_lengths(errors, steps)
    else:  # where the metric all but vanishes, Newton's method gets lost from there, but not from half as many levels
        coarse = optimal_log_snr(mixture, steps // 2)
        start = np.interp(np.linspace(0.0, 1.0, steps), np.linspace(0.0, 1.0, len(coarse)), coarse)
    log_snr = minimise(errors, start)
    log_snr.flags.writeable = False
    return log_snr


def optimal_gap_nats(mixture: GaussianMixture, steps: int) -> float:
    """The smallest gap of T steps, to 1e-5 nats: the bound at optimal_log_snr with the interpolated MMSE, less the entropy."""
    bound = bound_nats(least_errors(mixture), optimal_log_snr(mixture, steps))[0]
    return bound - marginal(mixture, 1.0, 0.0).entropy_nats
