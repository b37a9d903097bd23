import math

import numpy as np
import pytest
import torch
from scipy.special import xlogy

from diffviz.domains.plane.datasets import make_dataset
from diffviz.gaussian.memory import Collapse, collapse, collapse_log_snr, information_nats, training_points
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.schedules import make_schedule

COSINE = make_schedule("cosine", 100)
TIMES = np.arange(1, 101)


@pytest.mark.parametrize("points", [2, 30, 5000])
@pytest.mark.parametrize(("dim", "std"), [(1, 0.7), (2, 0.3), (2, 1.2)])
def test_of_gaussian_draws_the_collapse_has_a_closed_form(points, dim, std):
    mixture = GaussianMixture(torch.zeros(1, dim).double(), torch.ones(1).double(), std)
    assert math.exp(collapse_log_snr(mixture, points)) == pytest.approx((points ** (2 / dim) - 1) / std**2, rel=1e-6)


def test_one_point_is_known_from_the_start():
    assert collapse_log_snr(make_dataset("gaussian"), 1) == -math.inf
    found = collapse(training_points(torch.ones(1, 2)), COSINE, TIMES)
    assert (found.largest == 1).all()
    assert found.held is None


def test_two_points_are_told_apart_as_a_posterior_of_two_says():
    """At -1 and 1: p(i|x_t) is a logistic function, its mean entropy an integral."""
    found = collapse(training_points(torch.tensor([[-1.0], [1.0]])), COSINE, TIMES[::10])
    for row, t in enumerate(TIMES[::10]):
        alpha, sigma = COSINE.alpha[t], COSINE.sigma[t]
        x = np.linspace(alpha - 9 * sigma, alpha + 9 * sigma, 4001)
        density = np.exp(-((x - alpha) ** 2) / (2 * sigma**2)) / math.sqrt(2 * math.pi) / sigma
        share = 1 / (1 + np.exp(-2 * alpha * np.clip(x / sigma**2, -300, 300)))
        cell = x[1] - x[0]
        lost = -(xlogy(share, share) + xlogy(1 - share, 1 - share)) @ density * cell
        assert found.known_nats[row] == pytest.approx(math.log(2) - lost, abs=4 * found.known_stderr[row] + 1e-6)
        assert found.largest[row] == pytest.approx(
            np.maximum(share, 1 - share) @ density * cell, abs=4 * found.largest_stderr[row] + 1e-6
        )


def test_what_is_known_of_the_points_is_what_is_known_of_the_data_until_they_are_told_apart():
    """Of 200 draws: at much noise I(i; x_t) = I(x_0; x_t), at little log n, and the largest weight goes from nearly 0 to 1."""
    mixture, count = make_dataset("two_moons"), 200
    x_0 = mixture.sample(torch.rand(count, generator=torch.manual_seed(3)).double(), torch.randn(count, 2).double())
    found = collapse(training_points(x_0), COSINE, TIMES)
    truth = np.array([information_nats(mixture, COSINE.alpha[t], COSINE.sigma[t]) for t in TIMES])
    much = truth < 0.5 * math.log(count)
    assert much.sum() > 50
    assert np.abs(found.known_nats - truth)[much].max() < 0.1
    assert math.log(count) - 0.5 < found.known_nats[0] < math.log(count)
    assert found.largest[0] > 0.8
    assert found.largest[-1] == pytest.approx(1 / count, abs=1e-4)
    np.testing.assert_allclose(np.log(found.effective), math.log(count) - found.known_nats, atol=1e-9)
    held = np.interp(found.held, TIMES, COSINE.log_snr[1:])
    assert abs(held - collapse_log_snr(mixture, count)) < 2  # one point holds the posterior about there


def test_held_is_where_the_largest_weight_is_half():
    def held(*largest):
        times, zeros = np.arange(1, len(largest) + 1), np.zeros(len(largest))
        return Collapse(times, 9, np.array(largest), zeros, zeros, zeros, zeros).held

    assert held(1.0, 0.8, 0.4, 0.1) == pytest.approx(2.75)
    assert held(1.0, 0.9) is None
    assert held(0.4, 0.1) is None
