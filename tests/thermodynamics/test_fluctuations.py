"""Fluctuation theorems: of works whose law is known, and of the paths of runs."""

import math

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.engine import Setup
from diffviz.thermodynamics.fluctuations import (
    acceptance_ratio,
    convergence,
    crooks_line,
    exponential_mean,
    histograms,
    log_ratio,
    mean_work,
    path_numbers,
    running_mean,
    shared_bins,
)
from diffviz.thermodynamics.work import work_of_run
from diffviz.views.plane.measure import analyse

SEEDS = 40
RUNS = {
    "exact": {"steps": 20, "variance": "optimal"},
    "network": {"steps": 20, "variance": "optimal", "denoiser": "learned"},
    "moons": {"dataset": "two_moons", "steps": 10, "variance": "posterior"},
    "wide": {"dataset": "gaussian", "data_std": 0.5, "steps": 10, "variance": "beta", "schedule": "linear"},
    "bits": {"dataset": "heartbeat", "steps": 6},
    "bits, network": {"dataset": "heartbeat", "steps": 10, "denoiser": "learned"},
}


def normal_works(mean, paths=1000, seed=0, outside=0.0):
    """Works that obey Crooks: N(mean, 2 mean) under q and N(-mean, 2 mean) under p; a share of p has no data."""
    rng = np.random.default_rng(seed)
    shift = -math.log1p(-outside)  # what is left of p is less by that factor
    spread = math.sqrt(2 * mean)
    reverse = shift + rng.normal(-mean, spread, paths)
    return shift + rng.normal(mean, spread, paths), np.where(rng.random(paths) < outside, -np.inf, reverse)


def scores(measure, seeds=200, **fields):
    """[seeds] (value - truth)/error of an estimate of works drawn anew."""
    found = []
    for seed in range(seeds):
        estimate, truth = measure(*normal_works(**fields, seed=seed))
        found.append((estimate.value - truth) / estimate.stderr)
    return np.array(found)


def calibrated(found):
    """A mean of 0 and a standard deviation of 1, as far as so many draws can tell."""
    assert abs(found.mean()) < 4 / len(found) ** 0.5
    assert abs(found.std() - 1.0) < 4 / (2 * len(found)) ** 0.5


@pytest.mark.parametrize("outside", [0.0, 0.3])
def test_errors_of_slope_intercept_and_free_energy_are_calibrated(outside):
    of_p = {"mean": 0.5, "paths": 1500, "outside": outside}
    calibrated(scores(lambda q, p: (crooks_line(q, p).slope, 1.0), **of_p))
    calibrated(scores(lambda q, p: (crooks_line(q, p).intercept, 0.0), **of_p))
    calibrated(scores(lambda q, p: (acceptance_ratio(q, p), 0.0), **of_p))


def test_unequal_numbers_of_paths_change_nothing():
    q, p = normal_works(0.5, 20_000)
    line, free = crooks_line(q[:4000], p), acceptance_ratio(q[:4000], p)
    assert line.slope.value == pytest.approx(1.0, abs=4 * line.slope.stderr)
    assert line.intercept.value == pytest.approx(0.0, abs=4 * line.intercept.stderr)
    assert free.value == pytest.approx(0.0, abs=4 * free.stderr)


def test_a_law_that_breaks_the_theorem_is_found():
    q, p = normal_works(0.5, 4000)
    line = crooks_line(1.5 * q, 1.5 * p)
    assert line.slope.value == pytest.approx(1 / 1.5, abs=4 * line.slope.stderr)
    assert abs(line.slope.value - 1.0) > 5 * line.slope.stderr
    assert crooks_line(q + 0.3, p + 0.3).intercept.value < -0.1
    assert acceptance_ratio(q + 0.3, p + 0.3).value == pytest.approx(0.3, abs=0.1)


@pytest.mark.parametrize("outside", [0.0, 0.2])
def test_the_exponential_mean_is_what_is_left_of_p_and_its_error_is_honest(outside):
    found = scores(lambda q, p: (exponential_mean(q, p).mean, 1.0 - outside), mean=0.3, paths=1000, outside=outside)
    assert abs(found.mean()) < 0.4
    assert 0.6 < found.std() < 1.1
    made = exponential_mean(*normal_works(0.3, 20_000, outside=outside))
    assert made.trusted
    assert made.expected.value == pytest.approx(1.0 - outside, abs=4 * made.expected.stderr + 1e-12)
    assert made.variance == pytest.approx((math.exp(0.6) - 1) * (1 - outside) ** 2, rel=0.3)


def test_where_paths_are_too_few_the_exponential_mean_says_so():
    made = exponential_mean(*normal_works(12.0, 1000))
    assert not made.trusted
    assert made.needed > 1e5  # e^12 is 1.6e5
    assert made.missed > 0.9  # what q has not seen
    assert made.mean.value + 3 * made.mean.stderr > 1.0
    assert "cannot be trusted" in made.regime
    assert exponential_mean(*normal_works(800.0, 100)).mean.value < 1e-100  # and no number overflows


def test_effective_paths_are_kishs():
    q = np.log(np.array([1.0, 1.0, 2.0, 4.0]))
    weights = np.exp(-q)
    assert exponential_mean(q, -q).effective == pytest.approx(weights.sum() ** 2 / (weights**2).sum())


def test_histograms_hold_every_finite_path_and_integrate_to_its_share():
    q, p = normal_works(1.0, 3000, outside=0.1)
    bins = histograms(q, p)
    assert bins.forward.sum() == 3000
    assert bins.reverse.sum() == np.isfinite(p).sum()
    widths = np.diff(bins.edges)
    assert (bins.densities[0] * widths).sum() == pytest.approx(1.0)
    assert (bins.densities[1] * widths).sum() == pytest.approx(np.isfinite(p).mean())
    assert 10 <= len(widths) <= 80


@pytest.mark.parametrize("variance", [0.1, 0.8, 2.0])
def test_binned_ratios_lie_on_the_line_within_their_errors_at_the_ends_too(variance):
    found, ends = [], []
    for seed in range(60):
        q, p = normal_works(variance, 2000, seed)
        ratio = log_ratio(q, p)
        away = (ratio.log_ratio - ratio.work) / ratio.stderr
        found += [*away]
        ends += [away[0], away[-1]]
        assert ratio.stderr.max() < 0.5
    assert len(found) > 60 * 12
    assert abs(np.mean(found)) < 0.1
    assert abs(np.mean(ends)) < 0.3
    assert 0.85 < np.std(found) < 1.15
    assert 0.8 < np.std(ends) < 1.25


def test_shared_bins_hold_enough_paths_of_both_laws_and_lie_where_both_were_seen():
    for variance in (0.1, 2.0, 8.0):
        q, p = normal_works(variance, 1000, outside=0.1)
        bins = shared_bins(q, p)
        inside = p[np.isfinite(p)]
        assert min(bins.forward.min(), bins.reverse.min()) >= 10
        assert bins.edges[0] == max(q.min(), inside.min())
        assert bins.edges[-1] == min(q.max(), inside.max())
        assert (np.diff(bins.edges) > 0).all()
    assert len(shared_bins(np.linspace(50, 60, 50), np.linspace(-60, -50, 50)).forward) == 0
    assert len(shared_bins(np.zeros(50), np.full(50, -np.inf)).forward) == 0
    assert len(log_ratio(np.linspace(50, 60, 50), np.linspace(-60, -50, 50)).work) == 0


def test_where_nothing_overlaps_or_differs_there_is_no_line():
    apart = np.linspace(50, 60, 50), np.linspace(-60, -50, 50)
    assert crooks_line(*apart) is None
    assert acceptance_ratio(*apart) is None
    assert crooks_line(np.zeros(10), np.zeros(10)) is None
    assert crooks_line(*normal_works(1e-5, 100)) is None  # too narrow for a slope
    assert crooks_line(np.ones(5), np.full(5, -np.inf)) is None
    assert len(histograms(np.zeros(10), np.zeros(10)).forward) >= 10


def test_running_means_are_those_of_the_first_paths():
    q, _ = normal_works(0.7, 300)
    made = convergence(q)
    assert made.paths[0] == 2
    assert made.paths[-1] == 300
    for n, mean, stderr, exponential in zip(made.paths, made.mean_work, made.mean_work_stderr, made.exponential, strict=True):
        assert mean == pytest.approx(q[:n].mean())
        assert stderr == pytest.approx(q[:n].std(ddof=1) / n**0.5, rel=1e-6)
        assert exponential == pytest.approx(np.exp(-q[:n]).mean())
    assert path_numbers(2).tolist() == [2]
    assert running_mean(np.array([5.0, 5.0, 5.0]), np.array([3]))[1][0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("name", RUNS)
def test_the_theorems_hold_for_the_paths_of_a_run(name):
    """<e^-W> = 1, Crooks' slope 1 and intercept 0, and no free-energy difference, of exact and learned denoisers."""
    setup, away, slopes = Setup(Experiment(**RUNS[name])), [], []
    for seed in range(4):
        work = work_of_run(setup, 1500, seed)
        q, p = work.work_forward, work.work_reverse
        made, line, free = exponential_mean(q, p), crooks_line(q, p), acceptance_ratio(q, p)
        assert abs(made.mean.value - made.expected.value) < 3 * math.hypot(made.mean.stderr, made.expected.stderr)
        away += [line.intercept.value / line.intercept.stderr, free.value / free.stderr]
        slopes.append((line.slope.value - 1.0) / line.slope.stderr)
    assert np.abs([*away, *slopes]).max() < 4
    assert abs(np.mean(slopes)) < 3 / len(slopes) ** 0.5


def test_the_mean_work_is_the_gap_and_its_error_is_calibrated():
    setup = Setup(Experiment(**RUNS["exact"]))
    gap = analyse(setup, setup.times).gap.value
    found = []
    for seed in range(SEEDS):
        estimate = mean_work(work_of_run(setup, 300, seed).work_forward)
        found.append((estimate.value - gap) / estimate.stderr)
    calibrated(np.array(found))
