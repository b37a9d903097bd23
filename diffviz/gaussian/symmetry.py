"""When samples commit to a part of the data: the moments that papers call symmetry breaking, and what particles do.

At much noise q(x_t) has a single mode and the reverse process a single resting place. As noise falls one splits, then the other:

    density split  the mode of q(x_t) turns into a saddle: the Hessian of log q(x_t) has an eigenvalue 0 there
    drift split    the resting place of the reverse SDE's drift, x/2 + grad log q(x_t) = 0, does: an eigenvalue of the Hessian
                   is -1/2 (Raya & Ambrogioni 2023, eq. 9)
    speciation     alpha^2 Lambda = 1, Lambda the largest eigenvalue of the data's covariance (Biroli et al. 2024). That is
                   meant for many dimensions, where Lambda is large; with the noise kept it is alpha^2 Lambda = 1 - alpha^2

For two Gaussians of standard deviation s at +-mu, v = alpha^2 s^2 + 1 - alpha^2, they are alpha^2 (mu^2 - s^2 + 1) = 1 and
v^2/2 - v + alpha^2 mu^2 = 0. Everything depends on the noise level alone, so that alpha is that of x_t scaled to
alpha^2 + sigma^2 = 1, whatever the schedule; for other schedules than variance-preserving ones it is the root of the signal's
share.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.caching import bounded, of_mixture
from diffviz.deadline import check_time
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import clone_probability
from diffviz.levels import level_of
from diffviz.schedules import REACH_LOG_SNR, NoiseSchedule

Values = NDArray[np.float64]
DENSITY, DRIFT = 0.0, 0.5  # by how much x grows in the field that is followed, beside the score
APART = 0.05  # between the levels that a resting place is followed along, in log SNR
CLOSEST = 1e-4  # of them, where the place moves fast
LEAP = 0.5  # in standard deviations of a component: who moves so far between two levels has left the place that was followed
NEWTON_STEPS, BISECTIONS = 30, 40
NOTHING_SPLITS = "One Gaussian has nothing that could split."


@dataclass(frozen=True)
class Moment:
    """A noise level, and where a schedule reaches it.

    t: between two steps a fraction; alpha: of x_t scaled to alpha^2 + sigma^2 = 1; clones: the clone probability there
    reason: why there is no such level, or no such t; then what is not known is None
    """

    t: float | None = None
    alpha: float | None = None
    log_snr: float | None = None
    clones: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class CommitTimes:
    """The moments that go by one name. speciation_with_noise: alpha^2 Lambda = 1 - alpha^2."""

    density_split: Moment
    drift_split: Moment
    speciation: Moment
    speciation_with_noise: Moment


def time_at(schedule: NoiseSchedule, log_snr: float) -> float | None:
    """t at which a schedule reaches a noise level; between two steps the angle of (alpha, sigma) grows evenly. None beyond T."""
    angles, angle = np.arctan2(schedule.sigma, schedule.alpha), math.atan2(*reversed(level_of(log_snr)))
    return float(np.interp(angle, angles, np.arange(len(angles)))) if angle <= angles[-1] else None


def _field(mixture: GaussianMixture, x: Tensor, log_snr: float, growth: float) -> tuple[Tensor, Tensor]:
    """score(x) + growth x [D] and its Jacobian [D, D] at one x [D]."""
    alpha, sigma = level_of(log_snr)
    tau2 = alpha**2 * mixture.std**2 + sigma**2
    shares = mixture.shares(x[None], alpha, sigma)[0]
    mean = shares @ mixture.means
    apart = mixture.means - mean
    covariance = (apart.T * shares) @ apart
    identity = torch.eye(mixture.dim, dtype=x.dtype)
    return (alpha * mean - x) / tau2 + growth * x, (alpha / tau2) ** 2 * covariance + (growth - 1.0 / tau2) * identity


def _settled(mixture: GaussianMixture, x: Tensor, log_snr: float, growth: float) -> tuple[Tensor, float] | None:
    """The resting place near x, by Newton's method, and the largest eigenvalue of the Jacobian there; None if x leaps away."""
    alpha, sigma = level_of(log_snr)
    leap, place = LEAP * math.hypot(alpha * mixture.std, sigma), x
    for _ in range(NEWTON_STEPS):
        slope, jacobian = _field(mixture, place, log_snr, growth)
        step = torch.linalg.lstsq(jacobian, slope[:, None]).solution[:, 0]
        place = place - step
        if not float((place - x).norm()) < leap:
            return None
        if float(step.norm()) < 1e-12:
            return place, float(torch.linalg.eigvalsh(_field(mixture, place, log_snr, growth)[1])[-1])
    return None


def _followed(mixture: GaussianMixture, growth: float, levels: Values) -> Iterator[tuple[float, Tensor, float] | None]:
    """For each of the rising levels of log SNR: it, the resting place that was the only one at much noise [D], and the largest
    eigenvalue of the Jacobian there. None from where it is lost."""
    alpha, _ = level_of(float(levels[0]))
    found = _settled(mixture, alpha * (mixture.weights @ mixture.means), float(levels[0]), growth)
    before = float(levels[0])
    for log_snr in levels.tolist():
        check_time()
        found = found and _led(mixture, found, before, log_snr, growth)
        before = log_snr
        yield found and (log_snr, *found)


def _led(
    mixture: GaussianMixture, found: tuple[Tensor, float], low: float, high: float, growth: float
) -> tuple[Tensor, float] | None:
    """The resting place found at the level low, followed up to the level high, in shorter steps where it moves fast."""
    there = _settled(mixture, found[0], high, growth)
    if there is not None or high - low < CLOSEST:
        return there
    middle = (low + high) / 2
    half = _led(mixture, found, low, middle, growth)
    return half and _led(mixture, half, middle, high, growth)


def _levels() -> Values:
    return np.linspace(-REACH_LOG_SNR, REACH_LOG_SNR, round(2 * REACH_LOG_SNR / APART) + 1)


@bounded(2**18, of_mixture)
def split_level(mixture: GaussianMixture, growth: float) -> float | str:
    """log SNR at which the resting place of score(x) + growth x stops being stable, or why there is none.

    growth: DENSITY or DRIFT. It is the place that is alone at much noise: the mean of symmetric data.
    """
    if len(mixture.means) == 1:
        return NOTHING_SPLITS
    before: tuple[float, Tensor, float] | None = None
    for now in _followed(mixture, growth, _levels()):
        if now is None:
            return "The only mode at much noise is lost before it splits."
        if now[2] > 0.0 and before is not None:
            low, high, place = before[0], now[0], now[1]
            for _ in range(BISECTIONS):
                middle = (low + high) / 2
                found = _settled(mixture, place, middle, growth)
                low, high = (middle, high) if found is not None and found[1] < 0.0 else (low, middle)
            return (low + high) / 2
        before = now
    return "The only mode at much noise stays one down to the data; the other modes appear beside it."


def largest_variance(mixture: GaussianMixture) -> float:
    """The largest eigenvalue of the data's covariance."""
    apart = mixture.means - mixture.weights @ mixture.means
    return float(torch.linalg.eigvalsh((apart.T * mixture.weights) @ apart)[-1]) + mixture.std**2


def _moment(mixture: GaussianMixture, schedule: NoiseSchedule, log_snr: float | str) -> Moment:
    if isinstance(log_snr, str):
        return Moment(reason=log_snr)
    alpha, sigma = level_of(log_snr)
    t = time_at(schedule, log_snr)
    reason = "" if t is not None else "The schedule does not reach so much noise."
    return Moment(t, alpha, log_snr, clone_probability(mixture, alpha, sigma), reason)


def commit_times(mixture: GaussianMixture, schedule: NoiseSchedule) -> CommitTimes:
    """Of data on a line or in the plane. A moment that there is not has a reason instead."""
    largest = largest_variance(mixture)
    speciation: float | str = NOTHING_SPLITS
    with_noise = speciation
    if len(mixture.means) > 1:
        with_noise, speciation = -math.log(largest), f"The data's largest variance is {largest:.3g}: α²Λ = 1 needs more than 1."
        if largest > 1.0 + 1e-9:
            speciation = -math.log(largest - 1.0)  # alpha^2 = 1/Lambda
    return CommitTimes(
        *(_moment(mixture, schedule, split_level(mixture, growth)) for growth in (DENSITY, DRIFT)),
        *(_moment(mixture, schedule, found) for found in (speciation, with_noise)),
    )


def clone_probabilities(mixture: GaussianMixture, schedule: NoiseSchedule, times: NDArray[np.int64]) -> Values:
    """[m] at those times: how probable two draws of x_0 given one x_t come from the same component, by quadrature."""
    return np.array([clone_probability(mixture, float(schedule.alpha[t]), float(schedule.sigma[t])) for t in times])


def curvatures(mixture: GaussianMixture, schedule: NoiseSchedule, times: NDArray[np.int64], growth: float) -> Values:
    """[m] tau^2 times the largest eigenvalue, at those times, of the Jacobian of score(x) + growth x at the place that is alone
    at much noise: below 0 it is stable, above 0 two ways lead out of it. Of the density it is -1 for one Gaussian. nan where
    the place is lost, and at t = 0, or beyond the levels at which modes are to be told apart."""
    wanted = schedule.log_snr[times]
    within = np.abs(wanted) <= REACH_LOG_SNR
    levels = np.union1d(_levels(), wanted[within])
    found = {now[0]: now[2] for now in _followed(mixture, growth, levels) if now is not None}
    values = np.full(len(times), np.nan)
    for index in np.flatnonzero(within):
        alpha, sigma = level_of(float(wanted[index]))
        values[index] = (alpha**2 * mixture.std**2 + sigma**2) * found.get(float(wanted[index]), math.nan)
    return values


def committed(mixture: GaussianMixture, paths: NDArray[np.floating], schedule: NoiseSchedule, times: NDArray[np.int64]) -> Values:
    """[m] the share of particles whose most probable component at each time is the one in which they end.

    paths: [m, N, D] at those times, the last of them the ends
    """
    chosen = []
    for x, t in zip(paths, times.tolist(), strict=True):
        check_time()
        at = mixture.shares(torch.from_numpy(x.astype(np.float64)), float(schedule.alpha[t]), float(schedule.sigma[t]))
        chosen.append(at.argmax(1).numpy())
    return np.array([np.mean(each == chosen[-1]) for each in chosen])
