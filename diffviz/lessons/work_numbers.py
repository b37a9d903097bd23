"""How the numbers of the lesson on work are measured: on paths that are drawn anew from both laws, with the seed of the run."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from diffviz.diagnostics.measured import exactly
from diffviz.engine import Setup
from diffviz.estimates import Estimate, mean_of, mean_of_counts
from diffviz.experiment import Experiment
from diffviz.lessons.base import Number, Runs, of_schedule
from diffviz.thermodynamics.arrow import accuracy
from diffviz.thermodynamics.brackets import brackets
from diffviz.thermodynamics.fluctuations import ExponentialMean, crooks_line, exponential_mean, mean_work
from diffviz.thermodynamics.one_point import OnePoint, one_point
from diffviz.thermodynamics.work import Work, work_of_run
from diffviz.views.work import path_count

JUDGED = 1000  # paths of either process, of which the direction is told
AT = 10  # the time of a reverse step


@lru_cache(4)
def _work(experiment: Experiment, paths: int) -> Work:
    return work_of_run(Setup(experiment), paths)


def of_work(quantity: Callable[[Work], Estimate], side: int = 0) -> Number:
    """Of the paths of one run, those of its charts."""
    return lambda runs: quantity(_work(runs[side].experiment, path_count(runs[side])))


def _mean(work: Work) -> Estimate:
    return mean_work(work.work_forward)


def _backwards(work: Work) -> Estimate:
    """The mean work of paths of the reverse process."""
    return mean_work(work.work_reverse)


def _negative(work: Work) -> Estimate:
    """The share of forward paths of negative work, in percent."""
    return mean_of(100.0 * (work.work_forward < 0.0), tolerance=100.0 / len(work.work_forward)).estimate


def _slope(work: Work) -> Estimate:
    line = crooks_line(work.work_forward, work.work_reverse)
    return line.slope if line else Estimate(np.nan, np.inf)


def _crossing(work: Work) -> Estimate:
    """The work in kT at which Crooks' line is 0, so that both processes have it alike; to first order in the intercept."""
    line = crooks_line(work.work_forward, work.work_reverse)
    if line is None:
        return Estimate(np.nan, np.inf)
    slope, intercept = line.slope.value, line.intercept
    return Estimate(-intercept.value / slope, intercept.stderr / slope)


def times_as_frequent(low: float, high: float, side: int = 0) -> Number:
    """How many times as many paths of q as of p have a work between these."""

    def ratio(work: Work) -> Estimate:
        paths = work.work_forward, work.work_reverse
        forward, reverse = (mean_of_counts((low < each) & (each < high)).estimate for each in paths)
        value = forward.value / reverse.value
        return Estimate(value, value * float(np.hypot(forward.stderr / forward.value, reverse.stderr / reverse.value)))

    return of_work(ratio, side)


def _exponential(work: Work) -> ExponentialMean:
    return exponential_mean(work.work_forward, work.work_reverse)


def _missed(work: Work) -> Estimate:
    """The share of paths of the reverse process that have less work than all of the forward ones, in percent."""
    return mean_of(100.0 * (work.work_reverse < work.work_forward.min()), tolerance=100.0 / len(work.work_reverse)).estimate


MEAN, BACKWARDS, NEGATIVE, MISSED = map(of_work, (_mean, _backwards, _negative, _missed))
SLOPE, CROSSING = map(of_work, (_slope, _crossing))


def exponential(side: int = 0) -> Number:
    """The mean of e^-W."""
    return of_work(lambda work: _exponential(work).mean, side)


def effective(side: int) -> Number:
    """How many equal weights the weights e^-W are worth."""
    return of_work(lambda work: Estimate(round(_exponential(work).effective), np.inf), side)


@lru_cache(4)
def _one_point(experiment: Experiment, paths: int) -> OnePoint:
    """Of the centre of the data's first Gaussian."""
    setup = Setup(experiment)
    return one_point(setup, setup.distribution.means[0].numpy(), paths)


def of_point(quantity: Callable[[OnePoint], Estimate]) -> Number:
    """Of one x_0 of the first run."""
    return lambda runs: quantity(_one_point(runs[0].experiment, path_count(runs[0])))


EQUALITY, JENSEN, DATA = map(of_point, (lambda found: found.log_p, lambda found: found.lower, lambda found: exactly(found.log_q)))


def bracket(name: str, side: int = 0) -> Number:
    """One of the entropies of the reverse step that leaves AT, in nats, all without an error that counts."""
    return of_schedule(lambda setup: float(getattr(brackets(setup), name)[AT - 1]), side)


def told_apart(side: int) -> Number:
    """The share of single paths whose direction the likelihood ratio tells rightly, in percent."""

    def measure(runs: Runs) -> Estimate:
        found = accuracy(Setup(runs[side].experiment), JUDGED)
        return Estimate(100.0 * found.value, 100.0 * found.stderr)

    return measure


def dissipated_below(share: float) -> Number:
    """Which part of all dissipation arises in the steps from times up to that share of T, in percent."""

    def measure(runs: Runs) -> Estimate:
        curve = runs[0].curves["dissipation_nats"]
        early = curve.x <= share * runs[0].experiment.steps
        return exactly(100.0 * float(curve.values[early].sum() / curve.values.sum()))

    return measure
