"""Fluctuation theorems, checked on the work of paths drawn from both laws (work.py).

    <W> under q = gap >= 0 (second law)             <e^{-W}> under q = 1 - (share of p where no data are)   (Jarzynski 1997)
    log P_q(w)/P_p(w) = w (Crooks 1999)             log(Z_p/Z_q) = 0, both laws being normalised (Bennett 1976)

On bits the reverse process may end where no data are, which no forward path does: such paths of p have W = -inf, and their share
is missing from the exponential mean (absolute irreversibility, Murashita, Funo & Ueda 2014).

Crooks' line is fitted without bins. That a path with work w was drawn from q and not from p has the log odds
log(N/M) + intercept + slope w, with intercept 0 and slope 1 if the theorem holds: this is logistic regression, whose maximum
likelihood loses nothing to bins (Shirts et al. 2003 for slope 1). N and M are not drawn but chosen, which takes 1/N + 1/M from
the variance of the intercept and nothing from that of the slope (Prentice & Pyke 1979). The binned ratio is for the eye.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from diffviz.estimates import Estimate, mean_of

Values = NDArray[np.float64]
Counts = NDArray[np.int64]
BINS = (10, 80)  # at least and at most
MOST_MISSED = 0.05  # of an exponential mean that can be trusted
ENOUGH = 10  # paths of either law that a bin needs to be compared
COMPARED = 16  # bins at most in which both laws are compared
FIT_STEPS = 50  # of Newton's method; it takes fewer than ten where both laws overlap
LARGEST = 10.0  # standard error of a slope that says nothing


def mean_work(work: Values) -> Estimate:
    """<W> in kT of paths [N], of those of finite work."""
    return mean_of(work[np.isfinite(work)]).estimate


@dataclass(frozen=True)
class ExponentialMean:
    """<e^{-W}> under q, and whether it can be trusted.

    mean: with its standard error, in which what no path of q has seen is contained
    expected: what the theorem says, with the standard error of the share of p that ends where no data are
    paths: N; effective: (sum e^{-W})^2 / sum e^{-2W}, how many equal weights would be as good (Kish)
    variance: of e^{-W}, of works as low as were seen under q; that of all may be infinite
    missed: the share of paths of p whose work is lower than that of all paths of q; so much is missing from the mean
    needed: about so many paths must be drawn before the mean is near its value: e to the mean of -W under p and a standard
        deviation of it (Chatterjee & Diaconis 2018, theorem 1.1)
    """

    mean: Estimate
    expected: Estimate
    paths: int
    effective: float
    variance: float
    missed: float
    needed: float

    @property
    def trusted(self) -> bool:
        """Were enough paths drawn, and little missed?"""
        return self.paths >= self.needed and self.missed <= MOST_MISSED

    @property
    def regime(self) -> str:
        """In words, with the numbers."""
        told = (
            f"The weights e^−W of {self.paths} paths are worth {self.effective:.0f} equal ones; their variance is "
            f"{self.variance:.3g}. {self.missed:.2%} of the model's paths have a lower work than all of these, and about "
            f"{_many(self.needed)} paths are needed. "
        )
        return told + ("The mean can be trusted." if self.trusted else "Few paths dominate the mean, and it cannot be trusted.")


def _many(count: float) -> str:
    return f"{math.ceil(count)}" if count < 1e6 else f"{count:.0e}" if math.isfinite(count) else "more than 10³⁰⁸"


def _exp(values: Values) -> Values:
    """[N] infinite where it is more than a number holds."""
    with np.errstate(over="ignore"):
        return np.exp(values)


def exponential_mean(forward: Values, reverse: Values) -> ExponentialMean:
    """Of the works forward [N] and reverse [M], N and M at least 2.

    Paths of q seldom see the rare ones that carry the variance of e^{-W}; paths of p are such paths, E_q[e^{-2W}] = E_p[e^{-W}].
    The larger of both estimates is taken, over works as low as were seen under q.
    """
    inside, count, lowest = reverse[np.isfinite(reverse)], len(forward), float(forward.min())
    share, seen = 1.0 - len(inside) / len(reverse), inside[inside >= lowest]
    weights = np.exp(lowest - forward)  # the largest is 1
    with np.errstate(over="ignore", invalid="ignore"):
        scale = np.exp(np.float64(-lowest))
        of_p = scale * np.exp(lowest - seen).sum() / len(reverse) - (len(seen) / len(reverse)) ** 2
        variance = float(max(scale**2 * weights.var(ddof=1), of_p))
        needed = float(np.exp(-inside.mean() + inside.std())) if len(inside) else math.inf
    missed = (len(inside) - len(seen)) / len(reverse)
    return ExponentialMean(
        mean=Estimate(float(scale * weights.mean()), math.hypot(math.sqrt(variance / count), missed)),
        expected=Estimate(1.0 - share, math.sqrt(share * (1.0 - share) / len(reverse))),
        paths=count,
        effective=float(weights.sum() ** 2 / np.square(weights).sum()),
        variance=variance,
        missed=missed,
        needed=max(1.0, needed),
    )


@dataclass(frozen=True, eq=False)
class Histograms:
    """Of the work of paths of q and of p, in kT on common bins. edges: [B+1]; forward, reverse: [B] paths in each bin; paths: N
    and M of all paths, of those, too, whose work is not finite."""

    edges: Values
    forward: Counts
    reverse: Counts
    paths: tuple[int, int]

    @property
    def densities(self) -> tuple[Values, Values]:
        """[B] of q and of p, per kT."""
        width = np.diff(self.edges)
        return self.forward / (self.paths[0] * width), self.reverse / (self.paths[1] * width)


def histograms(forward: Values, reverse: Values, share: float = 1.0) -> Histograms:
    """Of the works forward [N] and reverse [M], on bins that hold all finite ones, or the middle share of either; their width is
    that of Freedman and Diaconis for the narrower of the two."""
    inside = reverse[np.isfinite(reverse)]
    sides = [side for side in (forward, inside) if len(side)]
    ends = [np.quantile(side, [(1.0 - share) / 2.0, (1.0 + share) / 2.0]) for side in sides]
    low, high = min(float(end[0]) for end in ends), max(float(end[1]) for end in ends)
    if high - low < 1e-6:  # nothing but rounding: a reversible process
        low, high = low - 0.5, high + 0.5
    width = min(2.0 * float(np.subtract(*np.percentile(side, [75, 25]))) / len(side) ** (1 / 3) for side in sides)
    count = int(np.clip((high - low) / width if width > 0.0 else BINS[1], *BINS))
    edges = np.linspace(low, high, count + 1)
    return Histograms(edges, np.histogram(forward, edges)[0], np.histogram(inside, edges)[0], (len(forward), len(reverse)))


def shared_bins(forward: Values, reverse: Values) -> Histograms:
    """Of the works forward [N] and reverse [M] where both laws have been seen, on bins that hold about as many paths each, both
    laws taken together: such edges do not depend on which of the two a path is of. A bin in which one law has too few is
    merged with the next one towards the middle. There are none where the laws do not overlap."""
    inside, paths = reverse[np.isfinite(reverse)], (len(forward), len(reverse))
    none = Histograms(np.zeros(1), np.zeros(0, np.int64), np.zeros(0, np.int64), paths)
    if not len(inside):
        return none
    low, high = max(forward.min(), inside.min()), min(forward.max(), inside.max())
    both = np.concatenate([forward, inside])
    both = both[(both >= low) & (both <= high)]
    count = min(COMPARED, len(both) // (2 * ENOUGH))
    if count < 1:
        return none
    edges = np.unique(np.quantile(both, np.linspace(0.0, 1.0, count + 1)))
    while len(edges) > 1:
        counts = [np.histogram(side, edges)[0] for side in (forward, inside)]
        few = np.flatnonzero(np.minimum(*counts) < ENOUGH)
        if not len(few):
            return Histograms(edges, *counts, paths)
        if len(edges) == 2:
            return none
        outermost = max(few, key=lambda bin: abs(bin - (len(edges) - 2) / 2))
        edges = np.delete(edges, outermost + 1 if outermost < (len(edges) - 2) / 2 else outermost)
    return none


@dataclass(frozen=True, eq=False)
class LogRatio:
    """log P_q(w)/P_p(w) [b] with standard errors on bins that have enough paths of both laws, over the work [b] in kT.

    work: of a bin, halfway between the mean works of its paths of q and of p: there Crooks' line holds to second order in the
        bin's width
    """

    work: Values
    log_ratio: Values
    stderr: Values


def log_ratio(forward: Values, reverse: Values) -> LogRatio:
    """Of the works forward [N] and reverse [M] on their shared bins. A count is binomial: the variance of its logarithm is about
    1/count - 1/paths."""
    bins = shared_bins(forward, reverse)
    means, ratio, variance = np.zeros(len(bins.forward)), np.zeros(len(bins.forward)), np.zeros(len(bins.forward))
    for sign, work, counts, paths in zip((1, -1), (forward, reverse), (bins.forward, bins.reverse), bins.paths, strict=True):
        finite = work[np.isfinite(work)]
        sums = np.histogram(finite, bins.edges, weights=finite)[0]
        means += sums / counts / 2.0
        ratio += sign * np.log(counts / paths)
        variance += 1.0 / counts - 1.0 / paths
    return LogRatio(means, ratio, np.sqrt(variance))


@dataclass(frozen=True)
class Line:
    """Crooks' line, log P_q(w)/P_p(w) = intercept + slope w: both with their standard errors; the theorem says 0 and 1."""

    slope: Estimate
    intercept: Estimate


def crooks_line(forward: Values, reverse: Values) -> Line | None:
    """Of the works forward [N] and reverse [M], by logistic regression; None where the laws do not overlap, or do not differ."""
    inside = reverse[np.isfinite(reverse)]
    work = np.concatenate([forward, inside])
    centre, scale = float(work.mean()), float(work.std())
    if not len(inside) or scale < 1e-6 or forward.min() > inside.max() or inside.min() > forward.max():
        return None
    is_forward = np.arange(len(work)) < len(forward)
    x = np.stack([np.ones(len(work)), (work - centre) / scale], 1)
    offset, beta = math.log(len(forward) / len(reverse)), np.array([centre, scale])  # begins at the theorem
    for _ in range(FIT_STEPS):
        odds = expit(offset + x @ beta)
        information = (x * (odds * (1.0 - odds))[:, None]).T @ x
        if np.linalg.cond(information) > 1.0 / np.finfo(float).eps:
            return None
        step = np.linalg.solve(information, x.T @ (is_forward - odds))
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    else:
        return None
    errors = np.linalg.inv(information)
    slope = Estimate(float(beta[1] / scale), math.sqrt(errors[1, 1]) / scale)
    lever = np.array([1.0, -centre / scale])  # intercept = beta_0 - beta_1 centre/scale
    variance = float(lever @ errors @ lever) - 1.0 / len(forward) - 1.0 / len(reverse)
    intercept = Estimate(float(lever @ beta), math.sqrt(max(variance, 0.0)))
    return Line(slope, intercept) if slope.stderr < LARGEST else None


def acceptance_ratio(forward: Values, reverse: Values) -> Estimate | None:
    """The free-energy difference log(Z_q/Z_p) in kT by Bennett's acceptance ratio, which is 0: q and p are both normalised.

    With f(x) = 1/(1 + e^x) and C = log(Z_q/Z_p) - log(N/M) it solves sum over q of f(W - C) = sum over p of f(C - W). The error
    is the asymptotic one. None where the laws do not overlap.
    """
    shift = math.log(len(forward) / len(reverse))

    def apart(free_energy: float) -> float:
        return float(expit(-(forward - free_energy + shift)).sum() - expit(reverse - free_energy + shift).sum())

    inside = reverse[np.isfinite(reverse)]
    if not len(inside) or forward.min() > inside.max():
        return None
    low, high = min(forward.min(), inside.min()) - 50.0 - abs(shift), max(forward.max(), inside.max()) + 50.0 + abs(shift)
    free_energy = brentq(apart, low, high)
    sides = expit(-(forward - free_energy + shift)), expit(reverse - free_energy + shift)
    variance = sum(float(side.var() / side.mean() ** 2) / len(side) for side in sides)
    return Estimate(free_energy, math.sqrt(variance))


@dataclass(frozen=True, eq=False)
class Convergence:
    """Means over the first n paths, n [P] ascending: <W> in kT and <e^{-W}>, with standard errors."""

    paths: Counts
    mean_work: Values
    mean_work_stderr: Values
    exponential: Values
    exponential_stderr: Values


def convergence(forward: Values, points: int = 40) -> Convergence:
    """Of the works [N] of paths of q, at about so many numbers of paths, even in their logarithm from 2 to N."""
    paths = path_numbers(len(forward), points)
    mean, stderr = running_mean(forward, paths)
    return Convergence(paths, mean, stderr, *running_mean(_exp(-forward), paths))


def path_numbers(most: int, points: int = 40) -> Counts:
    """Ascending numbers of paths, from 2 to most, even in their logarithm."""
    return np.unique(np.round(np.geomspace(2, most, points)).astype(np.int64))


def running_mean(values: Values, counts: Counts) -> tuple[Values, Values]:
    """[P] means of the first counts of values [N], and their standard errors."""
    centre = float(values.mean()) if np.isfinite(values).all() else 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        first, second = np.cumsum(values - centre)[counts - 1], np.cumsum(np.square(values - centre))[counts - 1]
        mean = first / counts
        variance = np.maximum(second / counts - np.square(mean), 0.0) * counts / (counts - 1)
        return mean + centre, np.sqrt(variance / counts)
