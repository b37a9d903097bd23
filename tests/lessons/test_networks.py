"""What the lesson on networks says beyond the numbers that its runs measure."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from diffviz.domains.pictures.images import IMAGES
from diffviz.domains.plane.information import network_errors
from diffviz.engine import Setup
from diffviz.estimates import Estimate
from diffviz.lessons.networks import NETWORKS, QUARTER
from diffviz.views.plane.measure import analyse

STEPS = {step.name: step for step in NETWORKS.steps}


def test_the_first_quarter_and_eight_times_are_so_of_the_runs():
    assert {experiment.steps for experiment in STEPS["price"].runs} == {4 * QUARTER} == {STEPS["arrows"].a.steps}
    a, b = STEPS["more-steps"].runs
    assert "eight times as many steps" in STEPS["more-steps"].predict.question
    assert b.steps == 8 * a.steps


def test_an_error_costs_half_its_square_times_the_fall_of_the_snr():
    """With the variance β̃; with the optimal one less."""
    setup = Setup(replace(STEPS["arrows"].a, variance="posterior"))
    found = analyse(setup)
    times = np.arange(setup.schedule.steps + 1)
    errors = network_errors(setup.denoiser, setup.distribution, setup.schedule, times, seed=1).mean(1)
    fall = -np.diff(setup.schedule.snr)
    added = (found.dissipation_nats - found.exact_dissipation_nats)[1:]  # without the step into the data, at infinite SNR
    assert added.sum() == pytest.approx((0.5 * fall * errors)[1:].sum(), rel=0.25)
    best = analyse(Setup(STEPS["arrows"].a))
    assert (best.dissipation_nats - best.exact_dissipation_nats)[1:].sum() < added.sum()


def test_at_large_t_the_best_estimate_is_nearly_the_mean_of_the_data():
    setup = Setup(STEPS["arrows"].a)
    x = 2.0 * setup.distribution.means[:8]
    estimate, _ = setup.distribution.posterior(x, float(setup.schedule.alpha[-1]), float(setup.schedule.sigma[-1]))
    assert estimate.norm(dim=1).max() < 0.02  # data are centred


def test_one_sample_in_ten_is_a_seven_by_chance():
    assert IMAGES["digits"].labels == 10


def test_the_share_of_the_networks_errors_has_the_error_of_a_share():
    estimates = {"gap_nats": Estimate(0.25, 0.01), "exact_gap_nats": Estimate(0.2, 1e-6, drawn=False)}
    found = STEPS["price"].numbers["part"]((None, SimpleNamespace(estimate=estimates.get)))
    assert found.value == pytest.approx(20.0)
    assert found.stderr == pytest.approx(100.0 * (0.2 / 0.24 - 0.2 / 0.26) / 2.0, rel=0.01)
    assert found.drawn
