"""Schedules of masks that are made for a list: against a search over all levels, and against every other schedule."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from diffviz.categorical.costs import absorbing_costs
from diffviz.categorical.entropies import mean_entropies, shown_bend, shown_entropy, shown_rate, subset_entropies
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.least_cost import optimal_log_snr, thermodynamic_metric
from diffviz.schedules import SCHEDULES, make_schedule
from tests.categorical.chains import small

MEAN = mean_entropies(subset_entropies(small()))
INDEPENDENT = np.array([0.0, 1.0, 2.0, 3.0])


def gap(schedule, mean=MEAN):
    costs = absorbing_costs(mean, 3, schedule, np.arange(schedule.steps + 1))
    return costs.dissipation.sum() + costs.mismatch


def optimal(steps, mean=MEAN):
    return make_schedule("optimal", steps, levels=optimal_log_snr(mean, steps))


def test_the_entropy_of_what_is_shown_and_its_derivatives():
    """h is a mean over which of three coordinates are shown; h' and h'' by differences."""
    share, step = np.linspace(0.1, 0.9, 9), 1e-4
    every = subset_entropies(small())
    sizes = np.array([index.bit_count() for index in range(8)])
    expected = [(a**sizes * (1 - a) ** (3 - sizes)) @ every for a in share]
    assert shown_entropy(MEAN, share) == pytest.approx(expected, abs=1e-12)
    low, middle, high = (shown_entropy(MEAN, share + off) for off in (-step, 0.0, step))
    assert shown_rate(MEAN, share) == pytest.approx((high - low) / (2 * step), rel=1e-7)
    assert shown_bend(MEAN, share) == pytest.approx(-(high - 2 * middle + low) / step**2, rel=1e-5)
    assert shown_bend(np.array([0.0, 1.0]), share).tolist() == [0.0] * 9


@pytest.mark.parametrize("steps", [2, 3, 5])
def test_no_other_levels_have_a_smaller_gap(steps):
    def cost(levels):
        share = np.concatenate([[1.0], levels, [0.0]])
        return float(-np.diff(share) @ shown_rate(MEAN, share[1:])) if (np.diff(share) < 0).all() else np.inf

    start = 1.0 - np.arange(1, steps) / steps
    found = minimize(cost, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 20_000})
    schedule = optimal(steps)
    assert schedule.alpha_bar[1:-1] == pytest.approx(found.x, abs=1e-4)
    assert gap(schedule) + MEAN[-1] == pytest.approx(found.fun, abs=1e-9)
    assert schedule.alpha_bar[-1] == 0.0


@pytest.mark.parametrize("steps", [2, 10, 200])
def test_every_other_schedule_costs_more(steps):
    least = gap(optimal(steps))
    for name in SCHEDULES:
        assert gap(make_schedule(name, steps)) >= least - 1e-9


def test_steps_of_equal_length_are_best_as_they_become_many():
    metric = thermodynamic_metric(MEAN)
    for steps in (10, 40, 160):
        assert gap(make_schedule("least_dissipation", steps, metric=metric)) == pytest.approx(gap(optimal(steps)), rel=2e-3)
        assert gap(make_schedule("cosine", steps)) > 1.05 * gap(optimal(steps))
    assert metric[1][-1] ** 2 / 160 == pytest.approx(gap(optimal(160)), rel=0.02)  # Salamon & Berry 1983: length squared over T


def test_independent_coordinates_have_no_gap_and_even_steps():
    assert optimal(4, INDEPENDENT).alpha_bar == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0])
    assert gap(optimal(4, INDEPENDENT), INDEPENDENT) == pytest.approx(0.0, abs=1e-12)
    even = make_schedule("least_dissipation", 4, metric=thermodynamic_metric(INDEPENDENT)).alpha_bar
    assert even == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0], abs=1e-3)


def test_a_long_chain_is_found():
    states = torch.randint(0, 4, (60, 8), generator=torch.Generator().manual_seed(0)).unique(dim=0)
    data = CategoricalDistribution(states, torch.full((len(states),), 1 / len(states), dtype=torch.float64), 4)
    mean = mean_entropies(subset_entropies(data))
    schedule = optimal(4000, mean)
    assert (np.diff(schedule.alpha_bar) < 0).all()
    assert gap(schedule, mean) < gap(make_schedule("sohl_dickstein", 4000), mean)
