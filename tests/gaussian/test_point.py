"""One point of the diffusion of a mixture, against integrals, draws and limits that know nothing of its formulas."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad
from scipy.stats import multivariate_normal

from diffviz.gaussian.kernels import forward_kernel, gaussian_kl_nats, reverse_kernel
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.point import kl_to_gaussian_nats, one_before, posterior_mixture
from diffviz.gaussian.quadrature import entropy_nats
from diffviz.schedules import NoiseSchedule

MEANS = torch.tensor([[-1.2, 0.3], [0.8, -0.9], [0.5, 1.1]], dtype=torch.float64)
MIXTURE = GaussianMixture(MEANS, torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64), 0.3)
SCHEDULE = NoiseSchedule("three", np.array([1.0, 0.9, 0.6, 0.0]), np.array([0.0, 0.4, 0.8, 1.0]))
X = torch.tensor([0.2, -0.1], dtype=torch.float64)
SIDE = np.linspace(-7.0, 7.0, 501)
NODES = torch.from_numpy(np.stack(np.meshgrid(SIDE, SIDE, indexing="ij"), -1).reshape(-1, 2))
CELL = (SIDE[1] - SIDE[0]) ** 2


def normal(x, mean, variance):
    """[n] the density of N(mean, variance I) in the plane."""
    return torch.exp(-(x - mean).square().sum(-1) / (2 * variance)) / (2 * math.pi * variance)


def level(t):
    return float(SCHEDULE.alpha[t]), float(SCHEDULE.sigma[t])


@pytest.mark.parametrize("t", [1, 2])
def test_the_posterior_is_bayes_rule_on_a_grid(t):
    alpha, sigma = level(t)
    joint = MIXTURE.log_density(NODES).exp() * normal(X, alpha * NODES, sigma**2)
    wanted = joint / (joint.sum() * CELL)
    found = posterior_mixture(MIXTURE, X, alpha, sigma)
    np.testing.assert_allclose(found.log_density(NODES).exp(), wanted, atol=1e-9)
    mean, variance = MIXTURE.posterior(X[None], alpha, sigma)
    np.testing.assert_allclose(found.weights @ found.means, mean[0])
    spread = found.weights @ (found.means - mean).square() + found.std**2
    np.testing.assert_allclose(spread, variance[0])


@pytest.mark.parametrize(("s", "t"), [(1, 2), (1, 3), (2, 3)])
def test_one_step_before_is_bayes_rule_on_a_grid(s, t):
    scale, variance = forward_kernel(SCHEDULE, s, t)
    joint = MIXTURE.log_density(NODES, *level(s)).exp() * normal(X, scale * NODES, variance)
    wanted = joint / (joint.sum() * CELL)
    found = one_before(posterior_mixture(MIXTURE, X, *level(t)), X, reverse_kernel(SCHEDULE, s, t))
    np.testing.assert_allclose(found.log_density(NODES).exp(), wanted, atol=1e-8)


def test_at_the_ends_it_is_the_data_or_the_point_alone():
    prior = posterior_mixture(MIXTURE, X, 0.0, 1.0)  # pure noise says nothing of its data
    np.testing.assert_allclose(prior.means, MEANS)
    np.testing.assert_allclose(prior.weights, MIXTURE.weights)
    assert prior.std == pytest.approx(0.3)
    point = posterior_mixture(MIXTURE, X, 1.0, 1e-6)
    np.testing.assert_allclose(point.weights @ point.means, X, atol=1e-9)
    assert point.std == pytest.approx(1e-6, rel=1e-6)


def test_what_is_left_out_has_no_share():
    many = GaussianMixture(torch.cat([MEANS, MEANS + 50.0]), torch.full((6,), 1 / 6, dtype=torch.float64), 0.3)
    found = posterior_mixture(many, X, *level(1))
    assert len(found.weights) <= 3
    assert float(found.weights.sum()) == pytest.approx(1.0, abs=1e-11)


def test_the_divergence_is_an_integral():
    q = one_before(posterior_mixture(MIXTURE, X, *level(2)), X, reverse_kernel(SCHEDULE, 1, 2))
    mean, variance = torch.tensor([[0.1, -0.2], [0.2, 0.07]], dtype=torch.float64)

    def integrand(y, x):
        at = torch.tensor([[x, y]], dtype=torch.float64)
        log_q = float(q.log_density(at)[0])
        return math.exp(log_q) * (log_q - multivariate_normal.logpdf([x, y], mean.numpy(), variance.numpy()))

    wanted, _ = dblquad(integrand, -3, 3, -3, 3, epsabs=1e-5)
    found = kl_to_gaussian_nats(q, mean, variance)
    assert found == pytest.approx(wanted, abs=2e-5)
    points = q.sample(torch.rand(200_000, dtype=torch.float64), torch.randn(200_000, 2, dtype=torch.float64))
    log_p = torch.distributions.Normal(mean, variance.sqrt()).log_prob(points).sum(1)
    work = q.log_density(points) - log_p
    assert abs(float(work.mean()) - found) < 4.5 * float(work.std()) / math.sqrt(len(work))


def test_the_divergence_of_one_gaussian_has_a_closed_form():
    q = GaussianMixture(X[None], torch.ones(1, dtype=torch.float64), 0.02)
    mean = X + 0.01
    wide, own = torch.full((2,), 0.0009, dtype=torch.float64), torch.full((2,), 0.0004, dtype=torch.float64)
    assert kl_to_gaussian_nats(q, mean, wide) == pytest.approx(gaussian_kl_nats(2e-4, 0.0004, 0.0009, 2), abs=1e-9)
    assert kl_to_gaussian_nats(q, X, own) == pytest.approx(0.0, abs=1e-9)


def test_a_finer_grid_finds_the_same_entropy():
    apart = GaussianMixture(MEANS, MIXTURE.weights, 0.08)
    assert entropy_nats(apart) == pytest.approx(entropy_nats(apart, 8), abs=1e-7)
