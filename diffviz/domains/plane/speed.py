"""What it takes to carry data to noise: how fast the probability flow moves, and the entropy that its noise produces.

x_t = alpha x_0 + sigma eps moves with the velocity u(x, t) = alpha' E[x_0|x_t] + sigma' E[eps|x_t] of the probability-flow ODE, a
prime being the derivative by tau = t/T. Its mean square is

    v_2^2 = E|u|^2 = alpha'^2 E|x_0|^2 + sigma'^2 D - (alpha' sigma - alpha sigma')^2 MMSE/sigma^2

Between two times of a schedule's table alpha and sigma are taken to be straight, so that a table is a process for every tau.

Speed and accuracy (Ikeda, Uda, Okanohara & Ito 2025): int v_2^2 dtau >= W_2^2, the least that any flow from q(x_0) to q(x_T)
needs; and if the reverse process starts from another distribution than q(x_T), apart from it by D_0 = chi^2,

    (Delta W_1)^2 / D_0  <=  tau int v_2^2 dtau,       tau = 1

Delta W_1 is how much the 1-Wasserstein distance of the two grows on the way to data. chi^2 does not change on the way.

Neural entropy (Premkumar 2025): int beta/2 E|grad log p_t + x|^2 dt = KL(p_0 || N(0, I)) - KL(p_T || N(0, I)). It depends on
the two ends alone. It is stated for alpha^2 + sigma^2 = 1; of another schedule it is that of x_t scaled so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.special import ndtr

from diffviz.caching import bounded, of_mixture
from diffviz.domains.plane.distances import signed_wasserstein_1, transport
from diffviz.estimates import Estimate
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import ERROR_NATS, NODES_PER_TAU, marginal
from diffviz.gaussian.quadrature import REACH as REACH_TAU
from diffviz.gaussian.samplers.ode import Adaptive
from diffviz.process import reverse_process
from diffviz.schedules import NoiseSchedule, from_log_snr

Values = NDArray[np.float64]
REACH, APART = 16.0, 0.1  # in log SNR: the levels at which the data are measured, and between two of them
SHIFTS = (0.05, 0.1, 0.3)  # of the start of the reverse process
DRAWS, REPEATS = 1024, 4  # points of a cloud, and pairs of clouds, from which W_2^2 is found in the plane
POINTS = 2048  # that follow the flow
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
    log_snr = np.linspace(-REACH, REACH, round(2 * REACH / APART) + 1)
    alpha, sigma = (table[1:] for table in from_log_snr(log_snr))
    found = [marginal(mixture, float(a), float(s)) for a, s in zip(alpha, sigma, strict=True)]
    hidden = CubicSpline(log_snr, np.array([each.mmse for each in found]) / sigma**2)
    second = alpha**2 * mixture.mean_square + mixture.dim * sigma**2
    driven = np.array([each.fisher for each in found]) - 2.0 * mixture.dim + second  # E|score + x|^2, as E score.x = -D
    # with tan = sigma/alpha, beta/2 dt = tan dangle = -sigma^2/2 dlogSNR; beyond the last level sigma^2 is exp(-log SNR)
    rate = CubicSpline(log_snr, driven * sigma**2 / 2.0).antiderivative()
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


@dataclass(frozen=True)
class Shifted:
    """The reverse process begun from q(x_T) moved by shift along the direction in which the data vary most.

    chi2: D_0; grown: Delta W_1, by how much the distance of the ends is more than the shift; left: (Delta W_1)^2/D_0, which the
    integral of v_2^2 bounds
    """

    shift: float
    chi2: float
    grown: float

    @property
    def left(self) -> float:
        return self.grown**2 / self.chi2


@dataclass(frozen=True, eq=False)
class SpeedAccuracy:
    """speeds: [T] v_2^2, its mean over each step; integral: of it over tau, which no flow from q(x_0) to q(x_T) takes below
    floor, their W_2^2; shifted: for each of SHIFTS. The bound is loose by integral/left."""

    speeds: Values
    integral: float
    floor: Estimate
    shifted: tuple[Shifted, ...]


def speed_accuracy(mixture: GaussianMixture, schedule: NoiseSchedule) -> SpeedAccuracy:
    """Of data on a line, where all is known by quadrature, or in the plane, where distances are those of clouds of points."""
    end = noised(mixture, float(schedule.alpha[-1]), float(schedule.sigma[-1]))
    speeds = squared_speeds(mixture, schedule)
    if mixture.dim == 1:
        floor, grown = on_a_line(mixture, end)
    else:
        floor, grown = _least_square(mixture, end), _grown(mixture, end, schedule)
    along = _main_direction(mixture)
    shifted = tuple(Shifted(shift, _chi2(end, shift, along), more) for shift, more in zip(SHIFTS, grown, strict=True))
    return SpeedAccuracy(speeds, float(speeds.mean()), floor, shifted)


def noised(mixture: GaussianMixture, alpha: float, sigma: float) -> GaussianMixture:
    """q(x_t), a mixture as well."""
    return GaussianMixture(alpha * mixture.means, mixture.weights, math.hypot(alpha * mixture.std, sigma))


def on_a_line(mixture: GaussianMixture, end: GaussianMixture) -> tuple[Estimate, list[float]]:
    """W_2^2 of two distributions on a line, and how much W_1 grows for each of SHIFTS on the way from end to mixture.

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
    ends = [float(np.abs(share - _share_below(end, middle - shift)).sum()) * cell for shift in SHIFTS]
    return Estimate(square, ERROR_NATS), [distance - shift for distance, shift in zip(ends, SHIFTS, strict=True)]


def _share_below(mixture: GaussianMixture, x: Values) -> Values:
    """Distribution function on a line."""
    return ndtr((x[:, None] - mixture.means[:, 0].numpy()) / mixture.std) @ mixture.weights.numpy()


def _draws(mixture: GaussianMixture, count: int, seed: int) -> torch.Tensor:
    """[count, 2] spread more evenly than independent draws: a scrambled Sobol sequence."""
    uniform = torch.quasirandom.SobolEngine(3, scramble=True, seed=seed).draw(count, dtype=torch.float64).clamp_(1e-12, 1 - 1e-12)
    return mixture.sample(uniform[:, 0].contiguous(), torch.special.ndtri(uniform[:, 1:]))


@bounded(2**18, lambda *mixtures: tuple(each.fingerprint for each in mixtures))
def _least_square(mixture: GaussianMixture, end: GaussianMixture) -> Estimate:
    """W_2^2 of two distributions in the plane: of clouds of DRAWS points, less what clouds of half as many have more (the excess
    falls like 1/N). Second moments are the distributions' own; the error is that of REPEATS clouds and half of that
    correction."""
    known, found = mixture.mean_square + end.mean_square, np.empty((REPEATS, 2))
    for row, seed in enumerate(range(0, 2 * REPEATS, 2)):
        for column, count in enumerate((DRAWS // 2, DRAWS)):
            a, b = _draws(mixture, count, seed).numpy(), _draws(end, count, seed + 1).numpy()
            square, _ = transport(a, b)
            found[row, column] = square - np.square(a).sum(1).mean() - np.square(b).sum(1).mean() + known
    few, many = found.T
    value, error = 2.0 * many - few, float(np.mean(few - many)) / 2.0
    return Estimate(float(value.mean()), math.hypot(float(value.std(ddof=1)) / math.sqrt(REPEATS), error))


def _main_direction(mixture: GaussianMixture) -> torch.Tensor:
    """[D] the unit vector along which the data vary most."""
    apart = mixture.means - mixture.weights @ mixture.means
    return torch.linalg.eigh((apart.T * mixture.weights) @ apart).eigenvectors[:, -1]


def _grown(mixture: GaussianMixture, end: GaussianMixture, schedule: NoiseSchedule) -> list[float]:
    """For each of SHIFTS, how much W_1 grows on the way from T to data, along the probability-flow ODE with the exact score.

    W_1 is of the difference of two measures alone. At points x of q(x_T) it is the ratio of the two densities less 1, and the
    flow carries that along; the same points show it at both ends, so that most of their error cancels.
    """
    x, along = _draws(end, POINTS, 0), _main_direction(mixture)
    denoiser, times = ExactDenoiser(mixture, dtype=torch.float64, variance=False), np.array([0, schedule.steps])
    *_, data = reverse_process(denoiser, Adaptive(), schedule, times, x, lambda t, draw: torch.zeros_like(x))
    found = []
    for shift in SHIFTS:
        more = ((end.log_density(x - shift * along) - end.log_density(x)).exp() - 1.0).numpy()
        before, after = (signed_wasserstein_1(points.numpy(), more - more.mean()) / POINTS for points in (x, data.x))
        found.append(after - before)
    return found


def _chi2(end: GaussianMixture, shift: float, along: torch.Tensor) -> float:
    """chi^2 of q(x_T) moved by shift from itself, by the trapezoid rule."""
    low, high = end.means.amin(0) - REACH_TAU * end.std, end.means.amax(0) + REACH_TAU * end.std
    axes = [
        torch.arange(float(a), float(b), end.std / NODES_PER_TAU, dtype=torch.float64) for a, b in zip(low, high, strict=True)
    ]
    nodes = torch.cartesian_prod(*axes).view(-1, end.dim)
    ratio = (2.0 * end.log_density(nodes - shift * along) - end.log_density(nodes)).exp()
    return float(ratio.sum()) * (end.std / NODES_PER_TAU) ** end.dim - 1.0


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
    scale = np.hypot(schedule.alpha[-1], schedule.sigma[-1])
    ends = [(1.0, 0.0), (float(schedule.alpha[-1] / scale), float(schedule.sigma[-1] / scale))]
    start, end = (_from_noise_nats(mixture, alpha, sigma) for alpha, sigma in ends)
    return NeuralEntropy(float(produced.sum()), start - end, produced)


def _from_noise_nats(mixture: GaussianMixture, alpha: float, sigma: float) -> float:
    """KL(q(x_t) || N(0, I))."""
    second = alpha**2 * mixture.mean_square + mixture.dim * sigma**2
    entropy = marginal(mixture, alpha, sigma).entropy_nats
    return 0.5 * (mixture.dim * math.log(2.0 * math.pi) + second) - entropy
