"""A metric with its standard error, and how that error is found.

Most metrics here are functions of N particles that are independent draws. To first order such a metric moves by the mean of an
influence function over the particles, so that its variance is var(influence)/N (the infinitesimal jackknife, Efron 1982). That is
exact for a mean. A squared distance from the truth has a second-order part as well, and near the truth nothing but that part
(Hoeffding 1948): there the influence is itself noise, and its variance is twice too large (Efron & Stein 1981). `share` is how
much of it is real.

Two runs with the same seed move particle i by the same noise in both, so the error of their difference is taken particle by
particle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A metric and its standard error (for quadrature: what the rule is good to; infinite where it is unknown).

    drawn: it follows from what the seed of a run draws, so that another seed gives another value
    """

    value: float
    stderr: float
    drawn: bool = field(default=True, compare=False)

    def __neg__(self) -> Estimate:
        return replace(self, value=0.0 - self.value)  # not −0


def pair(estimate: Estimate) -> list[float | None]:
    """[value, standard error] for JSON, null for an error that is unknown."""
    return [estimate.value, estimate.stderr if math.isfinite(estimate.stderr) else None]


@dataclass(frozen=True, eq=False)
class Sampled:
    """A metric of particles that are draws.

    influence: [N] its first-order change with each particle, up to a constant; empty where nothing is drawn
    share: of var(influence)/N that is the metric's variance
    references: [R] the metric beside each of R clouds of data, whose mean it is; empty where the data enter in closed form
    tolerance: of what else is computed by quadrature
    """

    value: float
    influence: Values
    share: float = 1.0
    references: Values = field(default_factory=lambda: np.zeros(0))
    tolerance: float = 0.0

    @property
    def first_order(self) -> float:
        """var(influence)/N."""
        return _mean_variance(self.influence)

    @property
    def estimate(self) -> Estimate:
        variance = self.share * self.first_order + _mean_variance(self.references)
        return Estimate(self.value, math.hypot(math.sqrt(variance), self.tolerance), self.drawn)

    @property
    def drawn(self) -> bool:
        """Is anything of it a draw?"""
        return len(self.influence) + len(self.references) > 0

    def less(self, constant: float) -> Sampled:
        """The same from another origin."""
        return replace(self, value=self.value - constant)

    def times(self, factor: float) -> Sampled:
        """The same in another unit."""
        parts = self.value, self.influence, self.references, self.tolerance
        value, influence, references, tolerance = (factor * part for part in parts)
        return Sampled(value, influence, self.share, references, tolerance)


def _mean_variance(values: Values) -> float:
    """Variance of the mean of values [N]; infinite, which is to say unknown, for a single one, and 0 if there are none."""
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else math.inf if len(values) else 0.0


def affordable(count: int, least: int, most: int, altogether: int) -> int:
    """How many draws each of so many times gets: at most as many as make this many of all times, and not fewer than the least."""
    return min(most, max(least, altogether // count))


def less(a: Estimate, b: Estimate) -> Estimate:
    """A less B, whose errors are independent."""
    return Estimate(a.value - b.value, math.hypot(a.stderr, b.stderr), a.drawn or b.drawn)


def difference(a: Sampled, b: Sampled, paired: bool = True) -> Estimate:
    """A less B: particle by particle and cloud by cloud if paired; else, or with other numbers of them, as independent."""
    value, tolerance = a.value - b.value, max(a.tolerance, b.tolerance)
    if not paired or len(a.influence) != len(b.influence) or len(a.references) != len(b.references):
        return less(a.estimate, b.estimate)
    first_order = a.first_order + b.first_order
    if not math.isfinite(first_order):
        return Estimate(value, math.inf, a.drawn or b.drawn)
    share = (a.share * a.first_order + b.share * b.first_order) / first_order if first_order > 0.0 else 1.0
    variance = share * _mean_variance(a.influence - b.influence) + _mean_variance(a.references - b.references)
    return Estimate(value, math.hypot(math.sqrt(variance), tolerance), a.drawn or b.drawn)


def mean_of(values: Values, tolerance: float = 0.0) -> Sampled:
    """The mean of values [N], one of each particle."""
    return Sampled(float(values.mean()), values, tolerance=tolerance)


def mean_of_counts(counts: NDArray[Any]) -> Sampled:
    """The mean of counts, or of what is true or false, [N], known to one part in N at best: N samples without a fault do not say
    that there is none."""
    return mean_of(counts.astype(float), tolerance=1.0 / len(counts))


def share_of(first_order: float, variance_of_true: float, ratio: float) -> float:
    """The share of a first-order variance that is real, for a metric that is a distance from the truth.

    variance_of_true: the variance if the particles were draws of the truth; ratio: how much less than what is seen is expected of
    such draws. At 1 or above nothing but the draw is seen; far below, the first order is right.
    """
    if first_order <= variance_of_true or not math.isfinite(first_order):  # on average it is never too small
        return 1.0
    draw = min(1.0, ratio)
    return (1.0 - draw) + draw * variance_of_true / first_order


def mean_over_pairs(kernel: Values) -> Sampled:
    """The mean of a symmetric kernel [N, N] over pairs of different particles, a U-statistic: without bias (Hoeffding 1948).

    Its variance is 4 zeta_1/N + 2 zeta_2/(N (N - 1)) but for terms of higher order, zeta_1 that of E[kernel|x] and zeta_2 of
    what is left; var(influence)/N is 4 zeta_1/N + 4 zeta_2/(N (N - 1)), more by p = 2 zeta_2/(N (N - 1)). So share is
    1 - p/(var(influence)/N), from 1/2 where zeta_1 is 0 to 1 where it is all.
    """
    count = len(kernel)
    off = kernel.copy()
    np.fill_diagonal(off, 0.0)
    rows = off.sum(1) / max(1, count - 1)
    value = float(rows.mean())
    sampled = Sampled(value, 2.0 * rows)
    if count < 4:
        return sampled
    pairs = count * (count - 1)
    square = float(np.einsum("ij,ij->", off, off)) / pairs - value**2
    second = max(square - 2.0 * float(rows.var(ddof=1)), 0.0) / (1.0 - 2.0 / (count - 1))
    pure = 2.0 * second / pairs
    first_order = sampled.first_order
    return Sampled(value, sampled.influence, 1.0 - min(0.5, pure / first_order) if first_order > 0.0 else 1.0)


def jackknife(value: float, left_out: Values) -> Sampled:
    """A smooth metric of N particles, and the same without each of them [N]."""
    return Sampled(value, -(len(left_out) - 1) * left_out)
