"""Speed and accuracy: what bounds how much an error of the reverse process's start grows (Ikeda, Uda, Okanohara & Ito 2025).

int v_2^2 dtau >= W_2^2, the least that any flow from q(x_0) to q(x_T) needs (v_2^2: gaussian/speed.py); and if the reverse
process starts from another distribution than q(x_T), apart from it by D_0 = chi^2,

    (Delta W_1)^2 / D_0  <=  tau int v_2^2 dtau,       tau = 1

Delta W_1 is how much the 1-Wasserstein distance of the two grows on the way to data. chi^2 does not change on the way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.caching import bounded
from diffviz.domains.plane.distances import signed_wasserstein_1, transport
from diffviz.estimates import Estimate, mean_of
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import ERROR_NATS, NODES_PER_TAU, REACH
from diffviz.gaussian.samplers.ode import Adaptive
from diffviz.gaussian.speed import noised, on_a_line, squared_speeds
from diffviz.process import reverse_process
from diffviz.schedules import NoiseSchedule

Values = NDArray[np.float64]
TAU = 1.0  # a process takes
SHIFTS = (0.05, 0.1, 0.3)  # of the start of the reverse process
DRAWS, REPEATS = 1024, 4  # points of a cloud, and pairs of clouds, from which W_2^2 is found in the plane
POINTS, SCRAMBLES = 512, 8  # that follow the flow, and how often: independent sets of them


@dataclass(frozen=True)
class Shifted:
    """The reverse process begun from q(x_T) moved by shift along the direction in which the data vary most.

    chi2: D_0; grown: Delta W_1, by how much the distance of the ends is more than the shift; left: (Delta W_1)^2/D_0, which the
    integral of v_2^2 bounds, with the standard deviation of the square of a normal number
    """

    shift: float
    chi2: float
    grown: Estimate

    @property
    def left(self) -> Estimate:
        value, stderr = self.grown.value, self.grown.stderr
        return Estimate(value**2 / self.chi2, math.hypot(2.0 * value * stderr, math.sqrt(2.0) * stderr**2) / self.chi2)


@dataclass(frozen=True, eq=False)
class SpeedAccuracy:
    """speeds: [T] v_2^2, its mean over each step; integral: of it over tau, which no flow from q(x_0) to q(x_T) takes below
    floor, their W_2^2; shifted: for each of SHIFTS. The bound is loose by bound/left."""

    speeds: Values
    integral: float
    floor: Estimate
    shifted: tuple[Shifted, ...]

    @property
    def bound(self) -> float:
        """tau int v_2^2 dtau, which (Delta W_1)^2/D_0 does not exceed, whatever the start."""
        return TAU * self.integral


def speed_accuracy(mixture: GaussianMixture, schedule: NoiseSchedule) -> SpeedAccuracy:
    """Of data on a line, where all is known by quadrature, or in the plane, where distances are those of clouds of points."""
    end = noised(mixture, float(schedule.alpha[-1]), float(schedule.sigma[-1]))
    speeds = squared_speeds(mixture, schedule)
    if mixture.dim == 1:
        square, ends = on_a_line(mixture, end, SHIFTS)
        floor, grown = Estimate(square, ERROR_NATS), [Estimate(more, ERROR_NATS) for more in ends]
    else:
        floor, grown = _least_square(mixture, end), _grown(mixture, end, schedule)
    along = _main_direction(mixture)
    shifted = tuple(Shifted(shift, _chi2(end, shift, along), more) for shift, more in zip(SHIFTS, grown, strict=True))
    return SpeedAccuracy(speeds, float(speeds.mean()), floor, shifted)


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


def _grown(mixture: GaussianMixture, end: GaussianMixture, schedule: NoiseSchedule) -> list[Estimate]:
    """For each of SHIFTS, how much W_1 grows on the way from T to data, along the probability-flow ODE with the exact score: the
    mean over SCRAMBLES.

    W_1 is of the difference of two measures alone. At points x of q(x_T) it is the ratio of the two densities less 1, and the
    flow carries that along; the same points show it at both ends, so that most of their error cancels.
    """
    along, found = _main_direction(mixture), np.empty((len(SHIFTS), SCRAMBLES))
    denoiser, times = ExactDenoiser(mixture, dtype=torch.float64, variance=False), np.array([0, schedule.steps])
    starts = torch.stack([_draws(end, POINTS, seed) for seed in range(SCRAMBLES)])
    x = starts.flatten(0, 1)  # all follow the flow together, with the same steps
    *_, data = reverse_process(denoiser, Adaptive(), schedule, times, x, lambda t, draw: torch.zeros((), dtype=torch.float64))
    sets, density = list(zip(starts.numpy(), data.x.view(starts.shape).numpy(), strict=True)), end.log_density(x)
    for row, shift in enumerate(SHIFTS):
        more = ((end.log_density(x - shift * along) - density).exp() - 1.0).view(SCRAMBLES, POINTS)
        for seed, weights in enumerate((more - more.mean(1, keepdim=True)).numpy()):
            before, after = (signed_wasserstein_1(points, weights) / POINTS for points in sets[seed])
            found[row, seed] = after - before
    return [mean_of(row).estimate for row in found]


def _chi2(end: GaussianMixture, shift: float, along: torch.Tensor) -> float:
    """chi^2 of q(x_T) moved by shift from itself, by the trapezoid rule."""
    low, high = end.means.amin(0) - REACH * end.std, end.means.amax(0) + REACH * end.std
    axes = [
        torch.arange(float(a), float(b), end.std / NODES_PER_TAU, dtype=torch.float64) for a, b in zip(low, high, strict=True)
    ]
    nodes = torch.cartesian_prod(*axes).view(-1, end.dim)
    ratio = (2.0 * end.log_density(nodes - shift * along) - end.log_density(nodes)).exp()
    return float(ratio.sum()) * (end.std / NODES_PER_TAU) ** end.dim - 1.0
