"""The probabilities of paths in the plane, against scipy's and against one another."""

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from diffviz import Experiment
from diffviz.engine import Setup

COUNT = 4000


def law_of(**fields):
    setup = Setup(Experiment(**fields))
    return setup.domain.path_law(setup.experiment, setup.process)


def points(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 2, generator=generator, dtype=torch.float64)


def log_normal(x, mean, variance):
    return multivariate_normal.logpdf(x.numpy() - np.asarray(mean), mean=np.zeros(2), cov=variance)


@pytest.mark.parametrize("fields", [{"steps": 10}, {"steps": 12, "sampler_steps": 4, "schedule": "rectified_flow"}])
def test_forward_density_prior_and_marginal_are_scipys(fields):
    law, x_s, x_t = law_of(**fields), points(5), points(5, 1)
    schedule, s, t = law.schedule, int(law.times[1]), int(law.times[2])
    a = schedule.alpha[t] / schedule.alpha[s]
    v = schedule.sigma[t] ** 2 - a**2 * schedule.sigma[s] ** 2
    np.testing.assert_allclose(law.log_forward(x_s, x_t, 2), log_normal(x_t, a * x_s, v))
    np.testing.assert_allclose(law.log_prior(x_t), log_normal(x_t, 0.0, 1.0))
    alpha, sigma, mixture = schedule.alpha[t], schedule.sigma[t], law.mixture
    tau2 = alpha**2 * mixture.std**2 + sigma**2
    density = sum(w * np.exp(log_normal(x_t, alpha * m, tau2)) for w, m in zip(mixture.weights, mixture.means, strict=True))
    np.testing.assert_allclose(law.log_marginal(x_t, 2), np.log(density))


@pytest.mark.parametrize("variance", ["posterior", "beta", "optimal"])
def test_the_reverse_step_is_drawn_from_the_density_that_prices_it(variance):
    """Under its own draws the mean of log p is minus the entropy of a Gaussian, and its variance is 1 for two coordinates."""
    law = law_of(dataset="two_moons", steps=10, variance=variance)
    for j in (1, 4, 10):
        x_t = points(COUNT, 1)
        prediction = law.exact(x_t, j)
        x_s = law.draw_reverse(x_t, prediction, j, points(COUNT, 2))
        log_p = law.log_reverse(x_s, x_t, prediction, j)
        assert float(log_p.mean()) == pytest.approx(-np.log(2 * np.pi * np.e * law.variances.values[j - 1]), abs=4 / COUNT**0.5)
        assert float(log_p.var()) == pytest.approx(1.0, abs=0.15)


def test_bayes_rule_holds_along_a_path_of_one_gaussian():
    """q(x_s|x_t) from three densities is the reverse step with the optimal variance, which one Gaussian's data have."""
    law = law_of(dataset="gaussian", data_std=0.5, steps=8, variance="optimal")
    for j in (1, 5, 8):
        x_s, x_t = points(6, 3), points(6, 4)
        bayes = law.log_forward(x_s, x_t, j) + law.log_marginal(x_s, j - 1) - law.log_marginal(x_t, j)
        np.testing.assert_allclose(bayes, law.log_reverse(x_s, x_t, law.exact(x_t, j), j), atol=1e-5)


def test_data_and_forward_draws_have_the_marginals_first_moments():
    law = law_of(dataset="rings", steps=6)
    x = law.draw_data(torch.linspace(0, 1, COUNT + 1, dtype=torch.float64)[:-1], points(COUNT))
    for j in (1, 2, 3):
        x = law.draw_forward(x, j, points(COUNT, 10 + j))
    alpha, sigma = law.schedule.alpha[law.times[3]], law.schedule.sigma[law.times[3]]
    assert float(x.square().sum(1).mean()) == pytest.approx(alpha**2 * law.mixture.mean_square + 2 * sigma**2, abs=0.12)
