"""Noise schedules: how fast the signal is destroyed.

    x_t = alpha_t x_0 + sigma_t eps,   eps ~ N(0, I),   t = 0..T,   alpha_0 = 1, sigma_0 = 0

A schedule is nothing but the table of alpha and sigma; all else derives from it:

    alpha_bar_t = alpha_t^2            share of the data's variance left (variance-preserving schedules)
    beta_t      = 1 - (alpha_t / alpha_{t-1})^2
    SNR_t       = alpha_t^2 / sigma_t^2

Most are variance preserving (alpha^2 + sigma^2 = 1); rectified flow is not, and needs no special case.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from diffviz.levels import lost_at

MIN_STEPS, MAX_STEPS = 2, 4000
BETA_START, BETA_END = 1e-4, 0.02  # DDPM's end points (Ho et al. 2020, sec. 4), made for T = 1000
COSINE_OFFSET = 0.008  # s (Nichol & Dhariwal 2021, eq. 17)
REFERENCE_STEPS = 1000
LEAST_ALPHA_BAR = 1e-60
KARRAS_SIGMA, KARRAS_RHO = (0.002, 80.0), 7.0
MAX_POINTS, LOG_SNR_LIMIT = 12, 20.0  # of a hand-drawn schedule
REACH_LOG_SNR = 12.0  # beyond +-this a mixture of separate modes is, to rounding, one Gaussian
DRAWN_POINTS = "9 5 2 0 -2 -5 -9"
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
    def signal_share(self) -> NDArray[np.float64]:
        """[T+1] alpha_t^2 / (alpha_t^2 + sigma_t^2), the data's share of the variance of x_t: alpha_bar where that is kept."""
        return self.alpha_bar / (self.alpha_bar + self.sigma**2)

    @property
    def signal_lost(self) -> NDArray[np.float64]:
        """[T+1] 1 - signal_share, to full accuracy also near the data."""
        return lost_at(self.alpha, self.sigma)

    def lost_between(self, times: NDArray[np.int64]) -> NDArray[np.float64]:
        """[K] 1 - share_t/share_s of the signal's shares, for each step of the chain times [K+1], ascending."""
        share, lost = self.signal_share[times], self.signal_lost[times]
        from_lost = np.diff(lost) / share[:-1]  # a difference of small numbers near the data, as the other is near noise
        return np.where(share[:-1] > 0.5, from_lost, 1.0 - share[1:] / share[:-1])

    @cached_property
    def variance_preserving(self) -> bool:
        """alpha^2 + sigma^2 = 1 at every time, to rounding."""
        return bool(np.allclose(self.alpha_bar + self.sigma**2, 1.0, rtol=0.0, atol=1e-9))

    @property
    def beta(self) -> NDArray[np.float64]:
        """[T] 1 - (alpha_t/alpha_{t-1})^2; step t stands at index t-1. Steps too short to be told by alpha, near 1, are told by
        sigma."""
        with np.errstate(divide="ignore"):
            log_alpha = np.log(self.alpha)
        if self.variance_preserving:
            near = self.sigma < 0.5
            log_alpha[near] = np.log1p(-(self.sigma[near] ** 2)) / 2
        return -np.expm1(2.0 * np.diff(log_alpha))

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
EVEN: Table = np.array([REACH_LOG_SNR, -REACH_LOG_SNR]), np.array([0.0, 1.0])  # the metric of data of which nothing is known


def _from_log_alpha_bar(log_alpha_bar: NDArray[np.float64]) -> Table:
    """Of [T] natural logarithms, from which sigma comes to full accuracy also where alpha is rounded to 1."""
    log_alpha_bar = np.concatenate([[0.0], log_alpha_bar])
    return np.exp(log_alpha_bar / 2), np.sqrt(0.0 - np.expm1(log_alpha_bar))  # -expm1(0) would be -0, and log SNR not a number


def _from_betas(betas: NDArray[np.float64]) -> Table:
    """Betas that would take alpha_bar below LEAST_ALPHA_BAR, where it would soon be rounded to 0 and beta with it to 0/0, are all
    weakened by one exponent so that it ends there."""
    decay = np.log1p(-np.clip(betas, 0.0, MAX_BETA))
    return _from_log_alpha_bar(np.cumsum(decay * min(1.0, np.log(LEAST_ALPHA_BAR) / decay.sum())))


def from_log_snr(log_snr: NDArray[np.float64]) -> Table:
    """Variance preserving, with the given log SNR [T] at t = 1..T."""
    alpha, sigma = np.sqrt(1.0 / (1.0 + np.exp(-log_snr))), np.sqrt(1.0 / (1.0 + np.exp(log_snr)))
    return np.concatenate([[1.0], alpha]), np.concatenate([[0.0], sigma])


HELD = "held"
HELD_BY = ("ula", "mala")  # samplers that stay at one noise level, whose table is this one


def held(steps: int, log_snr: float) -> NoiseSchedule:
    """One noise level, variance preserving, at all times t = 1..T: of a chain that samples q(x_t) itself."""
    return NoiseSchedule(HELD, *from_log_snr(np.full(steps, log_snr)))


def zero_terminal_snr(table: Table) -> Table:
    """Lin et al. 2024, algorithm 1: alpha shifted and stretched so that alpha_T = 0 and alpha_1 stays.

    For variance-preserving tables. Where alpha is nearly 1, sigma follows from 1 - alpha, kept apart to full accuracy."""
    alpha, sigma = table
    if alpha[-1] == 0.0:
        return table
    lost = sigma**2 / (1.0 + alpha)  # 1 - alpha
    stretch = alpha[1] / (lost[-1] - lost[1])
    lost = np.concatenate([[0.0], lost[1] + stretch * (lost[1:] - lost[1])])
    alpha = np.concatenate([[1.0], (alpha[1:] - alpha[-1]) * stretch])
    return alpha, np.sqrt(np.where(alpha > 0.5, lost * (1.0 + alpha), 1.0 - alpha**2))


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
    """Nichol & Dhariwal 2021, eq. 17: alpha_bar_t = f(t)/f(0), f = cos^2((t/T + s)/(1 + s) pi/2)."""
    f = np.cos((np.arange(steps + 1) / steps + COSINE_OFFSET) / (1.0 + COSINE_OFFSET) * np.pi / 2) ** 2
    return _from_betas(1.0 - f[1:] / f[:-1])


def sohl_dickstein(steps: int) -> Table:
    """Sohl-Dickstein et al. 2015, sec. 2.4.1: beta_t = 1/(T-t+1), so alpha_bar_t = (T-t)/T. Of masks it is the
    log-linear schedule of MDLM (Sahoo et al. 2024)."""
    share = np.arange(steps + 1) / steps
    return np.sqrt(1.0 - share), np.sqrt(share)


def shifted_cosine(steps: int) -> Table:
    """Hoogeboom et al. 2023 (simple diffusion), sec. 3.1: cosine with log SNR lowered by 2 log 2."""
    alpha, sigma = cosine(steps)
    return from_log_snr(2.0 * np.log(alpha[1:] / sigma[1:]) - 2.0 * np.log(2.0))


def karras(steps: int) -> Table:
    """Karras et al. 2022 (EDM), eq. 5: sigma/alpha^(1/rho) grows in a straight line from 0.002 to 80, rho = 7."""
    low, high = (end ** (1 / KARRAS_RHO) for end in KARRAS_SIGMA)
    return from_log_snr(-2.0 * KARRAS_RHO * np.log(np.linspace(low, high, steps)))


def drawn(steps: int, points: str) -> Table:
    """A person's own: log SNR at points even in t/T, the first at t = 1 and the last at T, joined by a monotone cubic (Fritsch &
    Butland 1984). Raises ValueError for points that do not fall."""
    from scipy.interpolate import PchipInterpolator  # takes 0.2 s to import

    log_snr = np.array(parse_points(points))
    curve = PchipInterpolator(np.linspace(0.0, 1.0, len(log_snr)), log_snr)
    return from_log_snr(curve(np.linspace(0.0, 1.0, steps)))


def parse_points(text: str) -> list[float]:
    """Numbers with spaces between. Raises ValueError, saying what is allowed, unless 2 to 12 that fall by 0.01 or more."""
    words = text.split()
    if 2 <= len(words) <= MAX_POINTS and all(re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,4})?", word) for word in words):
        points = [float(word) for word in words]
        if max(map(abs, points)) <= LOG_SNR_LIMIT and all(a - b >= 0.01 for a, b in itertools.pairwise(points)):
            return points
    raise ValueError(f"must be 2 to {MAX_POINTS} falling values of log SNR from {LOG_SNR_LIMIT:.0f} to -{LOG_SNR_LIMIT:.0f}")


def shortest_points(text: str) -> str:
    """The shortest text of the same points; of a text of none, itself."""
    try:
        return " ".join(f"{point:.10g}" for point in parse_points(text))
    except ValueError:
        return text


def least_dissipation(steps: int, metric: Table) -> Table:
    """Constant thermodynamic speed: equal increments of the length of the path through the data's own noise levels.

    Salamon & Berry 1983; Crooks 2007. metric: log SNR [n], falling, and the length up to there [n] (thermodynamics.py)."""
    log_snr, length = metric
    return from_log_snr(np.interp(np.linspace(0.0, length[-1], steps + 1)[1:], length, log_snr))


def even_levels(steps: int) -> NDArray[np.float64]:
    """[T] log SNR at the first T of T + 1 equal steps from REACH_LOG_SNR to its negative."""
    return np.linspace(REACH_LOG_SNR, -REACH_LOG_SNR, steps + 2)[1:-1]


def optimal(steps: int, levels: NDArray[np.float64] | None) -> Table:
    """The smallest gap of T steps. levels: log SNR [T], falling, found for the data and T (optimal_schedule.py); without them,
    even_levels."""
    return from_log_snr(even_levels(steps) if levels is None else levels)


def rectified_flow(steps: int) -> Table:
    """Liu et al. 2023: a straight line from data to noise, alpha = 1 - t/T, sigma = t/T."""
    sigma = np.arange(steps + 1) / steps
    return 1.0 - sigma, sigma


@dataclass(frozen=True)
class ScheduleRow:
    """One row of SCHEDULES. make(steps, ...) takes what reads names: "start" and "end" of beta, "points", the data's "metric" or
    the best "levels" for them.

    ends_in_noise: alpha_T is 0 as it is, so that zero_snr changes nothing
    only: by field, the values that it works with, where the data have others
    """

    title: str
    why: str
    make: Callable[..., Table]
    reads: tuple[str, ...] = ()
    ends_in_noise: bool = False
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def uses(self) -> tuple[str, ...]:
        """The Experiment's fields that the schedule reads."""
        fields = [name for part in self.reads for name in READ_FOR.get(part, ())]
        return tuple(dict.fromkeys([*fields, *(() if self.ends_in_noise else ("zero_snr",))]))

    @property
    def measured(self) -> bool:
        """Found from the distribution of the data."""
        return not {"metric", "levels"}.isdisjoint(self.reads)


BETAS = ("start", "end")
READ_FOR = {"start": ("beta_start",), "end": ("beta_end",), "points": ("points",)}  # the fields
SCHEDULES: dict[str, ScheduleRow] = {
    "linear": ScheduleRow(
        "Linear",
        "β grows linearly (Ho et al. 2020). In the last third of the steps at most about 1 % of the variance of x_t is signal.",
        linear,
        BETAS,
    ),
    "cosine": ScheduleRow(
        "Cosine", "ᾱ falls nearly linearly in the middle, slowly at both ends (Nichol & Dhariwal 2021).", cosine
    ),
    "quadratic": ScheduleRow("Quadratic", "√β grows linearly: smaller steps near the data than with linear.", quadratic, BETAS),
    "sigmoid": ScheduleRow(
        "Sigmoid", "β follows a logistic curve: nearly constant at both ends, steep in the middle.", sigmoid, BETAS
    ),
    "sohl_dickstein": ScheduleRow(
        "2015 (ᾱ = 1 − t/T)",
        "β_t = 1/(T−t+1): every step erases the same share 1/T of the signal (Sohl-Dickstein et al. 2015; MDLM for masks).",
        sohl_dickstein,
        ends_in_noise=True,
    ),
    "rectified_flow": ScheduleRow(
        "Rectified flow",
        "x_t = (1 − t/T) x₀ + (t/T) ε: at T/2 the variance of x_t is half of that at either end (Liu et al. 2023).",
        rectified_flow,
        ends_in_noise=True,
    ),
    "karras": ScheduleRow("EDM (Karras)", "σ/α grows from 0.002 to 80, its seventh root linearly (Karras et al. 2022).", karras),
    "shifted_cosine": ScheduleRow(
        "Shifted cosine", "Cosine with log SNR lowered by 2 log 2, for larger images (Hoogeboom et al. 2023).", shifted_cosine
    ),
    "least_dissipation": ScheduleRow(
        "Least dissipation",
        "Made for these data: steps of equal thermodynamic length, which is optimal as T grows.",
        least_dissipation,
        ("metric",),
    ),
    "optimal": ScheduleRow(
        "Optimal for this T",
        "Made for these data and T: the smallest ELBO gap there can be with the optimal reverse variance, whichever is set.",
        optimal,
        ("levels",),
    ),
    "drawn": ScheduleRow("Drawn by hand", "Your own: drag the points of log SNR.", drawn, ("points",)),
    "constant": ScheduleRow("Constant", "Every β is the same: the mean of the first and the last.", constant, BETAS),
}


def make_schedule(
    name: str,
    steps: int,
    beta_start: float = BETA_START,
    beta_end: float = BETA_END,
    scale_betas: bool = True,
    zero_snr: bool = False,
    points: str = DRAWN_POINTS,
    metric: Table = EVEN,
    levels: NDArray[np.float64] | None = None,
) -> NoiseSchedule:
    """The schedule `name` with T = steps.

    beta_start, beta_end are meant for T = 1000; with scale_betas they are multiplied by 1000/T, so that
    the end of the chain is noise at any T (improved-diffusion). Unscaled, a short chain keeps its signal.
    zero_snr: rescale it so that nothing of the data is left at T. points, metric, levels: of "drawn",
    "least_dissipation" and "optimal"; the last two are even in log SNR without them.
    Schedules ignore what they do not read. Raises KeyError for an unknown name.
    """
    row, scale = SCHEDULES[name], REFERENCE_STEPS / steps if scale_betas else 1.0
    known = {"start": beta_start * scale, "end": beta_end * scale, "points": points, "metric": metric, "levels": levels}
    table = row.make(steps, **{key: known[key] for key in row.reads})
    return NoiseSchedule(name, *(zero_terminal_snr(table) if zero_snr else table))
