"""What it takes to carry data to noise: how fast the probability flow moves, and the entropy that its noise produces.

x_t = alpha x_0 + sigma eps moves with the velocity u(x, t) = alpha' E[x_0|x_t] + sigma' E[eps|x_t] of the probability-flow ODE, a
prime being the derivative by tau = t/T. Its mean square is

    v_2^2 = E|u|^2 = alpha'^2 E|x_0|^2 + sigma'^2 D - (alpha' sigma - alpha sigma')^2 MMSE/sigma^2

Between two times of a schedule's table alpha and sigma are taken to be straight, so that a table is a process for every tau.

Neural entropy (Premkumar 2025): int beta/2 E|grad log p_t + x|^2 dt = KL(p_0 || N(0, I)) - KL(p_T || N(0, I)). It depends on
the two ends alone. It is stated for alpha^2 + sigma^2 = 1; of another schedule it is that of x_t scaled so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr

from diffviz.caching import bounded, of_mixture
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import marginal
from diffviz.schedules import NoiseSchedule, from_log_snr

Values = NDArray[np.float64]
REACH, APART = 16.0, 0.2  # in log SNR: the levels at which the data are measured, and between two of them
DEGREE = 5  # of the splines through them: cubic ones would need twice as many levels
LINE_NODES = 20_001
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)


@dataclass(frozen=True, eq=False)
class _Levels:
    """Of a mixture, functions of log SNR. hidden: MMSE/sigma^2, from E|x_0|^2 - |E x_0|^2 at much noise to D at little, where
    alpha^2 + sigma^2 = 1; produced: int beta/2 E|grad log p_t + x|^2 dt, from the level up to the data."""

    hidden: Callable[[Values], Values]
    produced: Callable[[Values], Values]


@bounded(2**20, of_mixture)
def _levels(mixture: GaussianMixture) -> _Levels:
    from scipy.interpolate import make_interp_spline  # takes 0.2 s to import

    log_snr = np.linspace(-REACH, REACH, round(2 * REACH / APART) + 1)
    alpha, sigma = (table[1:] for table in from_log_snr(log_snr))
    found = [marginal(mixture, float(a), float(s)) for a, s in zip(alpha, sigma, strict=True)]
    hidden = make_interp_spline(log_snr, np.array([each.mmse for each in found]) / sigma**2, DEGREE)
    second = alpha**2 * mixture.mean_square + mixture.dim * sigma**2
    driven = np.array([each.fisher for each in found]) - 2.0 * mixture.dim + second  # E|score + x|^2, as E score.x = -D
    # with tan = sigma/alpha, beta/2 dt = tan dangle = -sigma^2/2 dlogSNR; beyond the last level sigma^2 is exp(-log SNR)
    rate = make_interp_spline(log_snr, driven * sigma**2 / 2.0, DEGREE).antiderivative()
    end, beyond = float(rate(REACH)), float(driven[-1]) * math.exp(-REACH) / 2.0

    def within(x: Values) -> Values:
        return np.clip(x, -REACH, REACH)

    return _Levels(lambda x: hidden(within(x)), lambda x: np.where(x == np.inf, 0.0, end - rate(within(x)) + beyond))


def squared_speeds(mixture: GaussianMixture, schedule: NoiseSchedule) -> Values:
    """[T] v_2^2, its mean over each step from t - 1 to t: their mean is the integral over tau from 0 to 1."""
    alpha, sigma, steps = schedule.alpha, schedule.sigma, schedule.steps
    hidden, share = _levels(mixture).hidden, (1.0 + _NODES) / 2.0
    by_alpha, by_sigma = np.diff(alpha)[:, None], np.diff(sigma)[:, None]
    a, s = alpha[:-1, None] + share * by_alpha, sigma[:-1, None] + share * by_sigma
    turned = np.square(by_alpha * s - a * by_sigma) / (a**2 + s**2)
    known = (turned * hidden(2.0 * np.log(a / s))) @ (_WEIGHTS / 2.0)
    moved = by_alpha[:, 0] ** 2 * mixture.mean_square + by_sigma[:, 0] ** 2 * mixture.dim
    return steps**2 * (moved - known)


def squared_speed(mixture: GaussianMixture, schedule: NoiseSchedule, t: int) -> float:
    """v_2^2 at one time t > 0, its derivatives by differences of the table's neighbours."""
    low, high = t - 1, min(t + 1, schedule.steps)
    by_alpha, by_sigma = (
        (table[high] - table[low]) * schedule.steps / (high - low) for table in (schedule.alpha, schedule.sigma)
    )
    alpha, sigma = float(schedule.alpha[t]), float(schedule.sigma[t])
    known = ((by_alpha * sigma - alpha * by_sigma) / sigma) ** 2 * marginal(mixture, alpha, sigma).mmse
    return float(by_alpha**2 * mixture.mean_square + by_sigma**2 * mixture.dim - known)


def noised(mixture: GaussianMixture, alpha: float, sigma: float) -> GaussianMixture:
    """q(x_t), a mixture as well."""
    return GaussianMixture(alpha * mixture.means, mixture.weights, math.hypot(alpha * mixture.std, sigma))


def on_a_line(mixture: GaussianMixture, end: GaussianMixture, shifts: Sequence[float] = ()) -> tuple[float, list[float]]:
    """W_2^2 of two distributions on a line, and how much W_1 grows on the way from end, moved by each of the shifts, to mixture.

    On a line the flow keeps the order of points, so that it is the map S between equal quantiles: W_2^2 = int (y - S(y))^2 q(y)
    dy, and W_1 of the ends = int |F_T(S(y)) - F_T(S(y) - shift)| dy.
    """
    reach = 8.0 * mixture.std
    y = np.linspace(float(mixture.means.min()) - reach, float(mixture.means.max()) + reach, LINE_NODES)
    share, cell = _share_below(mixture, y), y[1] - y[0]
    low, high = (
        np.full_like(y, float(pick(end.means)) + sign * 9.0 * end.std) for pick, sign in ((torch.min, -1), (torch.max, 1))
    )
    for _ in range(60):
        middle = (low + high) / 2.0
        below = _share_below(end, middle) < share
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    density = mixture.log_density(torch.from_numpy(y)[:, None]).exp().numpy()
    square = float(np.square(y - middle) @ density) * cell
    ends = [float(np.abs(share - _share_below(end, middle - shift)).sum()) * cell for shift in shifts]
    return square, [distance - shift for distance, shift in zip(ends, shifts, strict=True)]


def _share_below(mixture: GaussianMixture, x: Values) -> Values:
    """Distribution function on a line."""
    return ndtr((x[:, None] - mixture.means[:, 0].numpy()) / mixture.std) @ mixture.weights.numpy()


@dataclass(frozen=True, eq=False)
class NeuralEntropy:
    """Both sides of the identity, in nats. produced: [T] what each step adds to the left one."""

    left: float
    right: float
    produced: Values


def neural_entropy(mixture: GaussianMixture, schedule: NoiseSchedule) -> NeuralEntropy:
    """By quadrature, both sides on their own: the left of mean squared scores, the right of entropies."""
    levels = np.append(np.inf, schedule.log_snr[1:])
    produced = np.diff(_levels(mixture).produced(levels))
    right = from_noise_nats(mixture, schedule, 0) - from_noise_nats(mixture, schedule, schedule.steps)
    return NeuralEntropy(float(produced.sum()), right, produced)


def from_noise_nats(mixture: GaussianMixture, schedule: NoiseSchedule, t: int) -> float:
    """KL(q(x_t) || N(0, I)) of x_t scaled to alpha^2 + sigma^2 = 1."""
    scale = math.hypot(schedule.alpha[t], schedule.sigma[t])
    alpha, sigma = float(schedule.alpha[t]) / scale, float(schedule.sigma[t]) / scale
    second = alpha**2 * mixture.mean_square + mixture.dim * sigma**2
    entropy = marginal(mixture, alpha, sigma).entropy_nats
    return 0.5 * (mixture.dim * math.log(2.0 * math.pi) + second) - entropy
