"""The optimal schedule beside the closed form of the gap, finite differences, and another optimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from diffviz import Experiment
from diffviz.domains.plane import optimal_schedule
from diffviz.domains.plane.datasets import DATASETS, OWN, make_dataset
from diffviz.domains.plane.optimal_schedule import (
    bound_nats,
    equal_lengths,
    least_errors,
    metric,
    optimal_gap_nats,
    optimal_log_snr,
)
from diffviz.domains.plane.thermodynamics import thermodynamic_metric
from diffviz.engine import Setup
from diffviz.gaussian.quadrature import marginal
from diffviz.schedules import MAX_STEPS, MIN_STEPS, REACH_LOG_SNR, even_levels, from_log_snr
from diffviz.views.plane.measure import analyse

SHIPPED = [name for name in DATASETS if name not in OWN]  # a person's own mixture of unequal widths needs levels beyond the grid
DATA = [name for name in SHIPPED if name != "gaussian"]
# what L-BFGS-B found over log SNR at T = 10 with the closed form of the gap, and that of equal lengths
REFERENCE = {"eight_gaussians": 0.2500, "grid_25": 0.2531, "rings": 0.1659, "two_moons": 0.2540}
EQUAL_LENGTHS = {"eight_gaussians": 0.3216, "grid_25": 0.3028, "rings": 0.1844, "two_moons": 0.2785}
LEVELS = [4.355, 3.69, 3.261, 2.907, 2.575, 2.232, 1.858, 1.452, 1.007, 0.446]  # of eight_gaussians


def gap(dataset, steps, schedule="optimal", **other):
    """By the closed form of thermodynamics.exact_costs, which shares no formula with the optimiser."""
    return analyse(Setup(Experiment(dataset=dataset, schedule=schedule, steps=steps, **other))).gap.value


def by_lbfgs(errors, first, last, steps):
    """The smallest bound that L-BFGS-B finds from even levels, over l_1 and the logarithms of the spacings."""

    def levels(z):
        return z[0] - np.concatenate([[0.0], np.cumsum(np.exp(z[1:]))])

    def value_and_slope(z):
        value, gradient, _ = bound_nats(errors, levels(z))
        tail = np.cumsum(gradient[::-1])[::-1]
        return value, np.concatenate([tail[:1], -tail[1:] * np.exp(z[1:])])

    start = np.concatenate([[first], np.full(steps - 1, np.log((first - last) / (steps - 1)))])
    bounds = [(-11.0, 11.0)] + [(-14.0, 2.5)] * (steps - 1)
    options = {"maxiter": 20_000, "maxfun": 50_000, "ftol": 1e-14, "gtol": 1e-9}
    found = minimize(value_and_slope, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return found.fun, levels(found.x)


@pytest.mark.parametrize(("dataset", "steps"), [(name, 10) for name in DATA] + [("rings", 50), ("grid_25", 50), ("smiley", 100)])
def test_no_other_optimiser_finds_better_levels(dataset, steps):
    errors = least_errors(make_dataset(dataset))
    ours = bound_nats(errors, optimal_log_snr(make_dataset(dataset), steps))[0]
    starts = [(8.0, -3.0), (5.0, 0.0), (11.0, -11.0)] if steps == 10 else [(8.0, -3.0)]
    best = min(by_lbfgs(errors, *ends, steps)[0] for ends in starts)
    assert ours <= best + 1e-6
    assert ours == pytest.approx(best, abs=1e-5)  # the same minimum, which the other has reached as well


@pytest.mark.parametrize("dataset", REFERENCE)
def test_ten_steps_leave_the_gap_that_direct_minimisation_finds(dataset):
    assert gap(dataset, 10) == pytest.approx(REFERENCE[dataset], abs=1e-4)
    assert gap(dataset, 10, "least_dissipation") == pytest.approx(EQUAL_LENGTHS[dataset], abs=1e-4)


def test_ten_levels_of_eight_gaussians():
    np.testing.assert_allclose(optimal_log_snr(make_dataset("eight_gaussians"), 10), LEVELS, atol=2e-3)


@pytest.mark.parametrize("dataset", DATA)
def test_the_gap_that_is_minimised_is_the_closed_form_s(dataset):
    for steps in (10, 100):
        assert optimal_gap_nats(make_dataset(dataset), steps) == pytest.approx(gap(dataset, steps), abs=1e-5)


@pytest.mark.parametrize("dataset", DATA)
def test_the_closed_form_rises_whichever_level_is_moved(dataset):
    """By quadrature at the levels themselves, so that nothing is interpolated. 0.05 is at most a sixth of a step."""
    mixture, best = make_dataset(dataset), optimal_log_snr(make_dataset(dataset), 10)

    def exact(log_snr):
        alpha, sigma = (column[1:] for column in from_log_snr(log_snr))
        mmse = np.array([marginal(mixture, a, s).mmse for a, s in zip(alpha.tolist(), sigma.tolist(), strict=True)])
        steps = np.log1p(-np.diff(np.exp(log_snr)) * mmse[1:] / 2).sum()
        return np.log(mmse[0]) + steps + 0.5 * ((mixture.mean_square - 2) * alpha[-1] ** 2) - np.log(sigma[-1] ** 2)

    least = exact(best)
    for level in range(10):
        for move in (-0.05, 0.05):
            assert exact(best + move * (np.arange(10) == level)) > least


@pytest.mark.parametrize("dataset", ["gaussian", "smiley"])
def test_gradient_and_hessian_are_the_differences_of_the_bound(dataset):
    errors, at, h = least_errors(make_dataset(dataset, 0.7)), np.array([6.2, 4.9, 2.8, 1.1, -0.4, -2.5]), 1e-4
    _, gradient, banded = bound_nats(errors, at)
    hessian = np.diag(banded[1]) + np.diag(banded[0, 1:], 1) + np.diag(banded[0, 1:], -1)
    moved = [(bound_nats(errors, at + h * e), bound_nats(errors, at - h * e)) for e in np.eye(len(at))]
    np.testing.assert_allclose(gradient, [(up[0] - down[0]) / (2 * h) for up, down in moved], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(hessian, [(up[1] - down[1]) / (2 * h) for up, down in moved], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dataset", SHIPPED)
def test_the_interpolated_error_is_that_of_quadrature(dataset):
    mixture, log_snr = make_dataset(dataset, 0.3), np.linspace(REACH_LOG_SNR, -REACH_LOG_SNR, 38)
    alpha, sigma = (column[1:].tolist() for column in from_log_snr(log_snr))
    exact = np.array([marginal(mixture, a, s).mmse for a, s in zip(alpha, sigma, strict=True)])
    np.testing.assert_allclose(np.exp(least_errors(mixture).log_mmse(log_snr)[0]), exact / 2, rtol=3e-5)


@pytest.mark.parametrize("dataset", ["eight_gaussians", "pinwheel"])
def test_the_metric_in_closed_form_has_the_length_that_short_steps_have(dataset):
    log_snr, length = thermodynamic_metric(make_dataset(dataset))
    middle = (log_snr[1:] + log_snr[:-1]) / 2
    speed = np.sqrt(metric(least_errors(make_dataset(dataset)), middle)) * -np.diff(log_snr)
    known = (middle > -2) & (middle < 5)
    np.testing.assert_allclose(speed[known], np.diff(length)[known], rtol=0.02)


@pytest.mark.parametrize(("dataset", "std"), [*((name, 1.0) for name in SHIPPED), ("gaussian", 0.05), ("gaussian", 1.5)])
def test_levels_fall_at_every_number_of_steps(dataset, std):
    for steps in (MIN_STEPS, 3, 4, 7, 30, 101, 250, 999, MAX_STEPS):
        log_snr = optimal_log_snr(make_dataset(dataset, std), steps)
        assert len(log_snr) == steps
        assert np.isfinite(log_snr).all()
        assert (np.diff(log_snr) < 0).all()
        assert np.abs(log_snr).max() <= REACH_LOG_SNR


@pytest.mark.parametrize("dataset", DATA)
def test_more_steps_never_leave_more_and_no_start_is_better_than_the_end(dataset):
    mixture = make_dataset(dataset)
    errors, entropy = least_errors(mixture), marginal(mixture, 1.0, 0.0).entropy_nats
    gaps = []
    for steps in (2, 3, 5, 10, 100, 101, 200, 1000, 4000):
        gaps.append(optimal_gap_nats(mixture, steps))
        assert gaps[-1] <= bound_nats(errors, equal_lengths(errors, steps))[0] - entropy
    assert (np.diff(gaps) < 0).all()


def test_steps_with_zero_terminal_snr_fall_to_nothing():
    for dataset, steps in (("eight_gaussians", 2), ("rings", 10), ("gaussian", 50), ("smiley", 1000)):
        schedule = Setup(Experiment(dataset=dataset, schedule="optimal", steps=steps, zero_snr=True)).schedule
        assert schedule.alpha[-1] == 0
        assert (np.diff(schedule.alpha) < 0).all()


@pytest.mark.parametrize("std", [0.05, 0.5, 1.0, 1.5])
def test_one_gaussian_is_left_no_gap_and_even_levels(std):
    """Its steps dissipate nothing, so that levels are as even as the mismatch at T allows."""
    for steps in (2, 10, 50):
        assert gap("gaussian", steps, data_std=std) < 1e-6
    log_snr = optimal_log_snr(make_dataset("gaussian", std), 10)
    np.testing.assert_allclose(log_snr[:-1], even_levels(10)[:-1], atol=0.05)
    assert -REACH_LOG_SNR < log_snr[-1] < even_levels(10)[-1] + 1e-6


def test_the_levels_are_those_of_the_optimal_variance_whichever_is_chosen():
    tables = [
        Setup(Experiment(dataset="rings", schedule="optimal", steps=9, variance=kind)).schedule for kind in ("beta", "optimal")
    ]
    np.testing.assert_array_equal(tables[0].log_snr, tables[1].log_snr)


def test_other_samplers_visit_some_of_its_times():
    setup = Setup(Experiment(dataset="rings", schedule="optimal", steps=40, sampler="ddim", sampler_steps=8, spacing="log_snr"))
    assert setup.visited[0] == 0
    assert setup.visited[-1] == 40
    assert len(setup.visited) == 9


def test_one_table_of_errors_serves_every_number_of_steps(monkeypatch):
    """All that takes time is the quadrature at LEVELS levels of the data; tests/benchmarks/optimal_schedule.py measures it."""
    mixture, asked = make_dataset("two_moons"), []
    for function in (least_errors, optimal_log_snr):
        function.cache_clear()
    monkeypatch.setattr(optimal_schedule, "marginal", lambda *of: (asked.append(of), marginal(*of))[1])
    for steps in (100, 10, 50, 400):
        optimal_log_snr(mixture, steps)
    assert len(asked) == optimal_schedule.LEVELS
