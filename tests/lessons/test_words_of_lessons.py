"""What the first lessons explain in words, without a number of their runs, holds as well."""

import numpy as np
import pytest
import torch

from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.nearness import excess_nll
from diffviz.engine import Setup
from diffviz.lessons import LESSONS
from tests import naive
from tests.lessons.test_lessons import of


def step(lesson, name):
    return next(step for step in LESSONS[lesson].steps if step.name == name)


@pytest.mark.parametrize("beta", [0.01, 0.1])
def test_without_the_root_the_variance_stands_still_just_above_a_half(beta):
    assert "v = 1/(2 − β_t), just above a half" in step("noise", "root").why
    still = 1 / (2 - beta)
    assert (1 - beta) ** 2 * still + beta == pytest.approx(still, rel=1e-12)
    assert 0.5 < still < 0.53


def test_a_long_reverse_step_has_several_modes_and_a_short_one_has_not():
    """q(x_s|x_t) on the line through two neighbours of the eight Gaussians, for an x_t between them."""
    assert "several modes if the step is long" in step("back", "gaussian-steps").why
    setup = Setup(step("back", "gaussian-steps").b)
    mixture, schedule = setup.distribution, setup.schedule
    line = mixture.means[0] + torch.linspace(-0.5, 1.5, 401, dtype=torch.float64)[:, None] * (mixture.means[1] - mixture.means[0])

    def modes(alpha_s, sigma_s, alpha_t, sigma_t):
        a = alpha_t / alpha_s
        v = sigma_t**2 - (a * sigma_s) ** 2
        x_t = alpha_t * (mixture.means[0] + mixture.means[1]) / 2
        x_s = alpha_s * line
        density = (mixture.log_density(x_s, alpha_s, sigma_s) - (x_t - a * x_s).square().sum(1) / (2 * v)).numpy()
        return int(((density[1:-1] > density[:-2]) & (density[1:-1] > density[2:])).sum())

    levels = [(float(schedule.alpha[t]), float(schedule.sigma[t])) for t in range(schedule.steps + 1)]
    assert modes(*levels[0], *levels[5]) > 1
    alpha, sigma = levels[5]
    nearer = alpha * 1.002
    assert modes(nearer, np.sqrt(1 - nearer**2), alpha, sigma) == 1


def test_a_step_of_half_the_length_has_a_quarter_of_the_gap():
    assert "A step of half the length has a quarter of the gap" in step("cost", "halves").why
    a, b = (run.curves["dissipation_nats"].values for run in of(step("cost", "halves")))
    quotients = b[9:60:2] / a[4:30]  # the steps that leave t = 10, 12, ... of 100 beside those that leave 5, 6, ... of 50
    assert np.abs(quotients - 0.25).max() < 0.05


def test_no_term_but_the_last_one_of_a_cost_in_the_plane_is_negative():
    for run in of(step("cost", "negative")):
        assert (run.costs.kl_nats[1:] > 0.0).all()
        assert run.costs.kl_nats[0] < 0.0


def test_the_excess_nll_is_blind_to_missing_modes():
    assert "the excess NLL is blind to missing modes" in step("cost", "excess").why
    mixture = make_dataset("eight_gaussians")
    data = naive.draw(mixture, 4000, np.random.default_rng(0))
    one = data[np.square(data[:, None] - mixture.means.numpy()).sum(2).argmin(1) == 0]
    found = excess_nll(mixture, one).estimate
    assert 400 < len(one) < 600
    assert abs(found.value) < 4 * found.stderr < 0.25
