"""Noise schedules: how fast the data is drowned.

    x_t = alpha_t x_0 + sigma_t eps,   eps ~ N(0, I),   t = 0..T,   alpha_0 = 1, sigma_0 = 0

A schedule is nothing but the table of alpha and sigma; all else derives from it:

    alpha_bar_t = alpha_t^2            share of the data's variance left (variance-preserving schedules)
    beta_t      = 1 - (alpha_t / alpha_{t-1})^2
    SNR_t       = alpha_t^2 / sigma_t^2

Most are variance preserving (alpha^2 + sigma^2 = 1); rectified flow is not, and needs no special case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MIN_STEPS, MAX_STEPS = 2, 4000
BETA_START, BETA_END = 1e-4, 0.02  # DDPM's end points (Ho et al. 2020, sec. 4), made for T = 1000
REFERENCE_STEPS = 1000
LEAST_ALPHA_BAR = 1e-60
MAX_BETA = 0.999  # Nichol & Dhariwal 2021, sec. 3.2: no single step may erase the signal


@dataclass(frozen=True, eq=False)
class NoiseSchedule:
    """A table of alpha and sigma for t = 0..T.

    alpha: [T+1] float64, factor of the data, alpha[0] = 1
    sigma: [T+1] float64, standard deviation of the noise, sigma[0] = 0
    """

    name: str
    alpha: NDArray[np.float64]
    sigma: NDArray[np.float64]

    @property
    def steps(self) -> int:
        """T."""
        return len(self.alpha) - 1

    @property
    def alpha_bar(self) -> NDArray[np.float64]:
        """[T+1] alpha_t^2."""
        return self.alpha**2

    @property
    def beta(self) -> NDArray[np.float64]:
        """[T] 1 - (alpha_t/alpha_{t-1})^2; step t stands at index t-1."""
        return 1.0 - (self.alpha[1:] / self.alpha[:-1]) ** 2

    @property
    def log_snr(self) -> NDArray[np.float64]:
        """[T+1] natural logarithm of alpha^2/sigma^2; +inf where sigma = 0, -inf where alpha = 0."""
        with np.errstate(divide="ignore"):
            return 2.0 * (np.log(self.alpha) - np.log(self.sigma))

    @property
    def snr(self) -> NDArray[np.float64]:
        """[T+1] alpha^2/sigma^2; +inf where sigma = 0."""
        return np.exp(self.log_snr)


Table = tuple[NDArray[np.float64], NDArray[np.float64]]


def _from_alpha_bar(alpha_bar: NDArray[np.float64]) -> Table:
    alpha_bar = np.concatenate([[1.0], alpha_bar])
    return np.sqrt(alpha_bar), np.sqrt(1.0 - alpha_bar)


def _from_betas(betas: NDArray[np.float64]) -> Table:
    """Betas that would take alpha_bar below LEAST_ALPHA_BAR, where it would soon be rounded to 0 and beta with it to 0/0, are all
    weakened by one exponent so that it ends there."""
    decay = np.log1p(-np.clip(betas, 0.0, MAX_BETA))
    return _from_alpha_bar(np.exp(np.cumsum(decay * min(1.0, np.log(LEAST_ALPHA_BAR) / decay.sum()))))


def linear(steps: int, start: float, end: float) -> Table:
    """Ho et al. 2020, sec. 4: beta grows in a straight line."""
    return _from_betas(np.linspace(start, end, steps))


def quadratic(steps: int, start: float, end: float) -> Table:
    """The square root of beta grows in a straight line (DDPM's "quad", diffusers' "scaled_linear")."""
    return _from_betas(np.linspace(np.sqrt(start), np.sqrt(end), steps) ** 2)


def sigmoid(steps: int, start: float, end: float) -> Table:
    """beta follows a logistic curve over [-6, 6] (GeoDiff, Xu et al. 2022)."""
    return _from_betas(start + (end - start) / (1.0 + np.exp(-np.linspace(-6.0, 6.0, steps))))


def constant(steps: int, start: float, end: float) -> Table:
    """Every beta the same: the mean of the two end points."""
    return _from_betas(np.full(steps, (start + end) / 2.0))


def cosine(steps: int) -> Table:
    """Nichol & Dhariwal 2021, eq. 17: alpha_bar_t = f(t)/f(0), f = cos^2((t/T + 0.008)/1.008 pi/2)."""
    f = np.cos((np.arange(steps + 1) / steps + 0.008) / 1.008 * np.pi / 2) ** 2
    return _from_betas(1.0 - f[1:] / f[:-1])


def sohl_dickstein(steps: int) -> Table:
    """Sohl-Dickstein et al. 2015, sec. 2.4.1: beta_t = 1/(T-t+1), so alpha_bar_t = (T-t)/T."""
    return _from_alpha_bar(1.0 - np.arange(1, steps + 1) / steps)


def rectified_flow(steps: int) -> Table:
    """Liu et al. 2023: a straight line from data to noise, alpha = 1 - t/T, sigma = t/T."""
    sigma = np.arange(steps + 1) / steps
    return 1.0 - sigma, sigma


@dataclass(frozen=True)
class ScheduleRow:
    """One row of SCHEDULES. uses_beta: does it read the end points start and end?"""

    title: str
    why: str
    make: Callable[..., Table]
    uses_beta: bool = False


SCHEDULES: dict[str, ScheduleRow] = {
    "linear": ScheduleRow(
        "Linear", "DDPM's first choice: noise comes early, the last third of the steps is nearly idle.", linear, True
    ),
    "cosine": ScheduleRow("Cosine", "Spreads the loss of signal evenly over the steps, gentle at both ends.", cosine),
    "quadratic": ScheduleRow("Quadratic", "Small steps near the data, large ones near the noise.", quadratic, True),
    "sigmoid": ScheduleRow("Sigmoid", "Starts and ends slowly and hurries through the middle.", sigmoid, True),
    "sohl_dickstein": ScheduleRow(
        "2015 (1/(T−t+1))", "Erases the same share 1/T of the signal's variance in every step.", sohl_dickstein
    ),
    "rectified_flow": ScheduleRow(
        "Rectified flow", "Mixes data and noise along a straight line; variance dips half way.", rectified_flow
    ),
    "constant": ScheduleRow("Constant", "Every step adds the same share of noise.", constant, True),
}


def make_schedule(
    name: str,
    steps: int,
    beta_start: float = BETA_START,
    beta_end: float = BETA_END,
    scale_betas: bool = True,
) -> NoiseSchedule:
    """The schedule `name` with T = steps.

    beta_start, beta_end are meant for T = 1000; with scale_betas they are multiplied by 1000/T, so that
    the end of the chain is noise at any T (improved-diffusion). Unscaled, a short chain keeps its signal.
    Schedules that do not read them ignore them. Raises KeyError for an unknown name.
    """
    row = SCHEDULES[name]
    scale = REFERENCE_STEPS / steps if scale_betas else 1.0
    table = row.make(steps, beta_start * scale, beta_end * scale) if row.uses_beta else row.make(steps)
    return NoiseSchedule(name, *table)
